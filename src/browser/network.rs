//! What the browser believes of the network.
//! <https://html.spec.whatwg.org/multipage/system-state.html#navigator.online>

use gloo_events::EventListener;

/// Whether the browser believes itself online now. Its "no" can be believed more than its "yes".
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Hears of changes until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct NetworkWatch {
    _online: Option<EventListener>,
    _offline: Option<EventListener>,
}

/// Calls `changed` with whether the browser believes itself online, at each change.
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
