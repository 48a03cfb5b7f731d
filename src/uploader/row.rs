//! The entries that the uploader shows: its files, and the files that it refused.

use reactive_graph::signal::ArcReadSignal;
use s3_upload_core::{FileId, FileSnapshot, Violation};

/// One file of the uploader.
#[derive(Clone, Debug)]
pub struct UploadRow {
    /// The file's id.
    pub id: FileId,
    /// The state of the file, updated at most once per drawn frame.
    pub snapshot: ArcReadSignal<FileSnapshot>,
}

impl PartialEq for UploadRow {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// A file that was refused before it was queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The id by which it is dismissed.
    pub id: u64,
    /// The file's name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The limit that the file breaks.
    pub violation: Violation,
}
