//! The announcements about all files. <https://www.w3.org/TR/WCAG22/#status-messages>

use reactive_graph::traits::WithUntracked;
use s3_upload_core::CollectVec;
use s3_upload_core::Totals;

use super::context::UiContext;
use crate::ui::text::messages::Messages;
use crate::ui::text::{error_text, format};
use crate::ui::upload_list::row_of;
use crate::uploader::{Rejection, UploadRow};

/// The state that was announced last. What exists before the widget is rendered is not announced.
pub(super) struct Announcements {
    totals: Totals,
    last_rejection: Option<u64>,
}

impl Announcements {
    pub fn new(totals: Totals, rejections: &[Rejection]) -> Self {
        Self {
            totals,
            last_rejection: newest(rejections),
        }
    }

    /// Announces a change of the totals.
    pub fn totals_changed(&mut self, ui: &UiContext, now: &Totals, rows: &[UploadRow]) {
        let before = core::mem::replace(&mut self.totals, now.clone());
        let messages = ui.messages();
        match announcement_for(messages, &before, now) {
            Some(Announcement::Event(text)) => ui.announcer().announce(text),
            Some(Announcement::Progress(text)) => ui.announcer().announce_progress(text),
            None => {}
        }
        for text in failures(messages, &before, now, rows) {
            ui.announcer().alert_batched(text);
        }
    }

    /// Announces the files that were refused since the last call.
    pub fn rejections_changed(&mut self, ui: &UiContext, rejections: &[Rejection]) {
        for refused in rejections {
            if Some(refused.id) > self.last_rejection {
                let text = error_text::violation(ui.messages(), &refused.violation);
                let text = text_about_file(ui.messages(), &refused.name, &text);
                ui.announcer().alert(text);
            }
        }
        self.last_rejection = self.last_rejection.max(newest(rejections));
    }
}

fn newest(rejections: &[Rejection]) -> Option<u64> {
    rejections.iter().map(|refused| refused.id).max()
}

/// An announcement about a change of the totals.
enum Announcement {
    /// Announced soon.
    Event(String),
    /// Announced at intervals.
    Progress(String),
}

fn announcement_for(messages: &Messages, before: &Totals, now: &Totals) -> Option<Announcement> {
    let uploaded = || messages.count("live.uploaded", now.completed.into());
    if now.offline != before.offline {
        let key = if now.offline {
            "live.offline"
        } else {
            "live.online"
        };
        return Some(Announcement::Event(messages.text(key).to_owned()));
    }
    if now.outage != before.outage && now.active > 0 {
        let key = now.outage.map_or("live.back", error_text::outage);
        return Some(Announcement::Event(messages.text(key).to_owned()));
    }
    let arrived = now.completed > before.completed;
    if now.active == 0 && (arrived || now.failed > before.failed) {
        // No file is active any more, so that the result of all is announced.
        if now.files > 1 && now.failed > 0 {
            let values = [
                ("done", &*now.completed.to_string()),
                ("count", &*now.files.to_string()),
                ("failed", &*now.failed.to_string()),
            ];
            return Some(Announcement::Event(messages.fill("live.rest", &values)));
        }
        if now.files > 1 && now.completed == now.files {
            return Some(Announcement::Event(
                messages.text("live.complete").to_owned(),
            ));
        }
        return arrived.then(|| Announcement::Event(uploaded()));
    }
    if now.files > before.files {
        let more = u64::from(now.files - before.files);
        return Some(Announcement::Event(messages.count("live.added", more)));
    }
    if now.active == 0 {
        return None;
    }
    if arrived && quarters(now) > quarters(before) {
        return Some(Announcement::Progress(uploaded()));
    }
    (now.percent / 25 > before.percent / 25 && now.percent < 100).then(|| {
        let percent = now.percent.to_string();
        Announcement::Progress(messages.fill("live.percent", &[("percent", &percent)]))
    })
}

/// The quarters of the files that are uploaded.
fn quarters(all: &Totals) -> u32 {
    all.completed.saturating_mul(4) / all.files.max(1)
}

/// The announcements about the files that failed since then, with the reason of each that is among the first.
fn failures(messages: &Messages, before: &Totals, now: &Totals, rows: &[UploadRow]) -> Vec<String> {
    let new = now
        .first_failed
        .iter()
        .filter(|file| before.first_failed.binary_search(file).is_err());
    let said: Vec<String> = new
        .filter_map(|file| row_of(rows, *file))
        .map(|row| {
            row.snapshot.with_untracked(|file| {
                text_about_file(
                    messages,
                    &file.info.name,
                    &error_text::status(messages, file),
                )
            })
        })
        .collect_vec();
    if said.is_empty() && now.failed > before.failed {
        return vec![messages.count("overall.failed", now.failed.into())];
    }
    said
}

fn text_about_file(messages: &Messages, name: &str, text: &str) -> String {
    let values = [("name", &*format::display_name(name)), ("text", text)];
    messages.fill("live.about", &values)
}
