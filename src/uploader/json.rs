//! JSON by the browser's own parser, which adds no parser to the wasm.

use js_sys::{Array, JSON, Object};
use s3_upload_protocol::Value;
use wasm_bindgen::{JsCast, JsValue};

/// Writes JSON.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    append(&mut text, value);
    text
}

fn append(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => append_primitive(text, &JsValue::from_f64(*number)),
        Value::Text(string) => append_primitive(text, &JsValue::from_str(string)),
        Value::List(items) => {
            let mut mark = '[';
            for item in items {
                text.push(mark);
                append(text, item);
                mark = ',';
            }
            text.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Object(members) => {
            let mut mark = '{';
            for (name, value) in members {
                text.push(mark);
                append_primitive(text, &JsValue::from_str(name));
                text.push(':');
                append(text, value);
                mark = ',';
            }
            text.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
}

/// Appends a number or a string as JavaScript writes it: `5`, and never `5.0`.
fn append_primitive(text: &mut String, value: &JsValue) {
    let written = JSON::stringify(value)
        .ok()
        .and_then(|json| json.as_string());
    text.push_str(written.as_deref().unwrap_or("null"));
}

/// Reads JSON. `None` if the text is not JSON, or is nested too deeply.
pub fn read(text: &str) -> Option<Value> {
    value(&JSON::parse(text).ok()?, Value::MAX_DEPTH)
}

fn value(from: &JsValue, depth: u8) -> Option<Value> {
    if let Some(text) = from.as_string() {
        return Some(Value::Text(text));
    }
    if let Some(number) = from.as_f64() {
        return Some(Value::Number(number));
    }
    if let Some(truth) = from.as_bool() {
        return Some(Value::Bool(truth));
    }
    if let Some(items) = from.dyn_ref::<Array>() {
        let below = depth.checked_sub(1)?;
        let items = items.iter().map(|item| value(&item, below));
        return items.collect::<Option<_>>().map(Value::List);
    }
    if let Some(object) = from.dyn_ref::<Object>() {
        let below = depth.checked_sub(1)?;
        let names = Object::keys(object);
        let values = Object::values(object);
        let members = names.iter().zip(values.iter());
        let members =
            members.map(|(name, member)| Some((name.as_string()?, value(&member, below)?)));
        return members.collect::<Option<_>>().map(Value::Object);
    }
    Some(Value::Null)
}
