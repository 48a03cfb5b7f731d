//! The property `presign`: a function in place of a backend.
//!
//! Of a value that it throws, only the message is shown.

use core::cell::Cell;
use core::fmt;
use std::rc::Rc;

use js_sys::{Array, Function, JSON, Map, Object, Promise, Reflect};
use s3_upload_core::CollectVec;
use s3_upload_core::{
    BackendRefusal, ETag, Grant, GrantPlan, PartNumber, SignedPart, Step, StoredObject, StoredPart,
    UploadError, UploadId,
};
use s3_upload_protocol::dialect::auto;
use s3_upload_protocol::{DialectResponse, PartToSign, ResponseBody, Value, check_parts};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use super::event_detail::{number, set};
use super::promise;
use super::thrown::{self, NotJson, Thrown};
use crate::browser::page;
use crate::uploader::backend::{grant, operation_error, signed_parts, stored_object, stored_parts};
use crate::uploader::presign::{Presign, PresignFuture, PresignRequest, not_offered};

/// Presigns by the page's function.
pub(super) fn new(function: Function) -> Rc<dyn Presign> {
    Rc::new(PagePresign(Rc::new(PresignState {
        function,
        uploads: Map::new(),
        made: Cell::new(0),
    })))
}

/// A page's function, and its answer for each upload that is continued later.
struct PagePresign(Rc<PresignState>);

struct PresignState {
    function: Function,
    /// The answers, which hold further functions, by the upload's id.
    uploads: Map,
    /// The number of ids that were made for answers without one.
    made: Cell<u64>,
}

impl fmt::Debug for PagePresign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("presign(…)")
    }
}

impl Presign for PagePresign {
    fn create(&self, request: PresignRequest, signal: Option<AbortSignal>) -> PresignFuture<Grant> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let wish = presign_options(&request, signal.as_ref());
            let called = inner
                .function
                .call2(&JsValue::UNDEFINED, &request.file, &wish);
            let answer = await_answer(called, Step::Create).await?;
            let response = dialect_response(&answer, Step::Create, auto::EXPECTED).await?;
            let granted = auto::read_grant_response(&response, &request.info.content_type)
                .or_else(|wrong| inner.add_id(&response, &request).ok_or(wrong))
                .map_err(|wrong| operation_error(Step::Create, wrong))?;
            let mut grant = grant(granted, &page::resolve);
            inner.keep(&answer, &mut grant);
            Ok(grant)
        })
    }

    fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<Vec<SignedPart>> {
        let inner = Rc::clone(&self.0);
        let wanted: Vec<PartToSign> = parts
            .iter()
            .map(|(number, size)| PartToSign {
                number: number.get(),
                size: *size,
            })
            .collect_vec();
        Box::pin(async move {
            let described: Vec<Object> = wanted.iter().map(part).collect_vec();
            let answer = if let Some(sign) = inner.operation(&id, "signPart") {
                // All calls run at the same time, so that no signature waits for another.
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
                await_answer(Ok(Promise::all(&calls).into()), Step::SignParts).await
            } else if let Some(sign) = inner.operation(&id, "signParts") {
                let parts: Array = described.iter().collect();
                let called = sign(&[parts.into(), options(signal.as_ref()).into()]);
                await_answer(called, Step::SignParts).await
            } else {
                return not_offered("signPart").await;
            };
            let expected = "an address for each part, as text or like {\"url\": \"https://…\"}";
            let response = dialect_response(&answer?, Step::SignParts, expected).await?;
            let signed = match &response.body {
                ResponseBody::Json(value) => auto::read_signed_parts(value, &wanted),
                ResponseBody::Text(..) => None,
            };
            let signed = signed
                .ok_or_else(|| operation_error(Step::SignParts, response.malformed(expected)))?;
            let signed = check_parts(signed, expected)
                .map_err(|wrong| operation_error(Step::SignParts, wrong))?;
            Ok(signed_parts(signed, &page::resolve))
        })
    }

    fn list_parts(
        &self,
        id: UploadId,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<Vec<StoredPart>> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let Some(list) = inner.operation(&id, "listParts") else {
                return not_offered("listParts").await;
            };
            let called = list(&[options(signal.as_ref()).into()]);
            let answer = await_answer(called, Step::ListParts).await?;
            let expected = "a list like [{\"number\": 1, \"size\": 5242880, \"etag\": \"…\"}]";
            let response = dialect_response(&answer, Step::ListParts, expected).await?;
            let parts = match &response.body {
                ResponseBody::Json(value) => auto::read_listed_parts(value),
                ResponseBody::Text(..) => None,
            };
            let parts = parts
                .ok_or_else(|| operation_error(Step::ListParts, response.malformed(expected)))?;
            Ok(stored_parts(parts))
        })
    }

    fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<StoredObject> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let Some(complete) = inner.operation(&id, "complete") else {
                // A file in one request is complete when the store accepted it. Only an upload in parts must be
                // completed.
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
            let called = complete(&[parts, options(signal.as_ref()).into()]);
            let answer = await_answer(called, Step::Complete).await?;
            // Any answer is a confirmation, also one that JSON cannot represent.
            let response = dialect_response(&answer, Step::Complete, "")
                .await
                .or_else(|wrong| match wrong {
                    UploadError::Malformed { .. } => Ok(DialectResponse::json(Value::Null)),
                    other => Err(other),
                })?;
            let confirmed = auto::read_confirmation(&response)
                .map_err(|wrong| operation_error(Step::Complete, wrong))?;
            inner.uploads.delete(&id.as_str().into());
            Ok(stored_object(confirmed))
        })
    }

    fn abort(&self, id: UploadId, signal: Option<AbortSignal>) -> PresignFuture<()> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            if let Some(abort) = inner.operation(&id, "abort") {
                await_answer(abort(&[options(signal.as_ref()).into()]), Step::Abort).await?;
            }
            inner.uploads.delete(&id.as_str().into());
            Ok(())
        })
    }
}

