//! What comes out of the engine: what to do, and what to tell.

use crate::constraints::Violation;
use crate::file::FileInfo;
use crate::grant::SignedRequest;
use crate::ids::{ByteRange, ETag, FileId, PartNumber, RequestId, UploadId};

/// Which browser API carries a request's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// No upload progress in any engine, but the lightest.
    Fetch,
    /// Reports progress byte by byte.
    Xhr,
}

/// Bytes to send to the store: a file and a range, never the bytes themselves.
#[derive(Clone, Debug)]
pub struct Transmit {
    /// Its id, for progress and answer.
    pub request: RequestId,
    /// Whose bytes.
    pub file: FileId,
    /// Which bytes.
    pub range: ByteRange,
    /// Which part they are; `None` when they are the whole file.
    pub part: Option<PartNumber>,
    /// Where to, and with what.
    pub target: SignedRequest,
    /// By what.
    pub transport: Transport,
}

/// Something to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ask the backend for an upload.
    Create {
        /// Its id, for the answer.
        request: RequestId,
        /// Which file.
        file: FileId,
        /// Ask for multipart first, because the file is large.
        prefer_multipart: bool,
        /// The part size to ask for, in bytes.
        part_size: u64,
    },
    /// Ask the backend to sign parts.
    SignParts {
        /// Its id, for the answer.
        request: RequestId,
        /// Which file.
        file: FileId,
        /// The backend's name for the upload.
        id: UploadId,
        /// Each part's number and its size in bytes.
        parts: Vec<(PartNumber, u64)>,
    },
    /// Ask the backend which parts the store holds.
    ListParts {
        /// Its id, for the answer.
        request: RequestId,
        /// Which file.
        file: FileId,
        /// The backend's name for the upload.
        id: UploadId,
    },
    /// Ask the backend to complete a multipart upload, or to confirm a single one.
    Complete {
        /// Its id, for the answer.
        request: RequestId,
        /// Which file.
        file: FileId,
        /// The backend's name for the upload.
        id: UploadId,
        /// The parts; `None` for a single upload, and when the tags are not known: the backend
        /// lists them itself then.
        parts: Option<Vec<(PartNumber, ETag)>>,
    },
    /// Ask the backend to abort the multipart upload, or to delete the object.
    Abort {
        /// Its id, for the answer.
        request: RequestId,
        /// Which file.
        file: FileId,
        /// The backend's name for the upload.
        id: UploadId,
    },
    /// Send bytes to the store.
    Send(Transmit),
    /// Stop a request. Its answer, should one come, is dropped.
    Cancel(RequestId),
    /// Tell the page.
    Notify(Notice),
}

/// Something the page wants to know at once. Progress is not among them: it is read from the
/// snapshots, as often as the page draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The file is in the queue.
    Added(FileId),
    /// The file was refused; it is not in the queue.
    Rejected(FileId, FileInfo, Violation),
    /// Work on the file began.
    Started(FileId),
    /// Final: the object is stored and confirmed as far as the backend can.
    Succeeded(FileId),
    /// Final until somebody asks for a retry.
    Failed(FileId),
    /// Final.
    Cancelled(FileId),
    /// The file left the queue.
    Removed(FileId),
    /// No file is under way any more.
    Settled {
        /// Files that arrived since the queue was last at rest.
        succeeded: u32,
        /// Files that failed since then.
        failed: u32,
    },
}
