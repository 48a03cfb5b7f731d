//! What the page's JavaScript does for the backend's sake: the property `headers`, an object or a function, and the
//! property `presign`, a function in place of a backend.
//!
//! Refuses to show what a function throws beyond its message.

use core::cell::{Cell, RefCell};
use core::fmt;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use s3_upload_core::{
    BackendRefusal, ETag, Grant, GrantPlan, PartNumber, SignedPart, Step, StoredObject, StoredPart,
    UploadError, UploadId,
};
use s3_upload_protocol::dialect::auto;
use s3_upload_protocol::{Body, Part, Reply, Value, redacted};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::detail::{self, number, set};
use super::warn;
use crate::uploader::backend::{grant, listed, signed_parts, stored, trouble};
use crate::uploader::presign::{Answered, Presign, PresignRequest, not_offered};
use crate::uploader::{HeaderList, Headers};

/// Reads the property `headers`.
pub(super) fn headers(value: &JsValue) -> Result<Headers, String> {
    let Some(function) = value.dyn_ref::<Function>() else {
        let fixed: HeaderList = detail::texts("headers", value)?.into_iter().collect();
        return Ok(if fixed.is_empty() {
            Headers::None
        } else {
            Headers::Fixed(fixed)
        });
    };
    let function = function.clone();
    Ok(Headers::fresh(Rc::new(move |refused| {
        let function = function.clone();
        Box::pin(async move {
            let circumstances = Object::new();
            set(&circumstances, "refused", refused);
            let given = settled(function.call1(&JsValue::UNDEFINED, &circumstances)).await;
            let given = given.map_err(|thrown| message_of(&thrown).unwrap_or_default())?;
            detail::texts("headers", &given)
                .map(|headers| headers.into_iter().collect())
                .map_err(|complaint| {
                    // For the developer; the person reads that the sign-in is not known.
                    warn(&complaint);
                    String::new()
                })
        })
    })))
}

/// Reads the property `presign`.
pub(super) fn presign(value: &JsValue) -> Result<Option<Rc<dyn Presign>>, String> {
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let function = value.dyn_ref::<Function>().ok_or(
        "<s3-upload>.presign: expected an async function (file, { accepts, signal }) that answers { url } or more.",
    )?;
    Ok(Some(Rc::new(Page(Rc::new(Inner {
        function: function.clone(),
        uploads: RefCell::default(),
        made: Cell::new(0),
    })))))
}

/// A page's function, and what it answered for each upload that goes on after that.
struct Page(Rc<Inner>);

struct Inner {
    function: Function,
    /// The answers, which hold further functions, by the upload's id.
    uploads: RefCell<BTreeMap<String, Object>>,
    /// Ids made so far for answers without one.
    made: Cell<u64>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("presign(…)")
    }
}

