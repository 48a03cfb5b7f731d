//! Rules for accepted types, such as `image/*`, `.pdf` and `video/mp4=2GB`. Pure.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::file_types;
use crate::primitives::{Size, is_active, media_type::essence};

/// A rule for types: a MIME type, a family of them (`image/*`), or a file name's extension (`.pdf`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypeRule(String);

impl TypeRule {
    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The exactness of the rule: of several that match, the most exact one counts.
    pub fn exactness(&self) -> u8 {
        match self.0.strip_suffix('*') {
            Some("*/" | "") => 0,
            Some(_) => 1,
            None => 2,
        }
    }

    /// True if a file of this name and type is accepted. Of an extension the type must be one that such files have, or an
    /// unknown one. A file of an unknown type is accepted by its extension, but never as an active type. A type that a browser would run as a page of the bucket's origin
    /// is accepted only where the rule names exactly that type: neither `image/*` nor `.pdf` does.
    pub fn allows(&self, name: &str, media_type: &str) -> bool {
        let rule = self.0.to_ascii_lowercase();
        let media_type = essence(media_type);
        if rule.starts_with('.') {
            let extension = rule.rsplit('.').next().unwrap_or_default();
            return name.to_ascii_lowercase().ends_with(&rule)
                && file_types::is_taken_as(extension, &media_type);
        }
        // The extension decides if a system gives another type or none.
        let extension = file_types::extension(name).unwrap_or_default();
        let is_alias =
            file_types::is_unknown(&media_type) || file_types::fits(&extension, &media_type);
        let others = file_types::types(&extension).filter(|_| is_alias && !is_active(&media_type));
        matches_type(&rule, &media_type)
            || others
                .filter(|other| !is_active(other))
                .any(|other| matches_type(&rule, other))
    }
}

/// True if a rule for a type or a family of types means this one.
fn matches_type(rule: &str, media_type: &str) -> bool {
    match rule.strip_suffix('*') {
        Some("*/" | "") => true,
        Some(family) => media_type.starts_with(family) && !is_active(media_type),
        None => media_type == rule,
    }
}

impl FromStr for TypeRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_extension = text
            .strip_prefix('.')
            .is_some_and(|ext| !ext.is_empty() && !ext.contains('/'));
        let is_type = text
            .split_once('/')
            .is_some_and(|(family, kind)| !family.is_empty() && !kind.is_empty());
        if is_extension || is_type {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "\"{text}\" is neither a type such as image/png or image/* nor an extension such as .pdf"
            ))
        }
    }
}

impl TryFrom<String> for TypeRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TypeRule> for String {
    fn from(rule: TypeRule) -> Self {
        rule.0
    }
}

/// A rule for types that may have its own greatest size, written `image/*=10MB` or `.pdf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowRule {
    /// The rule for the type.
    pub rule: TypeRule,
    /// The greatest size of such a file; `None` for that of all files.
    pub max_size: Option<Size>,
}

impl From<TypeRule> for AllowRule {
    fn from(rule: TypeRule) -> Self {
        Self {
            rule,
            max_size: None,
        }
    }
}

impl FromStr for AllowRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rule, max_size) = match text.split_once('=') {
            Some((rule, size)) => (rule, Some(size.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            rule: rule.parse()?,
            max_size,
        })
    }
}

/// For people.
impl fmt::Display for AllowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max_size {
            Some(size) => write!(f, "{} (up to {size})", self.rule.as_str()),
            None => f.write_str(self.rule.as_str()),
        }
    }
}

impl TryFrom<String> for AllowRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AllowRule> for String {
    fn from(allow: AllowRule) -> Self {
        match allow.max_size {
            Some(size) => format!("{}={}", allow.rule.as_str(), size.0),
            None => allow.rule.into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn rules_with_sizes_are_read_and_written() {
        for (text, rule, max_size, shown) in [
            (
                "image/*=10MB",
                "image/*",
                Some(Size(10_000_000)),
                "image/* (up to 10 MB)",
            ),
            (" .pdf ", ".pdf", None, ".pdf"),
            (
                "video/mp4 = 2 GiB",
                "video/mp4",
                Some(Size(2 << 30)),
                "video/mp4 (up to 2 GiB)",
            ),
        ] {
            let allow: AllowRule = text.parse().unwrap();
            assert_eq!((allow.rule.as_str(), allow.max_size), (rule, max_size));
            assert_eq!(allow.to_string(), shown);
            assert_eq!(String::from(allow.clone()).parse(), Ok(allow));
        }
        for text in [
            "image/*=",
            "=10MB",
            "image/*=huge",
            "png=1MB",
            "a/b=1MB=2MB",
        ] {
            assert!(text.parse::<AllowRule>().is_err(), "{text}");
        }
    }
}
