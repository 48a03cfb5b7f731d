//! One file: its name, where it stands, how far it is, and what can be done about it. A row is
//! built once; afterwards only the texts and attributes that changed are written. Its two controls
//! change what they do instead of being replaced, so that the keyboard's focus stays on them.

use leptos::ev;
use leptos::html::{self, ElementType};
use leptos::prelude::*;
use s3_upload_core::{FileId, FileSnapshot, Status, Target};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, Node};

use super::desk::{Action, Desk};
use super::icon::{self, Icon};
use super::progress_bar::ProgressBar;
use super::stored::Stored;
use super::{format, sentence};
use crate::uploader::Row;

/// What a row looks like, apart from numbers: changes a few times in an upload's life.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Phase {
    name: &'static str,
    held: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    Pause,
    Resume,
    Retry,
    Cancel,
    Remove,
}

impl Phase {
    const fn of(status: &Status) -> Self {
        Self {
            name: status.name(),
            held: matches!(status, Status::Queued { held: true }),
        }
    }

    fn main(self) -> Option<Control> {
        match self.name {
            "preparing" | "uploading" | "waiting" => Some(Control::Pause),
            "queued" if !self.held => Some(Control::Pause),
            "paused" => Some(Control::Resume),
            "failed" => Some(Control::Retry),
            _ => None,
        }
    }

    fn end(self) -> Control {
        if self.held || matches!(self.name, "completed" | "failed" | "cancelled") {
            Control::Remove
        } else {
            Control::Cancel
        }
    }

    fn icon(self) -> &'static str {
        match self.name {
            "completed" => icon::CHECK,
            "failed" => icon::ALERT,
            "cancelled" => icon::CANCELLED,
            "paused" => icon::PAUSED,
            "waiting" => icon::CLOCK,
            _ => icon::FILE,
        }
    }

    fn has_bar(self) -> bool {
        !self.held && !matches!(self.name, "completed" | "failed" | "cancelled")
    }
}

