//! Presigned URLs, which grant access to everyone who has them.

use core::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The length from which on a segment of a path is not printed, in bytes.
const LONGEST_SEGMENT: usize = 120;

/// A presigned URL. `Debug` and `Display` show scheme, host and path, then `?…` in place of the query.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(transparent))]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Makes a secret URL from the text, without parsing it.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL with its query. It is for the request itself, and never for a message.
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
            // Some servers put the signature into the path.
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

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
#[cfg_attr(
    feature = "serde",
    allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")
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

    #[cfg(feature = "serde")]
    #[test]
    fn a_url_serializes_whole() {
        let url = SecretUrl::from("https://h/k?sig=abc");
        assert_eq!(
            serde_json::to_string(&url).unwrap(),
            r#""https://h/k?sig=abc""#
        );
    }
}
