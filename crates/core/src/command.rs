//! The engine's output: commands to execute, and notices to the page.

use crate::constraints::Violation;
use crate::error::{Side, Step};
use crate::file::FileInfo;
use crate::grant::SignedRequest;
use crate::ids::{ByteRange, ETag, FileId, PartNumber, RequestId, UploadId};
use crate::snapshot::Outage;

/// The browser API that sends a request's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `fetch`, which has less overhead, and reports no upload progress in any browser engine.
    Fetch,
    /// `XMLHttpRequest`, which reports progress in bytes.
    Xhr,
}

/// A request that sends bytes to the store. It names a file and a range, and does not contain the bytes.
#[derive(Clone, Debug)]
pub struct Transmit {
    /// The id of the request, for its progress and its answer.
    pub request: RequestId,
    /// The file whose bytes are sent.
    pub file: FileId,
    /// The range of the bytes in the file.
    pub range: ByteRange,
    /// The part that the bytes are; `None` when they are the whole file.
    pub part: Option<PartNumber>,
    /// The signed request: method, address and headers.
    pub target: SignedRequest,
    /// The browser API that sends the bytes.
    pub transport: Transport,
}

/// An operation of the backend.
#[derive(Clone, Debug)]
pub enum BackendOperation {
    /// Asks for an upload.
    Create {
        /// Multipart is preferred, because the file is large.
        prefer_multipart: bool,
        /// The part size to ask for, in bytes.
        part_size: u64,
    },
    /// Asks for URLs of parts.
    SignParts {
        /// The backend's id of the upload.
        id: UploadId,
        /// Each part's number and its size in bytes.
        parts: Vec<(PartNumber, u64)>,
    },
    /// Asks for the parts that the store holds.
    ListParts {
        /// The backend's id of the upload.
        id: UploadId,
    },
    /// Asks to complete a multipart upload, or to confirm a single one.
    Complete {
        /// The backend's id of the upload.
        id: UploadId,
        /// The parts. `None` for a single upload, and when an entity tag is not known: the backend then lists the
        /// parts itself.
        parts: Option<Vec<(PartNumber, ETag)>>,
    },
    /// Asks to abort the multipart upload, or to delete the object.
    Abort {
        /// The backend's id of the upload.
        id: UploadId,
    },
}

impl BackendOperation {
    /// The step of the upload that this operation is.
    pub const fn step(&self) -> Step {
        match self {
            Self::Create { .. } => Step::Create,
            Self::SignParts { .. } => Step::SignParts,
            Self::ListParts { .. } => Step::ListParts,
            Self::Complete { .. } => Step::Complete,
            Self::Abort { .. } => Step::Abort,
        }
    }
}

/// A command that the driver executes.
#[derive(Clone, Debug)]
pub enum Command {
    /// Send a request to the backend.
    Backend {
        /// The id of the request, for its answer.
        request: RequestId,
        /// The file that it concerns.
        file: FileId,
        /// The operation that the backend is asked for.
        operation: BackendOperation,
    },
    /// Send bytes to the store.
    Send(Transmit),
    /// Cancel a request. An answer that arrives later is ignored.
    Cancel(RequestId),
    /// Notify the page.
    Notify(Notice),
}

/// A change of which the page is notified at once. Progress is not a notice: the page reads it from the snapshots at
/// each redraw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The file was added to the queue.
    Added(FileId),
    /// The file was refused, and is not in the queue.
    Rejected(FileId, FileInfo, Violation),
    /// Work on the file has begun.
    Started(FileId),
    /// The object is stored, and confirmed as far as the backend can confirm it. The state is final.
    Succeeded(FileId),
    /// The upload failed. The state is final until a retry is requested.
    Failed(FileId),
    /// The upload was cancelled. The state is final.
    Cancelled(FileId),
    /// The file was removed from the queue.
    Removed(FileId),
    /// A side is in an outage, or the likely cause of its outage is known now.
    Unavailable(Outage),
    /// The outage of this side is over, or no upload waits for its end any more.
    Available(Side),
    /// No file is active any more.
    Settled {
        /// The number of files that were completed since the queue was last idle.
        succeeded: u32,
        /// The number of files that failed since then.
        failed: u32,
    },
}
