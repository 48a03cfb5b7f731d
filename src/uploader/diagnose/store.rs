//! The reason why the store did not respond to a request that sends bytes.

use s3_upload_core::{Blocked, Method, Step, Transmit, UploadError};

use super::doctor;
use super::unreadable::unreadable;
use crate::browser::address::Address;
use crate::browser::http::{Body, Credentials, Request};
use crate::browser::probe::Readability;
use crate::uploader::diagnosis::{BytesSent, SendCause, UnansweredSend};
use crate::uploader::internal_host::is_internal;
use crate::uploader::platform::Platform;
use crate::uploader::presence::{Presence, is_elsewhere, presence};

/// The warning about a store that redirects. A browser does not follow redirects of a preflighted request to another
/// origin.
const REDIRECT: &str = "the store answers with a redirect, and browsers follow none with a request of another origin \
     that needs a preflight. Sign for the address and the region where the store answers itself.";

/// Finds the reason why the store did not respond, and a warning if the store redirects.
pub(super) async fn cause<P: Platform>(failed: UnansweredSend<'_, P>) -> SendCause {
    let error = error(&failed).await;
    let redirects = matches!(error, UploadError::Unreadable(_))
        && !failed.answered
        && is_elsewhere(failed.platform, &failed.address)
        && failed.platform.redirects(&failed.address.bare()).await;
    SendCause {
        error,
        warning: redirects.then_some(REDIRECT),
    }
}

async fn error<P: Platform>(failed: &UnansweredSend<'_, P>) -> UploadError {
    let UnansweredSend {
        platform,
        transmit,
        address,
        bytes_sent,
        answered,
        ..
    } = failed;
    let step = Step::Send;
    let unanswered = UploadError::Network { step };
    // Only the preflight failed, of a store that the page has read before. It is the same outage, both if no host
    // answers and if a gateway does.
    if *bytes_sent == BytesSent::None && *answered {
        return unanswered;
    }
    let presence = presence(*platform, address).await;
    if presence == Presence::Nobody {
        // A page of an internal network reaches internal hosts, unless its network is down.
        let outside = !is_internal(&platform.host());
        return if outside && is_internal(&address.hostname) && !answered {
            let host = address.origin.clone();
            UploadError::Blocked(Blocked::Host { host })
        } else {
            unanswered
        };
    }
    match (may_read(*platform, transmit, address).await, *bytes_sent) {
        (Readability::TimedOut, _) | (Readability::Readable, BytesSent::None) => return unanswered,
        (Readability::Readable, BytesSent::Some | BytesSent::Unknown) => {
            return UploadError::CutOff { step };
        }
        (Readability::Hidden, _) => {}
    }
    // Bytes are sent only after an allowed preflight. A CORS rule that allowed an earlier response exists.
    let unreadable = unreadable(*platform, step, address);
    if *answered || *bytes_sent == BytesSent::Some {
        return unreadable;
    }
    doctor::cause(failed, presence).await.unwrap_or(unreadable)
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
