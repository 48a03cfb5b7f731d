//! Requests to another origin that change nothing there. They show if a host answers, and if the page may read the
//! answer.
//!
//! Each has its own time limit, so that a host that drops packets delays nobody for long. None carries a signature or a
//! body of its own.

use core::cell::Cell;
use std::rc::Rc;

use gloo_net::http::{Method, RequestBuilder};
use gloo_timers::callback::Timeout;
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestMode, RequestRedirect};

use super::fetch;
use super::http::{Credentials, Request};
use super::page;

/// The time limit of a probe, in milliseconds.
const TIME_LIMIT_MS: u32 = 5_000;

/// The visibility of a response to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readability {
    /// The page may read it.
    Readable,
    /// There was no response, or the browser did not let the page read it.
    Hidden,
    /// There was no response within the time limit, which proves nothing.
    TimedOut,
}

/// Aborts a request at a time limit.
#[derive(Debug)]
#[must_use = "dropping it takes the limit away"]
pub struct TimeLimit {
    controller: Option<AbortController>,
    is_over: Rc<Cell<bool>>,
    _timer: Option<Timeout>,
}

impl TimeLimit {
    /// A limit of this many milliseconds.
    pub fn of(milliseconds: u32) -> Self {
        let controller = AbortController::new().ok();
        let is_over = Rc::new(Cell::new(false));
        let over = Rc::clone(&is_over);
        let timer = controller.clone().map(|controller| {
            Timeout::new(milliseconds, move || {
                over.set(true);
                controller.abort();
            })
        });
        Self {
            controller,
            is_over,
            _timer: timer,
        }
    }

    /// The result of a request under this limit.
    fn readability(&self, was_read: bool) -> Readability {
        match (was_read, self.is_over.get()) {
            (true, _) => Readability::Readable,
            (false, true) => Readability::TimedOut,
            (false, false) => Readability::Hidden,
        }
    }

    /// The signal for the request.
    pub fn signal(&self) -> Option<web_sys::AbortSignal> {
        self.controller.as_ref().map(AbortController::signal)
    }
}

/// A request without a body.
fn head(url: &str, limit: &TimeLimit) -> RequestBuilder {
    RequestBuilder::new(url)
        .method(Method::HEAD)
        .cache(RequestCache::NoStore)
        .abort_signal(limit.signal().as_ref())
}

/// Returns true if a host answers at this address, with or without a CORS rule. The page cannot read the answer.
/// <https://fetch.spec.whatwg.org/#concept-request-mode>
///
/// Two policies of the page may also hide answers. The Content Security Policy does not, if the path is that of a
/// request which it allowed. For the other one see [`requires_corp`].
pub async fn is_reachable(url: &str) -> bool {
    let limit = TimeLimit::of(TIME_LIMIT_MS);
    let request = head(url, &limit)
        .mode(RequestMode::NoCors)
        .credentials(RequestCredentials::Omit)
        .build();
    match request {
        Ok(request) => fetch::response_to(request).await.is_ok(),
        Err(_) => false,
    }
}

/// Sends a request, to see if the page may read the response. Its status does not matter.
pub async fn read(request: Request<'_>) -> Readability {
    let limit = TimeLimit::of(TIME_LIMIT_MS);
    let was_read = fetch::send(request, limit.signal()).await.is_ok();
    limit.readability(was_read)
}

/// Checks if a page may send JSON to this address and read the response, with any status. A preflight that allows it
/// for HEAD allows it for POST, since both are CORS-safelisted methods.
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
pub async fn passes_preflight(url: &str, credentials: Credentials) -> Readability {
    let limit = TimeLimit::of(TIME_LIMIT_MS);
    let request = head(url, &limit)
        .header("content-type", "application/json")
        .credentials(fetch::mode_of(credentials))
        .build();
    match request {
        Ok(request) => limit.readability(fetch::response_to(request).await.is_ok()),
        Err(_) => Readability::Hidden,
    }
}

/// Returns true if this address answers with a redirect, as far as the page may know.
/// <https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect>
pub async fn redirects(url: &str) -> bool {
    let limit = TimeLimit::of(TIME_LIMIT_MS);
    let request = head(url, &limit)
        .credentials(RequestCredentials::Omit)
        .redirect(RequestRedirect::Manual)
        .build();
    let Ok(request) = request else {
        return false;
    };
    let answer = fetch::response_to(request).await;
    answer.is_ok_and(|answer| answer.type_() == web_sys::ResponseType::Opaqueredirect)
}

/// Returns true if the page has `Cross-Origin-Embedder-Policy: require-corp`. A request in mode `no-cors` then gets no
/// answer from any host. Scripts cannot read the policy, so that the page's own headers are fetched again.
/// <https://html.spec.whatwg.org/multipage/browsers.html#coep>
pub async fn requires_corp() -> bool {
    if page::is_isolated() {
        return true;
    }
    let Some(address) = page::address() else {
        return false;
    };
    let limit = TimeLimit::of(TIME_LIMIT_MS);
    let request = RequestBuilder::new(&address)
        .cache(RequestCache::ForceCache)
        .credentials(RequestCredentials::SameOrigin)
        .abort_signal(limit.signal().as_ref())
        .build();
    let Ok(request) = request else {
        return false;
    };
    let answer = fetch::response_to(request).await;
    answer.is_ok_and(|answer| {
        let policy = answer.headers().get("cross-origin-embedder-policy");
        policy
            .ok()
            .flatten()
            .is_some_and(|policy| policy.trim_start().starts_with("require-corp"))
    })
}