impl Presign for Page {
    fn create(&self, request: PresignRequest, signal: Option<AbortSignal>) -> Answered<Grant> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let wish = wish(&request, signal.as_ref());
            let called = inner
                .function
                .call2(&JsValue::UNDEFINED, &request.file, &wish);
            let answer = settled(called).await.map_err(|thrown| failure(&thrown))?;
            let reply = reply(&answer);
            let granted = auto::granted(&reply, &request.info.content_type)
                .or_else(|wrong| inner.unnamed(&reply, &request).ok_or(wrong))
                .map_err(|wrong| trouble(Step::Create, wrong))?;
            let mut grant = grant(granted, &base());
            inner.keep(&answer, &mut grant);
            Ok(grant)
        })
    }

    fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
        signal: Option<AbortSignal>,
    ) -> Answered<Vec<SignedPart>> {
        let inner = Rc::clone(&self.0);
        let wanted: Vec<Part> = parts
            .iter()
            .map(|(number, size)| Part {
                number: number.get(),
                size: *size,
            })
            .collect();
        Box::pin(async move {
            let described: Vec<Object> = wanted.iter().map(part).collect();
            let answer = if let Some(sign) = inner.operation(&id, "signPart") {
                // All at once: none has to wait for another's signature.
                let calls: Array = described
                    .iter()
                    .map(|part| {
                        let options = options(signal.as_ref());
                        match sign(&[part.into(), options.into()]) {
                            Ok(given) => given,
                            Err(thrown) => Promise::reject(&thrown).into(),
                        }
                    })
                    .collect();
                settled(Ok(Promise::all(&calls).into())).await
            } else if let Some(sign) = inner.operation(&id, "signParts") {
                let parts: Array = described.iter().collect();
                settled(sign(&[parts.into(), options(signal.as_ref()).into()])).await
            } else {
                return not_offered("signPart").await;
            };
            let answer = answer.map_err(|thrown| failure(&thrown))?;
            let reply = reply(&answer);
            let signed = match &reply.body {
                Body::Json(value) => auto::signed_parts(value, &wanted),
                Body::Text(..) => None,
            };
            let expected = "an address for each part, as text or like {\"url\": \"https://…\"}";
            let signed = signed.ok_or_else(|| trouble(Step::SignParts, reply.not(expected)))?;
            Ok(signed_parts(signed, &base()))
        })
    }

    fn list_parts(&self, id: UploadId, signal: Option<AbortSignal>) -> Answered<Vec<StoredPart>> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let Some(list) = inner.operation(&id, "listParts") else {
                return not_offered("listParts").await;
            };
            let answer = settled(list(&[options(signal.as_ref()).into()])).await;
            let reply = reply(&answer.map_err(|thrown| failure(&thrown))?);
            let parts = match &reply.body {
                Body::Json(value) => auto::stored_parts(value),
                Body::Text(..) => None,
            };
            let expected = "a list like [{\"number\": 1, \"size\": 5242880, \"etag\": \"…\"}]";
            let parts = parts.ok_or_else(|| trouble(Step::ListParts, reply.not(expected)))?;
            Ok(listed(parts))
        })
    }

    fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
        signal: Option<AbortSignal>,
    ) -> Answered<StoredObject> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let Some(complete) = inner.operation(&id, "complete") else {
                // A file in one request is over when the store took it; only parts have to be put together.
                let signs = ["signPart", "signParts"].map(|name| inner.operation(&id, name));
                return if signs.iter().any(Option::is_some) {
                    not_offered("complete").await
                } else {
                    Ok(StoredObject::default())
                };
            };
            let parts = parts.map_or(JsValue::UNDEFINED, |parts| {
                let sent = parts.iter().map(|(part, etag)| {
                    let sent = Object::new();
                    set(&sent, "number", part.get());
                    set(&sent, "etag", etag.as_str());
                    sent
                });
                sent.collect::<Array>().into()
            });
            let answer = settled(complete(&[parts, options(signal.as_ref()).into()])).await;
            let reply = reply(&answer.map_err(|thrown| failure(&thrown))?);
            let confirmed = auto::stored(&reply).map_err(|wrong| trouble(Step::Complete, wrong))?;
            inner.uploads.borrow_mut().remove(id.as_str());
            Ok(stored(confirmed))
        })
    }

    fn abort(&self, id: UploadId, signal: Option<AbortSignal>) -> Answered<()> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            if let Some(abort) = inner.operation(&id, "abort") {
                let done = settled(abort(&[options(signal.as_ref()).into()])).await;
                done.map_err(|thrown| failure(&thrown))?;
            }
            inner.uploads.borrow_mut().remove(id.as_str());
            Ok(())
        })
    }
}

type Operation = Box<dyn Fn(&[JsValue]) -> Result<JsValue, JsValue>>;

impl Inner {
    /// An answer whose functions belong to no id of its own; it gets one.
    fn unnamed(
        &self,
        reply: &Reply,
        request: &PresignRequest,
    ) -> Option<s3_upload_protocol::Granted> {
        let Body::Json(Value::Object(members)) = &reply.body else {
            return None;
        };
        let mut members = members.clone();
        members.push(("id".to_owned(), self.new_id().into()));
        auto::granted(
            &Reply::json(Value::Object(members)),
            &request.info.content_type,
        )
        .ok()
    }

    fn new_id(&self) -> String {
        self.made.set(self.made.get() + 1);
        format!("presign-{}", self.made.get())
    }

    /// Keeps an answer that has to be asked again, under an id of our own: two files may have the same of the page's.
    fn keep(&self, answer: &JsValue, grant: &mut Grant) {
        let is_single = matches!(grant.plan, GrantPlan::Single(_));
        let confirms = function_of(answer, "complete").is_some();
        if is_single && !confirms && function_of(answer, "abort").is_none() {
            grant.id = None;
            return;
        }
        let id = self.new_id();
        if let Some(answer) = answer.dyn_ref::<Object>() {
            self.uploads.borrow_mut().insert(id.clone(), answer.clone());
        }
        grant.id = Some(UploadId::new(id));
    }

