//! The error of a response that the page may not read.

use s3_upload_core::{Step, Unreadable, UploadError};

use crate::browser::address::Address;
use crate::uploader::platform::Platform;

/// The error of a response that the page may not read.
pub(super) fn unreadable(platform: &impl Platform, step: Step, address: &Address) -> UploadError {
    UploadError::Unreadable(Unreadable {
        step,
        page: platform.origin(),
        host: address.origin.clone(),
    })
}