type Operation = Box<dyn Fn(&[JsValue]) -> Result<JsValue, JsValue>>;

impl PresignState {
    /// Reads an answer that has functions but no id. It gets an id.
    fn add_id(
        &self,
        response: &DialectResponse,
        request: &PresignRequest,
    ) -> Option<s3_upload_protocol::GrantedUpload> {
        let ResponseBody::Json(Value::Object(members)) = &response.body else {
            return None;
        };
        let mut members = members.clone();
        members.push(("id".to_owned(), self.new_id().into()));
        auto::read_grant_response(
            &DialectResponse::json(Value::Object(members)),
            &request.info.content_type,
        )
        .ok()
    }

    fn new_id(&self) -> String {
        self.made.set(self.made.get() + 1);
        format!("presign-{}", self.made.get())
    }

    /// Keeps an answer whose functions are called later, under an id of our own, since two files may have the same id
    /// from the page.
    fn keep(&self, answer: &JsValue, grant: &mut Grant) {
        let is_single = matches!(grant.plan, GrantPlan::Single(_));
        let confirms = function_of(answer, "complete").is_some();
        if is_single && !confirms && function_of(answer, "abort").is_none() {
            grant.id = None;
            return;
        }
        let id = self.new_id();
        // `instanceof` is not used, since the answer may come from another window, or have no prototype.
        if answer.is_object() {
            self.uploads.set(&id.as_str().into(), answer);
        }
        grant.id = Some(UploadId::new(id));
    }

    /// A function of the answer for this upload.
    fn operation(&self, id: &UploadId, name: &str) -> Option<Operation> {
        let answer = self.uploads.get(&id.as_str().into());
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

/// The second argument of the page's function.
fn presign_options(request: &PresignRequest, signal: Option<&AbortSignal>) -> Object {
    let wish = options(signal);
    let order = if request.prefer_multipart {
        ["multipart", "put", "post"]
    } else {
        ["put", "post", "multipart"]
    };
    let accepts: Array = order.iter().map(|way| JsValue::from_str(way)).collect();
    set(&wish, "accepts", accepts);
    set(&wish, "name", request.info.upload_name());
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

fn part(part: &PartToSign) -> Object {
    let described = Object::new();
    set(&described, "number", part.number);
    set(&described, "size", number(part.size));
    described
}

/// The final answer of the page's function.
async fn await_answer(
    called: Result<JsValue, JsValue>,
    step: Step,
) -> Result<JsValue, UploadError> {
    match promise::result(called).await {
        Ok(answer) => Ok(answer),
        Err(thrown) => Err(failure(&thrown, step).await),
    }
}

/// The answer as JSON represents it: without functions, and with a `URL` as text. Of a Response, the body is the
/// answer.
async fn dialect_response(
    answer: &JsValue,
    step: Step,
    expected: &str,
) -> Result<DialectResponse, UploadError> {
    if thrown::is_response(answer) {
        let is_ok = thrown::get(answer, "ok").is_some_and(|ok| ok.is_truthy());
        if !is_ok {
            return Err(failure(answer, step).await);
        }
        let body = thrown::body_of_response(answer).await;
        return Ok(DialectResponse { status: 200, body });
    }
    let malformed = || UploadError::Malformed {
        step,
        expected: expected.to_owned(),
        got: thrown::described(answer),
        is_incomplete: false,
    };
    // `stringify` throws at a cycle, at a getter that throws, and at a BigInt.
    let text = JSON::stringify(answer).map_err(|_| malformed())?;
    match text.as_string() {
        Some(text) => crate::uploader::json::read(&text)
            .map(DialectResponse::json)
            .ok_or_else(malformed),
        // `undefined` is not a grant, but it confirms other operations.
        None if step == Step::Create => Err(malformed()),
        None => Ok(DialectResponse::json(Value::Null)),
    }
}

/// The error of a thrown value. A value with a status counts as a response of a backend. The error that fetch throws
/// without a network is retried.
async fn failure(value: &JsValue, step: Step) -> UploadError {
    let Thrown {
        status,
        code,
        message,
        what,
    } = thrown::read(value).await;
    if status.is_none() && thrown::is_fetch_error(value) {
        return UploadError::Network { step };
    }
    match thrown::not_json(value) {
        Some(NotJson::Page) => return UploadError::WebPage { step, status: 200 },
        Some(NotJson::Incomplete) => {
            return UploadError::Malformed {
                step,
                expected: "JSON".to_owned(),
                got: "an empty answer, or one that was cut short".to_owned(),
                is_incomplete: true,
            };
        }
        None => {}
    }
    let is_mistake = thrown::is_program_error(value);
    match (status, message) {
        (None, said) if is_mistake || said.is_none() => {
            let said = match said {
                Some(said) => format!("failed: {said}"),
                None => format!("failed with {what}"),
            };
            UploadError::Configuration(format!("the page's own presign function {said}"))
        }
        (status, message) => UploadError::Backend(BackendRefusal {
            status: status.unwrap_or_default(),
            code,
            message,
            retry_after: None,
        }),
    }
}
