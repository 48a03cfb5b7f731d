//! What the page's Content Security Policy blocked. <https://www.w3.org/TR/CSP3/#violation-events>

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{SecurityPolicyViolationEvent, SecurityPolicyViolationEventDisposition, Url};

/// Violations remembered; older ones are forgotten.
const KEPT: usize = 32;

/// A request that the policy blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `connect-src`: nothing else concerns a request.
    pub directive: String,
    /// The origin of the blocked address.
    pub origin: String,
}

/// Remembers violations until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct PolicyWatch {
    seen: Rc<RefCell<Vec<Violation>>>,
    _listener: Option<EventListener>,
}

impl PolicyWatch {
    /// Starts to watch.
    pub fn new() -> Self {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&seen);
        let document = web_sys::window().and_then(|window| window.document());
        let listener = document.map(|document| {
            EventListener::new(&document, "securitypolicyviolation", move |event| {
                let Some(event) = event.dyn_ref::<SecurityPolicyViolationEvent>() else {
                    return;
                };
                let enforced =
                    event.disposition() == SecurityPolicyViolationEventDisposition::Enforce;
                if !enforced || event.effective_directive() != "connect-src" {
                    return;
                }
                let Ok(blocked) = Url::new(&event.blocked_uri()) else {
                    return;
                };
                let violation = Violation {
                    directive: event.effective_directive(),
                    origin: blocked.origin(),
                };
                let mut kept = kept.borrow_mut();
                if kept.len() >= KEPT {
                    kept.remove(0);
                }
                kept.push(violation);
            })
        });
        Self {
            seen,
            _listener: listener,
        }
    }

    /// The latest violation for an address of this origin, which is then forgotten.
    pub fn take(&self, origin: &str) -> Option<Violation> {
        let mut seen = self.seen.borrow_mut();
        let at = seen
            .iter()
            .rposition(|violation| violation.origin == origin)?;
        Some(seen.remove(at))
    }
}

impl Default for PolicyWatch {
    fn default() -> Self {
        Self::new()
    }
}
