//! The values that a page's function throws, or with which a promise of the page is rejected: a Response, an error of
//! an HTTP client, any other object, or `undefined`.
//!
//! Values that are not meant for a person are not shown. A getter or a proxy that throws causes no error here.

use js_sys::{Function, JSON, Promise, Reflect};
use s3_upload_core::CollectVec;
use s3_upload_protocol::{ResponseBody, is_deceptive, redacted, refusal};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::uploader::json;

/// The most member names of an object that are listed.
const MOST_NAMES: usize = 5;

/// The properties of a thrown value.
#[derive(Debug, Default)]
pub(super) struct Thrown {
    /// An HTTP status from 100 to 599.
    pub status: Option<u16>,
    /// A code beside the message.
    pub code: Option<String>,
    /// A sentence.
    pub message: Option<String>,
    /// A description of its kind for developers: `undefined`, `a Response with status 413`, `an object with "a", "b"`.
    pub what: String,
}

/// Reads a thrown value. The body of a Response is read as well, if it was not read before.
pub(super) async fn read(value: &JsValue) -> Thrown {
    let what = described(value);
    if let Some(response) = read_response(value).await {
        return Thrown { what, ..response };
    }
    // Errors of ky and of similar clients have a Response in this property. Those of axios have an object with status
    // and data.
    let inner = get(value, "response").unwrap_or_default();
    if let Some(response) = read_response(&inner).await {
        return Thrown { what, ..response };
    }
    let (mut code, mut message) = (text(value, "code"), message_of(value));
    let status = status_of(value).or_else(|| status_of(&inner));
    let bodies = [
        get(&inner, "data"),
        get(value, "responseJSON"),
        get(value, "responseText"),
    ];
    let body = bodies
        .into_iter()
        .flatten()
        .find(|body| !body.is_undefined());
    let body = match (body, &message) {
        (Some(body), _) => Some(body),
        (None, None) if value.is_object() => Some(value.clone()),
        (None, _) => None,
    };
    if let Some(body) = body.as_ref().and_then(body_of) {
        let (said_code, said) = refusal::read(status.unwrap_or(400), &body);
        code = said_code.or(code);
        message = said.or(message);
    }
    Thrown {
        status,
        code,
        message,
        what,
    }
}

/// Returns true for a Response of any window. It is recognised by its members.
pub(super) fn is_response(value: &JsValue) -> bool {
    value.is_object()
        && get(value, "status").is_some_and(|status| status.as_f64().is_some())
        && get(value, "headers").is_some_and(|headers| headers.is_object())
        && get(value, "text").is_some_and(|text| text.is_function())
}

/// The body of a Response: as JSON if it is JSON, or else as text with its media type.
pub(super) async fn body_of_response(response: &JsValue) -> ResponseBody {
    let is_used = get(response, "bodyUsed").is_some_and(|used| used.is_truthy());
    let called = get(response, "text")
        .filter(|_| !is_used)
        .and_then(|text| text.dyn_into::<Function>().ok())
        .and_then(|text| text.call0(response).ok());
    let text = match called {
        Some(promise) => JsFuture::from(Promise::resolve(&promise)).await.ok(),
        None => None,
    };
    let text = text.and_then(|text| text.as_string()).unwrap_or_default();
    if let Some(value) = json::read(&text) {
        return ResponseBody::Json(value);
    }
    let headers = get(response, "headers").unwrap_or_default();
    let kind = get(&headers, "get")
        .and_then(|get| get.dyn_into::<Function>().ok())
        .and_then(|get| get.call1(&headers, &"content-type".into()).ok())
        .and_then(|kind| kind.as_string())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ResponseBody::Text(text, kind.to_ascii_lowercase())
}

async fn read_response(value: &JsValue) -> Option<Thrown> {
    if !is_response(value) {
        return None;
    }
    let status = status_of(value);
    let body = body_of_response(value).await;
    let (code, message) = refusal::read(status.unwrap_or_default(), &body);
    Some(Thrown {
        status,
        code,
        message,
        what: String::new(),
    })
}

/// Describes the kind of a value, without its contents.
pub(super) fn described(value: &JsValue) -> String {
    if value.is_undefined() || value.is_null() || value.as_bool().is_some() {
        return format!("{value:?}")
            .trim_start_matches("JsValue(")
            .trim_end_matches(')')
            .to_owned();
    }
    if is_response(value) {
        let status = status_of(value).unwrap_or_default();
        return format!("a Response with status {status}");
    }
    if value.is_function() {
        return "a function".to_owned();
    }
    if value.is_object() {
        return described_object(value);
    }
    match value.js_typeof().as_string().as_deref() {
        Some("string") => "an empty text".to_owned(),
        Some(kind) => format!("a {kind}"),
        None => "a value".to_owned(),
    }
}

fn described_object(value: &JsValue) -> String {
    let Ok(keys) = Reflect::own_keys(value) else {
        return "an object".to_owned();
    };
    let name = |key: JsValue| {
        let plain: String = key
            .as_string()?
            .chars()
            .filter(|c| !is_deceptive(*c))
            .take(40)
            .collect();
        Some(format!("\"{}\"", redacted(&plain)))
    };
    let names: Vec<String> = keys.iter().filter_map(name).collect_vec();
    let more = if names.len() > MOST_NAMES {
        ", …"
    } else {
        ""
    };
    match names.get(..MOST_NAMES.min(names.len())) {
        Some(shown) if !shown.is_empty() => format!("an object with {}{more}", shown.join(", ")),
        _ => "an object without members".to_owned(),
    }
}

