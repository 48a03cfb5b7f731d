//! The whole widget as plain elements. It follows the signals of an [`UploadList`], and passes the person's actions on.

use std::cell::RefCell;
use std::rc::Rc;

use reactive_graph::signal::ArcReadSignal;
use reactive_graph::traits::{GetUntracked, With, WithUntracked};
use s3_upload_core::CollectVec;
use s3_upload_core::Totals;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Element, Event, File, KeyboardEvent};

use super::announcements::Announcements;
use super::announcer::Announcer;
use super::context::UiContext;
use super::dom::{self, Attribute, Listener};
use super::drop_zone::{self, DropZone};
use super::effect::{Effect, follow};
use super::file_list::FileList;
use super::file_row;
use super::overall::{self, Overall};
use super::rejections::{self, Rejections};
use super::stored;
use crate::ui::action::Action;
use crate::ui::display_options::DisplayOptions;
use crate::ui::text::messages::Messages;
use crate::ui::upload_list::UploadList;
use crate::uploader::{Rejection, UploadRow};

/// The input of a widget.
pub struct WidgetInput {
    /// The files and totals that are shown.
    pub uploads: UploadList,
    /// Returns the options of the presentation. The signals that it reads are followed.
    pub look: Box<dyn Fn() -> DisplayOptions>,
    /// The receiver of the person's actions.
    pub act: Rc<dyn Fn(Action)>,
    /// Texts in place of the English ones.
    pub messages: Messages,
    /// Drops that came before the widget.
    pub dropped: Vec<DataTransfer>,
}

/// A widget on a page. Its contents are removed when this is dropped.
#[must_use = "dropping it removes the widget"]
pub struct WidgetView {
    parts: Rc<Parts>,
    _listener: Listener,
    _effects: [Effect; 4],
}

/// The parts of a widget. None is borrowed while an action is passed on, since the page's code may run then.
struct Parts {
    ui: UiContext,
    root: Element,
    class: RefCell<Attribute>,
    drop_zone: DropZone,
    rejections: RefCell<Rejections>,
    overall: RefCell<Overall>,
    list: RefCell<FileList>,
    announcements: RefCell<Announcements>,
    /// The refused files that were not dismissed.
    rejected: ArcReadSignal<Vec<Rejection>>,
}

const EVENTS: &[&str] = &[
    "click",
    "change",
    "dragenter",
    "dragover",
    "dragleave",
    "drop",
    "paste",
    "keydown",
];

impl WidgetView {
    /// Fills an empty element with a widget. `None` if the page has no document.
    pub fn new(root: &Element, input: WidgetInput) -> Option<Self> {
        let WidgetInput {
            uploads,
            look,
            act,
            messages,
            dropped,
        } = input;
        let UploadList {
            rows,
            totals,
            rejections,
        } = uploads;
        let announcer = Announcer::new(&messages)?;
        let ui = UiContext::new(act, announcer, messages);
        let announcements = rejections
            .with_untracked(|rejections| Announcements::new(totals.get_untracked(), rejections));
        dom::set(root, "part", Some("root"));
        let parts = Rc::new(Parts {
            class: RefCell::new(Attribute::of(root, "class")),
            drop_zone: DropZone::add(&ui, root)?,
            rejections: RefCell::new(Rejections::add(&ui, root)?),
            overall: RefCell::new(Overall::add(&ui, root)?),
            list: RefCell::new(FileList::add(&ui, root, rows.clone())?),
            announcements: RefCell::new(announcements),
            rejected: rejections.clone(),
            root: root.clone(),
            ui,
        });
        parts.ui.announcer().add_to(root);
        let effects = [
            follow({
                let parts = Rc::clone(&parts);
                move || parts.options_changed(&look())
            }),
            follow({
                let parts = Rc::clone(&parts);
                let rows = rows.clone();
                move || {
                    rows.with(|_| ());
                    if let Ok(mut list) = parts.list.try_borrow_mut() {
                        list.update(&parts.ui);
                    }
                }
            }),
            follow({
                let parts = Rc::clone(&parts);
                move || {
                    totals.with(|totals| {
                        rows.with_untracked(|rows| parts.totals_changed(totals, rows));
                    });
                }
            }),
            follow({
                let parts = Rc::clone(&parts);
                move || rejections.with(|rejections| parts.rejections_changed(rejections))
            }),
        ];
        let listener = {
            let parts = Rc::clone(&parts);
            Listener::new(root, EVENTS, Box::new(move |event| parts.handle(&event)))
        };
        for data in &dropped {
            parts.add(data);
        }
        Some(Self {
            parts,
            _listener: listener,
            _effects: effects,
        })
    }
}

impl Drop for WidgetView {
    fn drop(&mut self) {
        self.parts.root.set_text_content(None);
    }
}

