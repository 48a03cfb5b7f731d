//! What goes into the engine: what happened, to whom.

use crate::error::UploadError;
use crate::file::FileInfo;
use crate::grant::{Grant, SignedPart, StoredPart};
use crate::ids::{ETag, FileId, ObjectKey, RequestId};
use crate::snapshot::StoredObject;

/// One file, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    One(FileId),
    /// Every file of the queue.
    All,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A file was chosen. The driver gives the id: higher than any before.
    Add(FileId, FileInfo),
    /// The same, but it waits for a start as in manual mode.
    AddHeld(FileId, FileInfo),
    /// In manual mode: upload what was added.
    Start(Target),
    /// Stop sending, keep everything that is needed to go on.
    Pause(Target),
    /// Go on after a pause.
    Resume(Target),
    /// Try again after a failure.
    Retry(Target),
    /// Give up: stop, and take back what was stored.
    Cancel(Target),
    /// Forget a file in a final state; cancel it first when it is not.
    Remove(Target),
    /// The browser says that the network is gone.
    Offline,
    /// The browser says that the network is back.
    Online,
    /// A request has handed this many bytes of its body to the network so far. Of a request to the
    /// backend it says only that it is still being prepared: a file may have to be read for it.
    Progress(RequestId, u64),
    /// A request ended.
    Answer(RequestId, Result<Answer, UploadError>),
}

/// How a request ended well.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To `Create`.
    Granted(Grant),
    /// To `SignParts`.
    Signed(Vec<SignedPart>),
    /// To `ListParts`.
    Listed(Vec<StoredPart>),
    /// To `Send`: the store took the bytes.
    Sent(Receipt),
    /// To `Complete`: what the store holds.
    Confirmed(StoredObject),
    /// To `Complete` of a single upload: the backend has no word for it, so that the store's is the last. What is known
    /// without.
    Unconfirmed(StoredObject),
    /// To `Abort`.
    Aborted,
}

/// What the store says of bytes that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Their entity tag; missing when CORS hides it.
    pub etag: Option<ETag>,
    /// The object's key, which only the answer to a POST form tells.
    pub key: Option<ObjectKey>,
}

impl From<Option<ETag>> for Receipt {
    fn from(etag: Option<ETag>) -> Self {
        Self { etag, key: None }
    }
}
