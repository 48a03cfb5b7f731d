//! The inputs for files: a button that opens the browser's own picker, and dropping. The native input stays hidden, and
//! is emptied after each choice, so that the same file can be chosen twice.

use std::cell::{Cell, RefCell};

use s3_upload_core::CollectVec;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DataTransfer, DragEvent, Element, File, FileList, HtmlInputElement, Node};

use super::context::UiContext;
use super::dom::{self, Attribute, Text};
use super::icon;
use crate::ui::display_options::DisplayOptions;
use crate::ui::text::constraint_text;

/// The drop zone with its button and the limits.
pub(super) struct DropZone {
    pub element: Element,
    input: HtmlInputElement,
    browse: Element,
    is_disabled: Cell<bool>,
    is_multiple: Cell<bool>,
    is_dragging: Cell<bool>,
    texts: RefCell<Texts>,
}

struct Texts {
    class: Attribute,
    browse: Text,
    drop: Text,
    hint: Text,
}

impl DropZone {
    /// Adds the drop zone at the end of a parent.
    pub fn add(ui: &UiContext, parent: &Node) -> Option<Self> {
        let zone = dom::add(parent, "div", "s3u-dropzone", "dropzone")?;
        let input = dom::add(&zone, "input", "s3u-input", "")?;
        dom::set_all(
            &input,
            &[
                ("type", "file"),
                ("tabindex", "-1"),
                ("aria-hidden", "true"),
                ("hidden", ""),
            ],
        );
        dom::add_icon(&zone, icon::UPLOAD)?;
        let invite = dom::add(&zone, "div", "s3u-invite", "")?;
        let browse = dom::add_button(&invite, "s3u-button s3u-browse", "browse")?;
        let drop = dom::add(&invite, "span", "s3u-drop", "")?;
        dom::set(&drop, "aria-hidden", Some("true"));
        let hint = dom::add(&zone, "p", "s3u-hint", "hint")?;
        let hint_id = format!("s3u-hint-{}", ui.number());
        dom::set(&hint, "id", Some(&hint_id));
        dom::set(&browse, "aria-describedby", Some(&hint_id));
        Some(Self {
            input: input.unchecked_into(),
            is_disabled: Cell::new(true),
            is_multiple: Cell::new(false),
            is_dragging: Cell::new(false),
            texts: RefCell::new(Texts {
                class: Attribute::of(&zone, "class"),
                browse: Text::of(&browse),
                drop: Text::of(&drop),
                hint: Text::of(&hint),
            }),
            element: zone,
            browse,
        })
    }

    /// Shows the options.
    pub fn update(&self, ui: &UiContext, options: &DisplayOptions) {
        self.is_disabled.set(options.disabled);
        self.is_multiple.set(options.multiple);
        dom::set_flag(&self.browse, "disabled", options.disabled);
        dom::set_flag(&self.input, "disabled", options.disabled);
        dom::set_flag(&self.input, "multiple", options.multiple);
        let accept = options.constraints.accept.as_str();
        let accept = (!accept.is_empty()).then_some(accept);
        dom::set(&self.input, "accept", accept);
        let limits =
            constraint_text::constraints(ui.messages(), &options.constraints, options.multiple);
        if let Ok(mut texts) = self.texts.try_borrow_mut() {
            texts.hint.write(limits);
        }
        self.write_invitation(ui);
    }

    /// True if no file can be added.
    pub fn is_disabled(&self) -> bool {
        self.is_disabled.get()
    }

    /// Handles `dragenter` and `dragover`.
    pub fn drag_over(&self, ui: &UiContext, event: &DragEvent) {
        let Some(data) = event.data_transfer().filter(carries_files) else {
            return;
        };
        // Without this call the browser would open the file in place of the page.
        event.prevent_default();
        let welcome = !self.is_disabled.get();
        data.set_drop_effect(if welcome { "copy" } else { "none" });
        self.set_dragging(ui, welcome);
    }

    /// Handles `dragleave`. The events `dragleave` and `dragenter` also occur between the zone's children. Only leaving
    /// the zone itself counts.
    pub fn drag_leave(&self, ui: &UiContext, event: &DragEvent) {
        let to = event.related_target();
        if !self.contains(to.as_ref().and_then(|to| to.dyn_ref())) {
            self.set_dragging(ui, false);
        }
    }

    /// Handles `drop`. Returns the data if files can be added.
    pub fn dropped(&self, ui: &UiContext, event: &DragEvent) -> Option<DataTransfer> {
        let data = event.data_transfer()?;
        event.prevent_default();
        self.set_dragging(ui, false);
        (!self.is_disabled.get()).then_some(data)
    }

    /// Handles the input's `change`. Returns the chosen files.
    pub fn picked(&self) -> Vec<File> {
        let files = listed(self.input.files());
        self.input.set_value("");
        // The picker may have been open when the widget was disabled.
        if self.is_disabled.get() {
            return Vec::new();
        }
        files
    }

    /// Opens the browser's file picker.
    pub fn open_picker(&self) {
        self.input.click();
    }

    /// True if a node is in the drop zone.
    pub fn contains(&self, node: Option<&Node>) -> bool {
        node.is_some_and(|node| self.element.contains(Some(node)))
    }

    fn set_dragging(&self, ui: &UiContext, dragging: bool) {
        if self.is_dragging.replace(dragging) != dragging {
            self.write_invitation(ui);
        }
    }

    fn write_invitation(&self, ui: &UiContext) {
        let (dragging, many) = (self.is_dragging.get(), self.is_multiple.get());
        let Ok(mut texts) = self.texts.try_borrow_mut() else {
            return;
        };
        let class = if dragging {
            "s3u-dropzone s3u-dragging"
        } else {
            "s3u-dropzone"
        };
        texts.class.write(class.to_owned());
        let browse = if many {
            "button.browse"
        } else {
            "button.browse.one"
        };
        texts.browse.write(ui.text(browse));
        texts.drop.write(ui.text(match (dragging, many) {
            (true, _) => "drop.now",
            (false, true) => "drop.hint",
            (false, false) => "drop.hint.one",
        }));
    }
}

/// The files of a drop or a paste, and the key of a notice about other contents: folders, which a browser cannot read
/// as files, files that the browser cannot read, or no files.
pub(super) fn files_in(data: &DataTransfer) -> (Vec<File>, Option<&'static str>) {
    let items = data.items();
    let (mut folders, mut count) = (false, 0_usize);
    let mut files = Vec::new();
    for item in (0..items.length()).filter_map(|index| items.get(index)) {
        if item.kind() != "file" {
            continue;
        }
        if is_folder(&item) {
            folders = true;
            continue;
        }
        count += 1;
        files.extend(item.get_as_file().ok().flatten());
    }
    let unreadable = count > files.len();
    // A browser may have files even if it has no entries.
    if files.is_empty() && !folders {
        files = listed(data.files());
    }
    let notice = if folders {
        Some("drop.folder")
    } else if unreadable && files.len() < count {
        Some("drop.unreadable")
    } else {
        files.is_empty().then_some("drop.nothing")
    };
    (files, notice)
}

fn listed(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else {
        return Vec::new();
    };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .collect_vec()
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
