//! Snapshots as plain JavaScript objects: what `files` and every event's `detail` are made of.
//! No address that allows writing is ever among them; the link to read a stored file is, since the
//! host asked its backend for it.

use std::collections::BTreeMap;
use std::time::Duration;

use js_sys::{Object, Reflect};
use s3_upload_core::{
    ETag, FileInfo, FileSnapshot, Status, StoredObject, UploadError, Violation, WaitReason,
};
use wasm_bindgen::{JsCast, JsValue};

use crate::ui::{Messages, sentence};
use crate::uploader::advice;

/// A file: `{id, name, size, type, status, sent, percent, speed, remaining, attempts, error, result}`.
/// `speed` is in bytes per second, `remaining` in whole seconds.
pub(super) fn file(file: &FileSnapshot, messages: &Messages) -> Object {
    let object = described(&file.info);
    set(&object, "id", number(file.id.0));
    set(&object, "status", file.status.name());
    set(&object, "sent", number(file.sent));
    set(&object, "percent", file.percent);
    set(&object, "speed", file.speed.map(number));
    set(&object, "remaining", file.remaining.map(seconds));
    set(&object, "attempts", file.attempts);
    let reason = match &file.status {
        Status::Failed(reason)
        | Status::Waiting {
            reason: WaitReason::Backoff(reason),
            ..
        } => Some(reason),
        Status::Waiting {
            reason: WaitReason::Offline,
            ..
        } => Some(&UploadError::Offline),
        _ => None,
    };
    set(
        &object,
        "error",
        reason.map(|reason| error(reason, messages)),
    );
    let result = match &file.status {
        Status::Completed(stored) => Some(result(stored)),
        _ => None,
    };
    set(&object, "result", result);
    object
}

/// A file that is not in the queue: `{id: null, name, size, type}`.
pub(super) fn described(info: &FileInfo) -> Object {
    let object = Object::new();
    set(&object, "id", JsValue::NULL);
    set(&object, "name", info.name.as_str());
    set(&object, "size", number(info.size));
    set(&object, "type", info.content_type.as_str());
    object
}

/// A file that was refused: its name and size, and the limit as an `error`.
pub(super) fn rejected(
    name: &str,
    size: u64,
    violation: &Violation,
    messages: &Messages,
) -> Object {
    let object = Object::new();
    set(&object, "id", JsValue::NULL);
    set(&object, "name", name);
    set(&object, "size", number(size));
    let error = failure(violation.code(), &sentence::violation(messages, violation));
    set(&object, "error", error);
    object
}

/// `{code, message}`, with `status`, `reason` and `requestId` where the other side told them, and for the developer `cause`
/// and `fix` where there is something to change.
fn error(error: &UploadError, messages: &Messages) -> Object {
    let object = failure(error.code(), &sentence::error(messages, error));
    if let Some(advice) = advice(error) {
        set(&object, "cause", advice.cause);
        set(&object, "fix", advice.fix);
    }
    let (status, reason, request) = match error {
        UploadError::Store(refusal) => {
            (refusal.status, &refusal.code, refusal.request_id.as_deref())
        }
        UploadError::Backend(refusal) => (refusal.status, &refusal.code, None),
        _ => return object,
    };
    set(&object, "status", status);
    set(&object, "reason", reason.as_deref().map(JsValue::from_str));
    set(&object, "requestId", request.map(JsValue::from_str));
    object
}

fn failure(code: &str, message: &str) -> Object {
    let object = Object::new();
    set(&object, "code", code);
    set(&object, "message", message);
    object
}

fn result(stored: &StoredObject) -> Object {
    let object = Object::new();
    let text = |value: &Option<String>| value.as_deref().map(JsValue::from_str);
    set(&object, "key", text(&stored.key));
    set(&object, "value", text(&stored.value));
    set(&object, "size", stored.size.map(number));
    set(&object, "type", text(&stored.content_type));
    set(
        &object,
        "etag",
        stored
            .etag
            .as_ref()
            .map(ETag::as_str)
            .map(JsValue::from_str),
    );
    set(&object, "location", text(&stored.location));
    set(&object, "downloadUrl", text(&stored.download_url));
    object
}

/// What a form submits for a file that arrived: its key, unless its backend has another word for it.
pub(super) fn value(file: &FileSnapshot) -> Option<&str> {
    match &file.status {
        Status::Completed(stored) => stored.value.as_deref().or(stored.key.as_deref()),
        _ => None,
    }
}

/// Reads the property `metadata`, `messages` or `headers`: an object of texts, numbers and booleans, or what lists pairs
/// of them, as `Headers` and `Map` do; nothing clears it, and a member that is nothing is none.
pub(super) fn texts(property: &str, value: &JsValue) -> Result<BTreeMap<String, String>, String> {
    if value.is_null() || value.is_undefined() {
        return Ok(BTreeMap::new());
    }
    let wrong = || {
        format!(
            "<s3-upload>.{property}: expected an object whose values are texts, numbers or booleans."
        )
    };
    let listed = match js_sys::try_iter(value) {
        Ok(Some(_)) if value.is_object() => Object::from_entries(value).ok(),
        _ => None,
    };
    let object = listed
        .as_ref()
        .or_else(|| value.dyn_ref::<Object>())
        .filter(|_| !value.is_function())
        .ok_or_else(wrong)?;
    let mut texts = BTreeMap::new();
    for name in Object::keys(object).iter() {
        let value = Reflect::get(object, &name).map_err(|_| wrong())?;
        if value.is_null() || value.is_undefined() {
            continue;
        }
        let (Some(name), Some(text)) = (name.as_string(), written(&value)) else {
            return Err(wrong());
        };
        texts.insert(name, text);
    }
    Ok(texts)
}

/// A text, number or boolean as JavaScript writes it.
fn written(value: &JsValue) -> Option<String> {
    if let Some(truth) = value.as_bool() {
        return Some(truth.to_string());
    }
    if let Some(number) = value.dyn_ref::<js_sys::Number>() {
        return number.to_string_with_radix(10).ok().map(String::from);
    }
    value.as_string()
}

/// Sets a property; nothing becomes `null`.
pub(super) fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let value = value.into();
    let value = if value.is_undefined() {
        JsValue::NULL
    } else {
        value
    };
    let _ = Reflect::set(object, &JsValue::from_str(name), &value);
}

/// Sizes and ids as JavaScript's numbers, which are exact up to 9 PB.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact for all sizes that S3 knows"
)]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}

fn seconds(time: Duration) -> f64 {
    number(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}
