//! Checks that all diagnoses share: the page's own policies, and the presence of a host.

use s3_upload_core::{Blocked, Step, Unreadable, UploadError};

use crate::browser::address::Address;
use crate::browser::policy::Moment;
use crate::browser::probe::Presence;
use crate::uploader::platform::Platform;

/// Checks if a host answers. The probe has the request's path, which the page's Content Security Policy allowed. It
/// lacks the query, which is signed.
pub async fn presence(platform: &impl Platform, address: &Address) -> Presence {
    if platform.is_reachable(&address.bare()).await {
        Presence::Somebody
    } else if is_elsewhere(platform, address) && platform.requires_corp().await {
        Presence::Unknown
    } else {
        Presence::Nobody
    }
}

/// The error of a request that the browser itself did not send.
pub fn blocked_by_page(
    platform: &impl Platform,
    address: &Address,
    since: Moment,
) -> Option<UploadError> {
    let host = address.origin.clone();
    if let Some(directive) = platform.policy_violation(address, since) {
        return Some(UploadError::Blocked(Blocked::Csp { directive, host }));
    }
    if platform.is_mixed_content(address) {
        return Some(UploadError::Blocked(Blocked::MixedContent { host }));
    }
    (!platform.is_online()).then_some(UploadError::Offline)
}

/// The error of a response that the page may not read.
pub fn unreadable(platform: &impl Platform, step: Step, address: &Address) -> UploadError {
    UploadError::Unreadable(Unreadable {
        step,
        page: platform.origin(),
        host: address.origin.clone(),
    })
}

/// True for an address of another origin than the page's.
pub fn is_elsewhere(platform: &impl Platform, address: &Address) -> bool {
    address.origin != platform.origin()
}
