//! The property `headers`: an object, or a function that gives one.

use std::rc::Rc;

use js_sys::{Function, Object};
use s3_upload_core::CollectVec;
use wasm_bindgen::{JsCast, JsValue};

use super::console::warn;
use super::event_detail::{self, set};
use super::{lazy, promise};
use crate::uploader::{HeaderList, Headers, NoHeaders, NotLoaded};

/// Reads the property `headers`.
pub(super) fn headers(value: &JsValue) -> Result<Headers, String> {
    let Some(function) = value.dyn_ref::<Function>() else {
        let fixed: HeaderList = event_detail::string_map("headers", value)?
            .into_iter()
            .collect_vec();
        return Ok(if fixed.is_empty() {
            Headers::None
        } else {
            Headers::Fixed(fixed)
        });
    };
    let function = function.clone();
    Ok(Headers::refreshable(Rc::new(move |refused| {
        let function = function.clone();
        Box::pin(async move {
            let circumstances = Object::new();
            set(&circumstances, "refused", refused);
            let given = promise::result(function.call1(&JsValue::UNDEFINED, &circumstances)).await;
            let given = match given {
                Ok(given) => given,
                Err(thrown) => return Err(no_headers(&thrown).await),
            };
            event_detail::string_map("headers", &given)
                .map(|headers| headers.into_iter().collect_vec())
                .map_err(|complaint| {
                    // The text is for the developer. The person reads that the sign-in is not known.
                    warn(&complaint);
                    NoHeaders::Refused(String::new())
                })
        })
    })))
}

/// The reason why a function gave no headers.
async fn no_headers(thrown: &JsValue) -> NoHeaders {
    match lazy::load().await {
        Ok(code) => code.no_headers(thrown).await,
        Err(NotLoaded) => NoHeaders::Unreachable,
    }
}
