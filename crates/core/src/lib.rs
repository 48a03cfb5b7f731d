#![doc = include_str!("../README.md")]

pub mod accept;
pub mod collections;
pub mod command;
pub mod concurrency;
pub mod config;
pub mod constraints;
pub mod error;
pub mod event;
pub mod file;
pub mod grant;
pub mod ids;
mod message;
pub mod progress;
pub mod queue;
pub mod retry;
pub mod snapshot;
pub mod time;
mod types;
mod upload;

pub use accept::Accept;
pub use command::{BackendOperation, Command, Notice, Transmit, Transport};
pub use config::{Config, TransportChoice};
pub use constraints::{Constraints, Violation};
pub use error::{
    BackendRefusal, Blocked, Finding, Hint, Side, Step, StoreRefusal, Unreadable, UploadError,
};
pub use event::{Answer, Event, Receipt, Target};
pub use file::FileInfo;
pub use grant::{Grant, GrantPlan, Method, SignedPart, SignedRequest, StoredPart};
pub use ids::{ByteRange, ETag, FileId, ObjectKey, PartNumber, RequestId, UploadId};
pub use queue::{Queue, Timer};
pub use s3_upload_types::{CollectVec, INTERNAL_HOST_SUFFIXES, SecretUrl, limits};
pub use snapshot::{FileSnapshot, Outage, Status, StoredObject, Totals, WaitReason};
pub use time::Instant;
