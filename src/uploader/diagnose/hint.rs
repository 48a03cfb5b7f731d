//! Finds causes of a refusal in a signed request.
//!
//! The functions are pure. They read names and well-known values only, and return no signature.

use s3_upload_core::CollectVec;
use s3_upload_core::{Hint, Transmit, UploadError};

use crate::uploader::signature_check::{query, signs_empty_body};

/// Adds the cause that the signed request shows to a store's refusal.
pub(super) fn with_hint(error: UploadError, transmit: &Transmit) -> UploadError {
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

fn signed_headers(url: &str) -> Option<Vec<String>> {
    let (_, names) =
        query(url).find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-SignedHeaders"))?;
    let names = names.replace("%3B", ";").replace("%3b", ";");
    Some(names.split(';').map(str::to_ascii_lowercase).collect_vec())
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
