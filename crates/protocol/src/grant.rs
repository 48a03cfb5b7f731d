//! The request for an upload and its grant, in types that all dialects share.
//!
//! The module also has the rules for every request that a browser sends: the headers that it may have, and the form of
//! its address. It does not know the wire format of any dialect.

use core::fmt;
use std::collections::BTreeMap;

use s3_upload_types::CollectVec;
use s3_upload_types::is_token;

use crate::secret::{has_signature, redacted};
use crate::{DialectError, SecretFields, SecretUrl, Value};

/// A file for which an upload is requested.
#[derive(Debug, Clone)]
pub struct CreateParams<'a> {
    /// The file's name as the person sees it.
    pub name: &'a str,
    /// The MIME type that is sent with the bytes; never empty.
    pub media_type: &'a str,
    /// The size in bytes.
    pub size: u64,
    /// The metadata of the embedding page, by name.
    pub metadata: &'a BTreeMap<String, String>,
    /// True if an upload in parts is preferred, because the file is large.
    pub prefer_multipart: bool,
    /// The preferred part size in bytes, chosen for speed.
    pub part_size: u64,
    /// The file's MD5 in base64, for a dialect that [needs it](crate::Dialect::needs_md5).
    pub md5: Option<&'a str>,
    /// A new UUID, for dialects in which the client makes the key.
    pub uuid: &'a str,
}

/// The grant of a backend. `Debug` shows nothing that is signed.
#[derive(Clone, PartialEq)]
pub struct GrantedUpload {
    /// The backend's name for the upload. If there is one, the backend is asked to confirm the upload.
    pub id: Option<String>,
    /// The object's key.
    pub key: Option<String>,
    /// The value that a form submits for this file, if it is not the key.
    pub value: Option<String>,
    /// The object's address without credentials.
    pub location: Option<String>,
    /// The plan for sending the file.
    pub plan: TransferPlan,
    /// The state that the dialect needs in later operations. It may contain presigned URLs.
    pub session: Value,
}

impl GrantedUpload {
    /// Returns a grant with a plan and nothing else.
    pub const fn new(plan: TransferPlan) -> Self {
        Self {
            id: None,
            key: None,
            value: None,
            location: None,
            plan,
            session: Value::Null,
        }
    }
}

impl GrantedUpload {
    /// Returns the grant, or an error if the browser would not send its address as it was signed.
    pub fn checked(self, expected: &str) -> Result<Self, DialectError> {
        match &self.plan {
            TransferPlan::Single(signed) => check_url(signed, expected)?,
            TransferPlan::Multipart { .. } | TransferPlan::Stored => {}
        }
        Ok(self)
    }
}

/// Returns the parts, or an error if the browser would not send the address of one as it was signed.
pub fn check_parts(
    parts: Vec<PresignedPart>,
    expected: &str,
) -> Result<Vec<PresignedPart>, DialectError> {
    for part in &parts {
        check_url(&part.request, expected)?;
    }
    Ok(parts)
}

fn check_url(signed: &PresignedRequest, expected: &str) -> Result<(), DialectError> {
    match signed.url_defect() {
        Some(got) => Err(DialectError::Malformed {
            expected: expected.to_owned(),
            got: got.to_owned(),
            is_incomplete: false,
        }),
        None => Ok(()),
    }
}

impl fmt::Debug for GrantedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("id", &shown(self.id.as_ref()))
            .field("key", &shown(self.key.as_ref()))
            .field("value", &shown(self.value.as_ref()))
            .field("location", &shown(self.location.as_ref()))
            .field("plan", &self.plan)
            .field("session", &self.session)
            .finish()
    }
}

fn shown(text: Option<&String>) -> Option<String> {
    text.map(|text| redacted(text))
}

/// The plan for sending a granted file.
#[derive(Debug, Clone, PartialEq)]
pub enum TransferPlan {
    /// One request.
    Single(PresignedRequest),
    /// Parts of `part_size` bytes, the last one smaller. It requires a [`GrantedUpload::id`].
    Multipart {
        /// The size in bytes.
        part_size: u64,
    },
    /// No request: the backend reports that the store has the object already.
    Stored,
}