impl Parts {
    fn options_changed(&self, options: &DisplayOptions) {
        let class = if options.disabled {
            "s3u s3u-disabled"
        } else {
            "s3u"
        };
        if let Ok(mut attribute) = self.class.try_borrow_mut() {
            attribute.write(class.to_owned());
        }
        self.drop_zone.update(&self.ui, options);
    }

    fn totals_changed(&self, totals: &Totals, rows: &[UploadRow]) {
        if let Ok(mut overall) = self.overall.try_borrow_mut() {
            overall.update(&self.ui, totals);
        }
        if let Ok(mut list) = self.list.try_borrow_mut() {
            list.set_failed(&self.ui, &totals.first_failed);
        }
        if let Ok(mut announcements) = self.announcements.try_borrow_mut() {
            announcements.totals_changed(&self.ui, totals, rows);
        }
    }

    fn rejections_changed(&self, list: &[Rejection]) {
        if let Ok(mut rejections) = self.rejections.try_borrow_mut() {
            rejections.update(&self.ui, list);
        }
        if let Ok(mut announcements) = self.announcements.try_borrow_mut() {
            announcements.rejections_changed(&self.ui, list);
        }
    }

    fn handle(&self, event: &Event) {
        let target = event.target();
        let target = target.as_ref().and_then(|target| target.dyn_ref());
        match &*event.type_() {
            "click" => self.click(target),
            "change" => self.add_files(self.drop_zone.picked()),
            "paste" => self.paste(event.unchecked_ref()),
            "keydown" => ignore_repeats(event.unchecked_ref()),
            kind => {
                if self.drop_zone.contains(target.map(AsRef::as_ref)) {
                    self.drag(kind, event.unchecked_ref());
                }
            }
        }
    }

    fn drag(&self, kind: &str, event: &DragEvent) {
        match kind {
            "dragleave" => self.drop_zone.drag_leave(&self.ui, event),
            "drop" => {
                if let Some(data) = self.drop_zone.dropped(&self.ui, event) {
                    self.add(&data);
                }
            }
            _ => self.drop_zone.drag_over(&self.ui, event),
        }
    }

    /// Handles a click. The keyboard uses the buttons. A mouse click may be anywhere in the drop zone.
    /// <https://www.w3.org/TR/WCAG22/#keyboard>
    fn click(&self, target: Option<&Element>) {
        let Some(target) = target else { return };
        let Some(button) = target.closest("button, input").ok().flatten() else {
            if self.drop_zone.contains(Some(target)) {
                self.drop_zone.open_picker();
            }
            return;
        };
        if button.has_attribute("disabled") {
            return;
        }
        let part = button.get_attribute("part").unwrap_or_default();
        match &*part {
            "browse" => self.drop_zone.open_picker(),
            "dismiss" => {
                if rejections::dismiss(&self.ui, &button).is_none() {
                    self.set_notice(String::new());
                }
            }
            "dismiss-all" => self.dismiss_all(),
            "more" => {
                if let Ok(mut list) = self.list.try_borrow_mut() {
                    list.show_more(&self.ui);
                }
            }
            "copy" => stored::copy(self.ui.clone(), button),
            _ => match overall::action_of(&part) {
                Some(action) => self.ui.act(action),
                None => file_row::press(&self.ui, &button),
            },
        }
    }

    fn paste(&self, event: &ClipboardEvent) {
        if let Some(data) = event.clipboard_data().filter(drop_zone::carries_files)
            && !self.drop_zone.is_disabled()
        {
            event.prevent_default();
            self.add(&data);
        }
    }

    /// Adds the files of a drop or a paste.
    fn add(&self, data: &DataTransfer) {
        let (files, notice) = drop_zone::files_in(data);
        if let Some(notice) = notice {
            let notice = self.ui.text(notice);
            self.set_notice(notice.clone());
            self.ui.announcer().alert(notice);
        }
        self.add_files(files);
    }

    fn add_files(&self, files: Vec<File>) {
        if !files.is_empty() {
            self.ui.act(Action::Add(files));
        }
    }

    fn dismiss_all(&self) {
        let ids: Vec<u64> = self
            .rejected
            .with_untracked(|rejections| rejections.iter().map(|refused| refused.id).collect_vec());
        for id in ids {
            self.ui.act(Action::Dismiss(id));
        }
    }

    fn set_notice(&self, text: String) {
        if let Ok(mut rejections) = self.rejections.try_borrow_mut() {
            rejections.set_notice(text);
        }
    }
}

/// Ignores the repeated events of a held Enter. Each would press a button, and the focus may have moved to a button
/// that cancels another file.
fn ignore_repeats(event: &KeyboardEvent) {
    if event.repeat() && event.key() == "Enter" {
        event.prevent_default();
    }
}
