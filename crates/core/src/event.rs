//! What goes into the engine: what happened, to whom.

use crate::error::UploadError;
use crate::file::FileInfo;
use crate::grant::{Grant, SignedPart, StoredPart};
use crate::ids::{ETag, FileId, RequestId};
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
    /// A request has handed this many bytes of its body to the network so far.
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
    /// To `Send`: the store took the bytes. The tag is missing when CORS hides it.
    Sent(Option<ETag>),
    /// To `Complete`: what the store holds.
    Confirmed(StoredObject),
    /// To `Abort`.
    Aborted,
}