/// One request to the store. `Debug` shows the names of its headers, since a value may be a credential.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PresignedRequest {
    /// The address of the request.
    pub url: SecretUrl,
    /// The exact headers to send, without those that a browser sets itself.
    pub headers: Vec<(String, String)>,
    /// The fields of a POST form, to which the file is added last. Without fields the request is a PUT.
    pub fields: Option<SecretFields>,
    /// The number of seconds from now within which the request may begin, if it is known.
    pub expires_in: Option<u64>,
}

impl PresignedRequest {
    /// Returns a PUT without headers.
    pub fn put(url: &str) -> Self {
        let url = plain(url);
        Self {
            expires_in: expires_in(&url),
            url: SecretUrl::new(url),
            ..Self::default()
        }
    }

    /// Returns the reason why the browser would not send the address as it was signed. The text describes the received
    /// address.
    pub(crate) fn url_defect(&self) -> Option<&'static str> {
        let url = self.url.expose();
        let (sent, fragment) = url.split_once('#').unwrap_or((url, ""));
        let (path, query) = sent.split_once('?').unwrap_or((sent, ""));
        if has_signature(&format!("?{query}")) {
            let mut names = query
                .split('&')
                .map(|pair| pair.split('=').next().unwrap_or_default());
            return names.any(|name| name.contains('?')).then_some(TWO_QUERIES);
        }
        if has_signature(fragment) {
            return Some(CUT_SIGNATURE);
        }
        // The part of a key after a `#` would be lost, and the file would be stored under another key.
        if fragment.contains('?') {
            return Some(CUT_QUERY);
        }
        has_signature(&unescaped(path)).then_some(ESCAPED_QUERY)
    }

    /// Adds a header. One that is already there is not added, nor one that a browser sets itself or cannot send.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let name = name.trim();
        let is_there = self
            .headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !is_there && is_token(name) && !is_forbidden(name) {
            self.headers.push((name.to_owned(), value.into()));
        }
        self
    }
}

impl PresignedRequest {
    /// Adds headers as [`header`](Self::header) does.
    #[must_use]
    pub fn with_headers(self, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        let headers = headers.into_iter();
        headers.fold(self, |signed, (name, value)| signed.header(&name, value))
    }
}

const CUT_SIGNATURE: &str = "a URL whose signature stands after a \"#\", which browsers do not send: the # of the key must be written as %23";
const CUT_QUERY: &str = "a URL whose query stands after a \"#\", which browsers do not send: the # of the key must be written as %23";
const TWO_QUERIES: &str = "a URL with two \"?\", of which the first begins the query: the ? of the key must be written as %3F";
const ESCAPED_QUERY: &str = "a URL whose signature stands in the path and not in the query: the whole URL was percent-encoded";

fn unescaped(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// Returns an address with `&` in place of `&amp;`, if it was escaped for HTML.
fn plain(url: &str) -> String {
    let is_escaped = url.contains("&amp;") && has_signature(&url.replace("&amp;", "&"));
    if is_escaped {
        url.replace("&amp;", "&")
    } else {
        url.to_owned()
    }
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect_vec();
        f.debug_struct("PresignedRequest")
            .field("url", &self.url)
            .field("headers", &headers)
            .field("fields", &self.fields)
            .field("expires_in", &self.expires_in)
            .finish()
    }
}

/// An upload in progress, as later operations name it.
#[derive(Debug, Clone, Copy)]
pub struct UploadContext<'a> {
    /// [`GrantedUpload::id`].
    pub id: &'a str,
    /// [`GrantedUpload::session`].
    pub session: &'a Value,
    /// The file's size in bytes.
    pub size: u64,
    /// True if the file is sent in parts.
    pub is_multipart: bool,
    /// The size in bytes of every part but the last; 0 if it is unknown, or if the file is not sent in parts.
    pub part_size: u64,
    /// The number of seconds since the upload was granted.
    pub age: u64,
}

/// Returns parts that were signed `age` seconds ago, with their remaining lifetime, or `None` if the URL of one has
/// expired.
pub fn unexpired(parts: Vec<PresignedPart>, age: u64) -> Option<Vec<PresignedPart>> {
    let left = |mut part: PresignedPart| {
        let life = &mut part.request.expires_in;
        *life = match *life {
            Some(life) => Some(life.checked_sub(age).filter(|left| *left > 0)?),
            None => None,
        };
        Some(part)
    };
    parts.into_iter().map(left).collect()
}