    /// A function of the answer for this upload.
    fn operation(&self, id: &UploadId, name: &str) -> Option<Operation> {
        let answer = self.uploads.borrow().get(id.as_str()).cloned()?;
        let function = function_of(&answer, name)?;
        Some(Box::new(move |arguments| {
            function.apply(&answer, &arguments.iter().collect::<Array>())
        }))
    }
}

fn function_of(object: &JsValue, name: &str) -> Option<Function> {
    let found = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    found.dyn_into().ok()
}

/// What the function is told beside the file.
fn wish(request: &PresignRequest, signal: Option<&AbortSignal>) -> Object {
    let wish = options(signal);
    let order = if request.prefer_multipart {
        ["multipart", "put", "post"]
    } else {
        ["put", "post", "multipart"]
    };
    let accepts: Array = order.iter().map(|way| JsValue::from_str(way)).collect();
    set(&wish, "accepts", accepts);
    set(&wish, "type", request.info.content_type.as_str());
    set(&wish, "partSize", number(request.part_size));
    let metadata = Object::new();
    for (name, value) in &request.metadata {
        set(&metadata, name, value.as_str());
    }
    set(&wish, "metadata", metadata);
    wish
}

fn options(signal: Option<&AbortSignal>) -> Object {
    let options = Object::new();
    if let Some(signal) = signal {
        set(&options, "signal", signal.clone());
    }
    options
}

fn part(part: &Part) -> Object {
    let described = Object::new();
    set(&described, "number", part.number);
    set(&described, "size", number(part.size));
    described
}

/// What a call came to in the end, whether it was async or not.
async fn settled(called: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&called?)).await
}

/// An answer as JSON would carry it: without functions, and with a `URL` as its text.
fn reply(answer: &JsValue) -> Reply {
    let value = JSON::stringify(answer)
        .ok()
        .and_then(|text| text.as_string())
        .and_then(|text| crate::browser::json::read::<Value>(&text).ok());
    Reply::json(value.unwrap_or_default())
}

/// Addresses may be relative to the page.
fn base() -> String {
    crate::browser::page::resolve("").map_or_else(String::new, |url| url.href())
}

/// What a thrown value means. An error with a `status` speaks for a backend; what fetch throws when there is no
/// network is tried again.
fn failure(thrown: &JsValue) -> UploadError {
    let status = Reflect::get(thrown, &"status".into()).ok();
    let status = status
        .and_then(|status| status.as_f64())
        .filter(|status| (100.0..=599.0).contains(status));
    // <https://fetch.spec.whatwg.org/#fetch-method>
    if status.is_none() && thrown.is_instance_of::<js_sys::TypeError>() && is_of_fetch(thrown) {
        return UploadError::Network { step: Step::Create };
    }
    if status.is_none() && is_mistake(thrown) {
        let said = message_of(thrown).unwrap_or_default();
        let text = format!("the page's own presign function failed: {said}");
        return UploadError::Configuration(text);
    }
    let code = Reflect::get(thrown, &"code".into()).ok();
    let code = code.and_then(|code| code.as_string());
    UploadError::Backend(BackendRefusal {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a status"
        )]
        status: status.unwrap_or_default() as u16,
        code: code.map(|code| redacted(&code)),
        message: message_of(thrown),
        retry_after: None,
    })
}

/// What an engine throws of itself is about the program, and not for the person.
fn is_mistake(thrown: &JsValue) -> bool {
    thrown.is_instance_of::<js_sys::TypeError>()
        || thrown.is_instance_of::<js_sys::ReferenceError>()
        || thrown.is_instance_of::<js_sys::RangeError>()
        || thrown.is_instance_of::<js_sys::SyntaxError>()
}

/// Each engine has its own words: Chromium, Firefox, `WebKit`.
fn is_of_fetch(thrown: &JsValue) -> bool {
    let words = [
        "Failed to fetch",
        "NetworkError when attempting",
        "Load failed",
    ];
    message_of(thrown).is_some_and(|message| words.iter().any(|word| message.starts_with(word)))
}

fn message_of(thrown: &JsValue) -> Option<String> {
    let message = Reflect::get(thrown, &"message".into()).ok();
    message
        .and_then(|message| message.as_string())
        .or_else(|| thrown.as_string())
        // An address in it may be a presigned one.
        .map(|message| redacted(&message))
        .filter(|message| !message.trim().is_empty())
}
