//! The context that all parts of the widget share: the receiver of actions, the announcer and the messages.

use core::sync::atomic::{AtomicU32, Ordering};
use std::rc::Rc;

use super::announcer::Announcer;
use crate::ui::action::Action;
use crate::ui::text::messages::Messages;

/// The context of a widget. Clones are cheap.
#[derive(Clone)]
pub(super) struct UiContext(Rc<Shared>);

struct Shared {
    act: Rc<dyn Fn(Action)>,
    announcer: Announcer,
    number: u32,
    messages: Messages,
}

impl UiContext {
    pub fn new(act: Rc<dyn Fn(Action)>, announcer: Announcer, messages: Messages) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(Rc::new(Shared {
            act,
            announcer,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            messages,
        }))
    }

    /// Distinguishes this widget's element ids from those of others on the page.
    pub fn number(&self) -> u32 {
        self.0.number
    }

    pub fn announcer(&self) -> &Announcer {
        &self.0.announcer
    }

    /// Passes an action on.
    pub fn act(&self, action: Action) {
        (self.0.act)(action);
    }

    pub fn messages(&self) -> &Messages {
        &self.0.messages
    }

    pub fn text(&self, key: &str) -> String {
        self.messages().text(key).to_owned()
    }

    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.messages().fill(key, values)
    }

    pub fn count(&self, key: &str, count: u64) -> String {
        self.messages().count(key, count)
    }
}