/// A signed part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPart {
    /// The part's number.
    pub number: u16,
    /// The request for the part, a PUT.
    pub request: PresignedRequest,
}

/// The object as the backend confirmed it. A field that the backend did not report is `None`. `Debug` shows nothing
/// that is signed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfirmedObject {
    /// Its key.
    pub key: Option<String>,
    /// The value that a form submits for the object, if it is not the key.
    pub value: Option<String>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// Its MIME type.
    pub media_type: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its address without credentials.
    pub location: Option<SecretUrl>,
    /// A link to read it.
    pub download_url: Option<SecretUrl>,
    /// True if the response was empty, so that a gateway may have sent it.
    pub is_empty: bool,
}

impl fmt::Debug for ConfirmedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("key", &shown(self.key.as_ref()))
            .field("value", &shown(self.value.as_ref()))
            .field("size", &self.size)
            .field("media_type", &shown(self.media_type.as_ref()))
            .field("etag", &shown(self.etag.as_ref()))
            .field("location", &self.location)
            .field("download_url", &self.download_url)
            .field("is_empty", &self.is_empty)
            .finish()
    }
}

/// Returns true for headers that a page cannot set: the browser sends its own, or none.
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
pub fn is_forbidden(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// Returns true if a text can be the segment of a path that names an upload. Dot segments would change the path, and a
/// signature must not be shown.
pub(crate) fn is_id(text: &str) -> bool {
    !matches!(text.trim(), "" | "." | "..") && !has_signature(text)
}

/// Returns true if a text is an address to which a request can be sent: a URL with a host, or a path.
pub(crate) fn is_address(text: &str) -> bool {
    is_absolute(text) || (text.starts_with('/') && !text.contains(char::is_control))
}

/// Returns true if a text is an HTTP URL with a host.
pub(crate) fn is_absolute(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !rest.is_empty()
        && !rest.starts_with(['/', '?', '#', ':', '@'])
        && !text.contains(char::is_control)
}

/// Returns the value of a query parameter as it is written in the address. Names are compared without case.
pub(crate) fn parameter<'a>(url: &'a str, wanted: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split(['&', '#']).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case(wanted).then_some(value)
    })
}

/// Returns true if an address may belong to a part. An address of S3 contains the part's number, and the bytes of
/// another part must not be sent to it.
pub(crate) fn is_for_part(url: &str, number: u16) -> bool {
    parameter(url, "partNumber").is_none_or(|said| said.parse() == Ok(number))
}

/// The valid lifetimes of a presigned URL in seconds: at most 7 days, with S3 and with Google.
pub(crate) const VALID_LIFETIMES: core::ops::RangeInclusive<u64> = 1..=604_800;