impl Control {
    /// Its `part`, the key of its name and its icon.
    const fn face(self) -> (&'static str, &'static str, &'static str) {
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

/// The list item of one file.
#[component]
pub(super) fn FileRow(desk: Desk, row: Row) -> impl IntoView {
    let Row { id, snapshot, .. } = row;
    let info = snapshot.with_untracked(|file| file.info.clone());
    let shown = format::visible(&info.name);
    let (start, end) = format::cut(&shown);
    let (start, end) = (start.to_owned(), end.to_owned());
    let phase = {
        let snapshot = snapshot.clone();
        Memo::new(move |_| snapshot.with(|file| Phase::of(&file.status)))
    };
    let percent = {
        let snapshot = snapshot.clone();
        Memo::new(move |_| snapshot.with(|file| file.percent))
    };
    let filled = {
        let snapshot = snapshot.clone();
        Memo::new(move |_| snapshot.with(|file| format::hundredths(file.sent, file.info.size)))
    };
    let text = |of: fn(Desk, &FileSnapshot) -> String| {
        let snapshot = snapshot.clone();
        Signal::derive(move || snapshot.with(|file| of(desk, file)))
    };
    let state = text(|desk, file| sentence::status(&desk.messages(), file));
    let size = text(size);
    let speed = text(speed);
    let words = text(progress_words);

    let stored = {
        let (snapshot, name) = (snapshot.clone(), shown.clone());
        move || {
            (phase.try_get()?.name == "completed").then(|| {
                view! { <Stored desk snapshot=snapshot.clone() name=name.clone() /> }
            })
        }
    };
    let bar_label = desk.fill("file.progress", &[("name", &shown)]);

    view! {
        <li
            class="s3u-file"
            part="file"
            data-id=id.0.to_string()
            data-status=move || phase.try_get().map(|phase| phase.name)
        >
            <span class="s3u-state">
                <Icon path=Signal::derive(move || phase.try_get().map_or(icon::FILE, Phase::icon)) />
            </span>
            <bdi class="s3u-name" part="name" title=shown.clone()>
                <span class="s3u-name-start">{start}</span>
                <span class="s3u-name-end">{end}</span>
            </bdi>
            <span class="s3u-size" part="size">{move || size.try_get()}</span>
            <span class="s3u-controls">
                <ControlButton
                    desk
                    id
                    name=shown.clone()
                    control=Signal::derive(move || phase.try_get().and_then(Phase::main))
                />
                <ControlButton
                    desk
                    id
                    name=shown
                    end=true
                    control=Signal::derive(move || phase.try_get().map(Phase::end))
                />
            </span>
            <span class="s3u-line">
                <span class="s3u-status" part="status">{move || state.try_get()}</span>
                <span class="s3u-speed" part="speed">{move || speed.try_get()}</span>
                {stored}
            </span>
            <div class="s3u-track" hidden=move || !phase.try_get().is_some_and(Phase::has_bar)>
                <ProgressBar part="progress" label=bar_label percent filled words />
            </div>
        </li>
    }
}

/// A control that changes with the file's state, and hides while there is nothing to do.
#[component]
fn ControlButton(
    desk: Desk,
    id: FileId,
    name: String,
    control: Signal<Option<Control>>,
    /// Whether focus may land here when a neighbour leaves the list.
    #[prop(optional)]
    end: bool,
) -> impl IntoView {
    let face = move || control.try_get().flatten().map(Control::face);
    let label = Memo::new(move |_| face().map(|(_, key, _)| desk.fill(key, &[("name", &name)])));
    let element = NodeRef::<html::Button>::new();
    let press = move |event: ev::MouseEvent| {
        let Some(control) = control.try_get_untracked().flatten() else {
            return;
        };
        if control == Control::Remove {
            focus_neighbour(&event, ".s3u-file", ".s3u-end");
        }
        desk.act(control.action(id));
    };
    view! {
        <button
            class="s3u-control"
            class:s3u-end=end
            type="button"
            node_ref=element
            part=move || face().map(|(part, ..)| part)
            hidden=move || hides(element, face().is_none())
            aria-label=move || label.try_get().flatten()
            title=move || label.try_get().flatten()
            on:click=press
        >
            <Icon path=Signal::derive(move || face().map_or(icon::CLOSE, |(_, _, icon)| icon)) />
        </button>
    }
}

/// To be asked where an element's `hidden` is set. What hides must not take the keyboard's focus
/// with it: before it does, focus goes to the button that adds files, where a key that was meant
/// for what hid does no harm.
pub(super) fn hides<E>(element: NodeRef<E>, hidden: bool) -> bool
where
    E: ElementType,
    E::Output: JsCast + Clone + 'static,
{
    if hidden && let Some(element) = element.try_get_untracked().flatten() {
        let element = element.unchecked_into::<Element>();
        if has_focus(&element) {
            focus_browse(&element);
        }
    }
    hidden
}

/// Not by `:focus`, which matches nothing while another window is in front.
fn has_focus(element: &Element) -> bool {
    let name = JsValue::from_str("activeElement");
    js_sys::Reflect::get(&element.get_root_node(), &name)
        .ok()
        .and_then(|active| active.dyn_into::<Node>().ok())
        .is_some_and(|active| element.contains(Some(&active)))
}

/// Before an item of a list goes: focus moves to the control of the next item, of the one before,
/// or to the button that adds files.
pub(super) fn focus_neighbour(event: &ev::MouseEvent, item: &str, control: &str) {
    let button = event
        .current_target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let Some(button) = button else { return };
    let next = button
        .closest(item)
        .ok()
        .flatten()
        .and_then(|item| {
            item.next_element_sibling()
                .or_else(|| item.previous_element_sibling())
        })
        .and_then(|item| item.query_selector(control).ok().flatten());
    match next {
        Some(next) => focus(next),
        None => focus_browse(&button),
    }
}

/// Focus goes to where files are added: the one control that is always there.
pub(super) fn focus_browse(inside: &Element) {
    let browse = inside
        .closest(".s3u")
        .ok()
        .flatten()
        .and_then(|widget| widget.query_selector(".s3u-browse").ok().flatten());
    if let Some(browse) = browse {
        focus(browse);
    }
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let _ = element.focus();
    }
}

fn size(desk: Desk, file: &FileSnapshot) -> String {
    let whole = match &file.status {
        Status::Completed(stored) => stored.size.unwrap_or(file.info.size),
        _ => file.info.size,
    };
    let whole = format::bytes(whole);
    if file.sent == 0 || file.status.is_final() {
        return whole;
    }
    desk.fill(
        "progress.sent",
        &[("sent", &format::bytes(file.sent)), ("size", &whole)],
    )
}

fn speed(desk: Desk, file: &FileSnapshot) -> String {
    match (&file.status, file.speed) {
        (Status::Uploading, Some(speed)) => pace(desk, speed, file.remaining),
        _ => String::new(),
    }
}

/// `1.2 MB/s, 3 min left`.
pub(super) fn pace(desk: Desk, speed: u64, remaining: Option<core::time::Duration>) -> String {
    let mut text = format::speed(speed);
    if let Some(remaining) = remaining {
        text.push_str(" · ");
        text.push_str(&desk.fill("progress.left", &[("time", &format::duration(remaining))]));
    }
    text
}

fn progress_words(desk: Desk, file: &FileSnapshot) -> String {
    let (sent, size) = (format::bytes(file.sent), format::bytes(file.info.size));
    let values = [
        ("percent", &*file.percent.to_string()),
        ("sent", &*sent),
        ("size", &*size),
    ];
    desk.fill("progress.value", &values)
}
