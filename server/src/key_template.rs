//! The template of object keys: where in the bucket a file goes.
//!
//! Owns the placeholders and the checks that keep a key unguessable, within its folder and within S3's length. Of what a
//! client says, only the file's extension and the tenant of its own sign-in can come into a key, and both only in
//! harmless characters. Pure.

use std::{fmt::Write as _, str::FromStr, time::SystemTime};

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::refusal::Refused;

/// The template without a setting.
pub const DEFAULT: &str = "uploads/{date}/{uuid}";

/// S3's longest key, in bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub const MAX_KEY: usize = 1024;
/// The longest extension that is taken over, in characters.
const MAX_EXTENSION: usize = 10;
/// The longest name of a tenant, in characters.
const MAX_TENANT: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Date,
    Year,
    Month,
    Day,
    Uuid,
    Extension,
    Tenant,
}

/// The placeholders by name, each with the most characters that it can become.
const PLACEHOLDERS: [(&str, Piece, usize); 7] = [
    ("date", Piece::Date, 10),
    ("year", Piece::Year, 4),
    ("month", Piece::Month, 2),
    ("day", Piece::Day, 2),
    ("uuid", Piece::Uuid, 36),
    ("ext", Piece::Extension, MAX_EXTENSION),
    ("tenant", Piece::Tenant, MAX_TENANT),
];

/// A template such as `uploads/{date}/{uuid}.{ext}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyTemplate {
    written: String,
    pieces: Vec<Piece>,
    longest: usize,
}

/// What a key is made of.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The day, in UTC.
    pub now: SystemTime,
    /// What nobody can guess.
    pub uuid: Uuid,
    /// The file's name, of which the extension is taken.
    pub name: &'a str,
    /// The tenant of whoever uploads, if the authentication names one.
    pub tenant: Option<&'a str>,
}

impl KeyTemplate {
    /// The same template for a store that takes keys of at most so many bytes.
    #[must_use]
    pub fn at_most(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// Whether keys depend on who uploads.
    pub fn has_tenant(&self) -> bool {
        self.pieces.contains(&Piece::Tenant)
    }

    /// A key. Refused if the template has a tenant and the client has none.
    pub fn make(&self, parts: &Parts<'_>) -> Result<String, Refused> {
        let day = day(parts.now);
        let mut key = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => key.push_str(text),
                Piece::Date => key.push_str(&day),
                Piece::Year => key.push_str(day.get(..4).unwrap_or_default()),
                Piece::Month => key.push_str(day.get(5..7).unwrap_or_default()),
                Piece::Day => key.push_str(day.get(8..).unwrap_or_default()),
                Piece::Uuid => {
                    // Writing to a string cannot fail.
                    let _ = write!(key, "{}", parts.uuid);
                }
                Piece::Extension => match extension(parts.name) {
                    Some(extension) => key.push_str(&extension),
                    // `{uuid}.{ext}` without an extension is `{uuid}`.
                    None => key.truncate(key.trim_end_matches('.').len()),
                },
                Piece::Tenant => key.push_str(tenant(parts.tenant)?),
            }
        }
        // Of `{ext}/{uuid}`, the first segment is empty without an extension; of `{ext}../{uuid}`, it would climb.
        let is_name = |segment: &&str| !matches!(*segment, "" | "." | "..");
        let segments: Vec<&str> = key.split('/').filter(is_name).collect();
        let key = segments.join("/");
        if key.len() > self.longest {
            let (found, longest) = (key.len(), self.longest);
            return Err(Refused::invalid(format!(
                "The file's key in the store would have {found} bytes, of {longest} at most. The template of keys is too long for this tenant."
            )));
        }
        Ok(key)
    }
}

impl Default for KeyTemplate {
    fn default() -> Self {
        let text = |text: &str| Piece::Text(text.to_owned());
        Self {
            written: DEFAULT.to_owned(),
            pieces: vec![text("uploads/"), Piece::Date, text("/"), Piece::Uuid],
            longest: MAX_KEY,
        }
    }
}

impl FromStr for KeyTemplate {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (mut pieces, mut length, mut rest) = (Vec::new(), 0, written);
        while !rest.is_empty() {
            let (text, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !text.is_empty() {
                check_text(text)?;
                length += text.len();
                pieces.push(Piece::Text(text.to_owned()));
            }
            if after.is_empty() {
                break;
            }
            let (name, after) = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'))
                .ok_or("a brace stands alone; placeholders are written as {uuid}")?;
            let (_, piece, most) = PLACEHOLDERS
                .into_iter()
                .find(|(known, ..)| *known == name)
                .ok_or_else(|| {
                    let known = PLACEHOLDERS.map(|(known, ..)| format!("{{{known}}}"));
                    format!("there is no {{{name}}}; there are {}", known.join(", "))
                })?;
            length += most;
            pieces.push(piece);
            rest = after;
        }
        if !pieces.contains(&Piece::Uuid) {
            return Err(
                "it has no {uuid}, without which one file could replace another".to_owned(),
            );
        }
        let is_climbing = |segment: &str| segment.is_empty() || matches!(segment, "." | "..");
        if written.split('/').any(is_climbing) {
            return Err("no part between slashes may be empty, \".\" or \"..\"".to_owned());
        }
        if length > MAX_KEY {
            return Err(format!(
                "its keys could have {length} bytes; S3 takes at most {MAX_KEY}"
            ));
        }
        Ok(Self {
            written: written.to_owned(),
            pieces,
            longest: MAX_KEY,
        })
    }
}

/// Only characters that every store and every URL takes as they are.
fn check_text(text: &str) -> Result<(), String> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '=');
    match text.chars().find(|c| !is_safe(*c)) {
        Some(c) => Err(format!(
            "\"{}\" cannot stand in it; letters, digits and - _ . / = can",
            c.escape_default()
        )),
        None => Ok(()),
    }
}

