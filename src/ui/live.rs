//! What is said aloud to people who do not see the page: politely for what goes well, at once for
//! what does not. One sentence per batch, and what goes on by itself is heard now and then only: a
//! hundred files must not mean a hundred announcements. It draws nothing visible.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use s3_upload_core::Totals;

use super::desk::{Desk, Source};
use super::file_list::row_of;
use super::messages::Messages;
use super::{format, sentence};
use crate::uploader::{Rejection, Row};

/// What goes wrong within this time becomes one announcement.
const BATCH: Duration = Duration::from_millis(400);
/// How long a region is empty before it says something: what it said before is news again then.
const PAUSE: Duration = Duration::from_millis(100);
/// How long what goes on by itself is not heard after anything was said.
const CALM: Duration = Duration::from_secs(5);

/// Makes one announcement of several.
type Choose = fn(&Messages, Vec<String>) -> String;

/// One live region, and what it is about to say.
#[derive(Clone, Copy)]
struct Region {
    said: RwSignal<String>,
    waiting: StoredValue<Vec<String>>,
    /// Until it speaks, or until it may be heard again.
    timer: StoredValue<Option<Timer>>,
    pause: Duration,
    choose: Choose,
    messages: StoredValue<Messages>,
}

/// What a region waits for.
enum Timer {
    Speaking(TimeoutHandle),
    Calm(TimeoutHandle),
}

impl Timer {
    fn clear(&self) {
        let (Self::Speaking(handle) | Self::Calm(handle)) = self;
        handle.clear();
    }
}

