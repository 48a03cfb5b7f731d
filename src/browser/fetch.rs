//! fetch. <https://fetch.spec.whatwg.org/>
//!
//! Reports no upload progress: no engine offers that.

use gloo_net::http::{Headers, Method, RequestBuilder};
use wasm_bindgen::JsValue;
use web_sys::{AbortController, RequestCredentials, RequestMode};

use super::http::{Body, Credentials, Failure, Request, Response};

/// Ends the request it belongs to when dropped.
#[derive(Debug)]
#[must_use = "dropping it cancels the request"]
pub struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    /// A guard for one request.
    pub fn new() -> Self {
        Self(AbortController::new().ok())
    }

    /// The request is over: nothing is left to be ended, and who else listens need not stop.
    pub fn disarm(mut self) {
        self.0 = None;
    }

    /// What the request listens to.
    pub fn signal(&self) -> Option<web_sys::AbortSignal> {
        self.0.as_ref().map(AbortController::signal)
    }
}

impl Default for AbortOnDrop {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// Sends a request and reads its whole answer.
pub async fn send(
    request: Request<'_>,
    signal: Option<web_sys::AbortSignal>,
) -> Result<Response, Failure> {
    let method = request
        .method
        .parse::<Method>()
        .map_err(|_| Failure::Invalid)?;
    let invalid = |_: JsValue| Failure::Invalid;
    // gloo's own `append` panics where the browser refuses.
    let headers = web_sys::Headers::new().map_err(invalid)?;
    for (name, value) in request.headers {
        headers.append(name, value).map_err(invalid)?;
    }
    let builder = RequestBuilder::new(request.url)
        .method(method)
        .headers(Headers::from_raw(headers))
        .credentials(mode_of(request.credentials))
        .abort_signal(signal.as_ref());
    let built = match request.body {
        Body::Empty => builder.build(),
        body => builder.body(body.into_js()),
    };
    // What the browser says of a URL it cannot use would repeat that URL, signature included.
    let built = built.map_err(|_| invalid(JsValue::UNDEFINED))?;
    let answer = built.send().await.map_err(|_| Failure::Network)?;
    let headers = answer
        .headers()
        .entries()
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
    let status = answer.status();
    let body = answer.text().await.map_err(|_| Failure::Network)?;
    Ok(Response {
        status,
        headers,
        body,
    })
}

const fn mode_of(credentials: Credentials) -> RequestCredentials {
    match credentials {
        Credentials::Omit => RequestCredentials::Omit,
        Credentials::SameOrigin => RequestCredentials::SameOrigin,
        Credentials::Include => RequestCredentials::Include,
    }
}

/// Whether anything answers at this address, its CORS rule left aside: the answer itself stays
/// unreadable. <https://fetch.spec.whatwg.org/#concept-request-mode>
pub async fn is_reachable(url: &str) -> bool {
    let request = RequestBuilder::new(url)
        .mode(RequestMode::NoCors)
        .credentials(RequestCredentials::Omit)
        .cache(web_sys::RequestCache::NoStore)
        .build();
    match request {
        Ok(request) => request.send().await.is_ok(),
        Err(_) => false,
    }
}

/// Whether a page may send JSON to this address and read the answer, whatever it is. A preflight
/// that allows it for GET allows it for POST, which needs no leave of its own.
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
pub async fn passes_preflight(url: &str, credentials: Credentials) -> bool {
    let request = RequestBuilder::new(url)
        .header("content-type", "application/json")
        .credentials(mode_of(credentials))
        .cache(web_sys::RequestCache::NoStore)
        .build();
    match request {
        Ok(request) => request.send().await.is_ok(),
        Err(_) => false,
    }
}
