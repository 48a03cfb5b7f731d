//! All files together: how many, how far, how fast; and what can be done to all of them at once.
//! It shows itself when there is more than one file, or when something waits for a start.

use leptos::html;
use leptos::prelude::*;
use s3_upload_core::{Target, Totals};

use super::desk::{Action, Desk};
use super::file_row::{hides, pace};
use super::format;
use super::icon::{self, Icon};
use super::progress_bar::ProgressBar;

/// The line about all files, and the controls for all.
#[component]
pub(super) fn Overall(desk: Desk, totals: ArcReadSignal<Totals>) -> impl IntoView {
    let memo = |of: fn(&Totals) -> bool| {
        let totals = totals.clone();
        Memo::new(move |_| totals.with(of))
    };
    let shows = memo(|all| all.files + all.cancelled > 1 || all.held > 0);
    let offline = memo(|all| all.offline && all.active > 0);
    let moves = memo(|all| all.active > 0 || all.paused > 0);
    let active = memo(|all| all.active > 0);
    let held = memo(|all| all.held > 0);
    let unfinished = memo(|all| all.active + all.paused > 0);
    let failed = memo(|all| all.failed > 0 && all.active == 0);
    let finished = memo(|all| all.completed + all.failed + all.cancelled > 0 && all.active == 0);
    let percent = {
        let totals = totals.clone();
        Memo::new(move |_| totals.with(|all| all.percent))
    };
    let filled = {
        let totals = totals.clone();
        Memo::new(move |_| totals.with(|all| format::hundredths(all.sent, all.size)))
    };
    let text = |of: fn(Desk, &Totals) -> String| {
        let totals = totals.clone();
        Signal::derive(move || totals.with(|all| of(desk, all)))
    };
    let files = text(files);
    let bytes = text(bytes);
    let speed = text(|desk, all| {
        all.speed
            .map_or_else(String::new, |speed| pace(desk, speed, all.remaining))
    });
    let failures = text(|desk, all| some(desk, "overall.failed", all.failed));
    let cancelled = text(|desk, all| {
        let beside = if all.files == 0 { 0 } else { all.cancelled };
        some(desk, "overall.cancelled", beside)
    });
    let words = text(progress_words);
    let pause_all = Signal::derive(move || {
        if active.try_get() == Some(true) {
            PAUSE_ALL
        } else {
            RESUME_ALL
        }
    });
    let line = NodeRef::<html::Div>::new();
    let always = |button: Bulk| Signal::derive(move || button);

    view! {
        <p class="s3u-offline" part="offline" hidden=move || offline.try_get() != Some(true)>
            <Icon path=icon::CLOCK />
            <span>{desk.text("overall.offline")}</span>
        </p>
        <div
            class="s3u-overall"
            class:s3u-still=move || active.try_get() != Some(true)
            part="overall"
            node_ref=line
            hidden=move || hides(line, shows.try_get() != Some(true))
        >
            <div class="s3u-numbers">
                <span class="s3u-count">{move || files.try_get()}</span>
                <span class="s3u-failures">{move || failures.try_get()}</span>
                <span class="s3u-amount">{move || cancelled.try_get()}</span>
                <span class="s3u-amount">{move || bytes.try_get()}</span>
                <span class="s3u-amount">{move || speed.try_get()}</span>
            </div>
            <div class="s3u-bulk">
                <BulkButton desk visible=held button=always(START) />
                <BulkButton desk visible=moves button=pause_all />
                <BulkButton desk visible=failed button=always(RETRY_ALL) />
                <BulkButton desk visible=unfinished button=always(CANCEL_ALL) />
                <BulkButton desk visible=finished button=always(CLEAR) />
            </div>
            <div class="s3u-track" hidden=move || moves.try_get() != Some(true)>
                <ProgressBar
                    part="overall-progress"
                    label=desk.text("overall.label")
                    percent
                    filled
                    words
                />
            </div>
        </div>
    }
}

/// A button for all files: its `part`, the key of its name, what it does.
type Bulk = (&'static str, &'static str, fn() -> Action);

const START: Bulk = ("start", "button.start", || Action::Start(Target::All));
const PAUSE_ALL: Bulk = ("pause-all", "button.pause-all", || {
    Action::Pause(Target::All)
});
const RESUME_ALL: Bulk = ("resume-all", "button.resume-all", || {
    Action::Resume(Target::All)
});
const RETRY_ALL: Bulk = ("retry-all", "button.retry-all", || {
    Action::Retry(Target::All)
});
const CANCEL_ALL: Bulk = ("cancel-all", "button.cancel-all", || {
    Action::Cancel(Target::All)
});
const CLEAR: Bulk = ("clear", "button.clear", || Action::Clear);

#[component]
fn BulkButton(desk: Desk, visible: Memo<bool>, button: Signal<Bulk>) -> impl IntoView {
    let element = NodeRef::<html::Button>::new();
    view! {
        <button
            class="s3u-button s3u-quiet"
            type="button"
            node_ref=element
            part=move || button.try_get().map(|(part, ..)| part)
            hidden=move || hides(element, visible.try_get() != Some(true))
            on:click=move |_| {
                if let Some((_, _, action)) = button.try_get_untracked() {
                    desk.act(action());
                }
            }
        >
            {move || button.try_get().map(|(_, key, _)| desk.text(key))}
        </button>
    }
}

/// How many there are, unless there are none.
fn some(desk: Desk, key: &str, count: u32) -> String {
    if count == 0 {
        return String::new();
    }
    desk.count(key, count.into())
}

fn files(desk: Desk, all: &Totals) -> String {
    if all.files == 0 {
        return some(desk, "overall.cancelled", all.cancelled);
    }
    let values = [
        ("done", &*all.completed.to_string()),
        ("count", &*all.files.to_string()),
    ];
    desk.fill("overall.files", &values)
}

fn bytes(desk: Desk, all: &Totals) -> String {
    if all.files == 0 {
        return String::new();
    }
    if all.sent == 0 || all.percent == 100 {
        return format::bytes(all.size);
    }
    desk.fill(
        "progress.sent",
        &[
            ("sent", &format::bytes(all.sent)),
            ("size", &format::bytes(all.size)),
        ],
    )
}

fn progress_words(desk: Desk, all: &Totals) -> String {
    let (sent, size) = (format::bytes(all.sent), format::bytes(all.size));
    desk.fill(
        "progress.value",
        &[
            ("percent", &*all.percent.to_string()),
            ("sent", &*sent),
            ("size", &*size),
        ],
    )
}
