//! The comparison of a stored object with its grant.
//!
//! A signature binds the headers that it names and no others: a client may send more of them with a `PUT`, and S3
//! stores those. A stored `Content-Encoding`, `Cache-Control` or `Expires` changes the answer to every later reader, so
//! that such an object is refused.

use crate::{api::ApiError, grants::UploadToken, store::StoredObject};

/// Refuses an object of another size, type or header than was granted.
pub(super) fn check(token: &UploadToken, stored: &StoredObject) -> Result<(), ApiError> {
    if !token.accepts_size(stored.size) {
        return Err(ApiError::size_mismatch(token.size, stored.size));
    }
    // A store that returns no type has stored none: links name the granted one.
    let is_of_type = |found: &String| same_type(found, &token.media_type);
    if !stored.media_type.as_ref().is_none_or(is_of_type) {
        return Err(ApiError::header_mismatch("Content-Type"));
    }
    let disposition = token.disposition.stored(&token.name, &token.media_type);
    let found = stored.headers.get("content-disposition");
    if found.map(|found| found.trim()) != disposition.as_deref() {
        return Err(ApiError::header_mismatch("Content-Disposition"));
    }
    let was_not_granted = |(name, value): &(&String, &String)| {
        let value = value.trim().to_ascii_lowercase();
        match name.as_str() {
            "content-disposition" => false,
            "content-encoding" => !matches!(&*value, "" | "identity" | "aws-chunked"),
            "cache-control" => !forbids_caching(&value),
            _ => true,
        }
    };
    match stored.headers.iter().find(was_not_granted) {
        Some((name, _)) => Err(ApiError::header_mismatch(shown(name))),
        None => Ok(()),
    }
}

/// True if two types are the same but for case and spaces, which some stores change.
fn same_type(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '"');
        kept.map(|c| c.to_ascii_lowercase()).collect()
    };
    plain(one) == plain(other)
}

/// True if a `Cache-Control` only keeps an object out of caches. Some stores add such a value to every object, and it
/// harms no reader.
fn forbids_caching(value: &str) -> bool {
    let is_harmless = |directive: &str| {
        matches!(
            directive.trim(),
            "" | "no-cache"
                | "no-store"
                | "private"
                | "must-revalidate"
                | "proxy-revalidate"
                | "max-age=0"
                | "s-maxage=0"
        )
    };
    value.split(',').all(is_harmless)
}

/// A header's name for the message. User metadata is the client's text and is not repeated.
fn shown(name: &str) -> &str {
    match name {
        "cache-control" => "Cache-Control",
        "content-encoding" => "Content-Encoding",
        "content-language" => "Content-Language",
        "expires" => "Expires",
        "x-amz-website-redirect-location" => "x-amz-website-redirect-location",
        _ => "x-amz-meta-*",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::grants::Disposition;

    fn token(disposition: Disposition) -> UploadToken {
        UploadToken {
            key: "k".into(),
            upload_id: None,
            name: "a.txt".into(),
            size: 5,
            media_type: "text/plain;charset=utf-8".into(),
            part_size: 0,
            sizes: None,
            disposition,
            expires: 0,
            owner: None,
        }
    }

    fn stored(media_type: Option<&str>, headers: &[(&str, &str)]) -> StoredObject {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        StoredObject {
            size: 5,
            media_type: media_type.map(str::to_owned),
            headers: headers.iter().map(owned).collect(),
            etag: None,
            version_id: None,
            modified: None,
        }
    }

    #[test]
    fn what_was_granted_is_taken() {
        let inline = Disposition::Inline
            .stored("a.txt", "text/plain;charset=utf-8")
            .unwrap();
        let none = Disposition::None;
        for (disposition, media_type, headers) in [
            (none, Some("text/plain;charset=utf-8"), &[][..]),
            (none, Some("text/plain; charset=UTF-8"), &[]),
            (none, None, &[]),
            (none, None, &[("cache-control", "private, no-cache")]),
            (none, None, &[("content-encoding", "aws-chunked")]),
            (
                Disposition::Inline,
                None,
                &[("content-disposition", inline.as_str())],
            ),
        ] {
            let stored = stored(media_type, headers);
            assert!(check(&token(disposition), &stored).is_ok(), "{stored:?}");
        }
    }

    #[test]
    fn all_else_is_refused_by_name() {
        let plain = Some("text/plain;charset=utf-8");
        for (disposition, media_type, headers, name) in [
            (
                Disposition::None,
                Some("text/html"),
                &[][..],
                "Content-Type",
            ),
            (Disposition::None, Some("text/plain"), &[], "Content-Type"),
            (
                Disposition::None,
                plain,
                &[("content-encoding", "gzip")],
                "Content-Encoding",
            ),
            (
                Disposition::None,
                plain,
                &[("cache-control", "public, max-age=31536000")],
                "Cache-Control",
            ),
            (
                Disposition::None,
                plain,
                &[("cache-control", "no-cache, immutable")],
                "Cache-Control",
            ),
            (
                Disposition::None,
                plain,
                &[("content-disposition", "inline")],
                "Content-Disposition",
            ),
            (Disposition::Attachment, plain, &[], "Content-Disposition"),
            (
                Disposition::None,
                plain,
                &[("content-language", "de")],
                "Content-Language",
            ),
            (
                Disposition::None,
                plain,
                &[("expires", "Thu, 01 Jan 2099 00:00:00 GMT")],
                "Expires",
            ),
            (
                Disposition::None,
                plain,
                &[("x-amz-meta-secret", "1")],
                "x-amz-meta-*",
            ),
            (
                Disposition::None,
                plain,
                &[("x-amz-website-redirect-location", "/x")],
                "x-amz-website-redirect-location",
            ),
        ] {
            let refused = check(&token(disposition), &stored(media_type, headers)).unwrap_err();
            assert_eq!(refused.code, "header_mismatch");
            let words = format!("another {name} header");
            assert!(refused.message.contains(&words), "{}", refused.message);
        }
    }
}
