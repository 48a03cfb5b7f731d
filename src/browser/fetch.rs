//! Requests by fetch. A response with any status is one, and only a request without a response fails.
//! <https://fetch.spec.whatwg.org/#fetch-method>
//!
//! No browser reports upload progress of fetch.

use gloo_net::http::{Headers, Method, RequestBuilder};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestCredentials, RequestMode, RequestRedirect, ResponseType};

use super::http::{Body, Credentials, Failure, Request, Response};

/// Aborts its request when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it cancels the request"]
pub struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    /// A guard for one request.
    pub fn new() -> Self {
        Self(AbortController::new().ok())
    }

    /// Drops the guard without an abort, since the request has ended. Other listeners of the signal go on.
    pub fn disarm(mut self) {
        self.0 = None;
    }

    /// The signal for the request.
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

/// The redirects that a request follows. <https://fetch.spec.whatwg.org/#concept-request-redirect-mode>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Follow {
    /// To each origin that allows the page.
    #[default]
    Anywhere,
    /// Within the page's own origin. The request must begin there.
    SameOrigin,
    /// Not at all.
    Nowhere,
}

/// Sends a request, and reads its whole response.
pub async fn send(
    request: Request<'_>,
    signal: Option<web_sys::AbortSignal>,
) -> Result<Response, Failure> {
    send_following(request, Follow::Anywhere, signal).await
}

/// Sends a request that follows these redirects only, and reads its whole response.
pub async fn send_following(
    request: Request<'_>,
    follow: Follow,
    signal: Option<web_sys::AbortSignal>,
) -> Result<Response, Failure> {
    let method = request
        .method
        .parse::<Method>()
        .map_err(|_| Failure::Invalid)?;
    let invalid = |_: JsValue| Failure::Invalid;
    // gloo's own `append` panics on a header that the browser refuses.
    let headers = web_sys::Headers::new().map_err(invalid)?;
    for (name, value) in request.headers {
        headers.append(name, value).map_err(invalid)?;
    }
    let builder = RequestBuilder::new(request.url)
        .method(method)
        .headers(Headers::from_raw(headers))
        .credentials(mode_of(request.credentials))
        .abort_signal(signal.as_ref());
    let builder = match follow {
        Follow::Anywhere => builder,
        Follow::SameOrigin => builder.mode(RequestMode::SameOrigin),
        Follow::Nowhere => builder.redirect(RequestRedirect::Error),
    };
    let built = match request.body {
        Body::Empty => builder.build(),
        body => builder.body(body.into_js()),
    };
    // The browser's message about an invalid URL repeats the URL with its signature, so that it is dropped.
    let built = built.map_err(|_| invalid(JsValue::UNDEFINED))?;
    let answer = response_to(built).await.map_err(|_| Failure::Network)?;
    let headers = Headers::from_raw(answer.headers())
        .entries()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let status = answer.status();
    let body = answer.text().map_err(|_| Failure::Network)?;
    let body = JsFuture::from(body).await.map_err(|_| Failure::Network)?;
    Ok(Response {
        status,
        headers,
        body: body.as_string().unwrap_or_default(),
    })
}

/// The response of the page's fetch. A library may have replaced fetch, so that the response need not be an instance of
/// this page's class `Response`.
pub async fn response_to(request: gloo_net::http::Request) -> Result<web_sys::Response, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let answer = JsFuture::from(window.fetch_with_request(&request.into())).await?;
    if answer.is_object() {
        Ok(answer.unchecked_into())
    } else {
        Err(answer)
    }
}

/// The redirect of an address, found by an anonymous request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectTarget {
    /// There is no redirect, or no response.
    None,
    /// To another address, which the page may read.
    Location(String),
    /// To another address, which the page may not read.
    Opaque,
}

/// Finds the redirect of an address. The request is anonymous and has no body. For another origin, the redirect and its
/// target both need CORS headers. <https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect>
pub async fn find_redirect(
    method: &str,
    url: &str,
    signal: Option<&web_sys::AbortSignal>,
) -> RedirectTarget {
    let ask = |redirect: RequestRedirect| {
        let request = method.parse::<Method>().ok().and_then(|method| {
            RequestBuilder::new(url)
                .method(method)
                .credentials(RequestCredentials::Omit)
                .cache(web_sys::RequestCache::NoStore)
                .redirect(redirect)
                .abort_signal(signal)
                .build()
                .ok()
        });
        async move { response_to(request?).await.ok() }
    };
    match ask(RequestRedirect::Manual).await {
        Some(answer) if answer.type_() != ResponseType::Opaqueredirect => {
            return RedirectTarget::None;
        }
        None => return RedirectTarget::None,
        Some(_) => {}
    }
    match ask(RequestRedirect::Follow).await {
        Some(answer) => RedirectTarget::Location(answer.url()),
        None => RedirectTarget::Opaque,
    }
}

/// The credentials mode of fetch.
pub const fn mode_of(credentials: Credentials) -> RequestCredentials {
    match credentials {
        Credentials::Omit => RequestCredentials::Omit,
        Credentials::SameOrigin => RequestCredentials::SameOrigin,
        Credentials::Include => RequestCredentials::Include,
    }
}
