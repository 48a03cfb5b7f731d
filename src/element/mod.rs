//! The custom element `<s3-upload>`: attributes, properties, methods and events over the same
//! uploader and component that a Leptos page uses. The class that the browser knows is written in
//! JavaScript beside this file (`s3-upload.js`), because a custom element must extend
//! `HTMLElement`; it hands everything to [`UploadElement`]. Nothing here decides about an upload.

mod admission;
mod attributes;
mod detail;
mod events;
mod host;
pub mod size;
mod speech;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Array;
use leptos::callback::UnsyncCallback;
use leptos::mount::mount_to;
use leptos::prelude::*;
use s3_upload_core::{FileId, Target};
use wasm_bindgen::prelude::*;
use web_sys::{File, HtmlElement, ShadowRoot};

use crate::ui::{Action, Look, Messages, Source, Widget, adopt, perform};
use crate::uploader::{Settings, Uploader};
use attributes::Attributes;

/// One `<s3-upload>`, as its JavaScript class holds it.
///
/// While the element is off the page nothing here refers to it, so that the browser can collect
/// both; the uploads themselves stay, to go on when it comes back.
#[wasm_bindgen]
pub struct UploadElement {
    inner: Rc<Inner>,
}

struct Inner {
    host: RefCell<Option<HtmlElement>>,
    uploader: Uploader,
    attributes: RefCell<Attributes>,
    look: ArcRwSignal<Look>,
    messages: RefCell<Messages>,
    connected: Cell<bool>,
    view: RefCell<Option<Box<dyn Any>>>,
}

#[wasm_bindgen]
impl UploadElement {
    /// An element that is not on the page yet.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        let inner = Rc::new(Inner {
            host: RefCell::new(None),
            uploader: Uploader::new(Settings::default()),
            attributes: RefCell::new(Attributes::default()),
            look: ArcRwSignal::new(Look::default()),
            messages: RefCell::default(),
            connected: Cell::new(false),
            view: RefCell::new(None),
        });
        inner.apply();
        let weak = Rc::downgrade(&inner);
        inner.uploader.on_event(Rc::new(move |event| {
            if let Some((inner, host)) = on_page(&weak) {
                events::dispatch(&host, event, &inner.messages());
            }
        }));
        let weak = Rc::downgrade(&inner);
        inner.uploader.on_admit(Rc::new(move |file, info| {
            let host = on_page(&weak).map(|(_, host)| host);
            Box::pin(async move {
                match host {
                    Some(host) => admission::ask(&host, &file, &info).await,
                    None => true,
                }
            })
        }));
        Self { inner }
    }

    /// The element is on the page, or was moved there.
    pub fn connect(&self, host: HtmlElement, root: &ShadowRoot) {
        let inner = &self.inner;
        inner.host.replace(Some(host));
        if inner.view.borrow().is_none() {
            adopt(root);
            let view = mount(inner, root);
            inner.view.replace(Some(view));
        }
        if !inner.connected.replace(true) {
            inner.uploader.wake();
        }
    }

    /// The element left the page, perhaps before this was there. Uploads stop, and keep what they need to go on.
    pub fn disconnect(&self) {
        let inner = &self.inner;
        inner.connected.set(false);
        inner.uploader.suspend();
        // Out of the cell first: unmounting may call back.
        let view = inner.view.take();
        drop(view);
        inner.host.replace(None);
    }

    /// An attribute was set, changed or, with nothing, removed.
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

    /// The property `metadata`: told to the backend with each file.
    #[wasm_bindgen(js_name = setMetadata)]
    pub fn set_metadata(&self, metadata: &JsValue) {
        match detail::texts("metadata", metadata) {
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
        match host::headers(headers) {
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
        match host::presign(presign) {
            Ok(presign) => self
                .inner
                .uploader
                .configure(|settings| settings.presign = presign),
            Err(complaint) => warn(&complaint),
        }
    }

    /// The property `messages`: sentences by the keys of the catalogue, in place of the English
    /// ones. What is shown is drawn anew.
    #[wasm_bindgen(js_name = setMessages)]
    pub fn set_messages(&self, messages: &JsValue) {
        match detail::texts("messages", messages) {
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
            self.inner.view.replace(Some(view));
        }
    }

    /// Adds files from a script, as if the person had chosen them.
    pub fn add(&self, files: Vec<File>) {
        self.perform(Action::Add(files));
    }

    /// Starts what waits for a start.
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

    /// Tries one failed file again, or all.
    pub fn retry(&self, id: Option<f64>) {
        self.perform_on(id, Action::Retry);
    }

    /// Cancels one file, or all.
    pub fn cancel(&self, id: Option<f64>) {
        self.perform_on(id, Action::Cancel);
    }

    /// Takes all files in a final state off the list.
    pub fn clear(&self) {
        self.perform(Action::Clear);
    }

    /// A plain object for each file, in the order of adding.
    #[wasm_bindgen(getter)]
    pub fn files(&self) -> Array {
        let files = Array::new();
        for file in &self.inner.uploader.snapshots() {
            files.push(&detail::file(file, &self.inner.messages()));
        }
        files
    }

    /// What a form submits for the files that arrived, usually their keys: an array with `multiple`, one text without.
    #[wasm_bindgen(getter)]
    pub fn value(&self) -> JsValue {
        let keys = Array::new();
        for file in &self.inner.uploader.snapshots() {
            if let Some(value) = detail::value(file) {
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

    /// Without an id: on all files. An id that no file has is a mistake, and does not mean all.
    fn perform_on(&self, id: Option<f64>, action: fn(Target) -> Action) {
        match id.map(|id| self.inner.file(id).ok_or(id)).transpose() {
            Ok(file) => self.perform(action(file.map_or(Target::All, Target::One))),
            Err(id) => warn(&format!("<s3-upload>: no file has the id {id}.")),
        }
    }

    fn perform(&self, action: Action) {
        perform(&self.inner.uploader, self.inner.is_multiple(), action);
    }
}

impl Inner {
    fn is_multiple(&self) -> bool {
        self.attributes.borrow().multiple
    }

    fn messages(&self) -> Messages {
        self.messages.borrow().clone()
    }

    /// The file that a script means by a number.
    fn file(&self, id: f64) -> Option<FileId> {
        let is_meant = |file: &FileId| detail::number(file.0).total_cmp(&id).is_eq();
        let rows = self.uploader.rows();
        rows.with_untracked(|rows| rows.iter().map(|row| row.id).find(is_meant))
    }

    /// Makes uploader and view follow the attributes.
    fn apply(&self) {
        // No borrow meanwhile: what can go on now is told to the page, which may set an attribute.
        let attributes = self.attributes.borrow().clone();
        self.uploader
            .configure(|settings| attributes.configure(settings));
        // Those of now: they may have changed.
        let look = self.attributes.borrow().look();
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

/// Shows the widget in the shadow root, until what is returned is dropped.
fn mount(inner: &Rc<Inner>, root: &ShadowRoot) -> Box<dyn Any> {
    let source = Source::of(&inner.uploader);
    let look = inner.look.clone();
    let messages = inner.messages();
    let weak = Rc::downgrade(inner);
    // Leptos asks for an element but only ever uses it as a node.
    let parent = root.clone().unchecked_into::<HtmlElement>();
    Box::new(mount_to(parent, move || {
        let act = UnsyncCallback::new(move |action| {
            if let Some(inner) = weak.upgrade() {
                perform(&inner.uploader, inner.is_multiple(), action);
            }
        });
        let look = Signal::derive(move || look.get());
        view! { <Widget source look act messages /> }
    }))
}

fn warn(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(text));
}
