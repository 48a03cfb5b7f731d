//! What a backend is asked for and what it grants, in the same words for every dialect.
//!
//! Refuses to know how any dialect writes it.

use std::collections::BTreeMap;

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

/// What the backend granted.
#[derive(Debug, Clone, PartialEq)]
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
}

/// One request to the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

    /// With one more header, unless it is there or is one that a browser sets itself.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let is_there = self
            .headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !is_there && !is_forbidden(name) {
            self.headers.push((name.to_owned(), value.into()));
        }
        self
    }
}

/// An upload under way, as its later operations name it.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    /// [`Granted::id`].
    pub id: &'a str,
    /// [`Granted::session`].
    pub session: &'a Value,
    /// The file's size in bytes.
    pub size: u64,
    /// Whether it goes in parts.
    pub is_multipart: bool,
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

/// The object as the backend confirmed it; what it did not tell is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// Headers that a page cannot set; the browser sends them by itself.
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
pub fn is_forbidden(name: &str) -> bool {
    ["host", "content-length", "connection", "expect"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

/// For how many seconds a presigned URL says itself that it lives. It was signed a moment ago, on a clock that need not
/// be right, so that its date is left aside.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
pub fn life(url: &str) -> Option<u64> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_it = name.eq_ignore_ascii_case("X-Amz-Expires")
            || name.eq_ignore_ascii_case("X-Goog-Expires");
        is_it.then(|| value.parse().ok()).flatten()
    })
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
            ("https://h/k", None),
        ] {
            assert_eq!(life(url), seconds, "{url}");
        }
    }

    #[test]
    fn headers_of_the_browser_are_left_out_and_none_is_doubled() {
        let signed = Signed::put("https://h/k")
            .header("Host", "h")
            .header("content-type", "a/b")
            .header("Content-Type", "c/d");
        assert_eq!(
            signed.headers,
            [("content-type".to_owned(), "a/b".to_owned())]
        );
    }
}
