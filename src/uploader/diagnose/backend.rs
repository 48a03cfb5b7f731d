//! The reason why the backend did not respond.

use s3_upload_core::{Step, UploadError};

use super::unreadable::unreadable;
use crate::browser::address::Address;
use crate::browser::http::Credentials;
use crate::browser::probe::Readability;
use crate::uploader::platform::Platform;
use crate::uploader::presence::{Presence, is_elsewhere, presence};

/// Finds the reason why the backend did not respond. An unreadable response alone does not prove a fault of the CORS
/// rule, since the error pages of gateways lack CORS headers as well.
pub async fn cause(
    platform: &impl Platform,
    step: Step,
    address: Address,
    credentials: Credentials,
) -> UploadError {
    let unanswered = UploadError::Network { step };
    if !is_elsewhere(platform, &address) || presence(platform, &address).await == Presence::Nobody {
        return unanswered;
    }
    let bare = address.bare();
    match platform.passes_preflight(&bare, credentials).await {
        Readability::Readable | Readability::TimedOut => unanswered,
        Readability::Hidden => unreadable(platform, step, &address),
    }
}
