//! The files that the uploader knows: the source, the settings and the shown snapshot of each.

use std::cell::RefCell;
use std::rc::Rc;

use reactive_graph::signal::ArcRwSignal;
use s3_upload_core::collections::IdMap;
use s3_upload_core::{FileId, FileSnapshot};

use super::settings::Settings;
use super::source::FileSource;

/// The files, and the settings for those that are added next.
pub(super) struct Files<F> {
    settings: RefCell<Rc<Settings>>,
    entries: RefCell<IdMap<FileId, FileEntry<F>>>,
}

/// The properties of one file. Each has its own lifetime.
struct FileEntry<F> {
    /// Present from the host's consent until the file is removed.
    source: Option<FileSource<F>>,
    /// The settings under which the file was added or started. They outlive the file, since its data at the store may
    /// still have to be aborted.
    settings: Option<Rc<Settings>>,
    /// Present as long as a row shows the file.
    snapshot: Option<ArcRwSignal<FileSnapshot>>,
}

impl<F> Default for FileEntry<F> {
    fn default() -> Self {
        Self {
            source: None,
            settings: None,
            snapshot: None,
        }
    }
}

impl<F: Clone> Files<F> {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: RefCell::new(Rc::new(settings)),
            entries: RefCell::default(),
        }
    }

    /// The current settings.
    pub fn settings(&self) -> Rc<Settings> {
        Rc::clone(&self.settings.borrow())
    }

    /// Replaces the current settings.
    pub fn configure(&self, settings: Settings) {
        self.settings.replace(Rc::new(settings));
    }

    /// Keeps the source of a file, and binds the file to the current settings.
    pub fn add(&self, file: FileId, source: FileSource<F>) {
        self.set(file, |entry| entry.source = Some(source));
        self.bind(file);
    }

    /// Binds a file to the current settings.
    pub fn bind(&self, file: FileId) {
        let settings = self.settings();
        self.set(file, |entry| entry.settings = Some(settings));
    }

    /// The settings by which a file is uploaded.
    pub fn settings_of(&self, file: FileId) -> Rc<Settings> {
        let entries = self.entries.borrow();
        let bound = entries.get(&file).and_then(|entry| entry.settings.clone());
        // A file may have been chosen before the page set an endpoint.
        let current = self.settings.borrow();
        let Some(bound) = bound.filter(|settings| settings.has_backend()) else {
            return Rc::clone(&current);
        };
        if Rc::ptr_eq(&bound, &current) || bound.backend.endpoint != current.backend.endpoint {
            return bound;
        }
        // Tokens expire: the same backend gets the latest ones.
        Rc::new(Settings {
            headers: current.headers.clone(),
            csrf: current.csrf.clone(),
            ..Settings::clone(&bound)
        })
    }

    /// The source of a file.
    pub fn source(&self, file: FileId) -> Option<FileSource<F>> {
        self.entries.borrow().get(&file)?.source.clone()
    }

    /// The signal of the snapshot that is shown of a file.
    pub fn snapshot(&self, file: FileId) -> Option<ArcRwSignal<FileSnapshot>> {
        self.entries.borrow().get(&file)?.snapshot.clone()
    }

    /// Keeps the signal of a file that is shown from now on.
    pub fn show(&self, file: FileId, snapshot: ArcRwSignal<FileSnapshot>) {
        self.set(file, |entry| entry.snapshot = Some(snapshot));
    }

    /// Drops the signal of a file. False if the file was not shown.
    pub fn hide(&self, file: FileId) -> bool {
        self.change(file, |entry| entry.snapshot.take().is_some())
    }

    /// Drops the source and the settings of a file that the engine rejected.
    pub fn reject(&self, file: FileId) {
        self.change(file, |entry| {
            entry.source = None;
            entry.settings = None;
            false
        });
    }

    /// Drops the source and the signal of a file. The settings stay.
    pub fn remove(&self, file: FileId) {
        self.change(file, |entry| {
            entry.source = None;
            entry.snapshot = None;
            false
        });
    }

    /// Sets a property of a file.
    fn set(&self, file: FileId, set: impl FnOnce(&mut FileEntry<F>)) {
        let mut entries = self.entries.borrow_mut();
        let mut entry = entries.remove(&file).unwrap_or_default();
        set(&mut entry);
        entries.insert(file, entry);
    }

    /// Changes an entry, and drops one that became empty. False if there is none.
    fn change(&self, file: FileId, change: impl FnOnce(&mut FileEntry<F>) -> bool) -> bool {
        let mut entries = self.entries.borrow_mut();
        let Some(entry) = entries.get_mut(&file) else {
            return false;
        };
        let result = change(entry);
        if entry.source.is_none() && entry.settings.is_none() && entry.snapshot.is_none() {
            entries.remove(&file);
        }
        result
    }
}
