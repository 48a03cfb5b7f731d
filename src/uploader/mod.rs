//! The headless uploader: settings in, methods and signals out.
//!
//! Drives the engine: executes its commands, feeds it what came of them, and owns what is in
//! flight. Decides nothing about uploads; that is `s3-upload-core`'s part. Draws nothing; that is
//! [`ui`](crate::ui)'s.

mod advice;
pub(crate) mod backend;
mod diagnose;
mod driver;
mod event;
mod headers;
mod hint;
pub mod presign;
mod settings;
mod store;
mod transfer;

use std::pin::Pin;
use std::rc::Rc;

use leptos::prelude::{ArcReadSignal, ArcRwSignal, GetUntracked};
use s3_upload_core::{Event, FileId, FileInfo, FileSnapshot, Target, Totals, Violation};
use web_sys::File;

pub use advice::{Advice, advice};
pub use event::UploadEvent;
pub use presign::{Presign, PresignRequest};
pub use settings::{
    Credentials, Csrf, Encoding, FieldNames, Fresh, HeaderList, HeaderSource, Headers, Settings,
    Site,
};

use driver::Driver;

/// One file of the uploader.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which file.
    pub id: FileId,
    /// How it stands, brought up to date at most once per drawn frame.
    pub snapshot: ArcReadSignal<FileSnapshot>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// A file that was refused before it was queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// To dismiss it by.
    pub id: u64,
    /// The file's name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The limit that it breaks.
    pub violation: Violation,
}

/// Whether the host lets a file in. Resolves to `false` to keep it out.
pub type Admission = Rc<dyn Fn(File, FileInfo) -> Pin<Box<dyn Future<Output = bool>>>>;

/// Uploads files. Cheap to clone: all clones are the same uploader. When the last one is dropped,
/// what is in flight is cut.
#[derive(Clone)]
pub struct Uploader(Rc<Driver>);

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
        Self(Driver::new(settings))
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.0.settings()
    }

    /// Changes the settings. A file keeps all that concerns the backend (its address, credentials, metadata, …) as it was
    /// when the file was added, or started in manual mode; headers and CSRF token for the same backend, limits and
    /// the engine's settings hold from now on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.0.settings();
        change(&mut settings);
        self.0.configure(settings);
    }

    /// Adds files: each is checked against the limits, then offered to the host's admission, then
    /// queued.
    pub fn add(&self, files: Vec<File>) {
        self.0.add(files, false);
    }

    /// Adds files, of which the first that is let in takes the place of all in a final state.
    pub fn replace(&self, files: Vec<File>) {
        self.0.add(files, true);
    }

    /// In manual mode: uploads what was added.
    pub fn start(&self, target: Target) {
        self.0.start(target);
    }

    /// Stops sending, and keeps what is needed to go on.
    pub fn pause(&self, target: Target) {
        self.0.pause(target);
    }

    /// Goes on after a pause.
    pub fn resume(&self, target: Target) {
        self.0.feed(Event::Resume(target));
    }

    /// Tries again after a failure.
    pub fn retry(&self, target: Target) {
        self.0.feed(Event::Retry(target));
    }

    /// Gives up: stops, and has taken back what was stored.
    pub fn cancel(&self, target: Target) {
        self.0.feed(Event::Cancel(target));
    }

    /// Takes a file off the list; cancels it first when it is under way. For all: only those in a
    /// final state.
    pub fn remove(&self, target: Target) {
        self.0.feed(Event::Remove(target));
    }

    /// Takes all files in a final state off the list.
    pub fn clear(&self) {
        self.0.feed(Event::Remove(Target::All));
    }

    /// The files, in the order of adding.
    pub fn rows(&self) -> ArcReadSignal<Vec<Row>> {
        self.0.rows.read_only()
    }

    /// All files together.
    pub fn totals(&self) -> ArcReadSignal<Totals> {
        self.0.totals.read_only()
    }

    /// Files that were refused, the latest last, until they are dismissed.
    pub fn rejections(&self) -> ArcReadSignal<Vec<Rejection>> {
        self.0.rejections.read_only()
    }

    /// Takes a refusal off the list.
    pub fn dismiss(&self, rejection: u64) {
        self.0.dismiss(rejection);
    }

    /// Calls `listener` at each event from now on.
    pub fn on_event(&self, listener: Rc<dyn Fn(&UploadEvent)>) {
        self.0.listen(listener);
    }

    /// Asks `admission` about each file before it is queued.
    pub fn on_admit(&self, admission: Admission) {
        self.0.admit_by(admission);
    }

    /// The widget left the page: stops sending, and keeps everything.
    pub fn suspend(&self) {
        self.0.suspend();
    }

    /// The widget is back: goes on with what [`suspend`](Self::suspend) stopped.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// All snapshots as they are now, in the order of adding.
    pub fn snapshots(&self) -> Vec<FileSnapshot> {
        let rows: ArcRwSignal<Vec<Row>> = self.0.rows.clone();
        rows.get_untracked()
            .into_iter()
            .filter_map(|row| self.0.snapshot(row.id))
            .collect()
    }
}
