//! The page: its address, its metadata and cookies, and the question before it is left.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{BeforeUnloadEvent, Url};

use super::address::Address;

/// The page's origin, as in `https://app.example.com`. Browsers send it as `Origin`, and a CORS rule must name it. In a
/// sandboxed frame it is `null`. <https://html.spec.whatwg.org/multipage/webappapis.html#dom-origin>
pub fn origin() -> String {
    web_sys::window().map_or_else(String::new, |window| window.origin())
}

/// The document's address without its fragment. `None` if it is not an HTTP address.
pub fn address() -> Option<String> {
    let address = web_sys::window()?.location().href().ok()?;
    let address = address.split('#').next().unwrap_or_default().to_owned();
    address.starts_with("http").then_some(address)
}

/// Returns true if the page is isolated from other origins.
/// <https://html.spec.whatwg.org/multipage/webappapis.html#dom-crossoriginisolated>
pub fn is_isolated() -> bool {
    let window = web_sys::window();
    window.is_some_and(|window| {
        js_sys::Reflect::get(&window, &"crossOriginIsolated".into())
            .is_ok_and(|isolated| isolated.is_truthy())
    })
}

/// The page's host, without a port.
pub fn host() -> String {
    web_sys::window()
        .and_then(|window| window.location().hostname().ok())
        .unwrap_or_default()
}

/// Resolves `url` against the page. `None` if it is not a URL.
pub fn resolve(url: &str) -> Option<Address> {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.base_uri().ok()?)?;
    resolve_at(url, &base)
}

/// Resolves `url` against another address.
pub fn resolve_at(url: &str, base: &str) -> Option<Address> {
    Url::new_with_base(url, base).ok().map(Address::from)
}

/// The content of the `<meta>` of this name.
pub fn meta(name: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let all = document.get_elements_by_tag_name("meta");
    let found = (0..all.length())
        .filter_map(|at| all.item(at))
        .find(|meta| meta.get_attribute("name").as_deref() == Some(name))?;
    found
        .get_attribute("content")
        .filter(|content| !content.is_empty())
}

/// The decoded value of a cookie that scripts may read.
pub fn cookie(name: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let all = js_sys::Reflect::get(&document, &"cookie".into()).ok()?;
    let all = all.as_string()?;
    let value = all.split(';').find_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        (known.trim() == name).then(|| value.trim())
    })?;
    js_sys::decode_uri_component(value).ok().map(String::from)
}

/// Returns true if the browser blocks requests to this address as mixed content: the page is https, and the address is
/// http and not this machine. <https://w3c.github.io/webappsec-mixed-content/>
pub fn is_mixed_content(url: &Address) -> bool {
    // The protocol is checked, since the origin of a sandboxed frame is `null`.
    let secure_page = web_sys::window()
        .and_then(|window| window.location().protocol().ok())
        .is_some_and(|protocol| protocol == "https:");
    let host = url.hostname.as_str();
    let local = host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]";
    secure_page && url.protocol == "http:" && !local
}

/// The browser asks before it leaves the page until this is dropped.
/// <https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-beforeunloadevent-interface>
#[derive(Debug)]
#[must_use = "dropping it lets the page go"]
pub struct LeaveGuard {
    _listener: Option<EventListener>,
}

/// Asks before the page is left, until the guard is dropped.
pub fn ask_before_leaving() -> LeaveGuard {
    let listener = web_sys::window().map(|window| {
        EventListener::new_with_options(
            &window,
            "beforeunload",
            EventListenerOptions::enable_prevent_default(),
            |event| {
                event.prevent_default();
                // Older browsers ask only if this is set. `instanceof` is not used, since a page may have replaced the
                // class.
                event
                    .unchecked_ref::<BeforeUnloadEvent>()
                    .set_return_value("unsaved");
            },
        )
    });
    LeaveGuard {
        _listener: listener,
    }
}
