//! The name under which a stored object is saved again: a `Content-Disposition` value.
//!
//! Owns the cleaning of a client's file name and its two spellings (RFC 6266 and RFC 5987). The name reaches S3 only in
//! this header of a download link, never in a key.

use std::fmt::Write as _;

/// The longest name that is given back, in characters: file systems take 255 bytes.
const MAX_CHARS: usize = 200;

/// `attachment` with the cleaned name, as plain ASCII for old clients and as UTF-8 for all others.
pub fn content_disposition(name: &str) -> String {
    let name = clean(name);
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
    let mut value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
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
fn clean(name: &str) -> String {
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
        .collect();
    // Leading dots hide a file or climb a folder; trailing dots and spaces are lost on some systems.
    let is_lost = |c: char| c == '.' || c.is_whitespace();
    let kept = shorten(kept.trim_matches(is_lost));
    match kept.trim_end_matches(is_lost) {
        "" => "file".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Cuts a long name before its extension, which says how to open the file.
fn shorten(name: &str) -> String {
    let count = name.chars().count();
    if count <= MAX_CHARS {
        return name.to_owned();
    }
    let extension = name
        .rfind('.')
        .and_then(|at| name.get(at..))
        .filter(|ext| ext.chars().count() <= 16)
        .unwrap_or("");
    let stem = MAX_CHARS - extension.chars().count();
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
        ] {
            assert_eq!(clean(name), cleaned);
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = clean(&format!("{}.tar.gz", "é".repeat(300)));
        assert_eq!(name.chars().count(), 200);
        assert!(name.ends_with("é.gz") || name.ends_with(".tar.gz"));
        assert_eq!(clean(&"x".repeat(300)), "x".repeat(200));
        let cut_at_a_dot = format!("{}. {}", "x".repeat(198), "y".repeat(100));
        assert_eq!(clean(&cut_at_a_dot), "x".repeat(198));
    }

    #[test]
    fn both_spellings() {
        assert_eq!(
            content_disposition("🦀 \"é\".txt"),
            "attachment; filename=\"_ ___.txt\"; filename*=UTF-8''%F0%9F%A6%80%20_%C3%A9_.txt"
        );
    }
}