/// Returns the lifetime in seconds that a presigned URL states. The URL was signed just before, by a clock that may be
/// wrong, so that its date is ignored. <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
pub fn expires_in(url: &str) -> Option<u64> {
    ["X-Amz-Expires", "X-Goog-Expires", "X-Oss-Expires"]
        .iter()
        .find_map(|name| parameter(url, name))
        .and_then(|value| value.parse().ok())
        .filter(|seconds| VALID_LIFETIMES.contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
    #[test]
    fn a_url_says_how_long_it_lives() {
        for (url, seconds) in [
            ("https://h/k?X-Amz-Expires=120&X-Amz-Signature=a", Some(120)),
            ("https://h/k?a=1&x-goog-expires=60", Some(60)),
            ("https://h/k?X-Amz-Expires=soon", None),
            ("https://h/k?X-Amz-Expires=0", None),
            ("https://h/k?X-Amz-Expires=18446744073709551615", None),
            ("https://h/k", None),
        ] {
            assert_eq!(expires_in(url), seconds, "{url}");
        }
    }

    /// <https://fetch.spec.whatwg.org/#forbidden-request-header>
    #[test]
    fn headers_of_the_browser_are_left_out_and_none_is_doubled() {
        let signed = PresignedRequest::put("https://h/k")
            .header("Host", "h")
            .header("date", "d")
            .header("Sec-Fetch-Mode", "cors")
            .header("no name", "x")
            .header("content-type", "a/b")
            .header("Content-Type", "c/d");
        assert_eq!(
            signed.headers,
            [("content-type".to_owned(), "a/b".to_owned())]
        );
    }

    /// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
    #[test]
    fn only_a_token_names_a_header() {
        for name in ["x-amz-meta-a", "X_1", "!#$%&'*+-.^_`|~0Az"] {
            assert!(is_token(name), "{name}");
        }
        let delimiters = "\"(),/:;<=>?@[\\]{}".chars();
        let others = ['\0', '\t', '\n', '\r', ' ', '\u{7f}', '\u{e9}'];
        for wrong in delimiters.chain(others) {
            for name in [format!("{wrong}"), format!("a{wrong}b")] {
                assert!(!is_token(&name), "{name:?}");
                let signed = PresignedRequest::put("https://h/k").header(&name, "v");
                assert_eq!(signed.headers, [], "{name:?}");
            }
        }
        assert!(!is_token(""));
    }

    #[test]
    fn a_request_prints_no_value_of_a_header() {
        let signed =
            PresignedRequest::put("https://h/k?s=5ec").header("Authorization", "Bearer 5ec");
        let shown = format!("{signed:?}");
        assert!(shown.contains("Authorization"), "{shown}");
        assert!(!shown.contains("5ec"), "{shown}");
    }

    #[test]
    fn a_signature_that_would_not_be_sent_is_named() {
        for (url, part) in [
            (
                "https://h/b/song#1.png?X-Amz-Signature=5ec",
                "after a \"#\"",
            ),
            ("https://h/b/song#1.png?a=b", "after a \"#\""),
            ("https://h/b/k#X-Amz-Signature=5ec", "after a \"#\""),
            ("https://h/b/k?a=1#&sig=5ec", "after a \"#\""),
            ("https://h/b/k%3FX-Amz-Signature%3D5ec", "in the path"),
            ("https://h/b/song?1.png?X-Amz-Signature=5ec", "two \"?\""),
            ("https://h/k??a=1&X-Amz-Signature=5ec", "two \"?\""),
        ] {
            let fault = PresignedRequest::put(url).url_defect().unwrap_or_default();
            assert!(fault.contains(part) && !fault.contains("5ec"), "{url}");
        }
        for url in [
            "https://h/b/k?X-Amz-Signature=5ec",
            "https://h/b/k?X-Amz-Signature=5ec#end",
            "https://h/b/song%231.png?X-Amz-Signature=5ec",
            "https://h/b/k?sig=5ec",
            "https://h/b/k#end",
            "https://h/b/k%3F?X-Amz-Signature=5ec",
            "https://h/b/k?a=b?c&X-Amz-Signature=5ec",
            "https://h/",
        ] {
            assert_eq!(PresignedRequest::put(url).url_defect(), None, "{url}");
        }
    }

    #[test]
    fn an_address_that_was_escaped_for_html_is_meant_without_that() {
        let signed = PresignedRequest::put("https://h/k?X-Amz-Expires=60&amp;X-Amz-Signature=a");
        assert_eq!(
            signed.url.expose(),
            "https://h/k?X-Amz-Expires=60&X-Amz-Signature=a"
        );
        assert_eq!(signed.expires_in, Some(60));
        let other = "https://h/k?a=1&amp;b=2";
        assert_eq!(PresignedRequest::put(other).url.expose(), other);
    }

    #[test]
    fn addresses_are_told_from_other_texts() {
        for address in [
            "https://h",
            "HTTP://h/k?a=b",
            "https://u:p@h:1/k",
            "/k",
            "/k?a=b",
        ] {
            assert!(is_address(address), "{address}");
        }
        for other in [
            "",
            "h/k",
            "https://",
            "https:///k",
            "https://?a=b",
            "javascript:alert(1)//://x",
            "ftp://h/k",
            "https://h/\n",
            "/\0",
        ] {
            assert!(!is_address(other), "{other:?}");
        }
    }
}
