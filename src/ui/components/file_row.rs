//! The row of one file: its name, its state, its progress and its controls. A row is built once. Afterwards only the
//! texts and attributes that changed are written. Its two controls change their action instead of being replaced, so
//! that they keep the keyboard's focus.

use reactive_graph::traits::{With, WithUntracked};
use s3_upload_core::{FileId, FileSnapshot, Status, Target};
use web_sys::{Element, Node};

use super::context::UiContext;
use super::dom::{self, Text};
use super::effect::{Effect, follow};
use super::focus::{Hideable, focus_neighbour};
use super::icon;
use super::progress_bar::{ProgressBar, sent_of};
use super::stored;
use crate::ui::action::Action;
use crate::ui::text::{error_text, format};
use crate::uploader::UploadRow;

/// The appearance of a row, apart from its numbers. It changes a few times in an upload's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Checking,
    Queued,
    /// Queued until it is started.
    Held,
    Preparing,
    Uploading,
    Completing,
    Waiting,
    Paused,
    Completed,
    Failed,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Pause,
    Resume,
    Retry,
    Cancel,
    Remove,
}

impl Phase {
    const fn of(status: &Status) -> Self {
        match status {
            Status::Checking => Self::Checking,
            Status::Queued { held: false } => Self::Queued,
            Status::Queued { held: true } => Self::Held,
            Status::Preparing => Self::Preparing,
            Status::Uploading => Self::Uploading,
            Status::Completing => Self::Completing,
            Status::Waiting { .. } => Self::Waiting,
            Status::Paused => Self::Paused,
            Status::Completed(_) => Self::Completed,
            Status::Failed(_) => Self::Failed,
            Status::Cancelled => Self::Cancelled,
        }
    }

    const fn main_control(self) -> Option<Control> {
        match self {
            Self::Queued | Self::Preparing | Self::Uploading | Self::Waiting => {
                Some(Control::Pause)
            }
            Self::Paused => Some(Control::Resume),
            Self::Failed => Some(Control::Retry),
            _ => None,
        }
    }

    const fn end_control(self) -> Control {
        match self {
            Self::Held | Self::Completed | Self::Failed | Self::Cancelled => Control::Remove,
            _ => Control::Cancel,
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Completed => icon::CHECK,
            Self::Failed => icon::ALERT,
            Self::Cancelled => icon::CANCELLED,
            Self::Paused => icon::PAUSED,
            Self::Waiting | Self::Checking => icon::CLOCK,
            _ => icon::FILE,
        }
    }

    const fn has_bar(self) -> bool {
        !matches!(
            self,
            Self::Held | Self::Checking | Self::Completed | Self::Failed | Self::Cancelled
        )
    }
}

impl Control {
    const ALL: [Self; 5] = [
        Self::Pause,
        Self::Resume,
        Self::Retry,
        Self::Cancel,
        Self::Remove,
    ];

    /// The `part` of the control, the key of its name, and its icon.
    const fn appearance(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Pause => ("pause", "file.pause", icon::PAUSE),
            Self::Resume => ("resume", "file.resume", icon::PLAY),
            Self::Retry => ("retry", "file.retry", icon::RETRY),
            Self::Cancel => ("cancel", "file.cancel", icon::CLOSE),
            Self::Remove => ("remove", "file.remove", icon::CLOSE),
        }
    }

    const fn action(self, id: FileId) -> Action {
        let target = Target::One(id);
        match self {
            Self::Pause => Action::Pause(target),
            Self::Resume => Action::Resume(target),
            Self::Retry => Action::Retry(target),
            Self::Cancel => Action::Cancel(target),
            Self::Remove => Action::Remove(target),
        }
    }
}

/// The elements of a row that change, and the values that were written to them.
#[derive(Debug)]
struct RowElements {
    row: Element,
    state: Element,
    main: ControlButton,
    end: ControlButton,
    line: Element,
    track: Element,
    size: Text,
    status: Text,
    speed: Text,
    progress: ProgressBar,
    name: String,
    phase: Option<Phase>,
}

/// A control that changes with the file's state, and is hidden while it has no action. Its name says which file it
/// concerns. <https://www.w3.org/TR/WCAG22/#name-role-value>
#[derive(Debug)]
struct ControlButton {
    button: Hideable,
    icon: Element,
    control: Option<Control>,
}

/// The list item of one file. It is removed from the list when this is dropped.
pub(super) struct FileRow {
    pub id: FileId,
    pub element: Element,
    /// Keeps the item up to date.
    _effect: Effect,
}

impl FileRow {
    pub fn new(ui: &UiContext, row: UploadRow) -> Option<Self> {
        let UploadRow { id, snapshot, .. } = row;
        let name = snapshot.with_untracked(|file| format::display_name(&file.info.name));
        let mut elements = RowElements::new(ui, id, name)?;
        let element = elements.row.clone();
        let ui = ui.clone();
        let effect = follow(move || snapshot.with(|file| elements.update(&ui, file)));
        Some(Self {
            id,
            element,
            _effect: effect,
        })
    }
}

impl Drop for FileRow {
    fn drop(&mut self) {
        self.element.remove();
    }
}

