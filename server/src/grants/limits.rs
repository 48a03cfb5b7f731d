//! The limits of an upload: sizes, types, the length of a name.
//!
//! The bytes are not inspected: a type is the client's statement.

use std::ops::RangeInclusive;

use s3_upload_types::{is_token, limits::MAX_OBJECT_SIZE};

use super::{file_types, type_rule::AllowRule};
use crate::{
    api::ApiError,
    primitives::{Size, UNKNOWN_TYPE, is_active},
};

/// The rules for one file.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The least size in bytes.
    pub min_size: u64,
    /// The greatest size in bytes.
    pub max_size: u64,
    /// The accepted types, each with its largest size; empty for all.
    pub types: Vec<AllowRule>,
    /// The greatest length of a name, in characters.
    pub max_name: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_size: 0,
            max_size: MAX_OBJECT_SIZE,
            types: Vec::new(),
            max_name: 255,
        }
    }
}

/// A file that passed the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcceptedFile {
    /// The type under which it is stored.
    pub media_type: String,
    /// The sizes in bytes that a file of its name and type may have.
    pub sizes: RangeInclusive<u64>,
}

impl Limits {
    /// Checks a file.
    pub fn check(&self, name: &str, media_type: &str, size: u64) -> Result<AcceptedFile, ApiError> {
        if name.is_empty() {
            return Err(ApiError::invalid(
                "`name` is empty; it should be the file's name.",
            ));
        }
        if name.chars().count() > self.max_name {
            return Err(ApiError::invalid(format!(
                "`name` is too long; at most {} characters are allowed.",
                self.max_name
            )));
        }
        let media_type = normal_type(media_type)?;
        let extension = file_types::extension(name).unwrap_or_default();
        // If all types are accepted, a harmless name does not bypass a rule.
        let matters = !self.types.is_empty() || file_types::is_run(&extension);
        if matters && file_types::contradict(&extension, &media_type) {
            return Err(ApiError::type_not_allowed(format!(
                "The name of this file ends in .{extension}, but its type is {media_type}. Such files are not allowed."
            )));
        }
        let rule = self.rule(name, &media_type)?;
        let most = self.max_size.min(MAX_OBJECT_SIZE);
        let own = rule.and_then(|allow| Some((allow.max_size?.0, allow)));
        let (most, of) = match own.filter(|(own, _)| *own < most) {
            Some((own, allow)) => (own, format!(" for {}", allow.rule.as_str())),
            None => (most, String::new()),
        };
        if size > most {
            let (limit, found) = (Size(most), Size(size));
            return Err(ApiError::too_large(format!(
                "This file is too large: it has {found}, and at most {limit} are allowed{of}."
            )));
        }
        if size < self.min_size {
            let (limit, found) = (Size(self.min_size), Size(size));
            return Err(ApiError::too_small(format!(
                "This file is too small: it has {found}, and at least {limit} are needed."
            )));
        }
        Ok(AcceptedFile {
            media_type,
            sizes: self.min_size..=most,
        })
    }

    /// The rule that accepts this file: the most exact one, and of two the one that allows more. None is needed where
    /// there are none.
    fn rule(&self, name: &str, media_type: &str) -> Result<Option<&AllowRule>, ApiError> {
        let matching = self
            .types
            .iter()
            .filter(|allow| allow.rule.allows(name, media_type));
        let most = |allow: &AllowRule| allow.max_size.map_or(u64::MAX, |size| size.0);
        let rule = matching.max_by_key(|allow| (allow.rule.exactness(), most(allow)));
        if rule.is_some() || self.types.is_empty() {
            return Ok(rule);
        }
        let allowed: Vec<_> = self.types.iter().map(ToString::to_string).collect();
        let refused = if is_active(media_type) {
            "Files of this type can carry scripts, and are not allowed unless the type itself is"
        } else {
            "Files of this type are not allowed"
        };
        Err(ApiError::type_not_allowed(format!(
            "{refused}. Allowed: {}.",
            allowed.join(", ")
        )))
    }
}

