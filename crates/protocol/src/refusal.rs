//! The refusals of backends, in the formats of their frameworks.
//!
//! The module reads the code and the message for the person, and recognises a refusal that has a 2xx status. It does
//! not return texts that are not for people: web pages, stack traces, signed addresses, and phrases that only repeat
//! the status.

use crate::exchange::ResponseBody;
use crate::secret::redacted;
use crate::{Value, envelope};

/// The maximum number of characters of a message.
const LONGEST: usize = 400;

/// Returns the code and the message of a refusal.
pub fn read(status: u16, body: &ResponseBody) -> (Option<String>, Option<String>) {
    match body {
        ResponseBody::Json(Value::Text(text)) => (None, plain(status, text)),
        ResponseBody::Json(answer) => {
            let value = &envelope::unwrap_response(answer).value;
            if let Value::Text(text) = value {
                return (None, plain(status, text));
            }
            let (code, message) = from_value(value);
            let message = message.or_else(|| field_errors(value));
            // The message of a 5xx status is for the backend's developers, unless it stands in `error.message`, which
            // is for people.
            let meant = status < 500
                || value
                    .get("error")
                    .is_some_and(|error| error.get("message").is_some());
            (code, message.filter(|_| meant))
        }
        ResponseBody::Text(text, kind) if kind.is_empty() || kind == "text/plain" => {
            (None, plain(status, text))
        }
        ResponseBody::Text(..) => (None, None),
    }
}

/// Returns a single line of text as a message. A page or a stack trace is not a message.
fn plain(status: u16, text: &str) -> Option<String> {
    let text = text.trim();
    let is_line = !text.contains('\n')
        && !text.starts_with(['<', '{', '['])
        && text.chars().count() <= LONGEST;
    (status < 500 && is_line)
        .then(|| redacted(text))
        .filter(|text| is_informative(text))
}

/// Returns true if JSON describes a refusal, whatever the status: `{"success": false}`, `{"error": …}`,
/// `{"status": "error"}`, `{"statusCode": 413}`.
pub fn is_refusal(value: &Value) -> bool {
    let is_false = |name: &str| value.get(name) == Some(&Value::Bool(false));
    let says = |name: &str| match value.get(name) {
        Some(Value::Text(text)) => !text.trim().is_empty(),
        Some(Value::List(items)) => !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(Value::Bool(truth)) => *truth,
        Some(Value::Null | Value::Number(_)) | None => false,
    };
    let status = value.text_of("status").unwrap_or_default();
    let is_code = |name: &str| {
        let code = value.get(name).and_then(Value::as_u64);
        code.is_some_and(|code| (400..600).contains(&code))
    };
    is_false("success")
        || is_false("ok")
        || says("error")
        || says("errors")
        || is_code("statusCode")
        || is_code("status")
        || ["error", "fail", "failed", "failure"]
            .iter()
            .any(|word| status.eq_ignore_ascii_case(word))
}

/// Returns the code and the message in JSON: `{"error": {"code", "message"}}`, `{"message"}`, `{"error": "…"}`, problem
/// details (RFC 9457), `{"detail": [{"msg"}]}`, `{"errors": {"field": ["…"]}}`, …
pub fn from_value(value: &Value) -> (Option<String>, Option<String>) {
    let error = value.get("error").unwrap_or(&Value::Null);
    let message = ["message", "detail", "description", "msg", "title"]
        .iter()
        .find_map(|name| error.get(name).and_then(message_text))
        .or_else(|| {
            [
                "message",
                "detail",
                "error_description",
                "msg",
                "errors",
                "title",
                "reason",
                "Message",
                "errorMessage",
            ]
            .iter()
            .find_map(|name| value.get(name).and_then(message_text))
        });
    let word = error.text();
    let code = ["code", "type", "name"]
        .iter()
        .find_map(|name| error.get(name).and_then(Value::to_form_string))
        .or_else(|| value.get("code").and_then(Value::to_form_string))
        // A text in `error` is the code if there is a message, or if it is a single word. Otherwise it is the message.
        .or_else(|| {
            word.filter(|word| message.is_some() || !word.contains(' '))
                .map(str::to_owned)
        });
    let message = message.or_else(|| {
        word.map(str::to_owned)
            .filter(|word| is_informative(word) && word.contains(' '))
    });
    (
        code.map(|code| redacted(&code))
            .filter(|code| !code.is_empty() && code.len() <= 100),
        message.map(|message| shortened(&message)),
    )
}

