//! The DOM events that the page receives on the element. They bubble and are composed, and each has a plain object as
//! its `detail`. Their names have a prefix, since `error` and `progress` are the browser's own.

use js_sys::Object;
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement};

use super::event_detail::{self, set};
use crate::ui::Messages;
use crate::uploader::{UploadEvent, Uploader};

/// Dispatches the DOM event of an upload event.
pub(super) fn dispatch(
    host: &HtmlElement,
    event: &UploadEvent,
    messages: &Messages,
    uploader: &Uploader,
) {
    let (name, detail) = match event {
        UploadEvent::Reject {
            name,
            size,
            violation,
        } => (
            "upload-reject",
            event_detail::rejected(name, *size, violation, messages),
        ),
        UploadEvent::Start(file) => ("upload-start", event_detail::file(file, messages, uploader)),
        UploadEvent::Progress(file) => (
            "upload-progress",
            event_detail::file(file, messages, uploader),
        ),
        UploadEvent::Success(file) => (
            "upload-success",
            event_detail::file(file, messages, uploader),
        ),
        UploadEvent::Error(file) => ("upload-error", event_detail::file(file, messages, uploader)),
        UploadEvent::Cancel(file) => (
            "upload-cancel",
            event_detail::file(file, messages, uploader),
        ),
        UploadEvent::Complete { succeeded, failed } => {
            let detail = Object::new();
            set(&detail, "succeeded", *succeeded);
            set(&detail, "failed", *failed);
            ("upload-complete", detail)
        }
    };
    send(host, name, &detail, false);
}

/// Dispatches an event. Returns false if a listener prevented the default.
pub(super) fn send(host: &HtmlElement, name: &str, detail: &JsValue, cancelable: bool) -> bool {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_cancelable(cancelable);
    init.set_detail(detail);
    let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) else {
        return true;
    };
    host.dispatch_event(&event).unwrap_or(true)
}
