//! The name under which a stored object is saved again: a `Content-Disposition` value.
//!
//! Owns the cleaning of a client's file name, its two spellings (RFC 6266 and RFC 5987), and whether it is stored with
//! the object. The name reaches S3 only in this header, of a download link or of the object, never in a key.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::config::is_active;

/// The longest name that is given back, in characters: file systems take 255 bytes.
const MAX_CHARS: usize = 200;
/// The longest value that is stored, in bytes: S3 takes 2 KB of such headers together.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
const MAX_STORED: usize = 1500;

/// What is stored of a file's name.
///
/// Nothing by default: a download link of this server carries the name anyway, one more signed header is one more that
/// the bucket's CORS rule must allow, and a stored name can be read by whoever may read the object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// The name; a browser saves the file.
    Attachment,
    /// The name; a browser shows the file where it can, unless its type can carry scripts.
    Inline,
    /// Nothing.
    #[default]
    None,
}

impl Disposition {
    /// The header to store with a file.
    pub fn stored(self, name: &str, media_type: &str) -> Option<String> {
        let kind = match self {
            Self::None => return None,
            Self::Inline if !is_active(media_type) => "inline",
            Self::Inline | Self::Attachment => "attachment",
        };
        // An escaped character can have twelve bytes.
        let mut chars = MAX_CHARS;
        loop {
            let value = spelled(kind, &clean(name, chars));
            if value.len() <= MAX_STORED || chars <= 40 {
                return Some(value);
            }
            chars -= 10;
        }
    }
}

/// `attachment` with the cleaned name.
pub fn content_disposition(name: &str) -> String {
    spelled("attachment", &clean(name, MAX_CHARS))
}

/// The name as plain ASCII for old clients and as UTF-8 for all others.
fn spelled(kind: &str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii() && !matches!(c, '"' | '\\' | '%') {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut value = format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        // RFC 5987's attr-char, without those that some clients trip over.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            value.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

/// A name that is one path segment, shows what it is, and has no markup's brackets.
fn clean(name: &str, max_chars: usize) -> String {
    let mut last = None;
    let kept: String = name
        .chars()
        .filter(|c| !c.is_control() && !is_direction_or_invisible(*c))
        .map(|c| {
            if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                '_'
            } else {
                c
            }
        })
        // A run of spaces is one in a signature, and would not be in the header.
        .filter(|c| last.replace(*c) != Some(' ') || *c != ' ')
        .collect();
    // Leading dots hide a file or climb a folder; trailing dots and spaces are lost on some systems.
    let is_lost = |c: char| c == '.' || c.is_whitespace();
    let kept = shorten(kept.trim_matches(is_lost), max_chars);
    match kept.trim_end_matches(is_lost) {
        "" => "file".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Cuts a long name before its extension, which says how to open the file.
fn shorten(name: &str, max_chars: usize) -> String {
    let count = name.chars().count();
    if count <= max_chars {
        return name.to_owned();
    }
    let extension = name
        .rfind('.')
        .and_then(|at| name.get(at..))
        .filter(|ext| ext.chars().count() <= 16)
        .unwrap_or("");
    let stem = max_chars - extension.chars().count();
    name.chars().take(stem).collect::<String>() + extension
}

/// Bidirectional controls (they can make `exe.gpj` read as `jpg.exe`), zero-width marks, line separators.
fn is_direction_or_invisible(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        for (name, cleaned) in [
            ("cat.png", "cat.png"),
            ("../../x", "_.._x"),
            ("..", "file"),
            ("", "file"),
            ("  a.txt. ", "a.txt"),
            (". .htaccess", "htaccess"),
            ("\u{200B}.\u{A0}. .htaccess", "htaccess"),
            (". . .", "file"),
            ("photo\u{202E}gpj.exe", "photogpj.exe"),
            ("<img onerror=1>.png", "_img onerror=1_.png"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("C:\\dir\\a.txt", "C__dir_a.txt"),
            ("a   b \u{200B} c.txt", "a b c.txt"),
        ] {
            assert_eq!(clean(name, MAX_CHARS), cleaned);
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = clean(&format!("{}.tar.gz", "é".repeat(300)), MAX_CHARS);
        assert_eq!(name.chars().count(), 200);
        assert!(name.ends_with("é.gz") || name.ends_with(".tar.gz"));
        assert_eq!(clean(&"x".repeat(300), MAX_CHARS), "x".repeat(200));
        let cut_at_a_dot = format!("{}. {}", "x".repeat(198), "y".repeat(100));
        assert_eq!(clean(&cut_at_a_dot, MAX_CHARS), "x".repeat(198));
    }

    #[test]
    fn both_spellings() {
        assert_eq!(
            content_disposition("🦀 \"é\".txt"),
            "attachment; filename=\"_ ___.txt\"; filename*=UTF-8''%F0%9F%A6%80%20_%C3%A9_.txt"
        );
    }

    #[test]
    fn what_is_stored_is_short_and_never_shows_what_can_carry_scripts() {
        let stored = |disposition: Disposition, media_type| {
            disposition
                .stored("a b.svg", media_type)
                .unwrap_or_default()
        };
        let svg = "filename=\"a b.svg\"; filename*=UTF-8''a%20b.svg";
        for (disposition, media_type, value) in [
            (Disposition::None, "image/png", String::new()),
            (Disposition::Inline, "image/png", format!("inline; {svg}")),
            (
                Disposition::Inline,
                "image/svg+xml",
                format!("attachment; {svg}"),
            ),
            (
                Disposition::Attachment,
                "image/png",
                format!("attachment; {svg}"),
            ),
        ] {
            assert_eq!(stored(disposition, media_type), value);
        }
        for name in ["🦀".repeat(300), "é".repeat(300), "x".repeat(300)] {
            let name = format!("{name}.tar_gz");
            let value = Disposition::Inline.stored(&name, "image/jpeg");
            let value = value.unwrap_or_default();
            assert!(
                value.len() <= MAX_STORED && value.ends_with("tar_gz"),
                "{value}"
            );
        }
    }
}
