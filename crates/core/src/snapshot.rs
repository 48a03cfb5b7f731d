//! What the page sees of a file and of all files: plain values, made when asked for.

use core::time::Duration;

use crate::error::UploadError;
use crate::file::FileInfo;
use crate::ids::{ETag, FileId};

/// What the store holds now, as the backend confirmed it or as the store's answer told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// The object's key, if anyone told it.
    pub key: Option<String>,
    /// What a form submits for it, where it is not the key.
    pub value: Option<String>,
    /// In bytes, as the store has it; `None` when nobody looked.
    pub size: Option<u64>,
    /// The Content-Type that the store keeps.
    pub content_type: Option<String>,
    /// Its entity tag.
    pub etag: Option<ETag>,
    /// The object's address without credentials.
    pub location: Option<String>,
    /// A link to read it, perhaps presigned: a secret while it lives.
    pub download_url: Option<String>,
}

/// Why an upload waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// For the network.
    Offline,
    /// For the next try after this error.
    Backoff(UploadError),
}

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// In the queue. `held` until somebody starts it.
    Queued {
        /// Waits for a start, not for its turn.
        held: bool,
    },
    /// The backend is asked.
    Preparing,
    /// Bytes are moving.
    Uploading,
    /// All bytes are there; the backend confirms.
    Completing,
    /// Nothing moves until the next try.
    Waiting {
        /// Why.
        reason: WaitReason,
        /// Until then, from the snapshot's moment on.
        remaining: Duration,
    },
    /// Stopped by the person.
    Paused,
    /// There.
    Completed(StoredObject),
    /// Not there, and why.
    Failed(UploadError),
    /// Given up by the person.
    Cancelled,
}

impl Status {
    /// A stable name for scripts and styling.
    pub const fn name(&self) -> &'static str {
        match self {
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

    /// Whether nothing more happens by itself.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::Failed(_) | Self::Cancelled)
    }

    /// Whether the upload goes on by itself: something would be lost if the page closed now.
    pub const fn is_active(&self) -> bool {
        !self.is_final() && !matches!(self, Self::Paused | Self::Queued { held: true })
    }
}

/// One file, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSnapshot {
    /// Which file.
    pub id: FileId,
    /// Its name, size and type.
    pub info: FileInfo,
    /// Where it stands.
    pub status: Status,
    /// Bytes to show as sent: never backward, never more than the size.
    pub sent: u64,
    /// Whole percent, rounded down; 100 only when the object is confirmed.
    pub percent: u8,
    /// Bytes per second over the last seconds; `None` while nothing moves.
    pub speed: Option<u64>,
    /// Time left at this speed.
    pub remaining: Option<Duration>,
    /// Failed tries in a row.
    pub attempts: u32,
}

/// All files together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files in the queue, those cancelled not counted.
    pub files: u32,
    /// Files that go on by themselves.
    pub active: u32,
    /// Files that wait for a start.
    pub held: u32,
    /// Files stopped by the person.
    pub paused: u32,
    /// Of those, the ones of which something was sent already.
    pub interrupted: u32,
    /// Files that arrived.
    pub completed: u32,
    /// Files that failed.
    pub failed: u32,
    /// The first of those, in the order of adding: a few hundred at most, so that a page can name
    /// them without a look at all files.
    pub first_failed: Vec<FileId>,
    /// Files given up by the person.
    pub cancelled: u32,
    /// Bytes of all files, those cancelled not counted.
    pub size: u64,
    /// Bytes shown as sent.
    pub sent: u64,
    /// Whole percent, rounded down; 100 only when every file is confirmed.
    pub percent: u8,
    /// Bytes per second over the last seconds.
    pub speed: Option<u64>,
    /// Time left at this speed.
    pub remaining: Option<Duration>,
    /// Whether the browser believes itself offline.
    pub offline: bool,
}

/// Whole percent, rounded down, and below 100 until `done`.
pub(crate) fn percent(sent: u64, size: u64, done: bool) -> u8 {
    if done {
        return 100;
    }
    let whole = u128::from(sent) * 100 / u128::from(size.max(1));
    u8::try_from(whole.min(99)).unwrap_or(99)
}
