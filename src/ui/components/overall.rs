//! The summary of all files, with their number, progress and speed, and the controls for all of them. It is shown if
//! there is more than one file, or if files wait for a start.

use s3_upload_core::{Target, Totals};
use web_sys::Node;

use super::context::UiContext;
use super::dom::{self, Attribute, Text};
use super::file_row::speed_and_remaining;
use super::focus::Hideable;
use super::icon;
use super::progress_bar::{ProgressBar, sent_of};
use crate::ui::action::Action;
use crate::ui::text::error_text;
use crate::ui::text::format;

/// The line about all files, the controls for all, and the cause that stops all.
pub(super) struct Overall {
    cause: Hideable,
    cause_text: Text,
    line: Hideable,
    class: Attribute,
    /// The texts of the line, in the order of [`texts`].
    texts: [Text; 5],
    start: BulkButton,
    pause: BulkButton,
    retry: BulkButton,
    cancel: BulkButton,
    clear: BulkButton,
    track: Hideable,
    progress: ProgressBar,
}

impl Overall {
    /// Adds the summary at the end of a parent.
    pub fn add(ui: &UiContext, parent: &Node) -> Option<Self> {
        let cause = dom::add(parent, "p", "s3u-offline", "offline")?;
        dom::add_icon(&cause, icon::CLOCK)?;
        let cause_text = dom::add(&cause, "span", "", "")?;
        let line = dom::add(parent, "div", "s3u-overall", "overall")?;
        let numbers = dom::add(&line, "div", "s3u-numbers", "")?;
        let text = |class| Some(Text::of(&dom::add(&numbers, "span", class, "")?));
        let texts = [
            text("s3u-count")?,
            text("s3u-failures")?,
            text("s3u-amount")?,
            text("s3u-amount")?,
            text("s3u-amount")?,
        ];
        let bulk = dom::add(&line, "div", "s3u-bulk", "")?;
        let button = || BulkButton::add(&bulk);
        let (start, pause, retry) = (button()?, button()?, button()?);
        let (cancel, clear) = (button()?, button()?);
        let track = dom::add(&line, "div", "s3u-track", "")?;
        let label = ui.text("overall.label");
        Some(Self {
            cause: Hideable::hide(cause),
            cause_text: Text::of(&cause_text),
            class: Attribute::of(&line, "class"),
            line: Hideable::hide(line),
            texts,
            start,
            pause,
            retry,
            cancel,
            clear,
            progress: ProgressBar::add(&track, "overall-progress", &label)?,
            track: Hideable::hide(track),
        })
    }

    /// Shows the totals.
    pub fn update(&mut self, ui: &UiContext, all: &Totals) {
        let cause = common_cause(all);
        self.cause_text
            .write(cause.map_or_else(String::new, |key| ui.text(key)));
        self.cause.show(cause.is_some());

        let active = all.active > 0;
        let class = if active {
            "s3u-overall"
        } else {
            "s3u-overall s3u-still"
        };
        self.class.write(class.to_owned());
        for (element, text) in self.texts.iter_mut().zip(texts(ui, all)) {
            element.write(text);
        }
        let moves = active || all.paused > 0;
        let ended = all.completed + all.failed + all.cancelled;
        self.start.update(ui, START, all.held > 0);
        self.pause
            .update(ui, if active { PAUSE_ALL } else { RESUME_ALL }, moves);
        self.retry.update(ui, RETRY_ALL, all.failed > 0 && !active);
        self.cancel.update(ui, CANCEL_ALL, moves);
        self.clear.update(ui, CLEAR, ended > 0 && !active);
        self.track.show(moves);
        self.progress.update(ui, all.percent, all.sent, all.size);
        // The line is hidden last, so that the focus of a button that is hidden with it moves once.
        self.line
            .show(all.files + all.cancelled > 1 || all.held > 0);
    }
}

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

/// A button for all files: its `part`, the key of its name, and its action.
type BulkControl = (&'static str, &'static str, fn(Target) -> Action);

const START: BulkControl = ("start", "button.start", Action::Start);
const PAUSE_ALL: BulkControl = ("pause-all", "button.pause-all", Action::Pause);
const RESUME_ALL: BulkControl = ("resume-all", "button.resume-all", Action::Resume);
const RETRY_ALL: BulkControl = ("retry-all", "button.retry-all", Action::Retry);
const CANCEL_ALL: BulkControl = ("cancel-all", "button.cancel-all", Action::Cancel);
const CLEAR: BulkControl = ("clear", "button.clear", |_| Action::Clear);

/// The action of the bulk button that has this `part`.
pub(super) fn action_of(part: &str) -> Option<Action> {
    let all = [START, PAUSE_ALL, RESUME_ALL, RETRY_ALL, CANCEL_ALL, CLEAR];
    let (.., action) = all.into_iter().find(|(known, ..)| *known == part)?;
    Some(action(Target::All))
}

struct BulkButton {
    button: Hideable,
    part: Attribute,
    text: Text,
}

impl BulkButton {
    fn add(parent: &Node) -> Option<Self> {
        let button = dom::add_button(parent, "s3u-button s3u-quiet", "")?;
        Some(Self {
            part: Attribute::of(&button, "part"),
            text: Text::of(&button),
            button: Hideable::hide(button),
        })
    }

    fn update(&mut self, ui: &UiContext, (part, key, _): BulkControl, shown: bool) {
        self.part.write(part.to_owned());
        self.text.write(ui.text(key));
        self.button.show(shown);
    }
}

/// The texts of the line: files, failures, cancelled files, bytes, and speed. Each is empty if there is nothing to say.
fn texts(ui: &UiContext, all: &Totals) -> [String; 5] {
    let beside = if all.files == 0 { 0 } else { all.cancelled };
    [
        files(ui, all),
        some(ui, "overall.failed", all.failed),
        some(ui, "overall.cancelled", beside),
        bytes(ui, all),
        all.speed.map_or_else(String::new, |speed| {
            speed_and_remaining(ui, speed, all.remaining)
        }),
    ]
}

/// The text for a number of files. Empty if there are none.
fn some(ui: &UiContext, key: &str, count: u32) -> String {
    if count == 0 {
        return String::new();
    }
    ui.count(key, count.into())
}

fn files(ui: &UiContext, all: &Totals) -> String {
    if all.files == 0 {
        return some(ui, "overall.cancelled", all.cancelled);
    }
    let values = [
        ("done", &*all.completed.to_string()),
        ("count", &*all.files.to_string()),
    ];
    ui.fill("overall.files", &values)
}

fn bytes(ui: &UiContext, all: &Totals) -> String {
    if all.files == 0 {
        return String::new();
    }
    if all.sent == 0 || all.percent == 100 {
        return format::bytes(all.size);
    }
    sent_of(ui, all.sent, all.size)
}
