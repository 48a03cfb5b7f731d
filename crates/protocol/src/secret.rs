//! Values that grant access to anyone who has them.
//!
//! The types serialize their whole content, and `Debug` omits the secret part, so that no log line or error message
//! contains a signature by accident. They do not parse or check a URL: it is stored as the backend sent it.

use std::fmt;

pub use s3_upload_types::SecretUrl;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Returns true if a character changes the writing direction, or is invisible and joins nothing: it can make a text
/// look like another one. The joiners U+200C and U+200D are not among them, since Persian and emoji need them.
/// <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180E}'
                | '\u{200B}'
                | '\u{200E}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// Returns a text of an external source in a form that can be shown to people or developers. The queries of addresses
/// are removed, since a failing server may repeat in its message the URL that it signed, and so are
/// [deceptive](is_deceptive) characters.
pub fn redacted(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter_map(|c| match c {
            '\n' | '\r' | '\t' => Some(' '),
            c => (!is_deceptive(c)).then_some(c),
        })
        .collect();
    without_queries(&plain)
}

fn without_queries(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(is_end) {
        let end = word.char_indices().next_back().filter(|(_, c)| is_end(*c));
        let (word, end) = word.split_at(end.map_or(word.len(), |(at, _)| at));
        let is_query = has_signature(word);
        match word.find('?') {
            Some(at) if word.contains("://") || is_query => {
                shown.push_str(word.get(..at).unwrap_or_default());
                shown.push_str("?…");
            }
            None if is_query => shown.push('…'),
            _ => shown.push_str(word),
        }
        shown.push_str(end);
    }
    shown
}

/// Returns true if a text contains a parameter of a signed query: a signature of S3, Google, Azure or others.
pub(crate) fn has_signature(text: &str) -> bool {
    const MARKS: &[&str] = &[
        "signature=",
        "accesskeyid=",
        "credential=",
        "?sig=",
        "&sig=",
        "?token=",
        "&token=",
    ];
    if !text.contains('=') {
        return false;
    }
    let text = text.to_ascii_lowercase();
    MARKS.iter().any(|mark| text.contains(mark))
}

/// The fields of a presigned POST form in the order of sending, with the policy and its signature. They are a JSON
/// object on the wire. `Debug` shows their names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretFields(Vec<(String, String)>);

impl SecretFields {
    /// Wraps the fields, each a name and a value.
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Returns the fields in the order of sending. They are for the form itself, not for a message.
    pub fn expose(&self) -> &[(String, String)] {
        &self.0
    }
}

impl Serialize for SecretFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for SecretFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = SecretFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(SecretFields(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl fmt::Debug for SecretFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| redacted(name)))
            .finish()
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_without_what_is_signed() {
        for (text, shown) in [
            ("Is it a.txt? Yes: 5 MB", "Is it a.txt? Yes: 5 MB"),
            (
                "PUT https://h/k?X-Amz-Signature=5ec failed",
                "PUT https://h/k?… failed",
            ),
            (
                "url: '/b/k?AWSAccessKeyId=a&Signature=5ec' (403)",
                "url: '/b/k?…' (403)",
            ),
            ("X-Amz-Signature=5ec", "…"),
            (
                "<a href=\"https://h/?sig=5ec\">",
                "<a href=\"https://h/?…\">",
            ),
            ("", ""),
        ] {
            assert_eq!(redacted(text), shown);
        }
    }

    #[test]
    fn a_message_cannot_pose_as_another() {
        for (text, shown) in [
            ("Not \u{202E}dewolla\u{202C} here", "Not dewolla here"),
            ("\u{2066}a\u{2069}\u{200B}b\u{FEFF}\u{AD}\u{3164}c", "abc"),
            ("a\u{E0061}\u{FFF9}\u{180E}\u{1B}[31mb", "a[31mb"),
            ("one\r\ntwo", "one  two"),
            (
                "می\u{200C}خواهم 👩\u{200D}👧 ü",
                "می\u{200C}خواهم 👩\u{200D}👧 ü",
            ),
            ("X-Amz-Sig\u{200B}nature=5ec", "…"),
        ] {
            assert_eq!(redacted(text), shown);
        }
    }

    #[test]
    fn fields_keep_their_order_and_print_their_names_only() {
        let json = r#"{"policy":"p","key":"k","x-amz-signature":"abc"}"#;
        let fields: SecretFields = serde_json::from_str(json).unwrap();
        assert_eq!(
            format!("{fields:?}"),
            r#"{"policy", "key", "x-amz-signature"}"#
        );
        assert_eq!(fields.expose()[1], ("key".to_owned(), "k".to_owned()));
        assert_eq!(serde_json::to_string(&fields).unwrap(), json);
    }
}
