//! The requests that the page's Content Security Policy blocked. <https://www.w3.org/TR/CSP3/#violation-events>

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{SecurityPolicyViolationEvent, SecurityPolicyViolationEventDisposition};

use super::address::Address;

/// The number of violations that are kept. The oldest is dropped first.
const KEPT: usize = 32;

/// A request that the policy blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyViolation {
    /// Always `connect-src`, the directive for requests.
    pub directive: String,
    /// The blocked address as the browser reports it, without query and fragment.
    blocked: String,
    /// The number of earlier violations.
    number: u64,
}

/// A moment in the order of violations. A request that begins now is not the cause of earlier violations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment(u64);

/// Records violations until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct PolicyWatch {
    seen: Rc<RefCell<Vec<PolicyViolation>>>,
    next: Rc<Cell<u64>>,
    _listener: Option<EventListener>,
}

impl PolicyWatch {
    /// Starts to record violations.
    pub fn new() -> Self {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&seen);
        let next = Rc::new(Cell::new(0));
        let seen_before = Rc::clone(&next);
        let document = web_sys::window().and_then(|window| window.document());
        let listener = document.map(|document| {
            EventListener::new(&document, "securitypolicyviolation", move |event| {
                // `instanceof` is not used, since a page may have replaced the class.
                let event = event.unchecked_ref::<SecurityPolicyViolationEvent>();
                let enforced =
                    event.disposition() == SecurityPolicyViolationEventDisposition::Enforce;
                if !enforced || event.effective_directive() != "connect-src" {
                    return;
                }
                let violation = PolicyViolation {
                    directive: event.effective_directive(),
                    blocked: bare(&event.blocked_uri()).to_owned(),
                    number: seen_before.get(),
                };
                seen_before.set(seen_before.get() + 1);
                let mut kept = kept.borrow_mut();
                if kept.len() >= KEPT {
                    kept.remove(0);
                }
                kept.push(violation);
            })
        });
        Self {
            seen,
            next,
            _listener: listener,
        }
    }

    /// The current moment. It must be read before the request begins.
    pub fn now(&self) -> Moment {
        Moment(self.next.get())
    }

    /// Takes the violation of a request to this address that began at this moment. It is removed, since it concerns
    /// that request only.
    pub fn take(&self, asked: &Address, since: Moment) -> Option<PolicyViolation> {
        let mut seen = self.seen.borrow_mut();
        let at = seen.iter().position(|violation| {
            violation.number >= since.0
                && concerns(&violation.blocked, &asked.origin, &asked.pathname)
        })?;
        Some(seen.remove(at))
    }
}

/// An address without query and fragment.
fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Returns true if a reported address is that of a request to this origin and path. After a redirect, and in some
/// browsers for every other origin, the report has the origin only. Otherwise it has a path, at least `/`.
/// <https://www.w3.org/TR/CSP3/#strip-url-for-use-in-reports>
fn concerns(blocked: &str, origin: &str, path: &str) -> bool {
    blocked
        .strip_prefix(origin)
        .is_some_and(|rest| rest.is_empty() || rest == path)
}

impl Default for PolicyWatch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{bare, concerns};

    /// <https://www.w3.org/TR/CSP3/#strip-url-for-use-in-reports>
    #[test]
    fn a_violation_is_about_one_address() {
        let origin = "https://b.test:9000";
        for (blocked, is_about) in [
            ("https://b.test:9000/b/k?X-Amz-Signature=5", true),
            ("https://b.test:9000/b/k", true),
            ("https://b.test:9000/b/k#1", true),
            ("https://b.test:9000", true),
            ("https://b.test:9000/", false),
            ("https://b.test:9000/b/", false),
            ("https://b.test:9000/b/k2", false),
            ("https://b.test:90001/b/k", false),
            ("https://a.test:9000/b/k", false),
            ("inline", false),
            ("", false),
        ] {
            assert_eq!(
                concerns(bare(blocked), origin, "/b/k"),
                is_about,
                "{blocked}"
            );
        }
    }
}
