//! What all components share: where the data comes from, where the person's actions go, and the
//! words. Plain handles that are cheap to copy; they die with the widget that made them.

use core::sync::atomic::{AtomicU32, Ordering};

use leptos::callback::{Callable, UnsyncCallback};
use leptos::prelude::*;
use s3_upload_core::{Constraints, Target, Totals};
use web_sys::File;

use super::live::Live;
use super::messages::Messages;
use crate::uploader::{Rejection, Row, Uploader};

/// Something that the person does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Adds files: picked, dropped or pasted.
    Add(Vec<File>),
    /// Starts what waits for a start.
    Start(Target),
    /// Stops sending for now.
    Pause(Target),
    /// Goes on.
    Resume(Target),
    /// Tries again what failed.
    Retry(Target),
    /// Gives up.
    Cancel(Target),
    /// Takes a file in a final state off the list.
    Remove(Target),
    /// Takes all files in a final state off the list.
    Clear,
    /// Takes the message about a refused file away.
    Dismiss(u64),
}

/// What a widget shows.
#[derive(Clone)]
pub struct Source {
    /// The files, in the order of adding, which is that of their ids.
    pub rows: ArcReadSignal<Vec<Row>>,
    /// All files together.
    pub totals: ArcReadSignal<Totals>,
    /// Files that were refused.
    pub rejections: ArcReadSignal<Vec<Rejection>>,
}

impl Source {
    /// What this uploader has.
    pub fn of(uploader: &Uploader) -> Self {
        Self {
            rows: uploader.rows(),
            totals: uploader.totals(),
            rejections: uploader.rejections(),
        }
    }
}

/// How a widget presents itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The limits to name up front; the uploader enforces them.
    pub constraints: Constraints,
    /// Whether more than one file can be chosen at a time.
    pub multiple: bool,
    /// Whether nothing can be added.
    pub disabled: bool,
}

/// What every component has at hand.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    pub act: UnsyncCallback<Action>,
    pub live: Live,
    /// Tells this widget's element ids from those of others on the page.
    pub number: u32,
    messages: StoredValue<Messages>,
}

impl Desk {
    pub fn new(act: UnsyncCallback<Action>, messages: Messages) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let messages = StoredValue::new(messages);
        Self {
            act,
            live: Live::new(messages),
            number,
            messages,
        }
    }

    /// Hands an action on; nothing happens once the widget is gone.
    pub fn act(self, action: Action) {
        self.act.try_run(action);
    }

    /// The words; English once the widget is gone.
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
