//! Finds problems that a signed request will cause later, and facts about a response that concern the developer only.
//!
//! The functions are pure. They read names and well-known values only, and return no signature.

use s3_upload_core::{Answer, Receipt, Transmit, UploadError};

/// The warning about a form after which the store redirects the browser.
pub const FORM_REDIRECT: &str = "the form has the field success_action_redirect, so that the store answers with a redirect \
     to a page whose answer this one cannot take for the store's. Sign the form without it, and with success_action_status \
     201";

/// The warning for the developer about a request that the store accepted: other stores refuse it, or the page cannot
/// read its `ETag`.
pub fn warning(transmit: &Transmit, read: &Result<Receipt, UploadError>) -> Option<&'static str> {
    if read.is_ok() && signs_empty_body(transmit.target.url.expose()) {
        return Some(
            "the presigned URL carries the checksum of an empty body (x-amz-checksum-crc32=AAAAAA==). This store ignored it; \
             others refuse the file. Create the backend's S3Client with requestChecksumCalculation: \"WHEN_REQUIRED\".",
        );
    }
    let untagged = read.as_ref().is_ok_and(|receipt| receipt.etag.is_none());
    (untagged && transmit.part.is_some()).then_some(
        "the store's CORS rule hides the header ETag, so the backend has to list the parts in the end. Add \"ETag\" to the \
         rule's ExposeHeaders.",
    )
}

/// The warning for the developer about an answer of the backend that the person does not see.
pub fn answer_warning(answer: &Result<Answer, UploadError>) -> Option<&'static str> {
    match answer {
        Ok(Answer::Unconfirmed(_)) => Some(
            "the backend answered with an \"id\", so it was asked to confirm the upload at {endpoint}/{id}/complete, and has \
             nothing there for this page. The store took the file; leave \"id\" out if the backend does not confirm.",
        ),
        _ => None,
    }
}

/// Returns true if an SDK added the CRC-32 of an empty body when it signed. The one for JavaScript does so by default
/// since version 3.729.
pub(super) fn signs_empty_body(url: &str) -> bool {
    query(url).any(|(name, value)| {
        name.eq_ignore_ascii_case("x-amz-checksum-crc32") && value.starts_with("AAAAAA")
    })
}

/// The parameters of a URL, as they are written.
pub(super) fn query(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    query.split('&').filter_map(|pair| pair.split_once('='))
}
