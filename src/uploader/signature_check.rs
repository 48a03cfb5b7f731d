//! Finds causes of a refusal in a signed request, problems that it will cause later, and facts about a response that
//! concern the developer only.
//!
//! The functions are pure. They read names and well-known values only, and return no signature.

use s3_upload_core::CollectVec;
use s3_upload_core::{Answer, Hint, Receipt, Transmit, UploadError};

use super::remediation::remediation;

/// Adds the cause that the signed request shows to a store's refusal.
pub fn with_hint(error: UploadError, transmit: &Transmit) -> UploadError {
    let UploadError::Store(mut refusal) = error else {
        return error;
    };
    // Only these statuses concern the request itself.
    if matches!(refusal.status, 400..=403) {
        let url = transmit.target.url.expose();
        let sent = &transmit.target.headers;
        refusal.hint = hint_for(url, sent.iter().map(|(name, _)| name.as_str())).map(Box::new);
    }
    UploadError::Store(refusal)
}

fn hint_for<'a>(url: &str, sent: impl Iterator<Item = &'a str>) -> Option<Hint> {
    if signs_empty_body(url) {
        return Some(Hint::EmptyChecksum);
    }
    let signed = signed_headers(url)?;
    let sent: Vec<String> = sent.map(str::to_ascii_lowercase).collect_vec();
    // The browser sets these headers itself.
    let by_browser =
        |name: &String| matches!(name.as_str(), "host" | "content-length" | "content-type");
    let missing: Vec<String> = signed
        .iter()
        .filter(|name| !sent.contains(name) && !by_browser(name))
        .cloned()
        .collect_vec();
    if !missing.is_empty() {
        return Some(Hint::NotSent(missing));
    }
    // S3 refuses unsigned `x-amz-` headers, and accepts other unsigned ones.
    let unsigned: Vec<String> = sent
        .into_iter()
        .filter(|name| name.starts_with("x-amz-") && !signed.contains(name))
        .collect_vec();
    (!unsigned.is_empty()).then_some(Hint::NotSigned(unsigned))
}

/// The warning about a store that redirects. A browser does not follow redirects of a preflighted request to another
/// origin.
pub const REDIRECT: &str = "the store answers with a redirect, and browsers follow none with a request of another origin \
     that needs a preflight. Sign for the address and the region where the store answers itself.";

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
pub fn answer_warning(is_abort: bool, answer: &Result<Answer, UploadError>) -> Option<String> {
    match answer {
        Ok(Answer::Unconfirmed(_)) => Some(
            "the backend answered with an \"id\", so it was asked to confirm the upload at {endpoint}/{id}/complete, and has \
             nothing there for this page. The store took the file; leave \"id\" out if the backend does not confirm."
                .to_owned(),
        ),
        // Nothing waits for the abort, but parts that stay at the store cost money.
        Err(error @ (UploadError::Blocked(_) | UploadError::Unreadable(_))) if is_abort => {
            remediation(error).map(|remediation| format!("What was cancelled could not be taken back: {} {}", remediation.cause, remediation.fix))
        }
        _ => None,
    }
}

/// Returns true if an SDK added the CRC-32 of an empty body when it signed. The one for JavaScript does so by default
/// since version 3.729.
fn signs_empty_body(url: &str) -> bool {
    query(url).any(|(name, value)| {
        name.eq_ignore_ascii_case("x-amz-checksum-crc32") && value.starts_with("AAAAAA")
    })
}

fn signed_headers(url: &str) -> Option<Vec<String>> {
    let (_, names) =
        query(url).find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-SignedHeaders"))?;
    let names = names.replace("%3B", ";").replace("%3b", ";");
    Some(names.split(';').map(str::to_ascii_lowercase).collect_vec())
}

fn query(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    query.split('&').filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_explains_a_refusal() {
        let signed =
            |names: &str| format!("https://h/k?X-Amz-SignedHeaders={names}&X-Amz-Signature=5ec");
        for (url, sent, hint) in [
            (
                "https://h/k?x-amz-checksum-crc32=AAAAAA%3D%3D&X-Amz-SignedHeaders=host".to_owned(),
                vec![],
                Some(Hint::EmptyChecksum),
            ),
            (
                signed("content-length%3Bcontent-type%3Bhost"),
                vec!["Content-Type"],
                None,
            ),
            (
                signed("host%3Bx-amz-acl%3Bif-none-match"),
                vec!["Content-Type"],
                Some(Hint::NotSent(vec![
                    "x-amz-acl".to_owned(),
                    "if-none-match".to_owned(),
                ])),
            ),
            (
                signed("host"),
                vec!["Content-Type", "X-Amz-Acl"],
                Some(Hint::NotSigned(vec!["x-amz-acl".to_owned()])),
            ),
            ("https://h/k?sig=1".to_owned(), vec!["x-amz-acl"], None),
            ("https://h/k".to_owned(), vec![], None),
        ] {
            assert_eq!(hint_for(&url, sent.into_iter()), hint, "{url}");
        }
    }
}
