//! The context that all components share: the receiver of actions, the announcer and the messages.

use core::sync::atomic::{AtomicU32, Ordering};

use leptos::callback::{Callable, UnsyncCallback};
use leptos::prelude::*;

use super::announcer::Announcer;
use crate::ui::action::Action;
use crate::ui::text::messages::Messages;

/// The context of a component: handles that are cheap to copy, and end with the widget that made them.
#[derive(Clone, Copy)]
pub(super) struct UiContext {
    pub act: UnsyncCallback<Action>,
    pub announcer: Announcer,
    /// Distinguishes this widget's element ids from those of others on the page.
    pub number: u32,
    messages: StoredValue<Messages>,
}

impl UiContext {
    pub fn new(act: UnsyncCallback<Action>, messages: Messages) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let messages = StoredValue::new(messages);
        Self {
            act,
            announcer: Announcer::new(messages),
            number,
            messages,
        }
    }

    /// Passes an action on. Does nothing after the widget was removed.
    pub fn act(self, action: Action) {
        self.act.try_run(action);
    }

    /// The messages. English after the widget was removed.
    pub fn messages(self) -> Messages {
        self.messages.try_get_value().unwrap_or_default()
    }

    pub fn text(self, key: &str) -> String {
        self.messages().text(key).to_owned()
    }

    pub fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        self.messages().fill(key, values)
    }

    pub fn count(self, key: &str, count: u64) -> String {
        self.messages().count(key, count)
    }
}
