//! Snapshots of a file and of all files for the page. They are plain values, made on request.

use core::time::Duration;

use crate::error::{Side, UploadError};
use crate::file::FileInfo;
use crate::ids::{ETag, FileId};

/// The object that the store holds, as the backend confirmed it or as the store's answer described it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// The object's key, if an answer contained it.
    pub key: Option<String>,
    /// The value that a form submits for the object; `None` when it is the key.
    pub value: Option<String>,
    /// The size of the object at the store, in bytes; `None` when no one checked it.
    pub size: Option<u64>,
    /// The Content-Type that the store keeps.
    pub content_type: Option<String>,
    /// The entity tag of the object.
    pub etag: Option<ETag>,
    /// The object's address without credentials.
    pub location: Option<String>,
    /// A link that downloads the object. It may be presigned, and is then a secret until it expires.
    pub download_url: Option<String>,
}

/// A side that gives no proper answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The side: the backend or the store.
    pub side: Side,
    /// The latest failure.
    pub error: UploadError,
    /// True if the failure persists and has a more specific cause than a missing answer: no answer can be read, each
    /// answer is a web page, or the backend reports the cause.
    pub is_named: bool,
}

/// The reason for which an upload waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// The network is gone.
    Offline,
    /// The side is in an outage. The wait costs no attempts.
    Outage(Outage),
    /// The next try after this error is due later.
    Backoff(UploadError),
}

/// The state of an upload, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The file is not in the queue yet: the host decides whether to accept it. The engine itself never reports this
    /// status.
    Checking,
    /// The file is in the queue.
    Queued {
        /// True if the file waits for a start, false if it waits for its turn.
        held: bool,
    },
    /// The backend is asked for an upload.
    Preparing,
    /// Bytes are moving.
    Uploading,
    /// The store has all bytes, and the backend is asked to confirm.
    Completing,
    /// Nothing is sent before the next try.
    Waiting {
        /// The reason for the wait.
        reason: WaitReason,
        /// The duration of the wait, from the time of the snapshot on.
        remaining: Duration,
    },
    /// The person paused the upload.
    Paused,
    /// The object is stored.
    Completed(StoredObject),
    /// The upload failed with this error.
    Failed(UploadError),
    /// The person cancelled the upload.
    Cancelled,
}

impl Status {
    /// A stable name for scripts and styling.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Queued { .. } => "queued",
            Self::Preparing => "preparing",
            Self::Uploading => "uploading",
            Self::Completing => "completing",
            Self::Waiting { .. } => "waiting",
            Self::Paused => "paused",
            Self::Completed(_) => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns true if the upload is completed, failed or cancelled.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::Failed(_) | Self::Cancelled)
    }

    /// Returns true if the upload continues without an event from the page. Closing the page would then lose work.
    pub const fn is_active(&self) -> bool {
        !self.is_final()
            && !matches!(
                self,
                Self::Checking | Self::Paused | Self::Queued { held: true }
            )
    }
}

/// The snapshot of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSnapshot {
    /// The file.
    pub id: FileId,
    /// The file's name, size and type.
    pub info: FileInfo,
    /// The state of the upload.
    pub status: Status,
    /// The bytes to show as sent. The number never decreases and never exceeds the size.
    pub sent: u64,
    /// The whole percent, rounded down; 100 only when the object is confirmed.
    pub percent: u8,
    /// The bytes per second over the last seconds; `None` while nothing moves.
    pub speed: Option<u64>,
    /// The time left at this speed.
    pub remaining: Option<Duration>,
    /// The number of failed tries in a row.
    pub attempts: u32,
    /// The side whose answer the upload waits for, and the time since which it waits. It is set while all bytes of
    /// the requests in flight have been sent, as far as is known.
    pub awaited: Option<(Side, Duration)>,
}

/// The totals of all files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The number of files in the queue, without those that were cancelled.
    pub files: u32,
    /// The number of files that continue without an event from the page.
    pub active: u32,
    /// The number of files that wait for a start.
    pub held: u32,
    /// The number of files that the person paused.
    pub paused: u32,
    /// The number of paused files of which some bytes were sent.
    pub interrupted: u32,
    /// The number of files that are stored.
    pub completed: u32,
    /// The number of files that failed.
    pub failed: u32,
    /// The first of the failed files, in the order of adding: a few hundred at most. A page can name them without a
    /// search through all files.
    pub first_failed: Vec<FileId>,
    /// The number of files that the person cancelled.
    pub cancelled: u32,
    /// The sum of the sizes in bytes, without those of cancelled files.
    pub size: u64,
    /// The bytes to show as sent.
    pub sent: u64,
    /// The whole percent, rounded down; 100 only when every file is confirmed.
    pub percent: u8,
    /// The bytes per second over the last seconds.
    pub speed: Option<u64>,
    /// The time left at this speed.
    pub remaining: Option<Duration>,
    /// True if the network is believed gone.
    pub offline: bool,
    /// The side that is in an outage, if there is one.
    pub outage: Option<Side>,
}

/// The whole percent, rounded down, and below 100 until `done`.
pub(crate) fn percent(sent: u64, size: u64, done: bool) -> u8 {
    if done {
        return 100;
    }
    let whole = u128::from(sent) * 100 / u128::from(size.max(1));
    u8::try_from(whole.min(99)).unwrap_or(99)
}
