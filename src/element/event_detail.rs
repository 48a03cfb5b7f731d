//! Snapshots as plain JavaScript objects, for `files` and for the `detail` of each event. They never hold an address
//! that allows writing. They hold the link for reading a stored file, since the host requested it from its backend.

use std::collections::BTreeMap;
use std::time::Duration;

use js_sys::{Object, Reflect};
use s3_upload_core::{
    ETag, FileInfo, FileSnapshot, Outage, Side, Status, StoredObject, UploadError, Violation,
    WaitReason,
};
use wasm_bindgen::{JsCast, JsValue};

use crate::ui::Messages;
use crate::ui::text::error_text;
use crate::uploader::{Remediation, Uploader};

/// A file: `{id, name, size, type, status, sent, percent, speed, remaining, attempts, error, waitingFor,
/// result}`. `waitingFor` is `"storage"`, `"server"` or `"network"` while that does not answer.
/// `speed` is in bytes per second, `remaining` in whole seconds.
pub(super) fn file(file: &FileSnapshot, messages: &Messages, uploader: &Uploader) -> Object {
    let object = file_info(&file.info);
    set(&object, "id", number(file.id.0));
    set(&object, "status", file.status.name());
    set(&object, "sent", number(file.sent));
    set(&object, "percent", file.percent);
    set(&object, "speed", file.speed.map(number));
    set(&object, "remaining", file.remaining.map(seconds));
    set(&object, "attempts", file.attempts);
    let reason = match &file.status {
        Status::Failed(reason) => Some(reason.clone()),
        Status::Waiting { reason, .. } => Some(match reason {
            WaitReason::Offline => UploadError::Offline,
            WaitReason::Outage(outage) if outage.is_named => outage.error.clone(),
            WaitReason::Outage(Outage { error, .. }) | WaitReason::Backoff(error) => {
                without_cors_cause(error)
            }
        }),
        _ => None,
    };
    set(
        &object,
        "error",
        reason.map(|reason| error(&reason, messages, uploader)),
    );
    let awaited = match &file.status {
        Status::Waiting {
            reason: WaitReason::Outage(outage),
            ..
        } => Some(match outage.side {
            Side::Backend => "server",
            Side::Store => "storage",
        }),
        Status::Waiting {
            reason: WaitReason::Offline,
            ..
        } => Some("network"),
        _ => None,
    };
    set(&object, "waitingFor", awaited);
    let result = match &file.status {
        Status::Completed(stored) => Some(result(stored)),
        _ => None,
    };
    set(&object, "result", result);
    object
}

/// The error of an attempt that is retried. One unreadable answer does not prove a missing CORS rule.
fn without_cors_cause(error: &UploadError) -> UploadError {
    match error {
        UploadError::Unreadable(unreadable) => UploadError::Network {
            step: unreadable.step,
        },
        error => error.clone(),
    }
}

/// A file that is not in the queue: `{id: null, name, size, type}`.
pub(super) fn file_info(info: &FileInfo) -> Object {
    let object = Object::new();
    set(&object, "id", JsValue::NULL);
    set(&object, "name", info.name.as_str());
    set(&object, "size", number(info.size));
    set(&object, "type", info.content_type.as_str());
    object
}

/// A file that was refused, with its name and size, and the limit as an `error`.
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
    let error = failure(
        violation.code(),
        &error_text::violation(messages, violation),
    );
    set(&object, "error", error);
    object
}

/// `{code, message}`, with `status`, `reason` and `requestId` if the response has them. For the developer it has
/// `cause` and `fix`, if there is something to change.
fn error(error: &UploadError, messages: &Messages, uploader: &Uploader) -> Object {
    let object = failure(error.code(), &error_text::error(messages, error));
    if let Some(Remediation { cause, fix }) = uploader.remediation(error) {
        set(&object, "cause", cause);
        set(&object, "fix", fix);
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

/// The value that a form submits for an uploaded file: the value that the backend gave, or else the key.
pub(super) fn value(file: &FileSnapshot) -> Option<&str> {
    match &file.status {
        Status::Completed(stored) => stored.value.as_deref().or(stored.key.as_deref()),
        _ => None,
    }
}

/// Reads the property `metadata`, `messages` or `headers`: an object of texts, numbers and booleans, or an iterable of
/// pairs of them, such as `Headers` and `Map`. `null` and `undefined` give an empty map, and members with these values
/// are skipped.
pub(super) fn string_map(
    property: &str,
    value: &JsValue,
) -> Result<BTreeMap<String, String>, String> {
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
        // `instanceof` is not used, since the object may come from another window, or have no prototype.
        .or_else(|| value.is_object().then(|| value.unchecked_ref::<Object>()))
        .ok_or_else(wrong)?;
    let mut texts = BTreeMap::new();
    // A proxy's trap may throw.
    let names = Reflect::own_keys(object).map_err(|_| wrong())?;
    let is_listed = |name: &JsValue| {
        let described = Reflect::get_own_property_descriptor(object, name);
        described.is_ok_and(|described| {
            Reflect::get(&described, &"enumerable".into()).is_ok_and(|listed| listed.is_truthy())
        })
    };
    for name in names
        .iter()
        .filter(|name| name.is_string() && is_listed(name))
    {
        let value = Reflect::get(object, &name).map_err(|_| wrong())?;
        if value.is_null() || value.is_undefined() {
            continue;
        }
        let (Some(name), Some(text)) = (name.as_string(), to_text(&value)) else {
            return Err(wrong());
        };
        texts.insert(name, text);
    }
    Ok(texts)
}

/// A text, number or boolean as JavaScript writes it.
fn to_text(value: &JsValue) -> Option<String> {
    if let Some(truth) = value.as_bool() {
        return Some(truth.to_string());
    }
    if let Some(number) = value.dyn_ref::<js_sys::Number>() {
        return number.to_string_with_radix(10).ok().map(String::from);
    }
    value.as_string()
}

/// Sets a property. `undefined` becomes `null`.
pub(super) fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let value = value.into();
    let value = if value.is_undefined() {
        JsValue::NULL
    } else {
        value
    };
    let _ = Reflect::set(object, &JsValue::from_str(name), &value);
}

/// Converts a size or an id to a JavaScript number, which is exact up to 9 PB.
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
