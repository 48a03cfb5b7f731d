//! Which types are taken: rules such as `image/*`, `.pdf` and `video/mp4=2GB`.
//!
//! Owns how a rule is written, what it matches, and which types a browser would run. Pure.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Size;

/// A rule for types: a MIME type, a family of them (`image/*`), or a file name's extension (`.pdf`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypeRule(String);

impl TypeRule {
    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How exactly the rule names what it allows: of several that match, the most exact one counts.
    pub fn exactness(&self) -> u8 {
        match self.0.strip_suffix('*') {
            Some("*/" | "") => 0,
            Some(_) => 1,
            None => 2,
        }
    }

    /// Whether a file of this name and type is taken. A type that a browser would run as a page of the bucket's origin
    /// is taken only where the rule means just that type: neither `image/*` nor `.pdf` does.
    pub fn allows(&self, name: &str, media_type: &str) -> bool {
        let rule = self.0.to_ascii_lowercase();
        let media_type = essence(media_type);
        if rule.starts_with('.') {
            return name.to_ascii_lowercase().ends_with(&rule)
                && (!is_active(&media_type) || is_named_by(&rule, &media_type));
        }
        match rule.strip_suffix('*') {
            Some("*/" | "") => true,
            Some(family) => media_type.starts_with(family) && !is_active(&media_type),
            None => media_type == rule,
        }
    }
}

/// A type without its parameters.
fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether a browser may run a file of this type: pages, anything of XML, scripts, what holds other files with types of
/// their own (`multipart/x-mixed-replace` is shown as the page that it holds), and the types for which it looks at the
/// bytes to find out. <https://mimesniff.spec.whatwg.org/#scriptable-mime-type>
pub fn is_active(media_type: &str) -> bool {
    let media_type = essence(media_type);
    let is_unknown = matches!(
        &*media_type,
        "unknown/unknown" | "application/unknown" | "*/*"
    );
    let is_page = matches!(&*media_type, "text/html" | "text/xsl");
    let is_xml = media_type.ends_with("/xml") || media_type.ends_with("+xml");
    let is_script = ["javascript", "ecmascript", "jscript", "livescript"]
        .iter()
        .any(|word| media_type.contains(word));
    let holds_others = media_type.starts_with("multipart/") || media_type.starts_with("message/");
    is_unknown || is_page || is_xml || is_script || holds_others
}

/// Whether an active type is what files with this extension are.
fn is_named_by(extension: &str, media_type: &str) -> bool {
    match extension {
        ".htm" | ".html" => media_type == "text/html",
        ".xhtml" => media_type == "application/xhtml+xml",
        ".svg" => media_type == "image/svg+xml",
        ".xml" => matches!(media_type, "text/xml" | "application/xml"),
        ".js" | ".mjs" => matches!(media_type, "text/javascript" | "application/javascript"),
        ".eml" => media_type == "message/rfc822",
        ".mht" | ".mhtml" => matches!(media_type, "multipart/related" | "message/rfc822"),
        _ => false,
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
pub struct Allow {
    /// What is taken.
    pub rule: TypeRule,
    /// The greatest size of such a file; `None` for that of all files.
    pub max_size: Option<Size>,
}

impl From<TypeRule> for Allow {
    fn from(rule: TypeRule) -> Self {
        Self {
            rule,
            max_size: None,
        }
    }
}

impl FromStr for Allow {
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
impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max_size {
            Some(size) => write!(f, "{} (up to {size})", self.rule.as_str()),
            None => f.write_str(self.rule.as_str()),
        }
    }
}

impl TryFrom<String> for Allow {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Allow> for String {
    fn from(allow: Allow) -> Self {
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
            let allow: Allow = text.parse().unwrap();
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
            assert!(text.parse::<Allow>().is_err(), "{text}");
        }
    }
}
