//! Announcements for people who do not see the page: politely for successes, at once for failures. One announcement
//! covers several events, and progress is announced at intervals only, so that a hundred files do not cause a hundred
//! announcements.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::ui::text::messages::Messages;

/// The time within which failures become one announcement.
const BATCH_TIME: Duration = Duration::from_millis(400);
/// The time for which a region is empty before an announcement, so that an equal text is announced again.
const PAUSE: Duration = Duration::from_millis(100);
/// The time after an announcement during which progress is not announced.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// Joins several announcements into one.
type JoinTexts = fn(&Messages, Vec<String>) -> String;

/// One live region, and the announcements that wait for it.
#[derive(Clone, Copy)]
struct Region {
    said: RwSignal<String>,
    waiting: StoredValue<Vec<String>>,
    /// The timer until the next announcement, or until the end of the calm after one.
    timer: StoredValue<Option<RegionTimer>>,
    pause: Duration,
    choose: JoinTexts,
    messages: StoredValue<Messages>,
}

/// The reason for which a region waits.
enum RegionTimer {
    Speaking(TimeoutHandle),
    Calm(TimeoutHandle),
}

impl RegionTimer {
    fn clear(&self) {
        let (Self::Speaking(handle) | Self::Calm(handle)) = self;
        handle.clear();
    }
}

impl Region {
    fn new(pause: Duration, choose: JoinTexts, messages: StoredValue<Messages>) -> Self {
        let timer = StoredValue::new(None::<RegionTimer>);
        on_cleanup(move || {
            timer.try_update_value(|timer| {
                if let Some(timer) = timer.take() {
                    timer.clear();
                }
            });
        });
        Self {
            said: RwSignal::new(String::new()),
            waiting: StoredValue::new(Vec::new()),
            timer,
            pause,
            choose,
            messages,
        }
    }

    /// Announces a text soon. Texts that arrive within the pause become one announcement.
    fn announce_soon(self, text: String) {
        self.waiting.try_update_value(|waiting| waiting.push(text));
        let speaking = self
            .timer
            .try_with_value(|timer| matches!(timer, Some(RegionTimer::Speaking(_))));
        if speaking == Some(false) {
            self.begin();
        }
    }

    /// Announces a text when the region has been silent for a while.
    fn announce_when_silent(self, text: String) {
        self.waiting.try_update_value(|waiting| waiting.push(text));
        if self.timer.try_with_value(Option::is_none) == Some(true) {
            self.begin();
        }
    }

    /// Empties the region, and fills it after the pause.
    fn begin(self) {
        self.said.try_set(String::new());
        self.set_timer(self.pause, RegionTimer::Speaking, move || {
            let waiting = self.waiting.try_update_value(core::mem::take);
            let messages = self.messages.try_get_value().unwrap_or_default();
            self.said
                .try_set((self.choose)(&messages, waiting.unwrap_or_default()));
            self.set_timer(PROGRESS_INTERVAL, RegionTimer::Calm, move || {
                self.timer.try_set_value(None);
                if self.waiting.try_with_value(Vec::is_empty) == Some(false) {
                    self.begin();
                }
            });
        });
    }

    fn set_timer(
        self,
        after: Duration,
        kind: fn(TimeoutHandle) -> RegionTimer,
        then: impl Fn() + 'static,
    ) {
        let set = set_timeout_with_handle(then, after).ok().map(kind);
        self.timer.try_update_value(|timer| {
            if let Some(before) = core::mem::replace(timer, set) {
                before.clear();
            }
        });
    }
}

/// The receiver of announcements.
#[derive(Clone, Copy)]
pub(super) struct Announcer {
    polite: Region,
    alert: Region,
    notice: RwSignal<String>,
}

impl Announcer {
    pub fn new(messages: StoredValue<Messages>) -> Self {
        Self {
            polite: Region::new(PAUSE, last, messages),
            alert: Region::new(BATCH_TIME, first_and_count, messages),
            notice: RwSignal::new(String::new()),
        }
    }

    /// Announces a text politely. Of several texts, the last one counts.
    pub fn announce(self, text: String) {
        self.polite.announce_soon(text);
    }

    /// Shows a text that concerns no single file until it is dismissed, and announces it.
    pub fn notice(self, text: String) {
        self.notice.try_set(text.clone());
        self.alert.announce_soon(text);
    }

    /// Announces progress politely, at intervals only.
    pub fn announce_progress(self, text: String) {
        self.polite.announce_when_silent(text);
    }

    /// Announces a failure at once.
    pub fn alert(self, text: String) {
        self.alert.announce_soon(text);
    }

    /// Announces a failure of an upload. Several within a short time are one announcement.
    pub fn alert_batched(self, text: String) {
        self.alert.announce_when_silent(text);
    }

    /// The text of the polite region.
    pub fn polite_text(self) -> Option<String> {
        self.polite.said.try_get()
    }

    /// The text of the assertive region.
    pub fn alert_text(self) -> Option<String> {
        self.alert.said.try_get()
    }

    pub const fn notice_text(self) -> RwSignal<String> {
        self.notice
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
