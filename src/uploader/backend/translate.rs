//! Translates the types of the dialects to those of the engine.

use core::time::Duration;

use s3_upload_core::CollectVec;
use s3_upload_core::{
    BackendRefusal, ETag, Grant, GrantPlan, Method, ObjectKey, PartNumber, SecretUrl, SignedPart,
    SignedRequest, Step, StoredObject, StoredPart, UploadError, UploadId,
};
use s3_upload_protocol::{
    self as protocol, DialectError, GrantedUpload, PresignedRequest, TransferPlan, native,
};

use crate::browser::address::Address;
use crate::uploader::parsed_response::ParsedResponse;

/// Resolves an address that the backend gave, which may be relative to the backend's own.
type Resolve<'a> = &'a dyn Fn(&str) -> Option<Address>;

/// A grant.
pub fn grant(granted: GrantedUpload, resolve: Resolve<'_>) -> Grant {
    let plan = match granted.plan {
        TransferPlan::Single(signed) => GrantPlan::Single(request(signed, resolve)),
        TransferPlan::Multipart { part_size } => GrantPlan::Multipart { part_size },
        TransferPlan::Stored => GrantPlan::Stored,
    };
    Grant {
        id: granted.id.map(UploadId::new),
        key: granted.key.map(ObjectKey::new),
        value: granted.value,
        plan,
    }
}

fn request(signed: PresignedRequest, resolve: Resolve<'_>) -> SignedRequest {
    let method = match &signed.fields {
        Some(fields) => Method::Post {
            fields: fields.expose().to_vec(),
        },
        None => Method::Put,
    };
    SignedRequest {
        method,
        url: resolved(signed.url.expose(), resolve),
        headers: signed.headers,
        expires_in: signed.expires_in.map(Duration::from_secs),
    }
}

/// The signed parts. Numbers that are not valid part numbers are left out.
pub fn signed_parts(parts: Vec<protocol::PresignedPart>, resolve: Resolve<'_>) -> Vec<SignedPart> {
    let part = |part: protocol::PresignedPart| {
        Some(SignedPart {
            number: PartNumber::new(part.number)?,
            request: request(part.request, resolve),
        })
    };
    parts.into_iter().filter_map(part).collect_vec()
}

/// The parts that the store holds.
pub fn stored_parts(parts: Vec<native::ListedPart>) -> Vec<StoredPart> {
    let part = |part: native::ListedPart| {
        Some(StoredPart {
            number: PartNumber::new(part.number)?,
            size: part.size,
            etag: ETag::new(part.etag),
        })
    };
    parts.into_iter().filter_map(part).collect_vec()
}

/// The confirmed object.
pub fn stored_object(stored: protocol::ConfirmedObject) -> StoredObject {
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

/// The error of an operation that cannot go on.
pub fn operation_error(step: Step, error: DialectError) -> UploadError {
    match error {
        DialectError::Malformed {
            expected,
            got,
            is_incomplete,
        } => UploadError::Malformed {
            step,
            expected,
            got,
            is_incomplete,
        },
        DialectError::Refused {
            status,
            code,
            message,
        } => UploadError::Backend(BackendRefusal {
            status,
            code,
            message: Some(message).filter(|message| !message.is_empty()),
            retry_after: None,
        }),
        DialectError::Expired => UploadError::Expired,
        DialectError::Unsupported(text) => UploadError::Unsupported(text),
    }
}

/// The error of a response that refuses.
pub fn refusal(response: &ParsedResponse) -> UploadError {
    let (code, message) = protocol::refusal::read(response.status, &response.dialect_body());
    UploadError::Backend(BackendRefusal {
        status: response.status,
        code,
        message,
        retry_after: response.retry_after,
    })
}

/// The error of a host's function for headers that failed. It equals a 401 of the backend.
pub fn headers_refused(sentence: String) -> UploadError {
    UploadError::Backend(BackendRefusal {
        status: 401,
        code: None,
        message: Some(sentence).filter(|sentence| !sentence.trim().is_empty()),
        retry_after: None,
    })
}

/// The absolute address, or the address as it was given.
fn resolved(url: &str, resolve: Resolve<'_>) -> SecretUrl {
    SecretUrl::new(resolve(url).map_or_else(|| url.to_owned(), |whole| whole.href))
}
