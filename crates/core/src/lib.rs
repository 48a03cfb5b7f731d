//! What an upload does next: the engine of `s3-upload`.
//!
//! [`Queue`] is a deterministic state machine. [`Event`]s go in with the time at which they
//! happened, [`Command`]s come out; the same seed and the same events give the same commands. It
//! owns every decision about an upload: admission, what is sent when and by which transport, what
//! a failure means, when to try again, what progress to show.
//!
//! It refuses all that touches the world: no I/O, no clock, no randomness beyond its seed, no
//! browser, no wire format. Whoever drives it (the widget's `uploader`, or a simulation) executes
//! the commands and reports what came of them.

pub mod command;
pub mod config;
pub mod constraints;
pub mod error;
pub mod event;
pub mod file;
pub mod grant;
pub mod ids;
pub mod lanes;
pub mod limits;
pub mod plan;
pub mod progress;
pub mod queue;
pub mod retry;
pub mod snapshot;
pub mod time;
mod upload;

pub use command::{Command, Notice, Transmit, Transport};
pub use config::{Config, TransportChoice};
pub use constraints::{Accept, Constraints, Violation};
pub use error::{BackendRefusal, Blocked, Finding, Hint, Step, StoreRefusal, UploadError};
pub use event::{Answer, Event, Receipt, Target};
pub use file::FileInfo;
pub use grant::{Grant, GrantPlan, Method, PresignedUrl, SignedPart, SignedRequest, StoredPart};
pub use ids::{ByteRange, ETag, FileId, ObjectKey, PartNumber, RequestId, UploadId};
pub use queue::Queue;
pub use snapshot::{FileSnapshot, Status, StoredObject, Totals, WaitReason};
pub use time::Instant;
