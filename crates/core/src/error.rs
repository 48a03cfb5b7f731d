//! What can go wrong with an upload: one enum, each variant saying what it is and whether it is
//! tried again. The rules themselves are data, in [`retry`](crate::retry). Sentences for people
//! are made late, by whoever shows them; here are only codes.

use core::time::Duration;

use crate::constraints::Violation;

/// Which conversation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Asking the backend for an upload.
    Create,
    /// Asking the backend to sign parts.
    SignParts,
    /// Asking the backend which parts the store holds.
    ListParts,
    /// Sending bytes to the store.
    Send,
    /// Asking the backend to complete or confirm.
    Complete,
    /// Asking the backend to abort or delete.
    Abort,
}

impl Step {
    /// Whether the other side is the backend, not the store.
    pub const fn is_backend(self) -> bool {
        !matches!(self, Self::Send)
    }
}

/// The store answered, and refused.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreRefusal {
    /// The HTTP status.
    pub status: u16,
    /// S3's code, as `SignatureDoesNotMatch`; `None` when the body was not S3's XML.
    pub code: Option<String>,
    /// S3's message. The rest of the error document is left out: it can echo the signature.
    pub message: Option<String>,
    /// S3's request id, for its operator.
    pub request_id: Option<String>,
    /// How long the store asks to wait.
    pub retry_after: Option<Duration>,
    /// What in the signed request probably made it refuse.
    pub hint: Option<Box<Hint>>,
}

/// What can be seen of a signed request that a store refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The URL carries the checksum of an empty body: an SDK added it while signing.
    EmptyChecksum,
    /// These headers are signed, but the backend did not say that they are to be sent.
    NotSent(Vec<String>),
    /// These headers were sent, as the backend said, but they are not signed.
    NotSigned(Vec<String>),
}

/// The backend answered, and refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendRefusal {
    /// The HTTP status.
    pub status: u16,
    /// The backend's code, if it gave one.
    pub code: Option<String>,
    /// The backend's message for the person, if it gave one.
    pub message: Option<String>,
    /// How long the backend asks to wait.
    pub retry_after: Option<Duration>,
}

/// The browser did not let a request leave, or did not let its answer in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The store is there, but its CORS rule does not allow this page.
    Cors {
        /// The origin that was refused, as `https://app.example.com`.
        page: String,
        /// The store's origin.
        host: String,
        /// What the backend found out, if it was asked.
        finding: Option<Box<Finding>>,
    },
    /// The store is not set up for these uploads: another region, no such bucket, …
    Setup {
        /// The store's origin.
        host: String,
        /// What the backend found out.
        finding: Box<Finding>,
    },
    /// The store's name is one of an inner network, which this browser does not reach.
    Host {
        /// The store's origin.
        host: String,
    },
    /// The page's Content Security Policy forbids the request.
    Csp {
        /// The directive that forbids it, usually `connect-src`.
        directive: String,
        /// The origin that it would have to allow.
        host: String,
    },
    /// A page over https may not send to http.
    MixedContent {
        /// The origin that would have to be https.
        host: String,
    },
}

/// What a backend that was asked sees of its store. For developers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// A stable name, as `cors_origin`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to change.
    pub fix: String,
}

/// Why an upload failed, or why a request did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadError {
    /// The connection could not be made, or broke. Retried with backoff.
    Network {
        /// Towards whom.
        step: Step,
    },
    /// The browser is offline. Continues by itself; never final.
    Offline,
    /// No progress for the stall time. The request is cut and retried with backoff.
    Stalled {
        /// Towards whom.
        step: Step,
        /// How long nothing moved.
        after: Duration,
    },
    /// The URL expired, and so did those signed in its place. Each is signed again at no cost;
    /// only several in a row without headway are final.
    Expired,
    /// The store refused. Retried, signed again, started over or final by its code.
    Store(StoreRefusal),
    /// The store's answer hides the part's `ETag` (CORS does not expose it) and the backend could
    /// not list the parts either. Final.
    MissingETag,
    /// The browser blocked the request, or could not make it. What might be a network that is gone
    /// for a moment is tried once more; the others are final.
    Blocked(Blocked),
    /// The backend refused. Retried or final by its status.
    Backend(BackendRefusal),
    /// The backend's answer was not understood. Final.
    Malformed {
        /// Which answer.
        step: Step,
        /// What would have been understood.
        expected: String,
        /// What came, shortened and without secrets.
        got: String,
    },
    /// The file is not the one that was added: its size or modification time changed. Final.
    FileChanged,
    /// The browser can no longer read the file. Final.
    FileUnreadable,
    /// A limit forbids the file. Final.
    Constraint(Violation),
    /// The host page set the widget up wrongly; the text says what to change. Final.
    Configuration(String),
}

impl UploadError {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network { step: Step::Send } => "network",
            Self::Network { .. } => "backend-unreachable",
            Self::Offline => "offline",
            Self::Stalled { .. } => "stalled",
            Self::Expired => "expired",
            Self::Store(_) => "store-refused",
            Self::MissingETag => "missing-etag",
            Self::Blocked(Blocked::Cors { .. }) => "blocked-cors",
            Self::Blocked(Blocked::Setup { .. }) => "store-setup",
            Self::Blocked(Blocked::Host { .. }) => "store-unreachable",
            Self::Blocked(Blocked::Csp { .. }) => "blocked-csp",
            Self::Blocked(Blocked::MixedContent { .. }) => "blocked-mixed-content",
            Self::Backend(_) => "backend-refused",
            Self::Malformed { .. } => "malformed-answer",
            Self::FileChanged => "file-changed",
            Self::FileUnreadable => "file-unreadable",
            Self::Constraint(violation) => violation.code(),
            Self::Configuration(_) => "configuration",
        }
    }

    /// How long the other side asks to wait before the next try.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store(StoreRefusal { retry_after, .. })
            | Self::Backend(BackendRefusal { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// Whether no answer came at all, so that what was sent may have arrived all the same.
    pub const fn is_ambiguous(&self) -> bool {
        matches!(
            self,
            Self::Network { .. } | Self::Offline | Self::Stalled { .. }
        )
    }
}
