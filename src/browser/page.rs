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

/// Resolves `url` against the page; `None` when it is no URL.
pub fn resolve(url: &str) -> Option<Url> {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.base_uri().ok()?)?;
    Url::new_with_base(url, &base).ok()
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
