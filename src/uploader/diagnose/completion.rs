//! The reason why the store did not respond to the completion or the abort of a multipart upload.

use s3_upload_core::{Blocked, Finding, Step, UploadError};
use s3_upload_protocol::DialectRequest;

use super::unreadable::unreadable;
use crate::browser::address::Address;
use crate::browser::http::{Body, Credentials, Request};
use crate::browser::probe::Readability;
use crate::uploader::platform::Platform;
use crate::uploader::presence::{Presence, is_elsewhere, presence};

/// Finds the reason why the store did not respond to a request that ends a multipart upload, and that the browser
/// itself sends. The probe is the same request without a signature, for an upload that does not exist, which the store
/// refuses. If the page may not read that refusal, although it may read the refusal of a PUT before and after, then the
/// CORS rule lacks the method.
pub async fn cause(
    platform: &impl Platform,
    step: Step,
    address: Address,
    request: &DialectRequest,
) -> UploadError {
    let unanswered = UploadError::Network { step };
    if !is_elsewhere(platform, &address) || presence(platform, &address).await == Presence::Nobody {
        return unanswered;
    }
    let question = async |method: &str, query: &str, headers: &[(String, String)]| {
        let probe = Request {
            method,
            url: &format!("{}?{query}", address.bare()),
            headers,
            body: Body::Empty,
            credentials: Credentials::Omit,
        };
        platform.may_read(probe).await
    };
    let ends = async || question(request.method, "uploadId=none", &request.headers).await;
    let takes = async || question("PUT", "tagging", &[]).await;
    if ends().await != Readability::Hidden {
        return unanswered;
    }
    let is_taken = takes().await == Readability::Readable;
    if is_taken && ends().await == Readability::Hidden && takes().await == Readability::Readable {
        return UploadError::Blocked(lacks_method(platform, request.method, &address));
    }
    unreadable(platform, step, &address)
}

/// The error of a CORS rule of the store that lacks a method which ends an upload in parts.
fn lacks_method(platform: &impl Platform, method: &str, address: &Address) -> Blocked {
    let (host, page) = (address.origin.clone(), platform.origin());
    let finding = Finding {
        code: "cors_method".to_owned(),
        message: format!(
            "{host} gave {page} no answer to {method}, which ends or takes back an upload in parts (CORS)."
        ),
        fix: format!(
            "Add \"{method}\" to AllowedMethods of the bucket's CORS rule, and \"content-type\" to its AllowedHeaders."
        ),
    };
    Blocked::Cors {
        page,
        host,
        finding: Some(Box::new(finding)),
    }
}
