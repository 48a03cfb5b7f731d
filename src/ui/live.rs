//! What is said aloud to people who do not see the page: politely and in batches for what goes
//! well, at once for what does not. One sentence per batch: a hundred files must not mean a
//! hundred announcements. It draws nothing visible.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::desk::{Desk, Source};
use super::{format, sentence};

/// Announcements within this time become one.
const BATCH: Duration = Duration::from_millis(400);
/// How long a region is empty before it says something: what it said before is news again then.
const PAUSE: Duration = Duration::from_millis(100);

/// One live region, and what it is about to say.
#[derive(Clone, Copy)]
struct Region {
    said: RwSignal<String>,
    waiting: StoredValue<Vec<String>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Region {
    fn new() -> Self {
        let timer = StoredValue::new(None::<TimeoutHandle>);
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
        }
    }

    /// Empties the region, and after `pause` fills it with what `choose` makes of all that was to
    /// be said by then.
    fn say(self, text: String, pause: Duration, choose: impl Fn(Vec<String>) -> String + 'static) {
        let first = self.waiting.try_update_value(|waiting| {
            waiting.push(text);
            waiting.len() == 1
        });
        if first != Some(true) {
            return;
        }
        self.said.try_set(String::new());
        let flush = move || {
            let waiting = self.waiting.try_update_value(core::mem::take);
            self.said.try_set(choose(waiting.unwrap_or_default()));
        };
        let timer = set_timeout_with_handle(flush, pause).ok();
        self.timer.try_set_value(timer);
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
    pub fn new() -> Self {
        Self {
            polite: Region::new(),
            alert: Region::new(),
            notice: RwSignal::new(String::new()),
        }
    }

    /// Says something when the person is at rest. The last word wins.
    pub fn say(self, text: String) {
        self.polite.say(text, PAUSE, |said| {
            said.into_iter().last().unwrap_or_default()
        });
    }

    /// What concerns no file in particular: shown until it is dismissed, and said aloud.
    pub fn notice(self, desk: Desk, text: String) {
        self.notice.try_set(text.clone());
        self.alert(desk, text);
    }

    pub const fn notice_text(self) -> RwSignal<String> {
        self.notice
    }

    /// Says that something went wrong; what else goes wrong at the same time is only counted.
    pub fn alert(self, desk: Desk, text: String) {
        self.alert.say(text, BATCH, move |said| {
            let more = u64::try_from(said.len().saturating_sub(1)).unwrap_or_default();
            let first = said.into_iter().next().unwrap_or_default();
            if more == 0 {
                first
            } else {
                format!("{first} {}", desk.count("live.more", more))
            }
        });
    }
}

/// The two live regions, and what is said in them about all files.
#[component]
pub(super) fn LiveRegions(desk: Desk, source: Source) -> impl IntoView {
    let (polite, alert) = (desk.live.polite.said, desk.live.alert.said);
    let totals = source.totals;
    Effect::new(move |before: Option<s3_upload_core::Totals>| {
        let now = totals.get();
        let before = before.unwrap_or_default();
        if now.offline != before.offline {
            desk.live.say(desk.text(if now.offline {
                "live.offline"
            } else {
                "live.online"
            }));
        } else if now.completed > before.completed {
            let text = if now.completed == now.files && now.files > 1 {
                desk.text("live.complete")
            } else {
                desk.count("live.uploaded", now.completed.into())
            };
            desk.live.say(text);
        } else if now.files > before.files {
            desk.live
                .say(desk.count("live.added", (now.files - before.files).into()));
        } else if now.active > 0 && now.percent / 25 > before.percent / 25 && now.percent < 100 {
            desk.live
                .say(desk.fill("live.percent", &[("percent", &now.percent.to_string())]));
        }
        now
    });
    let rejections = source.rejections;
    Effect::new(move |last: Option<u64>| {
        let last = last.unwrap_or_default();
        rejections.with(|list| {
            let messages = desk.messages();
            for refused in list.iter().filter(|refused| refused.id > last) {
                let text = sentence::violation(&messages, &refused.violation);
                let name = format::visible(&refused.name);
                let values = [("name", name.as_str()), ("text", text.as_str())];
                desk.live.alert(desk, messages.fill("live.about", &values));
            }
            list.iter()
                .map(|refused| refused.id)
                .max()
                .unwrap_or(last)
                .max(last)
        })
    });
    view! {
        <div class="s3u-unseen" part="live" role="status" aria-live="polite">
            {move || polite.try_get()}
        </div>
        <div class="s3u-unseen" part="error" role="alert" aria-live="assertive">
            {move || alert.try_get()}
        </div>
    }
}
