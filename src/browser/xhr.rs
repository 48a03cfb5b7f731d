//! Requests by `XMLHttpRequest`, the one API that reports upload progress.
//! <https://xhr.spec.whatwg.org/#the-upload-attribute>

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ProgressEvent, XmlHttpRequest};

use super::http::{Body, Credentials, Failure, Request, Response};

/// A request in flight. Dropping it aborts the request, and nothing more is reported.
#[derive(Debug)]
#[must_use = "dropping it cancels the request"]
pub struct XhrRequest {
    xhr: XmlHttpRequest,
    /// Ends the wait for the response. A wait that never ended would never be freed.
    resolve: Rc<RefCell<Option<Function>>>,
    listeners: Rc<RefCell<Vec<EventListener>>>,
}

impl Drop for XhrRequest {
    fn drop(&mut self) {
        // The listeners go first, since an abort fires events of its own.
        self.listeners.borrow_mut().clear();
        // An abort has no effect on a request that has ended. <https://xhr.spec.whatwg.org/#the-abort()-method>
        let _ = self.xhr.abort();
        if let Some(resolve) = self.resolve.take() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Sends a request. The future gives the response. `progress` gets the number of bytes of the body that were handed to
/// the network.
pub fn send(
    request: Request<'_>,
    progress: Box<dyn Fn(u64)>,
) -> Result<
    (
        XhrRequest,
        impl Future<Output = Result<Response, Failure>> + use<>,
    ),
    Failure,
> {
    let invalid = |_: JsValue| Failure::Invalid;
    let xhr = XmlHttpRequest::new().map_err(invalid)?;
    xhr.open_with_async(request.method, request.url, true)
        .map_err(invalid)?;
    xhr.set_with_credentials(request.credentials == Credentials::Include);
    for (name, value) in request.headers {
        xhr.set_request_header(name, value).map_err(invalid)?;
    }
    let listeners = Rc::new(RefCell::new(Vec::new()));
    if let Ok(upload) = xhr.upload() {
        let listener = EventListener::new(&upload, "progress", move |event| {
            // `instanceof` is not used, since a page may have replaced the class.
            progress(whole(event.unchecked_ref::<ProgressEvent>().loaded()));
        });
        listeners.borrow_mut().push(listener);
    }
    let resolve = Rc::default();
    let ended = ended(&xhr, &listeners, &resolve);
    let sent = match request.body {
        Body::Empty => xhr.send(),
        Body::Text(text) => xhr.send_with_opt_str(Some(&text)),
        Body::Blob(blob) => xhr.send_with_opt_blob(Some(&blob)),
        Body::Form(form) => xhr.send_with_opt_form_data(Some(&form)),
    };
    sent.map_err(|_| Failure::Network)?;
    let done = xhr.clone();
    let answer = async move {
        ended.await.map_err(|_| Failure::Network)?;
        let status = done.status().unwrap_or(0);
        if status == 0 {
            return Err(Failure::Network);
        }
        let headers = done.get_all_response_headers().unwrap_or_default();
        let headers = headers
            .split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Ok(Response {
            status,
            headers,
            body: done.response_text().ok().flatten().unwrap_or_default(),
        })
    };
    Ok((
        XhrRequest {
            xhr,
            resolve,
            listeners,
        },
        answer,
    ))
}

/// Resolves when the request has ended in any way other than our own abort.
fn ended(
    xhr: &XmlHttpRequest,
    listeners: &Rc<RefCell<Vec<EventListener>>>,
    kept: &Rc<RefCell<Option<Function>>>,
) -> JsFuture {
    JsFuture::from(Promise::new(&mut |resolve, _| {
        kept.replace(Some(resolve.clone()));
        let listener = EventListener::once(xhr, "loadend", move |_| {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        });
        listeners.borrow_mut().push(listener);
    }))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a byte count below 2^53"
)]
fn whole(loaded: f64) -> u64 {
    loaded.max(0.0) as u64
}
