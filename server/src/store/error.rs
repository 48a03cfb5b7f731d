//! The errors of the store.
//!
//! Reads the SDK's errors. Logs S3's code, status and request id, and never requests, responses or addresses, which
//! hold signatures.

use std::{error::Error as _, fmt};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId as _,
};

use crate::{api::ApiError, telemetry};

/// A failed request to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The object is not there.
    NoSuchObject,
    /// The multipart upload is not there: completed, aborted, or cleaned up.
    NoSuchUpload,
    /// A named part is not there, or is another one.
    InvalidPart,
    /// The store is overloaded.
    Busy,
    /// Any other failure: unreachable, forbidden, broken. The log has the details.
    Unavailable,
}

impl StoreError {
    /// Reads an error of the SDK, and logs it if it is unexpected.
    pub(super) fn from_sdk<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        let service = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = service.and_then(|meta| meta.code());
        let failure = match (code, status) {
            (Some("NoSuchUpload"), _) => Self::NoSuchUpload,
            // A HEAD has no body, so its 404 has no code.
            (Some("NoSuchKey" | "NotFound"), _) | (None, Some(404)) => Self::NoSuchObject,
            (Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall"), _) => Self::InvalidPart,
            (Some("SlowDown" | "ServiceUnavailable" | "Busy" | "TooManyRequests"), _)
            | (_, Some(429 | 503)) => Self::Busy,
            _ => Self::Unavailable,
        };
        telemetry::store_error(action, failure.kind());
        if matches!(failure, Self::Busy | Self::Unavailable) {
            let request_id = service
                .and_then(|meta| meta.request_id())
                .unwrap_or_default();
            let cause = cause(error);
            tracing::error!(
                action,
                code,
                status,
                request_id,
                cause,
                "the store refused or failed"
            );
        }
        failure
    }

    fn kind(self) -> &'static str {
        match self {
            Self::NoSuchObject => "no_such_object",
            Self::NoSuchUpload => "no_such_upload",
            Self::InvalidPart => "invalid_part",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The innermost cause of an error that is not the service's own: a refused connection, a missing credential.
fn cause<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    if matches!(error, SdkError::ServiceError(_)) {
        return String::new();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match error.source() {
        Some(_) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchObject => "the object is not in the store",
            Self::NoSuchUpload => "the upload is not in the store",
            Self::InvalidPart => "a part is not in the store",
            Self::Busy => "the store is busy",
            Self::Unavailable => "the store is not available",
        })
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for ApiError {
    fn from(failure: StoreError) -> Self {
        match failure {
            StoreError::NoSuchObject => Self::not_stored(),
            StoreError::NoSuchUpload => Self::no_such_upload(),
            StoreError::InvalidPart => Self::invalid_part(),
            StoreError::Busy => Self::store_busy(),
            StoreError::Unavailable => Self::store_unavailable(),
        }
    }
}
