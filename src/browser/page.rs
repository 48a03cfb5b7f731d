//! The page itself: its address, and the question before it is left.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{BeforeUnloadEvent, Url};

/// The page's origin, as `https://app.example.com`.
pub fn origin() -> String {
    web_sys::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default()
}

/// The page's host, without a port.
pub fn host() -> String {
    web_sys::window()
        .and_then(|window| window.location().hostname().ok())
        .unwrap_or_default()
}

/// Resolves `url` against the page; `None` when it is no URL.
pub fn resolve(url: &str) -> Option<Url> {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.base_uri().ok()?)?;
    Url::new_with_base(url, &base).ok()
}

/// Resolves `url` against another address.
pub fn resolve_at(url: &str, base: &str) -> Option<Url> {
    Url::new_with_base(url, base).ok()
}

/// What a `<meta>` of this name says.
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

/// A cookie that scripts may read, decoded.
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

/// How names of inner networks end.
const INNER: [&str; 6] = [
    ".internal",
    ".local",
    ".lan",
    ".localdomain",
    ".svc",
    ".home.arpa",
];

/// Whether a host's name is one of an inner network: what `docker compose`, Kubernetes or a home router calls it, or a
/// private address. <https://www.rfc-editor.org/rfc/rfc1918> <https://www.rfc-editor.org/rfc/rfc6762>
pub fn is_internal(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host == "localhost" || host.starts_with('[') {
        return false;
    }
    let numbers: Vec<u8> = host
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    if let [first, second, _, _] = numbers.as_slice() {
        return matches!((first, second), (10, _) | (192, 168) | (172, 16..=31));
    }
    !host.contains('.') || INNER.iter().any(|ending| host.ends_with(ending))
}

/// Whether a page over https may not send there: http, and not this machine.
/// <https://w3c.github.io/webappsec-mixed-content/>
pub fn is_mixed_content(url: &Url) -> bool {
    let secure_page = origin().starts_with("https:");
    let host = url.hostname();
    let local = host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]";
    secure_page && url.protocol() == "http:" && !local
}

/// While this lives, the browser asks before it leaves the page.
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
                // Older browsers ask only when this is set.
                if let Some(event) = event.dyn_ref::<BeforeUnloadEvent>() {
                    event.set_return_value("unsaved");
                }
            },
        )
    });
    LeaveGuard {
        _listener: listener,
    }
}

#[cfg(test)]
mod tests {
    use super::is_internal;

    #[test]
    fn names_of_inner_networks() {
        for host in [
            "minio",
            "MINIO",
            "s3.internal",
            "store.local",
            "minio.default.svc",
            "10.0.0.5",
            "192.168.1.2",
            "172.20.0.3",
        ] {
            assert!(is_internal(host), "{host}");
        }
        for host in [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "b.s3.amazonaws.com",
            "172.32.0.1",
            "8.8.8.8",
            "s3.example.com.",
        ] {
            assert!(!is_internal(host), "{host}");
        }
    }
}
