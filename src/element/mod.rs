//! The custom element `<s3-upload>`, with attributes, properties, methods and events for the same uploader and
//! component that a Leptos page uses. Its class is written in JavaScript beside this file (`s3-upload.js`), because a
//! custom element must extend `HTMLElement`. The class shows the drop zone before this code is loaded
//! (`start_view.js`), loads it (`load.js`), and passes everything on to [`UploadElement`]. Nothing here decides about an
//! upload.

mod admission;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod api_table;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod attribute_table;
mod attributes;
mod backend_attributes;
mod console;
mod event_detail;
mod events;
mod lazy;
mod page_headers;
mod page_presign;
mod presign;
mod promise;
mod rejection;
pub mod size;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod start_text_tests;
mod thrown;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, JSON};
use reactive_graph::signal::ArcRwSignal;
use reactive_graph::traits::{Get, Set, WithUntracked};
use s3_upload_core::CollectVec;
use s3_upload_core::{FileId, Target};
use wasm_bindgen::prelude::*;
use web_sys::{DataTransfer, Element, File, HtmlElement, ShadowRoot};

use crate::ui::{
    Action, DisplayOptions, Messages, UploadList, WidgetInput, WidgetView, adopt, perform,
};
use crate::uploader::{Settings, Uploader};
use admission::BeforeAddResult;
use attributes::Attributes;
use console::warn;

/// The Rust side of one `<s3-upload>`, which its JavaScript class holds.
///
/// While the element is not on the page, nothing here refers to it, so that the browser can collect both. The uploads
/// stay, and resume when the element is back.
#[wasm_bindgen]
pub struct UploadElement {
    inner: Rc<Inner>,
}

struct Inner {
    host: RefCell<Option<HtmlElement>>,
    uploader: Uploader,
    attributes: RefCell<Attributes>,
    look: ArcRwSignal<DisplayOptions>,
    messages: RefCell<Messages>,
    /// The drops that came before the first view.
    dropped: RefCell<Vec<DataTransfer>>,
    connected: Cell<bool>,
    view: RefCell<Option<Shown>>,
}

