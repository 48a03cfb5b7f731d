//! The inputs for files: a button that opens the browser's own picker, dropping, and pasting, which the widget passes
//! on. The native input stays hidden, and is emptied after each choice, so that the same file can be chosen twice.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DataTransfer, Element, File, FileList, Node};

use super::context::UiContext;
use super::icon::{self, Icon};
use crate::ui::action::Action;
use crate::ui::display_options::DisplayOptions;
use crate::ui::text::constraint_text;

/// The drop zone with its button and the limits.
#[component]
pub(super) fn DropZone(ui: UiContext, look: Signal<DisplayOptions>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let dragging = RwSignal::new(false);
    let disabled = Memo::new(move |_| look.try_with(|look| look.disabled).unwrap_or(true));
    let multiple = Memo::new(move |_| look.try_with(|look| look.multiple).unwrap_or_default());
    let accept = Memo::new(move |_| {
        look.try_with(|look| look.constraints.accept.as_str().to_owned())
            .unwrap_or_default()
    });
    let limits = Memo::new(move |_| {
        look.try_with(|look| {
            constraint_text::constraints(&ui.messages(), &look.constraints, look.multiple)
        })
    });
    let is_disabled = move || disabled.try_get().unwrap_or(true);
    let is_multiple = move || multiple.try_get().unwrap_or_default();

    let over = move |event: ev::DragEvent| {
        let Some(data) = event.data_transfer().filter(carries_files) else {
            return;
        };
        // Without this call the browser would open the file in place of the page.
        event.prevent_default();
        let welcome = !disabled.try_get_untracked().unwrap_or(true);
        data.set_drop_effect(if welcome { "copy" } else { "none" });
        if dragging.try_get_untracked() != Some(welcome) {
            dragging.try_set(welcome);
        }
    };
    // The events `dragleave` and `dragenter` also occur between the zone's children. Only leaving the zone itself
    // counts.
    let leave = move |event: ev::DragEvent| {
        let zone = event
            .current_target()
            .and_then(|zone| zone.dyn_into::<Node>().ok());
        let to = event
            .related_target()
            .and_then(|to| to.dyn_into::<Node>().ok());
        if !zone.is_some_and(|zone| to.is_some_and(|to| zone.contains(Some(&to)))) {
            dragging.try_set(false);
        }
    };
    let drop = move |event: ev::DragEvent| {
        let Some(data) = event.data_transfer() else {
            return;
        };
        event.prevent_default();
        dragging.try_set(false);
        if !disabled.try_get_untracked().unwrap_or(true) {
            add(ui, &data);
        }
    };
    // The keyboard uses the button. A mouse click may be anywhere in the zone.
    // <https://www.w3.org/TR/WCAG22/#keyboard>
    let press = move |event: ev::MouseEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| matches!(target.closest("button, input"), Ok(None))) {
            open(input);
        }
    };
    let hint_id = format!("s3u-hint-{}", ui.number);
    let picked = move |_| {
        let Some(input) = input.try_get_untracked().flatten() else {
            return;
        };
        let files = listed(input.files());
        input.set_value("");
        // The picker may have been open when the widget was disabled.
        if !files.is_empty() && disabled.try_get_untracked() == Some(false) {
            ui.act(Action::Add(files));
        }
    };

    view! {
        <div
            class="s3u-dropzone"
            class:s3u-dragging=move || dragging.try_get().unwrap_or_default()
            part="dropzone"
            on:dragenter=over
            on:dragover=over
            on:dragleave=leave
            on:drop=drop
            on:click=press
        >
            <input
                class="s3u-input"
                type="file"
                tabindex="-1"
                aria-hidden="true"
                hidden
                node_ref=input
                multiple=is_multiple
                accept=move || accept.try_get().filter(|accept| !accept.is_empty())
                disabled=is_disabled
                on:change=picked
            />
            <Icon path=icon::UPLOAD />
            <Invite ui input dragging multiple disabled hint_id=hint_id.clone() />
            <p class="s3u-hint" part="hint" id=hint_id>
                {move || limits.try_get().flatten()}
            </p>
        </div>
    }
}

/// The button, and the hint about dropping.
#[component]
fn Invite(
    ui: UiContext,
    input: NodeRef<html::Input>,
    dragging: RwSignal<bool>,
    multiple: Memo<bool>,
    disabled: Memo<bool>,
    hint_id: String,
) -> impl IntoView {
    let many = move || multiple.try_get().unwrap_or_default();
    view! {
        <div class="s3u-invite">
            <button
                class="s3u-button s3u-browse"
                part="browse"
                type="button"
                disabled=move || disabled.try_get().unwrap_or(true)
                aria-describedby=hint_id
                on:click=move |_| open(input)
            >
                {move || ui.text(if many() { "button.browse" } else { "button.browse.one" })}
            </button>
            <span class="s3u-drop" aria-hidden="true">
                {move || {
                    ui.text(match (dragging.try_get(), many()) {
                        (Some(true), _) => "drop.now",
                        (_, true) => "drop.hint",
                        (_, false) => "drop.hint.one",
                    })
                }}
            </span>
        </div>
    }
}

/// Opens the browser's file picker.
fn open(input: NodeRef<html::Input>) {
    if let Some(input) = input.try_get_untracked().flatten() {
        input.click();
    }
}

/// Adds the files of a drop or a paste. Other contents cause a notice: folders, which a browser cannot read as files,
/// files that the browser cannot read, and a drop without files.
pub(super) fn add(ui: UiContext, data: &DataTransfer) {
    let items = data.items();
    let (folders, plain): (Vec<_>, Vec<_>) = (0..items.length())
        .filter_map(|index| items.get(index))
        .filter(|item| item.kind() == "file")
        .partition(is_folder);
    let count = plain.len();
    let mut files: Vec<File> = plain
        .into_iter()
        .filter_map(|item| item.get_as_file().ok().flatten())
        .collect();
    let unreadable = count.saturating_sub(files.len());
    // A browser may have files even if it has no entries.
    if files.is_empty() && folders.is_empty() {
        files = listed(data.files());
    }
    let notice = if !folders.is_empty() {
        Some("drop.folder")
    } else if unreadable > 0 && files.len() < count {
        Some("drop.unreadable")
    } else {
        files.is_empty().then_some("drop.nothing")
    };
    if let Some(notice) = notice {
        ui.announcer.notice(ui.text(notice));
    }
    if !files.is_empty() {
        ui.act(Action::Add(files));
    }
}

fn listed(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else {
        return Vec::new();
    };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .collect()
}

pub(super) fn carries_files(data: &DataTransfer) -> bool {
    data.types().includes(&JsValue::from_str("Files"), 0)
}

/// Returns true if a dropped item is a folder. Only this prefixed API shows it.
/// <https://wicg.github.io/entries-api/#dom-datatransferitem-webkitgetasentry>
fn is_folder(item: &web_sys::DataTransferItem) -> bool {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &JsValue::from_str(name)).ok();
    let entry = get(item, "webkitGetAsEntry")
        .and_then(|method| method.dyn_into::<js_sys::Function>().ok())
        .and_then(|method| method.call0(item).ok())
        .filter(JsValue::is_object);
    entry
        .and_then(|entry| get(&entry, "isDirectory"))
        .is_some_and(|is| is.is_truthy())
}
