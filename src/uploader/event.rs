//! The events that a host receives. They hold plain snapshots, and never a presigned URL.

use s3_upload_core::{FileSnapshot, Violation};

/// Something that happened to an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadEvent {
    /// A file was refused before it was queued.
    Reject {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// The limit that the file breaks.
        violation: Violation,
    },
    /// Work on a file began.
    Start(FileSnapshot),
    /// More of a file was sent. Emitted at most once per drawn frame.
    Progress(FileSnapshot),
    /// A file was uploaded.
    Success(FileSnapshot),
    /// A file failed.
    Error(FileSnapshot),
    /// A file was cancelled.
    Cancel(FileSnapshot),
    /// No file is active any more.
    Complete {
        /// The number of files that were uploaded since the last such event.
        succeeded: u32,
        /// The number of files that failed since the last such event.
        failed: u32,
    },
}
