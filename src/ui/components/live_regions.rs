//! The live regions of a widget, and their announcements. <https://www.w3.org/TR/WCAG22/#status-messages>

use leptos::prelude::*;
use s3_upload_core::Totals;

use super::context::UiContext;
use crate::ui::text::messages::Messages;
use crate::ui::text::{error_text, format};
use crate::ui::upload_list::{UploadList, row_of};
use crate::uploader::{Rejection, UploadRow};

/// The two live regions, and the announcements about all files.
#[component]
pub(super) fn LiveRegions(ui: UiContext, uploads: UploadList) -> impl IntoView {
    let announcer = ui.announcer;
    let UploadList {
        rows,
        totals,
        rejections,
    } = uploads;
    // Totals from before the widget was rendered are not announced.
    let old = totals.get_untracked();
    Effect::new(move |before: Option<Totals>| {
        let before = before.as_ref().unwrap_or(&old);
        let now = totals.get();
        let messages = ui.messages();
        match announcement_for(&messages, before, &now) {
            Some(Announcement::Event(text)) => announcer.announce(text),
            Some(Announcement::Progress(text)) => announcer.announce_progress(text),
            None => {}
        }
        for text in rows.with_untracked(|rows| failures(&messages, before, &now, rows)) {
            announcer.alert_batched(text);
        }
        now
    });
    let newest = |list: &Vec<Rejection>| list.iter().map(|refused| refused.id).max();
    let old = rejections.with_untracked(newest);
    Effect::new(move |last: Option<Option<u64>>| {
        let last = last.unwrap_or(old);
        let messages = ui.messages();
        rejections.with(|list| {
            for refused in list.iter().filter(|refused| Some(refused.id) > last) {
                let text = error_text::violation(&messages, &refused.violation);
                announcer.alert(text_about_file(&messages, &refused.name, &text));
            }
            newest(list).max(last)
        })
    });
    view! {
        <div class="s3u-unseen" part="live" role="status" aria-live="polite">
            {move || announcer.polite_text()}
        </div>
        <div class="s3u-unseen" part="error" role="alert" aria-live="assertive">
            {move || announcer.alert_text()}
        </div>
    }
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
        .collect();
    if said.is_empty() && now.failed > before.failed {
        return vec![messages.count("overall.failed", now.failed.into())];
    }
    said
}

fn text_about_file(messages: &Messages, name: &str, text: &str) -> String {
    let values = [("name", &*format::display_name(name)), ("text", text)];
    messages.fill("live.about", &values)
}
