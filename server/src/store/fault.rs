//! What went wrong with the store, in the few kinds that make a difference.
//!
//! Owns reading the SDK's errors. Logs S3's code, status and request id; refuses to log requests, responses or
//! addresses, which hold signatures.

use std::{error::Error as _, fmt};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId as _,
};

use crate::refusal::Refused;

/// A failed request to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The object is not there.
    NoSuchObject,
    /// The multipart upload is not there: completed, aborted, or cleaned up.
    NoSuchUpload,
    /// A named part is not there, or is another one.
    InvalidPart,
    /// The store asks for patience.
    Busy,
    /// Anything else: unreachable, forbidden, broken. The log says more.
    Unavailable,
}

impl Fault {
    /// Reads an error of the SDK, and logs it if it is not an ordinary one.
    pub(super) fn read<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        let service = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = service.and_then(|meta| meta.code());
        let fault = match (code, status) {
            (Some("NoSuchUpload"), _) => Self::NoSuchUpload,
            // A HEAD has no body, so its 404 has no code.
            (Some("NoSuchKey" | "NotFound"), _) | (None, Some(404)) => Self::NoSuchObject,
            (Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall"), _) => Self::InvalidPart,
            (Some("SlowDown" | "ServiceUnavailable" | "Busy" | "TooManyRequests"), _)
            | (_, Some(429 | 503)) => Self::Busy,
            _ => Self::Unavailable,
        };
        crate::metrics::store_error(action, fault.kind());
        if matches!(fault, Self::Busy | Self::Unavailable) {
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
        fault
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

impl fmt::Display for Fault {
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

impl std::error::Error for Fault {}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoSuchObject => Self::not_stored(),
            Fault::NoSuchUpload => Self::no_such_upload(),
            Fault::InvalidPart => Self::invalid_part(),
            Fault::Busy => Self::store_busy(),
            Fault::Unavailable => Self::store_unavailable(),
        }
    }
}