impl RowElements {
    fn new(ui: &UiContext, id: FileId, name: String) -> Option<Self> {
        let row = dom::document()?.create_element("li").ok()?;
        dom::set(&row, "class", Some("s3u-file"));
        dom::set(&row, "part", Some("file"));
        dom::set(&row, "data-id", Some(&id.0.to_string()));
        let state = dom::add(&row, "span", "s3u-state", "")?;
        let state = dom::add_icon(&state, icon::FILE)?;
        let title = dom::add(&row, "bdi", "s3u-name", "name")?;
        dom::set(&title, "title", Some(&name));
        let (start, end) = format::split_name(&name);
        for (class, text) in [("s3u-name-start", start), ("s3u-name-end", end)] {
            let half = dom::add(&title, "span", class, "")?;
            half.set_text_content(Some(text));
        }
        let size = dom::add(&row, "span", "s3u-size", "size")?;
        let controls = dom::add(&row, "span", "s3u-controls", "")?;
        let main = ControlButton::new(&controls, "s3u-control")?;
        let end = ControlButton::new(&controls, "s3u-control s3u-end")?;
        let line = dom::add(&row, "span", "s3u-line", "")?;
        let status = dom::add(&line, "span", "s3u-status", "status")?;
        let speed = dom::add(&line, "span", "s3u-speed", "speed")?;
        let track = dom::add(&row, "div", "s3u-track", "")?;
        let label = ui.fill("file.progress", &[("name", &name)]);
        let progress = ProgressBar::add(&track, "progress", &label)?;
        Some(Self {
            state,
            main,
            end,
            size: Text::of(&size),
            status: Text::of(&status),
            speed: Text::of(&speed),
            progress,
            row,
            line,
            track,
            name,
            phase: None,
        })
    }

    fn update(&mut self, ui: &UiContext, file: &FileSnapshot) {
        let phase = Phase::of(&file.status);
        if self.phase.replace(phase) != Some(phase) {
            self.set_phase(ui, phase, file);
        }
        self.size.write(size(ui, file));
        self.status.write(error_text::status(ui.messages(), file));
        self.speed.write(speed(ui, file));
        self.progress
            .update(ui, file.percent, file.sent, file.info.size);
    }

    fn set_phase(&mut self, ui: &UiContext, phase: Phase, file: &FileSnapshot) {
        dom::set(&self.row, "data-status", Some(file.status.name()));
        dom::set(&self.state, "d", Some(phase.icon()));
        self.main.show(ui, phase.main_control(), &self.name);
        self.end.show(ui, Some(phase.end_control()), &self.name);
        dom::set_hidden(&self.track, !phase.has_bar());
        stored::update(ui, &self.line, file, &self.name);
    }
}

impl ControlButton {
    fn new(parent: &Node, class: &str) -> Option<Self> {
        let button = dom::add_button(parent, class, "")?;
        let icon = dom::add_icon(&button, icon::CLOSE)?;
        Some(Self {
            button: Hideable::hide(button),
            icon,
            control: None,
        })
    }

    fn show(&mut self, ui: &UiContext, control: Option<Control>, name: &str) {
        if self.control == control {
            return;
        }
        self.control = control;
        self.button.show(control.is_some());
        let button = &self.button.element;
        let face = control.map(Control::appearance);
        let label = face.map(|(_, key, _)| ui.fill(key, &[("name", name)]));
        dom::set(button, "part", face.map(|(part, ..)| part));
        dom::set(button, "aria-label", label.as_deref());
        dom::set(button, "title", label.as_deref());
        dom::set(
            &self.icon,
            "d",
            Some(face.map_or(icon::CLOSE, |(_, _, icon)| icon)),
        );
    }
}

/// Performs the action of a row's button. `button` may be any button of the list.
pub(super) fn press(ui: &UiContext, button: &Element) {
    let Some(row) = button.closest(".s3u-file").ok().flatten() else {
        return;
    };
    let id = row.get_attribute("data-id").and_then(|id| id.parse().ok());
    let part = button.get_attribute("part");
    let control = Control::ALL
        .into_iter()
        .find(|control| Some(control.appearance().0) == part.as_deref());
    let (Some(id), Some(control)) = (id, control) else {
        return;
    };
    // A file that waits for the host's decision leaves the list when it is cancelled.
    let is_checking = row
        .get_attribute("data-status")
        .is_some_and(|status| status == "checking");
    if control == Control::Remove || is_checking {
        focus_neighbour(button, ".s3u-file", ".s3u-end");
    }
    ui.act(control.action(FileId(id)));
}

fn size(ui: &UiContext, file: &FileSnapshot) -> String {
    let whole = match &file.status {
        Status::Completed(stored) => stored.size.unwrap_or(file.info.size),
        _ => file.info.size,
    };
    if file.sent == 0 || file.status.is_final() {
        return format::bytes(whole);
    }
    sent_of(ui, file.sent, whole)
}

fn speed(ui: &UiContext, file: &FileSnapshot) -> String {
    match (&file.status, file.speed) {
        (Status::Uploading, Some(speed)) => speed_and_remaining(ui, speed, file.remaining),
        _ => String::new(),
    }
}

/// The text of speed and time left, such as `1.2 MB/s, 3 min left`.
pub(super) fn speed_and_remaining(
    ui: &UiContext,
    speed: u64,
    remaining: Option<core::time::Duration>,
) -> String {
    let mut text = format::speed(speed);
    if let Some(remaining) = remaining {
        text.push_str(" · ");
        text.push_str(&ui.fill("progress.left", &[("time", &format::duration(remaining))]));
    }
    text
}