impl Region {
    fn new(pause: Duration, choose: Choose, messages: StoredValue<Messages>) -> Self {
        let timer = StoredValue::new(None::<Timer>);
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

    /// Says it as soon as all that is to be said at the same time is known.
    fn say(self, text: String) {
        self.waiting.try_update_value(|waiting| waiting.push(text));
        let speaking = self
            .timer
            .try_with_value(|timer| matches!(timer, Some(Timer::Speaking(_))));
        if speaking == Some(false) {
            self.begin();
        }
    }

    /// Says it once nothing was said for a while.
    fn mention(self, text: String) {
        self.waiting.try_update_value(|waiting| waiting.push(text));
        if self.timer.try_with_value(Option::is_none) == Some(true) {
            self.begin();
        }
    }

    /// Empties the region, to fill it a little later.
    fn begin(self) {
        self.said.try_set(String::new());
        self.set_timer(self.pause, Timer::Speaking, move || {
            let waiting = self.waiting.try_update_value(core::mem::take);
            let messages = self.messages.try_get_value().unwrap_or_default();
            self.said
                .try_set((self.choose)(&messages, waiting.unwrap_or_default()));
            self.set_timer(CALM, Timer::Calm, move || {
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
        kind: fn(TimeoutHandle) -> Timer,
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

/// Where announcements go.
#[derive(Clone, Copy)]
pub(super) struct Live {
    polite: Region,
    alert: Region,
    notice: RwSignal<String>,
}

impl Live {
    pub fn new(messages: StoredValue<Messages>) -> Self {
        Self {
            polite: Region::new(PAUSE, last, messages),
            alert: Region::new(BATCH, first_and_count, messages),
            notice: RwSignal::new(String::new()),
        }
    }

    /// Says something when the person is at rest. The last word wins.
    pub fn say(self, text: String) {
        self.polite.say(text);
    }

    /// What concerns no file in particular: shown until it is dismissed, and said aloud.
    pub fn notice(self, text: String) {
        self.notice.try_set(text.clone());
        self.alert.say(text);
    }

    pub const fn notice_text(self) -> RwSignal<String> {
        self.notice
    }
}

fn last(_: &Messages, said: Vec<String>) -> String {
    said.into_iter().last().unwrap_or_default()
}

/// What else went wrong at the same time is only counted.
fn first_and_count(messages: &Messages, said: Vec<String>) -> String {
    let more = u64::try_from(said.len().saturating_sub(1)).unwrap_or_default();
    let first = said.into_iter().next().unwrap_or_default();
    if more == 0 {
        return first;
    }
    format!("{first} {}", messages.count("live.more", more))
}

/// The two live regions, and what is said in them about all files.
#[component]
pub(super) fn LiveRegions(desk: Desk, source: Source) -> impl IntoView {
    let (polite, alert) = (desk.live.polite, desk.live.alert);
    let Source {
        rows,
        totals,
        rejections,
    } = source;
    // What stood there before this widget was drawn is no news.
    let old = totals.get_untracked();
    Effect::new(move |before: Option<Totals>| {
        let before = before.as_ref().unwrap_or(&old);
        let now = totals.get();
        let messages = desk.messages();
        match news(&messages, before, &now) {
            Some(News::Event(text)) => polite.say(text),
            Some(News::Progress(text)) => polite.mention(text),
            None => {}
        }
        for text in rows.with_untracked(|rows| failures(&messages, before, &now, rows)) {
            alert.mention(text);
        }
        now
    });
    let newest = |list: &Vec<Rejection>| list.iter().map(|refused| refused.id).max();
    let old = rejections.with_untracked(newest);
    Effect::new(move |last: Option<Option<u64>>| {
        let last = last.unwrap_or(old);
        let messages = desk.messages();
        rejections.with(|list| {
            for refused in list.iter().filter(|refused| Some(refused.id) > last) {
                let text = sentence::violation(&messages, &refused.violation);
                alert.say(about(&messages, &refused.name, &text));
            }
            newest(list).max(last)
        })
    });
    view! {
        <div class="s3u-unseen" part="live" role="status" aria-live="polite">
            {move || polite.said.try_get()}
        </div>
        <div class="s3u-unseen" part="error" role="alert" aria-live="assertive">
            {move || alert.said.try_get()}
        </div>
    }
}

/// What is said of a change of the whole.
enum News {
    /// To be heard soon.
    Event(String),
    /// To be heard now and then.
    Progress(String),
}

fn news(messages: &Messages, before: &Totals, now: &Totals) -> Option<News> {
    let uploaded = || messages.count("live.uploaded", now.completed.into());
    if now.offline != before.offline {
        let key = if now.offline {
            "live.offline"
        } else {
            "live.online"
        };
        return Some(News::Event(messages.text(key).to_owned()));
    }
    let arrived = now.completed > before.completed;
    if now.active == 0 && (arrived || now.failed > before.failed) {
        // At rest: the last word on all of them.
        if now.files > 1 && now.failed > 0 {
            let values = [
                ("done", &*now.completed.to_string()),
                ("count", &*now.files.to_string()),
                ("failed", &*now.failed.to_string()),
            ];
            return Some(News::Event(messages.fill("live.rest", &values)));
        }
        if now.files > 1 && now.completed == now.files {
            return Some(News::Event(messages.text("live.complete").to_owned()));
        }
        return arrived.then(|| News::Event(uploaded()));
    }
    if now.files > before.files {
        let more = u64::from(now.files - before.files);
        return Some(News::Event(messages.count("live.added", more)));
    }
    if now.active == 0 {
        return None;
    }
    if arrived && quarters(now) > quarters(before) {
        return Some(News::Progress(uploaded()));
    }
    (now.percent / 25 > before.percent / 25 && now.percent < 100).then(|| {
        let percent = now.percent.to_string();
        News::Progress(messages.fill("live.percent", &[("percent", &percent)]))
    })
}

/// How many quarters of the files arrived.
fn quarters(all: &Totals) -> u32 {
    all.completed.saturating_mul(4) / all.files.max(1)
}

/// What is said of the files that failed since: why, for each that can be named.
fn failures(messages: &Messages, before: &Totals, now: &Totals, rows: &[Row]) -> Vec<String> {
    let new = now
        .first_failed
        .iter()
        .filter(|file| before.first_failed.binary_search(file).is_err());
    let said: Vec<String> = new
        .filter_map(|file| row_of(rows, *file))
        .map(|row| {
            row.snapshot.with_untracked(|file| {
                about(messages, &file.info.name, &sentence::status(messages, file))
            })
        })
        .collect();
    if said.is_empty() && now.failed > before.failed {
        return vec![messages.count("overall.failed", now.failed.into())];
    }
    said
}

fn about(messages: &Messages, name: &str, text: &str) -> String {
    let values = [("name", &*format::visible(name)), ("text", text)];
    messages.fill("live.about", &values)
}