/// The type that is signed and sent: as given, or the unknown one if empty. It must be a valid header value.
fn normal_type(media_type: &str) -> Result<String, ApiError> {
    let media_type = media_type.trim();
    if media_type.is_empty() {
        return Ok(UNKNOWN_TYPE.to_owned());
    }
    let is_header =
        media_type.len() <= 255 && media_type.bytes().all(|b| (b' '..=b'~').contains(&b));
    // Of what is no type, browsers look at the bytes: `image/png <html>` could become a page.
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let is_type = essence
        .split_once('/')
        .is_some_and(|(family, kind)| is_token(family) && is_token(kind));
    // A comma would make one header read as two.
    if !is_header || media_type.contains(',') || !is_type {
        return Err(ApiError::invalid(
            "`type` is not a MIME type such as image/png.",
        ));
    }
    Ok(media_type.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn limits(types: &[&str]) -> Limits {
        let types = types.iter().map(|rule| rule.parse().unwrap()).collect();
        Limits {
            min_size: 1,
            max_size: 2_000_000,
            types,
            max_name: 10,
        }
    }

    #[test]
    fn each_rule_has_its_code_and_names_the_limit() {
        for (name, media_type, size, code, word) in [
            ("a.png", "image/png", 2_000_001, "too_large", "2 MB"),
            ("a.png", "image/png", 0, "too_small", "1 byte"),
            (
                "a.txt",
                "text/plain",
                1,
                "type_not_allowed",
                "image/*, .pdf",
            ),
            ("", "image/png", 1, "invalid_request", "`name`"),
            (
                "12345678901",
                "image/png",
                1,
                "invalid_request",
                "10 characters",
            ),
            ("a.png", "png", 1, "invalid_request", "`type`"),
            ("a.png", "image/png\r\nx: y", 1, "invalid_request", "`type`"),
            ("a.png", "image/png <html>", 1, "invalid_request", "`type`"),
            ("a.png", "image/", 1, "invalid_request", "`type`"),
            (
                "a.svg",
                "image/svg+xml",
                1,
                "type_not_allowed",
                "carry scripts",
            ),
        ] {
            let refused = limits(&["image/*", ".pdf"])
                .check(name, media_type, size)
                .unwrap_err();
            assert_eq!(refused.code, code);
            assert!(refused.message.contains(word), "{refused}");
        }
    }

    #[test]
    fn types_match_by_glob_and_by_extension() {
        let taken = |rules: &[&str], name: &str, media_type: &str| {
            limits(rules).check(name, media_type, 1).is_ok()
        };
        assert!(taken(&[], "a", ""));
        assert!(taken(&["image/*"], "a.png", "IMAGE/PNG"));
        assert!(!taken(&["image/*"], "a.png", "imagery/png"));
        assert!(taken(&["text/plain"], "a", "text/plain;charset=utf-8"));
        assert!(taken(&[".PDF"], "a.pdf", ""));
        assert!(!taken(&[".pdf"], "apdf", "application/pdf"));
        assert!(taken(&["*/*"], "a", ""));
    }

    #[test]
    fn an_active_type_is_taken_only_by_its_own_name() {
        let taken = |rules: &[&str], name: &str, media_type: &str| {
            limits(rules).check(name, media_type, 1).is_ok()
        };
        for media_type in [
            "text/html",
            "TEXT/HTML; charset=utf-8",
            "application/xhtml+xml",
            "image/svg+xml",
            "text/xml",
            "application/xml",
            "application/atom+xml",
            "text/javascript",
            "application/x-javascript",
            "*/*",
            "application/unknown",
            "multipart/x-mixed-replace;boundary=x",
            "multipart/related",
            "message/rfc822",
        ] {
            assert!(!taken(&[".pdf"], "x.pdf", media_type), "{media_type}");
            let families = ["image", "text", "application", "multipart", "message"];
            let families = families.map(|family| format!("{family}/*"));
            let families = families.each_ref().map(String::as_str);
            assert!(!taken(&families, "x.pdf", media_type), "{media_type}");
            let itself = media_type.split(';').next().unwrap();
            assert!(taken(&[itself], "x", media_type), "{media_type}");
            assert!(taken(&[], "x", media_type), "{media_type}");
            assert!(taken(&["*/*"], "x", media_type), "{media_type}");
            // A contradicting name is refused too, where types are limited.
            assert!(!taken(&[itself], "x.pdf", media_type), "{media_type}");
            assert!(taken(&[], "x.pdf", media_type), "{media_type}");
        }
        assert!(taken(&[".svg"], "a.svg", "image/svg+xml"));
        assert!(taken(&[".eml"], "a.eml", "message/rfc822"));
        assert!(!taken(&[".svg"], "a.svg", "text/html"));
        assert!(!taken(&[".svg"], "a.html", "image/svg+xml"));
        let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert!(taken(&[".docx"], "a.docx", word));
    }

    #[test]
    fn a_name_and_a_type_agree() {
        let taken = |rules: &[&str], name: &str, media_type: &str| {
            limits(rules).check(name, media_type, 1).is_ok()
        };
        for (name, media_type) in [
            ("a.html", "image/png"),
            ("a.exe", "image/png"),
            ("a.php", "image/png"),
            ("a.svg", "image/png"),
            ("a.html. ", "image/png"),
        ] {
            for rules in [&[][..], &["image/*", ".pdf"], &["*/*"]] {
                assert!(
                    !taken(rules, name, media_type),
                    "{name} {media_type} {rules:?}"
                );
            }
        }
        assert!(!taken(&["image/*", ".pdf"], "a.pdf", "image/png"));
        assert!(!taken(
            &[".pdf", "*/*"],
            "a.pdf",
            "application/x-msdownload"
        ));
        assert!(!taken(&[".pdf"], "a.pdf", "application/x-other"));
        assert!(!taken(&[".raw"], "a.raw", "application/x-msdownload"));
        for (rule, name, media_type) in [
            (".pdf", "a.pdf", "application/octet-stream"),
            (".csv", "a.csv", "application/vnd.ms-excel"),
            ("text/csv", "a.csv", "application/vnd.ms-excel"),
            ("text/csv", "a.csv", ""),
            ("image/*", "a.HEIC", ""),
            ("image/heic", "a.heic", "application/octet-stream"),
            ("image/jpeg", "a.jpg", "image/jpg"),
            ("image/jpeg", "a.jpg", "image/pjpeg"),
            (".jpg", "a.jpg", "image/jpg"),
            (".tar.gz", "a.tar.gz", "application/x-gzip"),
        ] {
            assert!(
                taken(&[rule], name, media_type),
                "{rule} {name} {media_type}"
            );
        }
        // An unknown type stays one, and nothing active comes of it.
        let unknown = limits(&["image/*"]).check("a.heic", "", 1).unwrap();
        assert_eq!(unknown.media_type, UNKNOWN_TYPE);
        assert!(!taken(&["image/*"], "a.svg", ""));
        assert!(!taken(&["image/svg+xml"], "a.svg", ""));
        assert!(!taken(&["text/html"], "a.html", ""));
    }

    #[test]
    fn no_type_is_the_unknown_type() {
        let taken = limits(&[]).check("a", "", 1).unwrap();
        assert_eq!(taken.media_type, UNKNOWN_TYPE);
    }

    #[test]
    fn the_most_exact_rule_says_how_large_a_file_may_be() {
        let rules = limits(&[
            "image/*=10kB",
            "image/gif=1kB",
            "image/tiff=1MB",
            ".raw=50kB",
            "image/x-raw",
            "*/*=100B",
        ]);
        for (name, media_type, most) in [
            ("a.png", "image/png", 10_000),
            ("a.gif", "image/gif", 1000),
            ("a.tiff", "image/tiff", 1_000_000),
            ("a.raw", "image/png", 50_000),
            ("a.raw", "image/x-raw", 2_000_000),
            ("a.txt", "text/plain", 100),
        ] {
            let taken = rules.check(name, media_type, most).unwrap();
            assert_eq!(taken.sizes, 1..=most, "{name} {media_type}");
            let refused = rules.check(name, media_type, most + 1).unwrap_err();
            assert_eq!(refused.code, "too_large");
        }
        let message = rules.check("a.gif", "image/gif", 1001).unwrap_err().message;
        assert!(
            message.ends_with("at most 1 kB are allowed for image/gif."),
            "{message}"
        );
        let message = rules.check("a.raw", "image/x-raw", 2_000_001).unwrap_err();
        assert!(message.message.ends_with("at most 2 MB are allowed."));
        let refused = limits(&["image/*=10kB", ".pdf"]).check("a", "text/plain", 1);
        let message = refused.unwrap_err().message;
        assert!(message.ends_with("Allowed: image/* (up to 10 kB), .pdf."));
    }
}
