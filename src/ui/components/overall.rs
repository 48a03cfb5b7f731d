//! The summary of all files, with their number, progress and speed, and the controls for all of them. It is shown if
//! there is more than one file, or if files wait for a start.

use leptos::html;
use leptos::prelude::*;
use s3_upload_core::{Target, Totals};

use super::context::UiContext;
use super::file_row::speed_and_remaining;
use super::focus::hidden_without_focus;
use super::icon::{self, Icon};
use super::progress_bar::ProgressBar;
use crate::ui::action::Action;
use crate::ui::text::error_text;
use crate::ui::text::format;

/// The key of the text about the cause that stops all files.
fn common_cause(all: &Totals) -> Option<&'static str> {
    if all.active == 0 {
        return None;
    }
    if all.offline {
        return Some("overall.offline");
    }
    all.outage.map(error_text::outage)
}

/// The line about all files, and the controls for all.
#[component]
pub(super) fn Overall(ui: UiContext, totals: ArcReadSignal<Totals>) -> impl IntoView {
    let memo = |of: fn(&Totals) -> bool| {
        let totals = totals.clone();
        Memo::new(move |_| totals.with(of))
    };
    let trouble = {
        let totals = totals.clone();
        Memo::new(move |_| totals.with(common_cause))
    };
    let shows = memo(|all| all.files + all.cancelled > 1 || all.held > 0);
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
    let text = |of: fn(UiContext, &Totals) -> String| {
        let totals = totals.clone();
        Signal::derive(move || totals.with(|all| of(ui, all)))
    };
    let files = text(files);
    let bytes = text(bytes);
    let speed = text(|ui, all| {
        all.speed.map_or_else(String::new, |speed| {
            speed_and_remaining(ui, speed, all.remaining)
        })
    });
    let failures = text(|ui, all| some(ui, "overall.failed", all.failed));
    let cancelled = text(|ui, all| {
        let beside = if all.files == 0 { 0 } else { all.cancelled };
        some(ui, "overall.cancelled", beside)
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
    let always = |button: BulkControl| Signal::derive(move || button);

    view! {
        <p class="s3u-offline" part="offline" hidden=move || trouble.try_get().flatten().is_none()>
            <Icon path=icon::CLOCK />
            <span>
                {move || {
                    let key = trouble.try_get().flatten().unwrap_or_default();
                    ui.messages().text(key).to_owned()
                }}
            </span>
        </p>
        <div
            class="s3u-overall"
            class:s3u-still=move || active.try_get() != Some(true)
            part="overall"
            node_ref=line
            hidden=move || hidden_without_focus(line, shows.try_get() != Some(true))
        >
            <div class="s3u-numbers">
                <span class="s3u-count">{move || files.try_get()}</span>
                <span class="s3u-failures">{move || failures.try_get()}</span>
                <span class="s3u-amount">{move || cancelled.try_get()}</span>
                <span class="s3u-amount">{move || bytes.try_get()}</span>
                <span class="s3u-amount">{move || speed.try_get()}</span>
            </div>
            <div class="s3u-bulk">
                <BulkButton ui visible=held button=always(START) />
                <BulkButton ui visible=moves button=pause_all />
                <BulkButton ui visible=failed button=always(RETRY_ALL) />
                <BulkButton ui visible=unfinished button=always(CANCEL_ALL) />
                <BulkButton ui visible=finished button=always(CLEAR) />
            </div>
            <div class="s3u-track" hidden=move || moves.try_get() != Some(true)>
                <ProgressBar
                    part="overall-progress"
                    label=ui.text("overall.label")
                    percent
                    filled
                    words
                />
            </div>
        </div>
    }
}

/// A button for all files: its `part`, the key of its name, and its action.
type BulkControl = (&'static str, &'static str, fn() -> Action);

const START: BulkControl = ("start", "button.start", || Action::Start(Target::All));
const PAUSE_ALL: BulkControl = ("pause-all", "button.pause-all", || {
    Action::Pause(Target::All)
});
const RESUME_ALL: BulkControl = ("resume-all", "button.resume-all", || {
    Action::Resume(Target::All)
});
const RETRY_ALL: BulkControl = ("retry-all", "button.retry-all", || {
    Action::Retry(Target::All)
});
const CANCEL_ALL: BulkControl = ("cancel-all", "button.cancel-all", || {
    Action::Cancel(Target::All)
});
const CLEAR: BulkControl = ("clear", "button.clear", || Action::Clear);

#[component]
fn BulkButton(ui: UiContext, visible: Memo<bool>, button: Signal<BulkControl>) -> impl IntoView {
    let element = NodeRef::<html::Button>::new();
    view! {
        <button
            class="s3u-button s3u-quiet"
            type="button"
            node_ref=element
            part=move || button.try_get().map(|(part, ..)| part)
            hidden=move || hidden_without_focus(element, visible.try_get() != Some(true))
            on:click=move |_| {
                if let Some((_, _, action)) = button.try_get_untracked() {
                    ui.act(action());
                }
            }
        >
            {move || button.try_get().map(|(_, key, _)| ui.text(key))}
        </button>
    }
}

/// The text for a number of files. Empty if there are none.
fn some(ui: UiContext, key: &str, count: u32) -> String {
    if count == 0 {
        return String::new();
    }
    ui.count(key, count.into())
}

fn files(ui: UiContext, all: &Totals) -> String {
    if all.files == 0 {
        return some(ui, "overall.cancelled", all.cancelled);
    }
    let values = [
        ("done", &*all.completed.to_string()),
        ("count", &*all.files.to_string()),
    ];
    ui.fill("overall.files", &values)
}

fn bytes(ui: UiContext, all: &Totals) -> String {
    if all.files == 0 {
        return String::new();
    }
    if all.sent == 0 || all.percent == 100 {
        return format::bytes(all.size);
    }
    ui.fill(
        "progress.sent",
        &[
            ("sent", &format::bytes(all.sent)),
            ("size", &format::bytes(all.size)),
        ],
    )
}

fn progress_words(ui: UiContext, all: &Totals) -> String {
    let (sent, size) = (format::bytes(all.sent), format::bytes(all.size));
    ui.fill(
        "progress.value",
        &[
            ("percent", &*all.percent.to_string()),
            ("sent", &*sent),
            ("size", &*size),
        ],
    )
}
