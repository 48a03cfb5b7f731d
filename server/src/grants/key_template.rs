//! The template of object keys.
//!
//! Checks that a key is unguessable, within its folder and within S3's length. Of the client's input, only the file's
//! extension and the tenant of its token can be part of a key, and both only in safe characters. Pure.

use std::{fmt::Write as _, str::FromStr, time::SystemTime};

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file_types;
use crate::api::ApiError;

/// The template without a setting.
pub const DEFAULT: &str = "uploads/{date}/{uuid}";

/// S3's longest key, in bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub const MAX_KEY: usize = 1024;
/// The longest extension that is taken over, in characters.
const MAX_EXTENSION: usize = 10;
/// The longest name of a tenant, in characters.
const MAX_TENANT: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
enum TemplatePart {
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
const PLACEHOLDERS: [(&str, TemplatePart, usize); 7] = [
    ("date", TemplatePart::Date, 10),
    ("year", TemplatePart::Year, 4),
    ("month", TemplatePart::Month, 2),
    ("day", TemplatePart::Day, 2),
    ("uuid", TemplatePart::Uuid, 36),
    ("ext", TemplatePart::Extension, MAX_EXTENSION),
    ("tenant", TemplatePart::Tenant, MAX_TENANT),
];

/// A template such as `uploads/{date}/{uuid}.{ext}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyTemplate {
    written: String,
    parts: Vec<TemplatePart>,
    longest: usize,
}

/// The values of a key's placeholders.
#[derive(Debug, Clone, Copy)]
pub struct KeyValues<'a> {
    /// The day, in UTC.
    pub now: SystemTime,
    /// The unguessable part.
    pub uuid: Uuid,
    /// The file's name, of which the extension is taken if it fits the type.
    pub name: &'a str,
    /// The file's MIME type.
    pub media_type: &'a str,
    /// The client's tenant, if the authentication names one.
    pub tenant: Option<&'a str>,
}

impl KeyTemplate {
    /// The same template for a store with this limit of key length, in bytes.
    #[must_use]
    pub fn at_most(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// True if keys depend on the client's tenant.
    pub fn has_tenant(&self) -> bool {
        self.parts.contains(&TemplatePart::Tenant)
    }

    /// A key. Refused if the template has a tenant and the client has none.
    pub fn make(&self, values: &KeyValues<'_>) -> Result<String, ApiError> {
        let day = day(values.now);
        let mut key = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Text(text) => key.push_str(text),
                TemplatePart::Date => key.push_str(&day),
                TemplatePart::Year => key.push_str(day.get(..4).unwrap_or_default()),
                TemplatePart::Month => key.push_str(day.get(5..7).unwrap_or_default()),
                TemplatePart::Day => key.push_str(day.get(8..).unwrap_or_default()),
                TemplatePart::Uuid => {
                    // Writing to a string cannot fail.
                    let _ = write!(key, "{}", values.uuid);
                }
                TemplatePart::Extension => match extension(values) {
                    Some(extension) => key.push_str(&extension),
                    // `{uuid}.{ext}` without an extension is `{uuid}`.
                    None => key.truncate(key.trim_end_matches('.').len()),
                },
                TemplatePart::Tenant => key.push_str(tenant(values.tenant)?),
            }
        }
        // Of `{ext}/{uuid}`, the first segment is empty without an extension; of `{ext}../{uuid}`, it would climb.
        let is_name = |segment: &&str| !matches!(*segment, "" | "." | "..");
        let segments: Vec<&str> = key.split('/').filter(is_name).collect();
        let key = segments.join("/");
        if key.len() > self.longest {
            let (found, longest) = (key.len(), self.longest);
            return Err(ApiError::invalid(format!(
                "The file's key in the store would have {found} bytes, of {longest} at most. The template of keys is too long for this tenant."
            )));
        }
        Ok(key)
    }
}

impl Default for KeyTemplate {
    fn default() -> Self {
        let text = |text: &str| TemplatePart::Text(text.to_owned());
        Self {
            written: DEFAULT.to_owned(),
            parts: vec![
                text("uploads/"),
                TemplatePart::Date,
                text("/"),
                TemplatePart::Uuid,
            ],
            longest: MAX_KEY,
        }
    }
}

impl FromStr for KeyTemplate {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (mut parts, mut length, mut rest) = (Vec::new(), 0, written);
        while !rest.is_empty() {
            let (text, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !text.is_empty() {
                check_text(text)?;
                length += text.len();
                parts.push(TemplatePart::Text(text.to_owned()));
            }
            if after.is_empty() {
                break;
            }
            let (name, after) = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'))
                .ok_or("a brace stands alone; placeholders are written as {uuid}")?;
            let (_, part, most) = PLACEHOLDERS
                .into_iter()
                .find(|(known, ..)| *known == name)
                .ok_or_else(|| {
                    let known = PLACEHOLDERS.map(|(known, ..)| format!("{{{known}}}"));
                    format!("there is no {{{name}}}; there are {}", known.join(", "))
                })?;
            length += most;
            parts.push(part);
            rest = after;
        }
        if !parts.contains(&TemplatePart::Uuid) {
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
            parts,
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

/// The extension of a name, in lower case, if it is short and plain and fits the type. `.htaccess` is a name, not an extension.
fn extension(values: &KeyValues<'_>) -> Option<String> {
    let (stem, extension) = values.name.rsplit_once('.')?;
    let is_plain = (1..=MAX_EXTENSION).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    let has_stem = !matches!(stem.chars().next_back(), None | Some('/' | '\\'));
    let extension = extension.to_ascii_lowercase();
    // A bucket's web server or a CDN may go by the extension alone.
    (is_plain && has_stem && file_types::may_show(&extension, values.media_type))
        .then_some(extension)
}

/// The tenant, if it can be part of a key as it is: a changed one could be another's.
fn tenant(tenant: Option<&str>) -> Result<&str, ApiError> {
    let Some(tenant) = tenant else {
        return Err(ApiError::no_tenant(
            "Files are stored by tenant, and your sign-in has no tenant.",
        ));
    };
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (1..=MAX_TENANT).contains(&tenant.len()) && tenant.bytes().all(is_safe) {
        Ok(tenant)
    } else {
        Err(ApiError::no_tenant(format!(
            "The tenant of your sign-in cannot be part of a file's key: it should be 1 to {MAX_TENANT} letters, digits, - or _."
        )))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests;
