//! Checks that all diagnoses share: the page's own policies.

use s3_upload_core::{Blocked, Step, Unreadable, UploadError};

use crate::browser::address::Address;
use crate::browser::policy::Moment;
use crate::uploader::platform::Platform;

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
