//! The engine's input: the events that happen to files and requests.

use crate::concurrency::Connection;
use crate::error::UploadError;
use crate::file::FileInfo;
use crate::grant::{Grant, SignedPart, StoredPart};
use crate::ids::{ETag, FileId, ObjectKey, RequestId};
use crate::snapshot::StoredObject;

/// The files to which an event applies: one file, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This file.
    One(FileId),
    /// Every file of the queue.
    All,
}

/// An event that the driver reports.
#[derive(Clone, Debug)]
pub enum Event {
    /// A file was chosen. The driver assigns the id, which is higher than any before.
    Add(FileId, FileInfo),
    /// The same, but the file waits for a start as in manual mode.
    AddHeld(FileId, FileInfo),
    /// Start the upload of files that wait for a start.
    Start(Target),
    /// Stop sending. All state that is needed to resume is kept.
    Pause(Target),
    /// Resume after a pause.
    Resume(Target),
    /// Retry after a failure.
    Retry(Target),
    /// Cancel the upload: stop sending, and remove from the store what was stored.
    Cancel(Target),
    /// Remove a file from the queue. A single file that is not in a final state is cancelled first. [`Target::All`]
    /// removes only the files in a final state.
    Remove(Target),
    /// The browser reports that the network is gone.
    Offline,
    /// The browser reports that the network is back.
    Online,
    /// The connection to the store is known.
    Connected(Connection),
    /// A request has handed this number of bytes of its body to the network so far. For a request to the backend it
    /// reports only that the request is still being prepared: a file may have to be read for it.
    Progress(RequestId, u64),
    /// A request ended.
    Answer(RequestId, Result<Answer, UploadError>),
}

/// The successful answer to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The answer to `Create`.
    Granted(Grant),
    /// The answer to `SignParts`.
    Signed(Vec<SignedPart>),
    /// The answer to `ListParts`.
    Listed(Vec<StoredPart>),
    /// The answer to `Send`: the store accepted the bytes.
    Sent(Receipt),
    /// The answer to `Complete`: the object that the store holds.
    Confirmed(StoredObject),
    /// The answer to `Complete` of a backend that has no such operation, or whose success describes no object. It
    /// contains what is known without the backend. For a single upload the store's own answer is then final. For a
    /// multipart upload the parts are listed, since a completed upload has no list.
    Unconfirmed(StoredObject),
    /// The answer to `Abort`.
    Aborted,
}

/// The store's answer to a request that sent bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The entity tag of the bytes; `None` when CORS hides it.
    pub etag: Option<ETag>,
    /// The object's key, which only the answer to a POST form contains.
    pub key: Option<ObjectKey>,
}

impl From<Option<ETag>> for Receipt {
    fn from(etag: Option<ETag>) -> Self {
        Self { etag, key: None }
    }
}
