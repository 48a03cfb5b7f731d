//! Errors of the API: every 4xx and 5xx as `{"error":{"code","message"}}`.
//!
//! Defines the codes and their statuses. No error repeats an answer of S3: causes go to the log.

use std::{fmt, time::Duration};

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use s3_upload_protocol::native::ErrorResponse;

use super::json_response::json;

/// An error answer. The message is for the person who uploads.
#[derive(Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code of the error.
    pub code: &'static str,
    /// The reason, in a sentence.
    pub message: String,
    /// The time after which a request may be repeated.
    pub retry_after: Option<Duration>,
    /// The value of `WWW-Authenticate`.
    pub challenge: Option<HeaderValue>,
}

/// The code of an error, in the extensions of its answer, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(pub &'static str);

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
            challenge: None,
        }
    }

    /// 401 `unauthorized`, with `WWW-Authenticate` (RFC 6750, section 3). A token that was there is said to be wrong, for
    /// this reason, which is ASCII without quotes.
    pub fn unauthorized(reason: Option<&'static str>) -> Self {
        let (message, challenge) = match reason {
            None => (
                "Sign in to upload.",
                "Bearer realm=\"s3-upload\"".to_owned(),
            ),
            Some(reason) => (
                "Your sign-in is not valid or has expired. Sign in again.",
                format!(
                    "Bearer realm=\"s3-upload\", error=\"invalid_token\", error_description=\"{reason}\""
                ),
            ),
        };
        Self {
            challenge: HeaderValue::from_str(&challenge).ok(),
            ..Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
        }
    }

    /// 403 `forbidden`: the client is known, and may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 503 `sign_in_unavailable`, with `Retry-After`: who calls cannot be found out now.
    pub fn sign_in_unavailable() -> Self {
        let message = "Your sign-in cannot be checked at the moment. Try again in a few seconds.";
        Self {
            retry_after: Some(Duration::from_secs(2)),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "sign_in_unavailable",
                message,
            )
        }
    }

    /// 403 `origin_not_allowed`: a page of another site asks.
    pub fn origin_not_allowed() -> Self {
        let message = "This page may not upload here: its origin is not among those that the server allows (--allow-origin).";
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", message)
    }

    /// 421 `host_not_allowed`: the `Host` is not one of a server for development.
    pub fn host_not_allowed() -> Self {
        let message = "This server for development does not answer under this name. --allow-origin with an origin of the name admits it.";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "host_not_allowed", message)
    }

    /// 429 `rate_limited`, with `Retry-After`.
    pub fn rate_limited(wait: Duration) -> Self {
        let message = "These are too many requests in a short time. Try again in a moment.";
        Self {
            retry_after: Some(wait),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message)
        }
    }

    /// 429 `quota_exceeded`, with `Retry-After`.
    pub fn quota_exceeded(message: impl Into<String>, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "quota_exceeded", message)
        }
    }

    /// 422 `invalid_request`: well-formed JSON that asks for something impossible.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
    }

    /// 400 `malformed_json`.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", message)
    }

    /// 415 `not_json`. A page of another site can send a form without asking first, but not JSON.
    pub fn not_json() -> Self {
        let message = "Send the request as JSON, with the header Content-Type: application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message)
    }

    /// The parts of an upload that is a single request.
    pub fn not_multipart() -> Self {
        Self::invalid("This upload is a single request; it has no parts.")
    }

    /// 413 `request_too_large`: the request itself, not the file.
    pub fn request_too_large(limit: usize) -> Self {
        let message = format!(
            "This request is too large; at most {} KiB are read.",
            limit / 1024
        );
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
    }

    /// 413 `too_large`.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 422 `too_small`.
    pub fn too_small(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_small", message)
    }

    /// 415 `type_not_allowed`.
    pub fn type_not_allowed(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "type_not_allowed",
            message,
        )
    }

    /// 422 `unsupported_strategy`.
    pub fn unsupported_strategy() -> Self {
        let message = "This server takes files by \"put\" and \"post\" (up to 5 GiB each; \"post\" may be off) or \"multipart\"; the request accepts none of them.";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unsupported_strategy",
            message,
        )
    }

    /// 403 `no_tenant`: files are stored by tenant, and the client has no tenant that can be part of a key.
    pub fn no_tenant(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "no_tenant", message)
    }

    /// 403 `no_presigned_delete`.
    pub fn no_presigned_delete() -> Self {
        let message = "This server signs no deletions; DELETE /uploads/{id} deletes the file.";
        Self::new(StatusCode::FORBIDDEN, "no_presigned_delete", message)
    }

    /// 403 `no_downloads`: links to read are off.
    pub fn no_downloads() -> Self {
        let message = "This server gives no links to what was uploaded.";
        Self::new(StatusCode::FORBIDDEN, "no_downloads", message)
    }

    /// 403 `kept`: what is stored stays.
    pub fn kept() -> Self {
        let message = "This file is stored, and cannot be deleted from here any more.";
        Self::new(StatusCode::FORBIDDEN, "kept", message)
    }

    /// 409 `replaced`: another object was confirmed under the same key before.
    pub fn replaced() -> Self {
        let message = "Another file was confirmed in this place before, and stays the only one that is confirmed. Start a new upload.";
        Self::new(StatusCode::CONFLICT, "replaced", message)
    }

    /// 404 `not_found`: no such route.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing at this address.",
        )
    }

    /// 405 `method_not_allowed`.
    pub fn method_not_allowed() -> Self {
        let message = "This address does not answer to that method.";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    /// 404 `unknown_upload`: an id that this server did not make, or that is too old.
    pub fn unknown_upload() -> Self {
        let message = "This upload does not exist or has expired. Start it again.";
        Self::new(StatusCode::NOT_FOUND, "unknown_upload", message)
    }

    /// 404 `no_such_upload`: the store no longer has the multipart upload.
    pub fn no_such_upload() -> Self {
        let message = "The store no longer has this upload. Start it again.";
        Self::new(StatusCode::NOT_FOUND, "no_such_upload", message)
    }

    /// 409 `incomplete`: the parts do not make up the file.
    pub fn incomplete(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "incomplete", message)
    }

    /// 409 `invalid_part`: the store holds other parts than the request names.
    pub fn invalid_part() -> Self {
        let message = "The store does not hold the parts that were named. List them, and send what is missing again.";
        Self::new(StatusCode::CONFLICT, "invalid_part", message)
    }

    /// 409 `not_stored`: nothing has arrived.
    pub fn not_stored() -> Self {
        let message = "The file has not arrived in the store. Send it again.";
        Self::new(StatusCode::CONFLICT, "not_stored", message)
    }

    /// 409 `size_mismatch`.
    pub fn size_mismatch(expected: u64, found: u64) -> Self {
        let message =
            format!("The store holds {found} bytes of this file, which should have {expected}.");
        Self::new(StatusCode::CONFLICT, "size_mismatch", message)
    }

    /// 409 `header_mismatch`: the object is stored with a header that was not granted, or without one that was.
    pub fn header_mismatch(name: &str) -> Self {
        let message = format!(
            "The store holds this file with another {name} header than was granted. Send it again, with the headers of the answer and no others."
        );
        Self::new(StatusCode::CONFLICT, "header_mismatch", message)
    }

    /// 502 `store_unavailable`.
    pub fn store_unavailable() -> Self {
        let message = "The store for uploads does not answer as it should. Try again in a while.";
        Self::new(StatusCode::BAD_GATEWAY, "store_unavailable", message)
    }

    /// 503 `store_busy`, with `Retry-After`.
    pub fn store_busy() -> Self {
        let message = "The store for uploads is busy. Try again in a few seconds.";
        let refused = Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_busy", message);
        Self {
            retry_after: Some(Duration::from_secs(2)),
            ..refused
        }
    }

    /// 504 `timeout`.
    pub fn timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "The server took too long to answer. Try again.",
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = json(self.status, &ErrorResponse::new(self.code, self.message));
        response.extensions_mut().insert(ErrorCode(self.code));
        let headers = response.headers_mut();
        if let Some(after) = self.retry_after {
            // Whole seconds, rounded up: an earlier retry would get the same answer.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
