//! The headless uploader, with settings, methods and signals.
//!
//! It executes the engine's commands, passes the results back, and owns the requests in flight. Decisions about uploads
//! belong to `s3-upload-core`, and rendering to [`ui`](crate::ui).

pub(crate) mod backend;
mod backend_client;
mod before_add;
mod browser_platform;
mod diagnose;
mod diagnosis;
mod driver;
mod event;
mod files;
mod future;
mod headers;
mod host_client;
mod http_client;
mod internal_host;
pub(crate) mod json;
mod network;
mod page_policy;
mod parsed_response;
mod platform;
mod presence;
pub mod presign;
mod reachability;
mod remediation;
mod row;
mod settings;
mod signature_check;
mod source;
mod store;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
mod transfer;

use std::rc::Rc;

use reactive_graph::signal::{ArcReadSignal, ArcRwSignal};
use reactive_graph::traits::GetUntracked;
use s3_upload_core::{Event, FileInfo, FileSnapshot, Target, Totals, UploadError, Violation};
use web_sys::File;

pub use before_add::BeforeAdd;
pub use event::UploadEvent;
pub use future::LocalBoxFuture;
pub(crate) use platform::NotLoaded;
pub use presign::{Presign, PresignChoice, PresignRequest};
pub use remediation::Remediation;
pub use row::{Rejection, UploadRow};
pub use settings::{
    BackendConfig, Credentials, Csrf, DialectChoice, Encoding, FieldNames, HeaderList,
    HeaderSource, Headers, NoHeaders, RefreshableHeaders, Settings,
};

use browser_platform::BrowserPlatform;
#[cfg(feature = "split")]
pub(crate) use browser_platform::load_also;
use driver::Driver;

/// Uploads files. Clones are cheap, and all clones are the same uploader. When the last one is dropped, the requests in
/// flight are aborted.
#[derive(Clone)]
pub struct Uploader(Rc<Driver<BrowserPlatform>>);

impl core::fmt::Debug for Uploader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Uploader").finish_non_exhaustive()
    }
}

impl PartialEq for Uploader {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Uploader {
    /// An uploader without files.
    pub fn new(settings: Settings) -> Self {
        Self(Driver::new(BrowserPlatform::default(), settings))
    }

    /// The current settings.
    pub fn settings(&self) -> Settings {
        self.0.settings()
    }

    /// Changes the settings. A file keeps the settings about the backend (its address, credentials, metadata, …) under
    /// which it was added, or started in manual mode. Headers and CSRF token for the same backend, limits and the
    /// engine's settings apply from now on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.0.settings();
        change(&mut settings);
        self.0.configure(settings);
    }

    /// Adds files. Each file is checked against the limits, then offered to the host's `before_add`, then queued.
    pub fn add(&self, files: Vec<File>) {
        self.0.add(files, false);
    }

    /// Adds files. The first that is accepted replaces all files in a final state.
    pub fn replace(&self, files: Vec<File>) {
        self.0.add(files, true);
    }

    /// Starts the files that were added in manual mode.
    pub fn start(&self, target: Target) {
        self.0.start(target);
    }

    /// Stops sending. The state that is needed to resume is kept.
    pub fn pause(&self, target: Target) {
        self.0.pause(target);
    }

    /// Resumes after a pause.
    pub fn resume(&self, target: Target) {
        self.0.handle(Event::Resume(target));
    }

    /// Retries after a failure.
    pub fn retry(&self, target: Target) {
        self.0.handle(Event::Retry(target));
    }

    /// Cancels uploads, and has the backend abort or delete what was stored.
    pub fn cancel(&self, target: Target) {
        self.0.give_up_checking(target);
        self.0.handle(Event::Cancel(target));
    }

    /// Removes a file from the list, and cancels it first if it is active. [`Target::All`] removes only files in a
    /// final state.
    pub fn remove(&self, target: Target) {
        if let Target::One(_) = target {
            self.0.give_up_checking(target);
        }
        self.0.handle(Event::Remove(target));
    }

    /// Removes all files in a final state from the list.
    pub fn clear(&self) {
        self.0.handle(Event::Remove(Target::All));
    }

    /// The files, in the order of adding. Files about which the host has not decided yet are among them, as
    /// [`Checking`](s3_upload_core::Status::Checking).
    pub fn rows(&self) -> ArcReadSignal<Vec<UploadRow>> {
        self.0.rows.read_only()
    }

    /// The totals of all files.
    pub fn totals(&self) -> ArcReadSignal<Totals> {
        self.0.totals.read_only()
    }

    /// The refused files that were not dismissed, the latest last.
    pub fn rejections(&self) -> ArcReadSignal<Vec<Rejection>> {
        self.0.rejections.read_only()
    }

    /// Shows that the host refused a file, with the reason. An empty reason is replaced by a message of the widget.
    pub fn refuse(&self, file: &FileInfo, reason: String) {
        self.0.reject(file, Violation::Refused { reason });
    }

    /// Removes a refused file from the list.
    pub fn dismiss(&self, rejection: u64) {
        self.0.dismiss(rejection);
    }

    /// Calls `listener` at each event from now on.
    pub fn on_event(&self, listener: Rc<dyn Fn(&UploadEvent)>) {
        self.0.listen(listener);
    }

    /// Asks `before_add` about each file before it is queued.
    pub fn on_admit(&self, before_add: BeforeAdd) {
        self.0.set_before_add(before_add);
    }

    /// Stops sending while the widget is not on the page. The state that is needed to resume is kept.
    pub fn suspend(&self) {
        self.0.suspend();
    }

    /// Resumes the files that [`suspend`](Self::suspend) stopped.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// The cause of an error of this uploader and its remedy, for the developer. `None` if only the person can act.
    pub fn remediation(&self, error: &UploadError) -> Option<Remediation> {
        self.0.remediation(error)
    }

    /// The current snapshots of all accepted files, in the order of adding.
    pub fn snapshots(&self) -> Vec<FileSnapshot> {
        let rows: ArcRwSignal<Vec<UploadRow>> = self.0.rows.clone();
        rows.get_untracked()
            .into_iter()
            .filter_map(|row| self.0.snapshot(row.id))
            .collect()
    }
}
