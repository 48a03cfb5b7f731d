//! What a page adds to a request, alike for every dialect: its metadata and its extra fields.
//!
//! Refuses to know where a backend wants them.

use super::Site;
use crate::{Ask, Value};

/// The metadata as a member named `metadata`, if there is any.
pub fn metadata(ask: &Ask) -> Option<(String, Value)> {
    let texts = ask.metadata.iter();
    let texts: Vec<_> = texts
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    (!texts.is_empty()).then(|| ("metadata".to_owned(), Value::Object(texts)))
}

/// The page's extra fields, typed as JSON has it.
pub fn extra(site: &Site) -> Vec<(String, Value)> {
    let extra = site.extra.iter();
    extra
        .map(|(name, value)| (name.clone(), typed(value)))
        .collect()
}

/// Adds members; one that is there already gets the new value instead, since the page's word counts.
pub fn add(members: &mut Vec<(String, Value)>, more: impl IntoIterator<Item = (String, Value)>) {
    for (name, value) in more {
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => members.push((name, value)),
        }
    }
}

/// An attribute has only text, but strict servers tell `300` from `"300"`.
fn typed(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse::<u64>() {
            // Not `007`, which is no number but a name.
            Ok(number) if number.to_string() == text && number < 1 << 53 => number.into(),
            _ => text.into(),
        },
    }
}