#[wasm_bindgen]
impl UploadElement {
    /// An element that is not on the page yet.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        #[cfg(feature = "split")]
        crate::uploader::load_also(crate::ui::load_failure_texts);
        let inner = Rc::new(Inner {
            host: RefCell::new(None),
            uploader: Uploader::new(Settings::default()),
            attributes: RefCell::new(Attributes::default()),
            look: ArcRwSignal::new(DisplayOptions::default()),
            messages: RefCell::default(),
            dropped: RefCell::default(),
            connected: Cell::new(false),
            view: RefCell::new(None),
        });
        inner.apply();
        let weak = Rc::downgrade(&inner);
        inner.uploader.on_event(Rc::new(move |event| {
            if let Some((inner, host)) = on_page(&weak) {
                events::dispatch(&host, event, &inner.messages(), &inner.uploader);
            }
        }));
        let weak = Rc::downgrade(&inner);
        inner.uploader.on_admit(Rc::new(move |file, info| {
            let page = on_page(&weak);
            Box::pin(async move {
                let Some((inner, host)) = page else {
                    return true;
                };
                // Nothing may refer to the element while the page decides.
                let inner = Rc::downgrade(&inner);
                match admission::ask(&host, &file, &info).await {
                    BeforeAddResult::Welcome => true,
                    BeforeAddResult::Unwanted => false,
                    BeforeAddResult::Refused(reason) => {
                        if let Some(inner) = inner.upgrade() {
                            inner.uploader.refuse(&info, reason);
                        }
                        false
                    }
                }
            })
        }));
        Self { inner }
    }

    /// Called when the element is on the page, or was moved there.
    pub fn connect(&self, host: HtmlElement, root: &ShadowRoot) {
        let inner = &self.inner;
        inner.host.replace(Some(host));
        if inner.view.borrow().is_none() {
            adopt(root);
            let view = mount(inner, root);
            inner.view.replace(view);
        }
        if !inner.connected.replace(true) {
            inner.uploader.wake();
        }
    }

    /// Called when the element left the page, perhaps before this object existed. Uploads stop, and keep the state that
    /// they need to resume.
    pub fn disconnect(&self) {
        let inner = &self.inner;
        inner.connected.set(false);
        inner.uploader.suspend();
        // The view is taken out of the cell first, since unmounting may call back.
        let view = inner.view.take();
        drop(view);
        inner.host.replace(None);
    }

    /// Called when an attribute was set or changed, or, with `None`, removed.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "JavaScript's string arrives as its own"
    )]
    pub fn attribute(&self, name: &str, value: Option<String>) {
        let complaint = self
            .inner
            .attributes
            .borrow_mut()
            .set(name, value.as_deref());
        if let Some(complaint) = complaint {
            warn(&complaint);
        }
        self.inner.apply();
    }

    /// The property `metadata`, which is sent to the backend with each file.
    #[wasm_bindgen(js_name = setMetadata)]
    pub fn set_metadata(&self, metadata: &JsValue) {
        match event_detail::string_map("metadata", metadata) {
            Ok(metadata) => self
                .inner
                .uploader
                .configure(|settings| settings.metadata = metadata),
            Err(complaint) => warn(&complaint),
        }
    }

    /// The property `headers`: an object of texts, or a function that gives one for each request to the backend.
    #[wasm_bindgen(js_name = setHeaders)]
    pub fn set_headers(&self, headers: &JsValue) {
        match page_headers::headers(headers) {
            Ok(headers) => self
                .inner
                .uploader
                .configure(|settings| settings.headers = headers),
            Err(complaint) => warn(&complaint),
        }
    }

    /// The property `presign`: a function in place of a backend.
    #[wasm_bindgen(js_name = setPresign)]
    pub fn set_presign(&self, presign: &JsValue) {
        match presign::read(presign) {
            Ok(presign) => self
                .inner
                .uploader
                .configure(|settings| settings.presign = presign),
            Err(complaint) => warn(&complaint),
        }
    }

    /// The property `messages`, which has texts by the keys of the catalogue, in place of the English ones. The widget
    /// is rendered anew.
    #[wasm_bindgen(js_name = setMessages)]
    pub fn set_messages(&self, messages: &JsValue) {
        match event_detail::string_map("messages", messages) {
            Ok(own) => _ = self.inner.messages.replace(Messages::new(own)),
            Err(complaint) => return warn(&complaint),
        }
        let host = self.inner.host.borrow().clone();
        let shown = self.inner.view.take();
        if let Some(root) = host
            .and_then(|host| host.shadow_root())
            .filter(|_| shown.is_some())
        {
            drop(shown);
            let view = mount(&self.inner, &root);
            self.inner.view.replace(view);
        }
    }

    /// A drop that came before this object existed. The first view treats it like its own. The object has the members of
    /// a `DataTransfer`.
    pub fn drop(&self, data: DataTransfer) {
        self.inner.dropped.borrow_mut().push(data);
    }

    /// Adds files from a script, as if the person had chosen them. The array holds File objects, of any window.
    #[wasm_bindgen(js_name = add)]
    pub fn add_listed(&self, files: &Array) {
        self.add(files.iter().map(JsCast::unchecked_into).collect_vec());
    }

    /// Starts all files that wait for a start.
    pub fn start(&self) {
        self.perform(Action::Start(Target::All));
    }

    /// Pauses one file, or all.
    pub fn pause(&self, id: Option<f64>) {
        self.perform_on(id, Action::Pause);
    }

    /// Resumes one file, or all.
    pub fn resume(&self, id: Option<f64>) {
        self.perform_on(id, Action::Resume);
    }

    /// Retries one failed file, or all.
    pub fn retry(&self, id: Option<f64>) {
        self.perform_on(id, Action::Retry);
    }

    /// Cancels one file, or all.
    pub fn cancel(&self, id: Option<f64>) {
        self.perform_on(id, Action::Cancel);
    }

    /// Removes all files in a final state from the list.
    pub fn clear(&self) {
        self.perform(Action::Clear);
    }

    /// A plain object for each file, in the order of adding.
    #[wasm_bindgen(getter)]
    pub fn files(&self) -> Array {
        let files = Array::new();
        let (uploader, messages) = (&self.inner.uploader, self.inner.messages());
        for file in &uploader.snapshots() {
            files.push(&event_detail::file(file, &messages, uploader));
        }
        files
    }

    /// The value that a form submits for the uploaded files, usually their keys: an array with `multiple`, one text
    /// without.
    #[wasm_bindgen(getter)]
    pub fn value(&self) -> JsValue {
        let keys = Array::new();
        for file in &self.inner.uploader.snapshots() {
            if let Some(value) = event_detail::value(file) {
                keys.push(&JsValue::from_str(value));
            }
        }
        if self.inner.is_multiple() {
            return keys.into();
        }
        let key = keys.get(0);
        if key.is_string() {
            key
        } else {
            JsValue::from_str("")
        }
    }

    /// Performs an action on the file of an id, or without one on all files. An unknown id gives a warning, and does
    /// not mean all files.
    fn perform_on(&self, id: Option<f64>, action: fn(Target) -> Action) {
        match id.map(|id| self.inner.file(id).ok_or(id)).transpose() {
            Ok(file) => self.perform(action(file.map_or(Target::All, Target::One))),
            Err(id) => {
                // JavaScript formats the number, since formatting by Rust would add 16 KiB of wasm.
                let id = JSON::stringify(&JsValue::from_f64(id)).map(String::from);
                let id = id.unwrap_or_default();
                warn(&format!("<s3-upload>: no file has the id {id}."));
            }
        }
    }

    fn perform(&self, action: Action) {
        perform(&self.inner.uploader, self.inner.is_multiple(), action);
    }
}

