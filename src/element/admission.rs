//! The event `upload-add`: the page may refuse a file before it is queued, at once by
//! `preventDefault()`, or later by a promise that it hands to `detail.waitUntil()`.

use js_sys::{Array, Promise};
use s3_upload_core::FileInfo;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlElement};

use super::detail::{self, set};
use super::events;

/// Asks the page. A promise that resolves to `false` or rejects is a refusal.
pub(super) async fn ask(host: &HtmlElement, file: &File, info: &FileInfo) -> bool {
    let promises = Array::new();
    let detail = detail::described(info);
    set(&detail, "file", file);
    let wait_until = {
        let promises = promises.clone();
        Closure::<dyn FnMut(JsValue)>::new(move |promise: JsValue| _ = promises.push(&promise))
    };
    set(&detail, "waitUntil", wait_until.as_ref());
    let welcome = events::send(host, "upload-add", &detail, true);
    // As with a service worker, time can be asked for only while the event is under way.
    drop(wait_until);
    if !welcome {
        return false;
    }
    for promise in promises.iter() {
        let promise = promise
            .dyn_into::<Promise>()
            .unwrap_or_else(|other| Promise::resolve(&other));
        match JsFuture::from(promise).await {
            Ok(answer) if answer.as_bool() != Some(false) => {}
            _ => return false,
        }
    }
    true
}
