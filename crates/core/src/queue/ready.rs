//! The files that need a request, in the order in which they get it.

use crate::collections::{IdMap, Pair, SortedSet};
use crate::error::Side;
use crate::ids::FileId;
use crate::upload::{BackendWant, Upload};

/// The files that need a request, by side, in the order in which they get it.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub backend: SortedSet<BackendEntry>,
    pub store: SortedSet<StoreEntry>,
    pub keys: IdMap<FileId, Keys>,
}

/// A file that needs a request to the backend. The order is that of urgency.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackendEntry {
    pub want: BackendWant,
    pub file: FileId,
}

/// A file that has bytes to send to the store. The file with the fewest requests in flight comes first.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreEntry {
    pub lanes: usize,
    pub file: FileId,
}

impl Pair for BackendEntry {
    fn pair(self) -> (u64, u64) {
        (self.want as u64, self.file.0)
    }

    fn of((want, file): (u64, u64)) -> Option<Self> {
        let mut wants = BackendWant::ALL.into_iter();
        Some(Self {
            want: wants.find(|found| *found as u64 == want)?,
            file: FileId(file),
        })
    }
}

impl Pair for StoreEntry {
    fn pair(self) -> (u64, u64) {
        (self.lanes as u64, self.file.0)
    }

    fn of((lanes, file): (u64, u64)) -> Option<Self> {
        Some(Self {
            lanes: usize::try_from(lanes).ok()?,
            file: FileId(file),
        })
    }
}

/// The entries of one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub backend: Option<BackendEntry>,
    pub store: Option<StoreEntry>,
}

/// The files whose requests were sent last as probes of an outage.
#[derive(Debug, Default)]
pub(super) struct LastProbes {
    pub backend: Option<BackendEntry>,
    pub store: Option<FileId>,
}

impl Ready {
    pub fn update(&mut self, upload: &Upload, lanes: usize, speed: Option<u64>) {
        self.remove(upload.id);
        let file = upload.id;
        let backend = upload
            .backend_want(lanes, speed)
            .map(|want| BackendEntry { want, file });
        let store = upload.can_send().then(|| StoreEntry {
            lanes: upload.lanes(),
            file,
        });
        if let Some(entry) = backend {
            self.backend.insert(entry);
        }
        if let Some(entry) = store {
            self.store.insert(entry);
        }
        if backend.is_some() || store.is_some() {
            self.keys.insert(file, Keys { backend, store });
        }
    }

    /// True if a file needs a request to this side.
    pub fn wants(&self, side: Side) -> bool {
        match side {
            Side::Backend => !self.backend.is_empty(),
            Side::Store => !self.store.is_empty(),
        }
    }

    /// The entry that follows the last probe of the backend, so that the files take turns.
    pub fn next_probe(
        &self,
        last: Option<BackendEntry>,
        may: impl Fn(BackendWant) -> bool,
    ) -> Option<BackendEntry> {
        let of = |want: BackendWant, after: FileId| {
            let next = self.backend.after(BackendEntry { want, file: after });
            next.filter(|entry| entry.want == want)
        };
        let last = last.unwrap_or(BackendEntry {
            want: BackendWant::Complete,
            file: FileId(0),
        });
        let wants = BackendWant::ALL.into_iter().filter(|want| may(*want));
        let later = wants
            .clone()
            .filter(|want| *want >= last.want)
            .find_map(|want| {
                let after = if want == last.want {
                    last.file
                } else {
                    FileId(0)
                };
                of(want, after)
            });
        later.or_else(|| wants.clone().find_map(|want| of(want, FileId(0))))
    }

    /// The file that follows the last probe of the store.
    pub fn next_to_store(&self, last: Option<FileId>) -> Option<FileId> {
        let files = || self.store.iter().map(|entry| entry.file);
        last.and_then(|last| files().filter(|file| *file > last).min())
            .or_else(|| files().next())
    }

    pub fn remove(&mut self, file: FileId) {
        if let Some(Keys { backend, store }) = self.keys.remove(&file) {
            if let Some(entry) = backend {
                self.backend.remove(&entry);
            }
            if let Some(entry) = store {
                self.store.remove(&entry);
            }
        }
    }
}
