//! The reason why the store did not respond to a request that sends bytes.

use s3_upload_core::{Blocked, Method, Step, Transmit, UploadError};

use super::page::{blocked_by_page, unreadable};
use crate::browser::address::Address;
use crate::browser::file::Readable;
use crate::browser::http::{Body, Credentials, Request};
use crate::browser::policy::Moment;
use crate::browser::probe::Readability;
use crate::uploader::backend::Backend;
use crate::uploader::doctor;
use crate::uploader::internal_host::is_internal;
use crate::uploader::platform::{LocalFile, Platform};
use crate::uploader::presence::{Presence, is_elsewhere, presence};

/// The bytes of a request to the store that were sent after the preflight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesSent {
    /// At least one.
    Some,
    /// None.
    None,
    /// Unknown, since fetch does not report it.
    Unknown,
}

/// The circumstances of a request that the store did not answer.
#[derive(Clone, Copy, Debug)]
pub struct NoResponse {
    /// The bytes that were sent.
    pub bytes_sent: BytesSent,
    /// True if the page has read a response of this store.
    pub answered: bool,
    /// The moment at which the request began.
    pub since: Moment,
}

/// Finds the reason why the store did not respond.
pub async fn cause<P: Platform>(
    transmit: &Transmit,
    source: &P::File,
    no_response: NoResponse,
    backend: &Backend<'_, P>,
) -> UploadError {
    let platform = backend.platform;
    match source.readable().await {
        Readable::Yes => {}
        Readable::Changed => return UploadError::FileChanged,
        Readable::No => return UploadError::FileUnreadable,
    }
    let step = Step::Send;
    let unanswered = UploadError::Network { step };
    let Some(address) = platform.resolve(transmit.target.url.expose()) else {
        return unanswered;
    };
    if let Some(error) = blocked_by_page(platform, &address, no_response.since) {
        return error;
    }
    // Only the preflight failed, of a store that the page has read before. It is the same outage, both if no host
    // answers and if a gateway does.
    if no_response.bytes_sent == BytesSent::None && no_response.answered {
        return unanswered;
    }
    let presence = presence(platform, &address).await;
    if presence == Presence::Nobody {
        // A page of an internal network reaches internal hosts, unless its network is down.
        let outside = !is_internal(&platform.host());
        return if outside && is_internal(&address.hostname) && !no_response.answered {
            let host = address.origin;
            UploadError::Blocked(Blocked::Host { host })
        } else {
            unanswered
        };
    }
    match (
        may_read(platform, transmit, &address).await,
        no_response.bytes_sent,
    ) {
        (Readability::TimedOut, _) | (Readability::Readable, BytesSent::None) => return unanswered,
        (Readability::Readable, BytesSent::Some | BytesSent::Unknown) => {
            return UploadError::CutOff { step };
        }
        (Readability::Hidden, _) => {}
    }
    // Bytes are sent only after an allowed preflight. A CORS rule that allowed an earlier response exists.
    let unreadable = unreadable(platform, step, &address);
    if no_response.answered || no_response.bytes_sent == BytesSent::Some {
        return unreadable;
    }
    doctor::cause(transmit, &address, backend, presence)
        .await
        .unwrap_or(unreadable)
}

/// Sends a request that the store refuses, to see if the page may read the refusal. S3 is asked for the object's tags,
/// unsigned and without a body. The method, headers and path are those of the upload, so that the same CORS rule
/// answers the preflight. Other stores get a `HEAD`. A rule that allows no `HEAD` looks like a missing rule.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>
async fn may_read(platform: &impl Platform, transmit: &Transmit, address: &Address) -> Readability {
    if !is_elsewhere(platform, address) {
        return Readability::Readable;
    }
    let target = &transmit.target;
    let is_s3 = |fields: &[(String, String)]| {
        let mut names = fields.iter().map(|(name, _)| name);
        names.any(|name| name.eq_ignore_ascii_case("x-amz-signature"))
    };
    let method = match &target.method {
        Method::Put if address.search.contains("X-Amz-Signature=") => "PUT",
        Method::Post { fields } if is_s3(fields) => "POST",
        _ => "HEAD",
    };
    let query = if method == "HEAD" { "" } else { "?tagging" };
    platform
        .may_read(Request {
            method,
            url: &format!("{}{query}", address.bare()),
            headers: if method == "HEAD" {
                &[]
            } else {
                &target.headers
            },
            body: Body::Empty,
            credentials: Credentials::Omit,
        })
        .await
}

/// True if the store redirects the page, as far as a probe shows.
pub async fn redirects(platform: &impl Platform, transmit: &Transmit) -> bool {
    match platform.resolve(transmit.target.url.expose()) {
        Some(address) => {
            is_elsewhere(platform, &address) && platform.redirects(&address.bare()).await
        }
        None => false,
    }
}
