//! The page's own reasons why a request got no response.

use s3_upload_core::{Blocked, Step, UploadError};

use super::platform::Platform;
use crate::browser::address::Address;
use crate::browser::policy::Moment;

/// The address of a request without a response, which the browser sent. The error is that of a request which it did not
/// send.
pub(super) fn sent_to(
    platform: &impl Platform,
    step: Step,
    url: &str,
    since: Moment,
) -> Result<Address, UploadError> {
    let address = platform.resolve(url).ok_or(UploadError::Network { step })?;
    let host = address.origin.clone();
    if let Some(directive) = platform.policy_violation(&address, since) {
        return Err(UploadError::Blocked(Blocked::Csp { directive, host }));
    }
    if platform.is_mixed_content(&address) {
        return Err(UploadError::Blocked(Blocked::MixedContent { host }));
    }
    if platform.is_online() {
        Ok(address)
    } else {
        Err(UploadError::Offline)
    }
}
