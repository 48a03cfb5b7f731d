//! Announcements for people who do not see the page: politely for successes, at once for failures. One announcement
//! covers several events, and progress is announced at intervals only, so that a hundred files do not cause a hundred
//! announcements.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use web_sys::{Element, Node};

use super::dom::{self, Text};
use crate::ui::text::messages::Messages;

/// The time within which failures become one announcement, in milliseconds.
const BATCH_MS: u32 = 400;
/// The time for which a region is empty before an announcement, in milliseconds, so that an equal text is announced
/// again.
const PAUSE_MS: u32 = 100;
/// The time after an announcement during which progress is not announced, in milliseconds.
const PROGRESS_INTERVAL_MS: u32 = 5_000;

/// Joins several announcements into one.
type JoinTexts = fn(&Messages, Vec<String>) -> String;

/// One live region, and the announcements that wait for it.
struct Region {
    text: RefCell<Text>,
    waiting: RefCell<Vec<String>>,
    /// True from the first text that waits until the announcement.
    is_speaking: Cell<bool>,
    /// The timer until the next announcement, or until the end of the calm after one.
    timer: RefCell<Option<Timeout>>,
    pause: u32,
    choose: JoinTexts,
    messages: Messages,
    weak_self: Weak<Region>,
}

impl Region {
    fn new(element: &Element, pause: u32, choose: JoinTexts, messages: &Messages) -> Rc<Self> {
        Rc::new_cyclic(|weak_self| Self {
            text: RefCell::new(Text::of(element)),
            waiting: RefCell::default(),
            is_speaking: Cell::new(false),
            timer: RefCell::default(),
            pause,
            choose,
            messages: messages.clone(),
            weak_self: Weak::clone(weak_self),
        })
    }

    /// Announces a text soon. Texts that arrive within the pause become one announcement.
    fn announce_soon(&self, text: String) {
        self.waiting.borrow_mut().push(text);
        if !self.is_speaking.get() {
            self.begin();
        }
    }

    /// Announces a text when the region has been silent for a while.
    fn announce_when_silent(&self, text: String) {
        self.waiting.borrow_mut().push(text);
        if self.timer.borrow().is_none() {
            self.begin();
        }
    }

    /// Empties the region, and fills it after the pause.
    fn begin(&self) {
        self.is_speaking.set(true);
        self.write(String::new());
        self.set_timer(self.pause, Self::speak);
    }

    fn speak(&self) {
        self.is_speaking.set(false);
        let waiting = self.waiting.take();
        self.write((self.choose)(&self.messages, waiting));
        self.set_timer(PROGRESS_INTERVAL_MS, Self::end_calm);
    }

    fn end_calm(&self) {
        self.timer.replace(None);
        if !self.waiting.borrow().is_empty() {
            self.begin();
        }
    }

    fn write(&self, text: String) {
        self.text.borrow_mut().write(text);
    }

    fn set_timer(&self, millis: u32, then: fn(&Self)) {
        let region = Weak::clone(&self.weak_self);
        let timer = Timeout::new(millis, move || {
            if let Some(region) = region.upgrade() {
                then(&region);
            }
        });
        self.timer.replace(Some(timer));
    }
}

/// The receiver of announcements, with the two live regions. <https://www.w3.org/TR/WCAG22/#status-messages>
pub(super) struct Announcer {
    polite: Rc<Region>,
    alert: Rc<Region>,
    elements: [Element; 2],
}

impl Announcer {
    /// An announcer whose regions are not on the page yet.
    pub fn new(messages: &Messages) -> Option<Self> {
        let region = |part: &str, role: &str, live: &str| {
            let region = dom::create("div", "s3u-unseen", part)?;
            dom::set_all(&region, &[("role", role), ("aria-live", live)]);
            Some(region)
        };
        let polite = region("live", "status", "polite")?;
        let alert = region("error", "alert", "assertive")?;
        Some(Self {
            polite: Region::new(&polite, PAUSE_MS, last, messages),
            alert: Region::new(&alert, BATCH_MS, first_and_count, messages),
            elements: [polite, alert],
        })
    }

    /// Adds the live regions at the end of a parent.
    pub fn add_to(&self, parent: &Node) {
        for element in &self.elements {
            let _ = parent.append_child(element);
        }
    }

    /// Announces a text politely. Of several texts, the last one counts.
    pub fn announce(&self, text: String) {
        self.polite.announce_soon(text);
    }

    /// Announces progress politely, at intervals only.
    pub fn announce_progress(&self, text: String) {
        self.polite.announce_when_silent(text);
    }

    /// Announces a failure at once.
    pub fn alert(&self, text: String) {
        self.alert.announce_soon(text);
    }

    /// Announces a failure of an upload. Several within a short time are one announcement.
    pub fn alert_batched(&self, text: String) {
        self.alert.announce_when_silent(text);
    }
}

fn last(_: &Messages, said: Vec<String>) -> String {
    said.into_iter().last().unwrap_or_default()
}

/// The first text, and the number of the others.
fn first_and_count(messages: &Messages, said: Vec<String>) -> String {
    let more = u64::try_from(said.len().saturating_sub(1)).unwrap_or_default();
    let first = said.into_iter().next().unwrap_or_default();
    if more == 0 {
        return first;
    }
    format!("{first} {}", messages.count("live.more", more))
}
