//! Values that grant access to whoever holds them.
//!
//! Owns their types, which serialize as they are and print without what makes them valuable, so that no log line or
//! error message can carry a signature by accident. Refuses to parse or check them: a URL is whatever the backend said.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A longer part of a path is not shown, in bytes.
const LONGEST_SEGMENT: usize = 120;

/// A presigned URL. `Debug` and `Display` show scheme, host and path, then `?…` in place of the query.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Wraps a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL, query included: for the request itself, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl From<&str> for SecretUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, hidden) = match self.0.find(['?', '#']) {
            Some(at) => (self.0.get(..at).unwrap_or_default(), "?…"),
            None => (self.0.as_str(), ""),
        };
        let path = match shown.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = match rest.find('/') {
                    Some(at) => rest.split_at(at),
                    None => (rest, ""),
                };
                // A password in front of the host is as secret as a signature.
                match authority.rsplit_once('@') {
                    Some((_, host)) => write!(f, "{scheme}://…@{host}")?,
                    None => write!(f, "{scheme}://{authority}")?,
                }
                path
            }
            None => shown,
        };
        for (at, segment) in path.split('/').enumerate() {
            let mark = if at > 0 { "/" } else { "" };
            // Some servers sign within the path.
            let segment = if segment.len() > LONGEST_SEGMENT {
                "…"
            } else {
                segment
            };
            write!(f, "{mark}{segment}")?;
        }
        f.write_str(hidden)
    }
}

/// A text for people or developers, without the queries of addresses in it: a server that fails may repeat in its message
/// the URL that it signed.
pub fn redacted(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(is_end) {
        let end = word.char_indices().next_back().filter(|(_, c)| is_end(*c));
        let (word, end) = word.split_at(end.map_or(word.len(), |(at, _)| at));
        let is_query = has_signature(word);
        match word.find('?') {
            Some(at) if word.contains("://") || is_query => {
                shown.push_str(word.get(..at).unwrap_or_default());
                shown.push_str("?…");
            }
            None if is_query => shown.push('…'),
            _ => shown.push_str(word),
        }
        shown.push_str(end);
    }
    shown
}

/// Whether a text has in it what a signed address has in its query: a signature of S3, Google, Azure or others.
pub(crate) fn has_signature(text: &str) -> bool {
    const MARKS: &[&str] = &[
        "signature=",
        "accesskeyid=",
        "credential=",
        "?sig=",
        "&sig=",
        "?token=",
        "&token=",
    ];
    if !text.contains('=') {
        return false;
    }
    let text = text.to_ascii_lowercase();
    MARKS.iter().any(|mark| text.contains(mark))
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// The fields of a presigned POST form in the order of sending, among them a policy and its signature. A JSON object on
/// the wire. `Debug` shows their names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretFields(Vec<(String, String)>);

impl SecretFields {
    /// Wraps the fields, each a name and a value.
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The fields, in the order of sending: for the form itself, never for a message.
    pub fn expose(&self) -> &[(String, String)] {
        &self.0
    }
}

impl Serialize for SecretFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for SecretFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = SecretFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(SecretFields(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl fmt::Debug for SecretFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| redacted(name)))
            .finish()
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]
mod tests {
    use super::*;

    #[test]
    fn a_url_prints_without_its_query() {
        for (url, shown) in [
            (
                "https://b.s3.amazonaws.com/k?X-Amz-Signature=abc",
                "https://b.s3.amazonaws.com/k?…",
            ),
            (
                "http://127.0.0.1:9000/uploads/k",
                "http://127.0.0.1:9000/uploads/k",
            ),
            ("https://h/k#X-Amz-Signature=abc", "https://h/k?…"),
            ("https://user:pass@h/k?sig=abc", "https://…@h/k?…"),
            ("https://user:pass@h", "https://…@h"),
            ("https://h/a@b?sig=abc", "https://h/a@b?…"),
            ("/put/k?sig=abc", "/put/k?…"),
            (
                &format!("https://h/disk/{}/a.txt", "abc-".repeat(50)),
                "https://h/disk/…/a.txt",
            ),
            ("", ""),
        ] {
            let secret = SecretUrl::from(url);
            assert_eq!(secret.to_string(), shown);
            assert_eq!(format!("{secret:?}"), format!("\"{shown}\""));
            assert_eq!(secret.expose(), url);
        }
    }

    #[test]
    fn a_message_is_shown_without_what_is_signed() {
        for (text, shown) in [
            ("Is it a.txt? Yes: 5 MB", "Is it a.txt? Yes: 5 MB"),
            (
                "PUT https://h/k?X-Amz-Signature=5ec failed",
                "PUT https://h/k?… failed",
            ),
            (
                "url: '/b/k?AWSAccessKeyId=a&Signature=5ec' (403)",
                "url: '/b/k?…' (403)",
            ),
            ("X-Amz-Signature=5ec", "…"),
            (
                "<a href=\"https://h/?sig=5ec\">",
                "<a href=\"https://h/?…\">",
            ),
            ("", ""),
        ] {
            assert_eq!(redacted(text), shown);
        }
    }

    #[test]
    fn a_url_serializes_whole() {
        let url = SecretUrl::from("https://h/k?sig=abc");
        assert_eq!(
            serde_json::to_string(&url).unwrap(),
            r#""https://h/k?sig=abc""#
        );
    }

    #[test]
    fn fields_keep_their_order_and_print_their_names_only() {
        let json = r#"{"policy":"p","key":"k","x-amz-signature":"abc"}"#;
        let fields: SecretFields = serde_json::from_str(json).unwrap();
        assert_eq!(
            format!("{fields:?}"),
            r#"{"policy", "key", "x-amz-signature"}"#
        );
        assert_eq!(fields.expose()[1], ("key".to_owned(), "k".to_owned()));
        assert_eq!(serde_json::to_string(&fields).unwrap(), json);
    }
}
