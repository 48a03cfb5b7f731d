//! The element's part of the code that is loaded when it is first needed. It is in the same file as the uploader's part.

#[cfg(not(feature = "split"))]
use core::future::{Ready, ready};
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::{page_presign, rejection};
use crate::uploader::presign::Presign;
use crate::uploader::{LocalBoxFuture, NoHeaders, NotLoaded};

/// The code of the file.
pub(super) trait LazyCode {
    /// Presigns by a function of the page.
    fn presign(&self, function: Function) -> Rc<dyn Presign>;

    /// The reason why a function of the page gave no headers.
    fn no_headers<'a>(&self, thrown: &'a JsValue) -> LocalBoxFuture<'a, NoHeaders>;

    /// The reason why a promise of the page refused a file, as a sentence for the person, or empty.
    fn refusal_reason<'a>(&self, reason: &'a JsValue) -> LocalBoxFuture<'a, String>;
}

/// The one implementation.
struct Code;

impl LazyCode for Code {
    fn presign(&self, function: Function) -> Rc<dyn Presign> {
        page_presign::new(function)
    }

    fn no_headers<'a>(&self, thrown: &'a JsValue) -> LocalBoxFuture<'a, NoHeaders> {
        Box::pin(rejection::no_headers(thrown))
    }

    fn refusal_reason<'a>(&self, reason: &'a JsValue) -> LocalBoxFuture<'a, String> {
        Box::pin(rejection::refusal_reason(reason))
    }
}

/// Loads the code.
#[cfg(feature = "split")]
#[wasm_split_helpers::wasm_split(lazy, fallible)]
#[allow(clippy::unnecessary_wraps, reason = "the load may fail")]
pub(super) fn load() -> Result<&'static dyn LazyCode, NotLoaded> {
    Ok(&Code)
}

/// Gives the code, which is there already.
#[cfg(not(feature = "split"))]
pub(super) fn load() -> Ready<Result<&'static dyn LazyCode, NotLoaded>> {
    ready(Ok(&Code))
}
