//! The page's additions to a request: its metadata and its extra fields, in the same form for every dialect.
//!
//! The dialect decides where its backend expects them.

use s3_upload_types::CollectVec;

use super::BackendConfig;
use crate::{CreateParams, Value};

/// Returns the metadata as a member named `metadata`, if there is any.
pub fn metadata_member(params: &CreateParams) -> Option<(String, Value)> {
    let texts = params.metadata.iter();
    let texts: Vec<_> = texts
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect_vec();
    (!texts.is_empty()).then(|| ("metadata".to_owned(), Value::Object(texts)))
}

/// Returns the page's extra fields with the types of JSON.
pub fn extra_members(config: &BackendConfig) -> Vec<(String, Value)> {
    let extra = config.extra_fields.iter();
    extra
        .map(|(name, value)| (name.clone(), json_value(value)))
        .collect_vec()
}

/// Adds members. A member that exists already gets the new value, since the page's value takes precedence.
pub fn set_members(
    members: &mut Vec<(String, Value)>,
    more: impl IntoIterator<Item = (String, Value)>,
) {
    for (name, value) in more {
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => members.push((name, value)),
        }
    }
}

/// Returns the JSON value of an attribute's text. Strict servers distinguish `300` from `"300"`.
fn json_value(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse::<u64>() {
            // A text such as `007` is a name, not a number.
            Ok(number) if number.to_string() == text && number < 1 << 53 => number.into(),
            _ => text.into(),
        },
    }
}
