//! The meaning of what the page's functions throw, and with which its promises are rejected.

use wasm_bindgen::JsValue;

use super::console::warn;
use super::thrown;
use crate::uploader::NoHeaders;

/// The reason why a function gave no headers, with its sentence for the person, if there is one. If the function's own
/// request for a token got no answer, the headers count as unreachable, and the request is retried.
pub(super) async fn no_headers(thrown: &JsValue) -> NoHeaders {
    let known = thrown::read(thrown).await;
    let is_busy = matches!(known.status, Some(408 | 425 | 429 | 500..=599));
    if is_busy || (known.status.is_none() && thrown::is_fetch_error(thrown)) {
        return NoHeaders::Unreachable;
    }
    NoHeaders::Refused(match known.message {
        Some(message) if !thrown::is_program_error(thrown) => message,
        message => {
            let said = message.unwrap_or(known.what);
            warn(&format!(
                "<s3-upload>.headers: the function failed with {said}."
            ));
            String::new()
        }
    })
}

/// The reason of a rejection as a sentence for the person. Empty if the reason is for the developer, who gets a
/// warning.
pub(super) async fn refusal_reason(reason: &JsValue) -> String {
    let known = thrown::read(reason).await;
    match known.message {
        Some(message) if !thrown::is_program_error(reason) => message,
        message => {
            let said = message.unwrap_or(known.what);
            warn(&format!(
                "<s3-upload>: a promise for waitUntil() of upload-add was rejected with {said}."
            ));
            String::new()
        }
    }
}
