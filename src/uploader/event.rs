//! What a host hears of: plain snapshots, never a presigned URL.

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
        /// The limit that it breaks.
        violation: Violation,
    },
    /// Work on a file began.
    Start(FileSnapshot),
    /// More of a file was sent. At most once per drawn frame.
    Progress(FileSnapshot),
    /// A file arrived.
    Success(FileSnapshot),
    /// A file failed.
    Error(FileSnapshot),
    /// A file was given up.
    Cancel(FileSnapshot),
    /// No file is under way any more.
    Complete {
        /// Files that arrived since the last time.
        succeeded: u32,
        /// Files that failed since the last time.
        failed: u32,
    },
}
