//! The event `upload-add`, by which the page may refuse a file before it is queued: at once by `preventDefault()`, or
//! later by a promise that it passes to `detail.waitUntil()`.

use js_sys::{Array, Promise};
use s3_upload_core::FileInfo;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlElement};

use super::event_detail::{self, set};
use super::{events, lazy};
use crate::uploader::NotLoaded;

/// The page's decision about a file.
#[derive(Debug)]
pub(super) enum BeforeAddResult {
    /// The file may be added.
    Welcome,
    /// The file may not be added. The page shows the reason itself, if it wants to.
    Unwanted,
    /// A promise was rejected with this sentence, which may be empty.
    Refused(String),
}

/// Asks the page. A promise that resolves to `false`, or is rejected, is a refusal.
pub(super) async fn ask(host: &HtmlElement, file: &File, info: &FileInfo) -> BeforeAddResult {
    let promises = Array::new();
    let detail = event_detail::file_info(info);
    set(&detail, "file", file);
    let wait_until = {
        let promises = promises.clone();
        Closure::<dyn FnMut(JsValue)>::new(move |promise: JsValue| _ = promises.push(&promise))
    };
    set(&detail, "waitUntil", wait_until.as_ref());
    let welcome = events::send(host, "upload-add", &detail, true);
    // As in a service worker, `waitUntil` may be called only while the event is dispatched.
    drop(wait_until);
    if !welcome {
        return BeforeAddResult::Unwanted;
    }
    for promise in promises.iter() {
        let promise = promise
            .dyn_into::<Promise>()
            .unwrap_or_else(|other| Promise::resolve(&other));
        match JsFuture::from(promise).await {
            Ok(answer) if answer.as_bool() != Some(false) => {}
            Ok(_) => return BeforeAddResult::Unwanted,
            Err(reason) => return BeforeAddResult::Refused(refusal_reason(&reason).await),
        }
    }
    BeforeAddResult::Welcome
}

/// The reason of a rejection as a sentence for the person. Empty if the reason is for the developer, who gets a
/// warning.
async fn refusal_reason(reason: &JsValue) -> String {
    match lazy::load().await {
        Ok(code) => code.refusal_reason(reason).await,
        Err(NotLoaded) => String::new(),
    }
}