fn shortened(message: &str) -> String {
    redacted(message).chars().take(LONGEST).collect()
}

/// Returns the first message of Django REST framework's form errors: an object whose members are all lists of texts, by
/// field. <https://www.django-rest-framework.org/api-guide/exceptions/>
fn field_errors(value: &Value) -> Option<String> {
    let are_sentences = |(_, value): &(String, Value)| {
        !value.items().is_empty() && value.items().iter().all(|item| item.text().is_some())
    };
    let members = value.members();
    members
        .iter()
        .all(are_sentences)
        .then(|| members.iter().find_map(|(_, value)| message_text(value)))
        .flatten()
        .map(|message| shortened(&message))
}

/// Returns a message: a text, the first of a list, the message member of an object, or the first message of an object
/// of lists.
fn message_text(value: &Value) -> Option<String> {
    let named = || {
        ["message", "msg", "detail", "title"]
            .iter()
            .find_map(|name| value.text_of(name).map(str::to_owned))
    };
    let text = match value {
        Value::Text(_) => value.text().map(str::to_owned),
        Value::List(items) => items.iter().find_map(message_text),
        // Rails uses the name `base` for errors that belong to no field.
        Value::Object(members) => named().or_else(|| {
            members.iter().find_map(|(_, value)| match value {
                Value::List(_) | Value::Text(_) => message_text(value),
                _ => None,
            })
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    };
    text.filter(|text| is_informative(text))
}

/// Returns true if a text says more than the status does. <https://www.rfc-editor.org/rfc/rfc9110#section-15>
fn is_informative(text: &str) -> bool {
    const PHRASES: &[&str] = &[
        "bad request",
        "unauthorized",
        "unauthenticated",
        "forbidden",
        "not found",
        "method not allowed",
        "conflict",
        "gone",
        "payload too large",
        "content too large",
        "request entity too large",
        "unsupported media type",
        "unprocessable entity",
        "unprocessable content",
        "too many requests",
        "internal server error",
        "bad gateway",
        "service unavailable",
        "gateway timeout",
        "error",
        "ok",
    ];
    let text = text
        .trim()
        .trim_end_matches(['.', '!'])
        .to_ascii_lowercase();
    !text.is_empty() && !PHRASES.contains(&text.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn every_framework_is_heard() {
        let said = "At most 5 MB are allowed";
        for (json, code) in [
            (
                r#"{"error":{"code":"too_large","message":"…"}}"#,
                Some("too_large"),
            ),
            (
                r#"{"error":{"type":"file_too_large","message":"…"}}"#,
                Some("file_too_large"),
            ),
            (r#"{"message":"…"}"#, None),
            (r#"{"error":"…"}"#, None),
            (r#"{"error":"too_large","message":"…"}"#, Some("too_large")),
            (
                r#"{"statusCode":413,"message":["…","more"],"error":"Payload Too Large"}"#,
                Some("Payload Too Large"),
            ),
            (r#"{"detail":"…"}"#, None),
            (
                r#"{"detail":[{"type":"value_error","loc":["body","size"],"msg":"…"}]}"#,
                None,
            ),
            (
                r#"{"type":"about:blank","title":"Content Too Large","status":413,"detail":"…"}"#,
                None,
            ),
            (r#"{"message":"…","errors":{"size":["other"]}}"#, None),
            (r#"{"errors":{"size":["…"]}}"#, None),
            (r#"{"errors":["…"]}"#, None),
            (r#"{"errors":[{"code":"x","detail":"…"}]}"#, None),
            (r#"{"size":["other"],"error_description":"…"}"#, None),
            (r#"{"success":false,"msg":"…","code":4001}"#, Some("4001")),
            (r#"{"title":"…"}"#, None),
            (r#"{"detail":{"code":"x","message":"…"}}"#, None),
            (r#"{"field_id":["…"],"file_size":["other"]}"#, None),
            (r#"{"Message":"…"}"#, None),
            (
                r#"{"title":"One or more validation errors occurred.","errors":{"Size":["…"]}}"#,
                None,
            ),
            (r#"{"errorType":"Error","errorMessage":"…"}"#, None),
            (
                r#"{"statusCode":413,"body":"{\"code\":\"x\",\"message\":\"…\"}"}"#,
                Some("x"),
            ),
            (r#"{"statusCode":413,"headers":{},"body":"…"}"#, None),
        ] {
            let value: Value = serde_json::from_str(&json.replace('…', said)).unwrap();
            let (found, message) = read(413, &ResponseBody::Json(value));
            assert_eq!(message.as_deref(), Some(said), "{json}");
            assert_eq!(found.as_deref(), code, "{json}");
        }
    }

    /// <https://www.rfc-editor.org/rfc/rfc9110#section-15>
    #[test]
    fn what_is_not_for_people_is_not_shown() {
        let text = |text: &str, kind: &str| ResponseBody::Text(text.to_owned(), kind.to_owned());
        let json = |json: &str| ResponseBody::Json(serde_json::from_str(json).unwrap());
        for (status, body) in [
            (
                404,
                text("<!doctype html><title>Not found</title>", "text/html"),
            ),
            (403, text("<p>no</p>", "")),
            (500, text("Traceback: line 5", "text/plain")),
            (400, text("Traceback:\n  line 5", "text/plain")),
            (404, text("Not Found", "text/plain")),
            (404, json(r#"{"detail":"Not Found"}"#)),
            (401, json(r#"{"message":"Unauthenticated."}"#)),
            (
                500,
                json(r#"{"message":"relation \"uploads\" does not exist"}"#),
            ),
            (422, json("null")),
            (422, json(r#"{"error":null}"#)),
        ] {
            assert_eq!(read(status, &body).1, None, "{body:?}");
        }
        let native =
            json(r#"{"error":{"code":"store_unavailable","message":"The store is down."}}"#);
        assert_eq!(read(502, &native).1.as_deref(), Some("The store is down."));
        assert_eq!(
            read(409, &text("Already there", "text/plain")).1.as_deref(),
            Some("Already there")
        );
    }

    #[test]
    fn a_no_is_told_from_a_yes() {
        for (json, is) in [
            (r#"{"success":false}"#, true),
            (r#"{"ok":false,"url":"https://h"}"#, true),
            (r#"{"error":{"message":"x"}}"#, true),
            (r#"{"errors":["x"]}"#, true),
            (r#"{"status":"fail","data":{}}"#, true),
            (r#"{"error":true}"#, true),
            (r#"{"data":{"path":"k"},"error":null}"#, false),
            (r#"{"error":"","errors":[],"success":true}"#, false),
            (r#"{"statusCode":413,"message":"x"}"#, true),
            (r#"{"status":"503","message":"x"}"#, true),
            (r#"{"status":"ok"}"#, false),
            (r#"{"status":200,"error":0}"#, false),
            (r#"["error"]"#, false),
        ] {
            assert_eq!(
                is_refusal(&serde_json::from_str(json).unwrap()),
                is,
                "{json}"
            );
        }
    }

    #[test]
    fn signed_addresses_are_not_shown() {
        let said = "Failed: https://h/k?X-Amz-Signature=5ec";
        for body in [
            ResponseBody::Json(Value::from([("message", said)])),
            ResponseBody::Json(said.into()),
            ResponseBody::Text(said.to_owned(), String::new()),
            ResponseBody::Json(Value::from([(
                "error",
                Value::from([("code", said), ("message", said)]),
            )])),
        ] {
            let (code, message) = read(400, &body);
            assert_eq!(message.as_deref(), Some("Failed: https://h/k?…"));
            assert!(!format!("{code:?}").contains("5ec"));
        }
    }

    #[test]
    fn long_messages_are_cut() {
        let long = Value::from([("message", "x".repeat(5000))]);
        assert_eq!(from_value(&long).1.unwrap().len(), LONGEST);
    }
}