/// A member of a value. `None` if the value is not an object, or if the member cannot be read.
pub(super) fn get(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &JsValue::from_str(name)).ok()
}

fn text(value: &JsValue, name: &str) -> Option<String> {
    get(value, name)
        .and_then(|text| text.as_string())
        .map(|text| redacted(&text))
        .filter(|text| !text.trim().is_empty())
}

/// The message of an error, or the value itself if it is a text.
pub(super) fn message_of(value: &JsValue) -> Option<String> {
    text(value, "message").or_else(|| {
        let itself = value.as_string().map(|text| redacted(&text));
        itself.filter(|text| !text.trim().is_empty())
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a status"
)]
fn status_of(value: &JsValue) -> Option<u16> {
    let status = get(value, "status").and_then(|status| status.as_f64());
    status
        .filter(|status| (100.0..600.0).contains(status))
        .map(|status| status as u16)
}

fn body_of(value: &JsValue) -> Option<ResponseBody> {
    if let Some(text) = value.as_string() {
        let read = json::read(&text);
        return Some(read.map_or_else(
            || ResponseBody::Text(text, String::new()),
            ResponseBody::Json,
        ));
    }
    let text = JSON::stringify(value).ok()?.as_string()?;
    json::read(&text).map(ResponseBody::Json)
}

/// Returns true for an error that the JavaScript engine throws. It concerns the program, and not the person. It is
/// recognised by its name, since it may come from another window.
pub(super) fn is_program_error(value: &JsValue) -> bool {
    ["TypeError", "ReferenceError", "RangeError", "SyntaxError"].contains(&name_of(value).as_str())
}

/// Returns true for the error that fetch throws when it gets no answer. The texts are those of Chromium, Firefox and
/// `WebKit`. <https://fetch.spec.whatwg.org/#fetch-method>
pub(super) fn is_fetch_error(value: &JsValue) -> bool {
    let words = [
        "Failed to fetch",
        "NetworkError when attempting",
        "Load failed",
    ];
    name_of(value) == "TypeError"
        && message_of(value)
            .is_some_and(|message| words.iter().any(|word| message.starts_with(word)))
}

/// An answer that a function tried to read as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotJson {
    /// The answer was empty or ended too early.
    Incomplete,
    /// The answer was a web page, according to the engine's message.
    Page,
}

/// Recognises the error of `response.json()` and `JSON.parse`. It is not a mistake of the page, since a gateway sends
/// such answers during an outage.
pub(super) fn not_json(value: &JsValue) -> Option<NotJson> {
    if name_of(value) != "SyntaxError" {
        return None;
    }
    not_json_from_message(&message_of(value)?)
}

/// Recognises the messages of Chromium, Firefox and `WebKit`.
fn not_json_from_message(message: &str) -> Option<NotJson> {
    let ends = [
        "Unexpected end of JSON input",
        "JSON.parse: unexpected end of data",
        "JSON Parse error: Unexpected EOF",
    ];
    // Firefox, and WebKit for a Response, do not name the character that they read.
    let unnamed = [
        "JSON.parse: unexpected character at line 1 column 1",
        "The string did not match the expected pattern",
    ];
    // Chromium puts the name of the method in front.
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let is_page = message.contains("JSON") && has(&["token '<'", "token <", "identifier '<'"]);
    if has(&ends) {
        Some(NotJson::Incomplete)
    } else if is_page || has(&unnamed) {
        Some(NotJson::Page)
    } else {
        None
    }
}

fn name_of(value: &JsValue) -> String {
    get(value, "name")
        .filter(|_| value.is_object())
        .and_then(|name| name.as_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{NotJson, not_json_from_message};

    #[test]
    fn an_answer_that_is_not_json_is_told_from_a_mistake() {
        for (message, expected) in [
            (
                "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
                Some(NotJson::Page),
            ),
            (
                "Unexpected token < in JSON at position 0",
                Some(NotJson::Page),
            ),
            (
                "JSON.parse: unexpected character at line 1 column 1 of the JSON data",
                Some(NotJson::Page),
            ),
            (
                "JSON Parse error: Unrecognized token '<'",
                Some(NotJson::Page),
            ),
            (
                "The string did not match the expected pattern.",
                Some(NotJson::Page),
            ),
            (
                "Failed to execute 'json' on 'Response': Unexpected end of JSON input",
                Some(NotJson::Incomplete),
            ),
            (
                "JSON.parse: unexpected end of data at line 1 column 1 of the JSON data",
                Some(NotJson::Incomplete),
            ),
            (
                "JSON Parse error: Unexpected EOF",
                Some(NotJson::Incomplete),
            ),
            ("Unexpected token 'O', \"OK\" is not valid JSON", None),
            ("Invalid regular expression: missing /", None),
            ("Unexpected token '<'", None),
        ] {
            assert_eq!(not_json_from_message(message), expected, "{message}");
        }
    }
}
