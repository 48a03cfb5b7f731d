//! From a dialect's words to the engine's.

use core::time::Duration;

use s3_upload_core::{
    BackendRefusal, ETag, Grant, GrantPlan, Method, ObjectKey, PartNumber, SignedPart,
    SignedRequest, Step, StoredObject, StoredPart, UploadError, UploadId,
};
use s3_upload_protocol::{self as protocol, Granted, Plan, Signed, Trouble, native};

use super::{reply_body, resolved};
use crate::browser::http::Response;
use crate::uploader::store::retry_after;

/// A grant. Addresses may be relative to the backend's.
pub fn grant(granted: Granted, endpoint: &str) -> Grant {
    let plan = match granted.plan {
        Plan::Single(signed) => GrantPlan::Single(request(signed, endpoint)),
        Plan::Multipart { part_size } => GrantPlan::Multipart { part_size },
        Plan::Stored => GrantPlan::Stored,
    };
    Grant {
        id: granted.id.map(UploadId::new),
        key: granted.key.map(ObjectKey::new),
        value: granted.value,
        plan,
    }
}

fn request(signed: Signed, endpoint: &str) -> SignedRequest {
    let method = match &signed.fields {
        Some(fields) => Method::Post {
            fields: fields.expose().to_vec(),
        },
        None => Method::Put,
    };
    SignedRequest {
        method,
        url: resolved(signed.url.expose(), endpoint),
        headers: signed.headers,
        expires_in: signed.expires_in.map(Duration::from_secs),
    }
}

/// Signed parts; numbers that no part has are left out.
pub fn signed_parts(parts: Vec<protocol::SignedPart>, endpoint: &str) -> Vec<SignedPart> {
    let part = |part: protocol::SignedPart| {
        Some(SignedPart {
            number: PartNumber::new(part.number)?,
            request: request(part.request, endpoint),
        })
    };
    parts.into_iter().filter_map(part).collect()
}

/// The parts that the store holds.
pub fn listed(parts: Vec<native::StoredPart>) -> Vec<StoredPart> {
    let part = |part: native::StoredPart| {
        Some(StoredPart {
            number: PartNumber::new(part.number)?,
            size: part.size,
            etag: ETag::new(part.etag),
        })
    };
    parts.into_iter().filter_map(part).collect()
}

/// The object as it was confirmed.
pub fn stored(stored: protocol::Stored) -> StoredObject {
    StoredObject {
        key: stored.key,
        value: stored.value,
        size: stored.size,
        content_type: stored.media_type,
        etag: stored.etag.map(ETag::new),
        location: stored.location.map(|url| url.expose().to_owned()),
        download_url: stored.download_url.map(|url| url.expose().to_owned()),
    }
}

/// Why an operation cannot go on.
pub fn trouble(step: Step, trouble: Trouble) -> UploadError {
    match trouble {
        Trouble::Malformed { expected, got } => UploadError::Malformed {
            step,
            expected,
            got,
        },
        Trouble::Refused {
            status,
            code,
            message,
        } => UploadError::Backend(BackendRefusal {
            status,
            code,
            message: Some(message),
            retry_after: None,
        }),
        Trouble::Expired => UploadError::Expired,
        Trouble::Unsupported(text) => UploadError::Configuration(text),
    }
}

/// What the backend says when it refuses.
pub fn refusal(response: &Response) -> UploadError {
    let (code, message) = protocol::refusal::read(response.status, &reply_body(response));
    UploadError::Backend(BackendRefusal {
        status: response.status,
        code,
        message,
        retry_after: retry_after(response),
    })
}

/// The host's function for headers failed: as if the backend had said that it knows nobody.
pub fn no_headers(sentence: String) -> UploadError {
    UploadError::Backend(BackendRefusal {
        status: 401,
        code: None,
        message: Some(sentence).filter(|sentence| !sentence.trim().is_empty()),
        retry_after: None,
    })
}
