//! The file name of a stored object: a `Content-Disposition` value.
//!
//! Sanitises a client's file name and writes it in both forms (RFC 6266 and RFC 5987). The name reaches S3 only in this
//! header, of a download link or of the object, never in a key.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The longest name that is given back, in characters: file systems take 255 bytes.
const MAX_CHARS: usize = 200;
/// The longest value that is stored, in bytes: S3 takes 2 KB of such headers together.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
const MAX_STORED: usize = 1500;

/// The use of a file's name in the stored `Content-Disposition`.
///
/// Nothing by default: a download link of this server carries the name anyway, one more signed header is one more that
/// the bucket's CORS rule must allow, and a stored name can be read by every reader of the object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Disposition {
    /// The name; a browser saves the file.
    Attachment,
    /// The name; a browser shows pictures, sound, films, plain text and PDF, and saves all other files.
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
            Self::Inline if is_shown(media_type) => "inline",
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

/// Types that browsers show by themselves and that run nothing: pictures, sound, films, plain text, PDF. All others are
/// saved, since a program could run them.
const SHOWN: [&str; 31] = [
    "application/pdf",
    "audio/aac",
    "audio/flac",
    "audio/m4a",
    "audio/mp3",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "audio/x-m4a",
    "audio/x-wav",
    "image/apng",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/jpeg",
    "image/jpg",
    "image/pjpeg",
    "image/png",
    "image/tiff",
    "image/vnd.microsoft.icon",
    "image/webp",
    "image/x-icon",
    "text/plain",
    "video/mp4",
    "video/ogg",
    "video/quicktime",
    "video/webm",
];

fn is_shown(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    SHOWN.contains(&essence.as_str())
}

/// `attachment` with the cleaned name.
pub fn content_disposition(name: &str) -> String {
    spelled("attachment", &clean(name, MAX_CHARS))
}

/// The name under which a file is saved.
pub(crate) fn saved_name(name: &str) -> String {
    clean(name, MAX_CHARS)
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

/// Cuts a long name before its extension, which determines the program that opens the file.
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

/// Bidirectional controls (they can make `exe.gpj` read as `jpg.exe`), line separators, and what shows nothing at all:
/// Unicode's default-ignorable characters, fillers, the blank pattern of Braille, annotation marks and tags.
/// <https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>
fn is_direction_or_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
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
            ("a\u{AD}b\u{180E}c\u{3164}d\u{2800}e.txt", "abcde.txt"),
            ("a\u{FFF9}b\u{FFFB}c\u{E0001}\u{E007F}.txt", "abc.txt"),
            ("a\u{34F}\u{115F}\u{FFA0}\u{FE0F}\u{1D173}.txt", "a.txt"),
            ("\u{3164}", "file"),
            ("naïve 日本 🦀.txt", "naïve 日本 🦀.txt"),
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
    fn only_what_browsers_show_safely_is_inline() {
        let is_inline = |media_type: &str| {
            let stored = Disposition::Inline.stored("a", media_type);
            stored.is_some_and(|stored| stored.starts_with("inline"))
        };
        for media_type in [
            "image/png",
            "IMAGE/JPEG",
            "video/mp4",
            "text/plain; charset=utf-8",
        ] {
            assert!(is_inline(media_type), "{media_type}");
        }
        for media_type in [
            "",
            "application/octet-stream",
            "application/x-shockwave-flash",
            "application/postscript",
            "application/hta",
            "text/cache-manifest",
            "text/html",
            "image/svg+xml",
            "text/css",
            "application/x-other",
        ] {
            assert!(!is_inline(media_type), "{media_type}");
        }
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
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
