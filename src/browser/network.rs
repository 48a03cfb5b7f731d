//! The browser's own state of the network, online or offline.
//! <https://html.spec.whatwg.org/multipage/system-state.html#navigator.online>

use gloo_events::EventListener;

/// Returns true if the browser reports that it is online. False is more reliable than true.
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Listens to changes until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct NetworkWatch {
    _online: Option<EventListener>,
    _offline: Option<EventListener>,
}

/// Calls `changed` at each change, with true if the browser is online.
pub fn watch(changed: impl Fn(bool) + Clone + 'static) -> NetworkWatch {
    let on = |name: &'static str, online: bool| {
        let changed = changed.clone();
        web_sys::window().map(|window| EventListener::new(&window, name, move |_| changed(online)))
    };
    NetworkWatch {
        _online: on("online", true),
        _offline: on("offline", false),
    }
}