impl TryFrom<String> for KeyTemplate {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written
            .parse()
            .map_err(|why| format!("the template of keys \"{written}\" is wrong: {why}"))
    }
}

impl From<KeyTemplate> for String {
    fn from(template: KeyTemplate) -> Self {
        template.written
    }
}

/// The day in UTC, as 2026-08-31.
fn day(now: SystemTime) -> String {
    let now = DateTime::from(now)
        .fmt(DateTimeFormat::DateTime)
        .unwrap_or_default();
    now.get(..10).unwrap_or("undated").to_owned()
}

/// What follows a name's last dot, in lower case, if it is short and plain. `.htaccess` is a name, not an extension.
fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let is_plain = (1..=MAX_EXTENSION).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    let has_stem = !matches!(stem.chars().next_back(), None | Some('/' | '\\'));
    (is_plain && has_stem).then(|| extension.to_ascii_lowercase())
}

/// The tenant, if it can be part of a key as it is: a changed one could be another's.
fn tenant(tenant: Option<&str>) -> Result<&str, Refused> {
    let Some(tenant) = tenant else {
        return Err(Refused::no_tenant(
            "Files are kept by tenant here, and your sign-in names none.",
        ));
    };
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (1..=MAX_TENANT).contains(&tenant.len()) && tenant.bytes().all(is_safe) {
        Ok(tenant)
    } else {
        Err(Refused::no_tenant(format!(
            "The tenant of your sign-in cannot be part of a file's key: it should be 1 to {MAX_TENANT} letters, digits, - or _."
        )))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::time::Duration;

    use super::*;

    const UUID: &str = "00000000-0000-0000-0000-000000000000";

    fn key(template: &str, name: &str, tenant: Option<&str>) -> Result<String, Refused> {
        let parts = Parts {
            now: SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 58 + 23),
            uuid: Uuid::nil(),
            name,
            tenant,
        };
        template.parse::<KeyTemplate>().unwrap().make(&parts)
    }

    #[test]
    fn the_default_is_as_it_is_written() {
        assert_eq!(KeyTemplate::default(), DEFAULT.parse().unwrap());
        let made = key(DEFAULT, "cat.png", None).unwrap();
        assert_eq!(made, format!("uploads/1970-02-28/{UUID}"));
    }

    #[test]
    fn placeholders_are_filled() {
        for (template, name, made) in [
            ("{uuid}", "cat.png", "U"),
            ("{uuid}.{ext}", "cat.PNG", "U.png"),
            ("{uuid}.{ext}", "cat", "U"),
            ("{uuid}.{ext}", ".htaccess", "U"),
            ("{uuid}.{ext}", "a/.env", "U"),
            ("{uuid}.{ext}", "a.tar.gz", "U.gz"),
            ("{uuid}.{ext}", "a.", "U"),
            ("{uuid}.{ext}", "a.jp g", "U"),
            ("{uuid}.{ext}", "a./../x", "U"),
            ("{uuid}.{ext}", "a.ÄÖ", "U"),
            ("{uuid}.{ext}", "a.12345678901", "U"),
            ("{ext}/{uuid}", "a.txt", "txt/U"),
            ("{ext}/{uuid}", "a", "U"),
            ("{ext}../{ext}./.{ext}/{uuid}", "a", "U"),
            (
                "y={year}/m={month}/d={day}/{uuid}",
                "a",
                "y=1970/m=02/d=28/U",
            ),
            ("a/{tenant}/{date}/{uuid}", "a", "a/t-1_T/1970-02-28/U"),
        ] {
            let made = made.replace('U', UUID);
            assert_eq!(key(template, name, Some("t-1_T")).unwrap(), made);
        }
    }

    #[test]
    fn wrong_templates_say_what_is_wrong() {
        for (template, word) in [
            ("", "{uuid}"),
            ("uploads/{date}", "{uuid}"),
            ("{uuid}/{name}", "{name}"),
            ("{uuid", "brace"),
            ("uuid}{uuid}", "brace"),
            ("/{uuid}", "empty"),
            ("{uuid}/", "empty"),
            ("a//{uuid}", "empty"),
            ("../{uuid}", "\"..\""),
            ("a/./{uuid}", "\".\""),
            ("a b/{uuid}", "\" \""),
            ("a?b/{uuid}", "\"?\""),
            ("é/{uuid}", "\"\\u{e9}\""),
            (&format!("{}{{uuid}}", "a".repeat(990)), "1026 bytes"),
        ] {
            let sentence = template.parse::<KeyTemplate>().unwrap_err();
            assert!(sentence.contains(word), "{template}: {sentence}");
        }
    }

    #[test]
    fn a_tenant_is_taken_as_it_is_or_not_at_all() {
        let long = "a".repeat(65);
        for tenant in [
            None,
            Some(""),
            Some(".."),
            Some("a/b"),
            Some("a.b"),
            Some("é"),
            Some("a%2f"),
            Some(&long),
        ] {
            let refused = key("{tenant}/{uuid}", "a", tenant).unwrap_err();
            assert_eq!((refused.code, refused.status.as_u16()), ("no_tenant", 403));
        }
        assert!(key("{uuid}", "a", None).is_ok());
        let short = "{tenant}/{uuid}"
            .parse::<KeyTemplate>()
            .unwrap()
            .at_most(40);
        let parts = |tenant| Parts {
            now: SystemTime::UNIX_EPOCH,
            uuid: Uuid::nil(),
            name: "a",
            tenant: Some(tenant),
        };
        assert!(short.make(&parts("abc")).is_ok());
        assert_eq!(
            short.make(&parts("abcd")).unwrap_err().code,
            "invalid_request"
        );
    }
}