impl UploadElement {
    /// Adds files, as if the person had chosen them.
    pub fn add(&self, files: Vec<File>) {
        self.perform(Action::Add(files));
    }
}

impl Inner {
    fn is_multiple(&self) -> bool {
        self.attributes.borrow().multiple
    }

    fn messages(&self) -> Messages {
        self.messages.borrow().clone()
    }

    /// The file whose id equals this number.
    fn file(&self, id: f64) -> Option<FileId> {
        let is_meant = |file: &FileId| event_detail::number(file.0).total_cmp(&id).is_eq();
        let rows = self.uploader.rows();
        rows.with_untracked(|rows| rows.iter().map(|row| row.id).find(is_meant))
    }

    /// Applies the attributes to the uploader and the view.
    fn apply(&self) {
        // No borrow is held here: the page gets events, and may set an attribute.
        let attributes = self.attributes.borrow().clone();
        self.uploader
            .configure(|settings| attributes.configure(settings));
        // The attributes are read again, since they may have changed.
        let look = self.attributes.borrow().display_options();
        if self.look.with_untracked(|before| *before != look) {
            self.look.set(look);
        }
    }
}

fn on_page(inner: &Weak<Inner>) -> Option<(Rc<Inner>, HtmlElement)> {
    let inner = inner.upgrade()?;
    let host = inner.host.borrow().clone()?;
    Some((inner, host))
}

/// Shows the widget in the shadow root.
fn mount(inner: &Rc<Inner>, root: &ShadowRoot) -> Option<Shown> {
    let weak = Rc::downgrade(inner);
    let look = inner.look.clone();
    let input = WidgetInput {
        uploads: UploadList::of(&inner.uploader),
        look: Box::new(move || look.get()),
        act: Rc::new(move |action| {
            if let Some(inner) = weak.upgrade() {
                perform(&inner.uploader, inner.is_multiple(), action);
            }
        }),
        messages: inner.messages(),
        dropped: inner.dropped.take(),
    };
    let element = web_sys::window()?.document()?.create_element("div").ok()?;
    root.append_child(&element).ok()?;
    let view = WidgetView::new(&element, input)?;
    Some(Shown {
        element,
        _view: view,
    })
}

/// The widget in the shadow root. It is removed when this is dropped.
struct Shown {
    element: Element,
    _view: WidgetView,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.element.remove();
    }
}
