//! What can be seen of a signed request that explains why a store refused it, or that will be trouble one day, and what
//! the developer should know of an answer that the person sees nothing of.
//!
//! Pure; looks at names and well-known values only, and tells no signature.

use s3_upload_core::{Answer, Hint, Receipt, Transmit, UploadError};

use super::advice::advice;

/// Adds to a store's refusal what in the signed request explains it.
pub fn given(error: UploadError, transmit: &Transmit) -> UploadError {
    let UploadError::Store(mut refusal) = error else {
        return error;
    };
    // Of a refusal that has to do with the request, not with the store's mood.
    if matches!(refusal.status, 400..=403) {
        let url = transmit.target.url.expose();
        let sent = &transmit.target.headers;
        refusal.hint = of(url, sent.iter().map(|(name, _)| name.as_str())).map(Box::new);
    }
    UploadError::Store(refusal)
}

fn of<'a>(url: &str, sent: impl Iterator<Item = &'a str>) -> Option<Hint> {
    if signs_empty_body(url) {
        return Some(Hint::EmptyChecksum);
    }
    let signed = signed_headers(url)?;
    let sent: Vec<String> = sent.map(str::to_ascii_lowercase).collect();
    // The browser sends these by itself.
    let by_browser =
        |name: &String| matches!(name.as_str(), "host" | "content-length" | "content-type");
    let missing: Vec<String> = signed
        .iter()
        .filter(|name| !sent.contains(name) && !by_browser(name))
        .cloned()
        .collect();
    if !missing.is_empty() {
        return Some(Hint::NotSent(missing));
    }
    // S3 refuses headers of its own that are not signed; others it takes.
    let unsigned: Vec<String> = sent
        .into_iter()
        .filter(|name| name.starts_with("x-amz-") && !signed.contains(name))
        .collect();
    (!unsigned.is_empty()).then_some(Hint::NotSigned(unsigned))
}

/// What the developer should know although the store took the bytes, or before it refuses them.
pub fn note(transmit: &Transmit, read: &Result<Receipt, UploadError>) -> Option<&'static str> {
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

/// What the developer should know of the backend's answer although the person sees nothing of it.
pub fn of_answer(is_abort: bool, answer: &Result<Answer, UploadError>) -> Option<String> {
    match answer {
        Ok(Answer::Unconfirmed(_)) => Some(
            "the backend answered with an \"id\", so it was asked to confirm the upload at {endpoint}/{id}/complete, and has \
             nothing there for this page. The store took the file; leave \"id\" out if the backend does not confirm."
                .to_owned(),
        ),
        // Nobody waits for it, but what is left at the store costs money.
        Err(error @ UploadError::Blocked(_)) if is_abort => {
            advice(error).map(|advice| format!("What was cancelled could not be taken back: {} {}", advice.cause, advice.fix))
        }
        _ => None,
    }
}

/// Whether an SDK added the CRC-32 of nothing while it signed, as the JavaScript one does by default since version 3.729.
fn signs_empty_body(url: &str) -> bool {
    query(url).any(|(name, value)| {
        name.eq_ignore_ascii_case("x-amz-checksum-crc32") && value.starts_with("AAAAAA")
    })
}

fn signed_headers(url: &str) -> Option<Vec<String>> {
    let (_, names) =
        query(url).find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-SignedHeaders"))?;
    let names = names.replace("%3B", ";").replace("%3b", ";");
    Some(names.split(';').map(str::to_ascii_lowercase).collect())
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
            assert_eq!(of(&url, sent.into_iter()), hint, "{url}");
        }
    }
}
