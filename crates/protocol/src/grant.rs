//! What a backend is asked for and what it grants, in the same words for every dialect.
//!
//! Owns what holds for every request that a browser sends: which headers it may carry, and what an address is. Refuses
//! to know how any dialect writes it.

use core::fmt;
use std::collections::BTreeMap;

use crate::secret::{has_signature, redacted};
use crate::{SecretFields, SecretUrl, Value};

/// One file for which an upload is wanted.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The file's name as the person sees it.
    pub name: &'a str,
    /// The MIME type that will be sent with the bytes; never empty.
    pub media_type: &'a str,
    /// In bytes.
    pub size: u64,
    /// What the embedding page adds, by name.
    pub metadata: &'a BTreeMap<String, String>,
    /// Parts are preferred, because the file is large.
    pub prefer_multipart: bool,
    /// The part size that would be fast, in bytes.
    pub part_size: u64,
    /// The base64 of the file's MD5, for a dialect that [needs it](crate::Dialect::needs_md5).
    pub md5: Option<&'a str>,
    /// A new UUID, for dialects in which the client makes the key.
    pub uuid: &'a str,
}

/// What the backend granted. `Debug` shows nothing that is signed.
#[derive(Clone, PartialEq)]
pub struct Granted {
    /// The backend's name for the upload. With one, the backend is asked to confirm.
    pub id: Option<String>,
    /// The object's key.
    pub key: Option<String>,
    /// What a form submits for this file, where it is not the key.
    pub value: Option<String>,
    /// The object's address without credentials.
    pub location: Option<String>,
    /// How to send.
    pub plan: Plan,
    /// What the dialect wants to know again in later operations. May hold presigned URLs.
    pub session: Value,
}

impl Granted {
    /// The least that there is: a plan.
    pub const fn new(plan: Plan) -> Self {
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

impl fmt::Debug for Granted {
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

/// How a granted file is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// In one request.
    Single(Signed),
    /// In parts of this many bytes, the last one smaller. [`Granted::id`] must be there.
    Multipart {
        /// In bytes.
        part_size: u64,
    },
    /// Not at all: the backend says that the store has the object already.
    Stored,
}

/// One request to the store. `Debug` shows the names of its headers, since a value may be a credential.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// Where to.
    pub url: SecretUrl,
    /// Exactly these headers go along, without those that a browser sets itself.
    pub headers: Vec<(String, String)>,
    /// With fields it is a POST form, to which the file is added last; without, a PUT.
    pub fields: Option<SecretFields>,
    /// For how many seconds from now the request may begin, if anyone said.
    pub expires_in: Option<u64>,
}

impl Signed {
    /// A PUT without headers of its own.
    pub fn put(url: &str) -> Self {
        Self {
            url: SecretUrl::new(url),
            expires_in: life(url),
            ..Self::default()
        }
    }

    /// With one more header, unless it is there, or is one that a browser sets itself or can not send at all.
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

impl Signed {
    /// With more headers, as [`header`](Self::header) adds them.
    #[must_use]
    pub fn with_headers(self, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        let headers = headers.into_iter();
        headers.fold(self, |signed, (name, value)| signed.header(&name, value))
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Signed")
            .field("url", &self.url)
            .field("headers", &headers)
            .field("fields", &self.fields)
            .field("expires_in", &self.expires_in)
            .finish()
    }
}

/// An upload under way, as its later operations name it.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// [`Granted::id`].
    pub id: &'a str,
    /// [`Granted::session`].
    pub session: &'a Value,
    /// The file's size in bytes.
    pub size: u64,
    /// Whether it goes in parts.
    pub is_multipart: bool,
    /// Seconds since it was granted.
    pub age: u64,
}

/// What is left of parts that were signed `age` seconds ago; nothing if a URL among them has expired.
pub fn still_alive(parts: Vec<SignedPart>, age: u64) -> Option<Vec<SignedPart>> {
    let left = |mut part: SignedPart| {
        let life = &mut part.request.expires_in;
        *life = match *life {
            Some(life) => Some(life.checked_sub(age).filter(|left| *left > 0)?),
            None => None,
        };
        Some(part)
    };
    parts.into_iter().map(left).collect()
}

/// A part to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// 1 to 10,000.
    pub number: u16,
    /// In bytes.
    pub size: u64,
}

/// A part that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPart {
    /// Which one.
    pub number: u16,
    /// Its request, a PUT.
    pub request: Signed,
}

/// The object as the backend confirmed it; what it did not tell is missing. `Debug` shows nothing that is signed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Its key.
    pub key: Option<String>,
    /// What a form submits for it, where it is not the key.
    pub value: Option<String>,
    /// In bytes.
    pub size: Option<u64>,
    /// Its MIME type.
    pub media_type: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its address without credentials.
    pub location: Option<SecretUrl>,
    /// A link to read it.
    pub download_url: Option<SecretUrl>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("key", &shown(self.key.as_ref()))
            .field("value", &shown(self.value.as_ref()))
            .field("size", &self.size)
            .field("media_type", &shown(self.media_type.as_ref()))
            .field("etag", &shown(self.etag.as_ref()))
            .field("location", &self.location)
            .field("download_url", &self.download_url)
            .finish()
    }
}

/// Headers that a page cannot set: the browser sends its own, or none.
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

/// Whether a text can be the name of a header. <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text can name an upload in a path: dots would lead elsewhere, and what is signed must not be shown.
pub(crate) fn is_id(text: &str) -> bool {
    !matches!(text.trim(), "" | "." | "..") && !has_signature(text)
}

/// Whether a text can be where a request goes: an address with a host, or a path.
pub(crate) fn is_address(text: &str) -> bool {
    is_absolute(text) || (text.starts_with('/') && !text.contains(char::is_control))
}

/// Whether a text is an address with a host.
pub(crate) fn is_absolute(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !rest.is_empty()
        && !rest.starts_with(['/', '?', '#', ':', '@'])
        && !text.contains(char::is_control)
}

/// The value of one parameter of an address, as it is written there. Names are compared without case.
pub(crate) fn parameter<'a>(url: &'a str, wanted: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split(['&', '#']).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case(wanted).then_some(value)
    })
}

/// Whether an address may be that of a part: S3's says itself which one it is for, and no other part's bytes must get
/// there.
pub(crate) fn is_for_part(url: &str, number: u16) -> bool {
    parameter(url, "partNumber").is_none_or(|said| said.parse() == Ok(number))
}

/// For how many seconds a presigned URL can live: at most 7 days, with S3 and with Google.
pub(crate) const LIVES: core::ops::RangeInclusive<u64> = 1..=604_800;

/// For how many seconds a presigned URL says itself that it lives. It was signed a moment ago, on a clock that need not
/// be right, so that its date is left aside.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
pub fn life(url: &str) -> Option<u64> {
    ["X-Amz-Expires", "X-Goog-Expires", "X-Oss-Expires"]
        .iter()
        .find_map(|name| parameter(url, name))
        .and_then(|value| value.parse().ok())
        .filter(|seconds| LIVES.contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(life(url), seconds, "{url}");
        }
    }

    #[test]
    fn headers_of_the_browser_are_left_out_and_none_is_doubled() {
        let signed = Signed::put("https://h/k")
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

    #[test]
    fn a_request_prints_no_value_of_a_header() {
        let signed = Signed::put("https://h/k?s=5ec").header("Authorization", "Bearer 5ec");
        let shown = format!("{signed:?}");
        assert!(shown.contains("Authorization"), "{shown}");
        assert!(!shown.contains("5ec"), "{shown}");
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
