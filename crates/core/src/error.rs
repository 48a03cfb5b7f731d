//! The errors of an upload. [`UploadError`] has a variant for each kind of failure, and its documentation says which
//! kinds are retried. The retry rules are tables in [`retry`](crate::retry). The user interface makes the messages
//! for people; this module has codes only.

use core::time::Duration;

use crate::constraints::Violation;

/// The step of an upload to which a request belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The backend is asked for an upload.
    Create,
    /// The backend is asked to sign parts.
    SignParts,
    /// The backend is asked for the parts that the store holds.
    ListParts,
    /// Bytes are sent to the store.
    Send,
    /// The backend is asked to complete a multipart upload or to confirm a single one.
    Complete,
    /// The backend is asked to abort a multipart upload or to delete an object.
    Abort,
}

impl Step {
    /// Returns true if the step's requests go to the backend, and false if they go to the store.
    pub const fn is_backend(self) -> bool {
        matches!(self.side(), Side::Backend)
    }

    /// The side to which the step's requests go.
    pub const fn side(self) -> Side {
        match self {
            Self::Send => Side::Store,
            _ => Side::Backend,
        }
    }
}

/// The two servers to which a widget sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The server that signs, lists, completes and aborts.
    Backend,
    /// The server that stores the bytes.
    Store,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Backend, Self::Store];
}

/// A refusal by the store.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreRefusal {
    /// The HTTP status.
    pub status: u16,
    /// S3's error code, such as `SignatureDoesNotMatch`; `None` when the body was not S3's XML.
    pub code: Option<String>,
    /// S3's error message. The rest of the error document is left out, since it can contain the signature.
    pub message: Option<String>,
    /// S3's request id, for the store's operator.
    pub request_id: Option<String>,
    /// The time that the store asks to wait.
    pub retry_after: Option<Duration>,
    /// The probable cause in the signed request.
    pub hint: Option<Box<Hint>>,
}

/// A property of a signed request that explains its refusal by the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The URL contains the checksum of an empty body: an SDK added it while signing.
    EmptyChecksum,
    /// These headers are signed, but the backend did not list them as headers to send.
    NotSent(Vec<String>),
    /// These headers were sent, as the backend listed them, but they are not signed.
    NotSigned(Vec<String>),
}

/// A refusal by the backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendRefusal {
    /// The HTTP status.
    pub status: u16,
    /// The backend's code, if it gave one.
    pub code: Option<String>,
    /// The backend's message for the person, if it gave one.
    pub message: Option<String>,
    /// The time that the backend asks to wait.
    pub retry_after: Option<Duration>,
}

/// A request that the browser did not send, or whose answer it did not pass to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The store answers, but its CORS rule does not allow this page.
    Cors {
        /// The origin that was refused, such as `https://app.example.com`.
        page: String,
        /// The store's origin.
        host: String,
        /// The backend's finding, if the backend was asked.
        finding: Option<Box<Finding>>,
    },
    /// The store is not set up for these uploads, for example because of another region or a missing bucket.
    Setup {
        /// The store's origin.
        host: String,
        /// The backend's finding.
        finding: Box<Finding>,
    },
    /// The store's host name belongs to an internal network, which this browser does not reach.
    Host {
        /// The store's origin.
        host: String,
    },
    /// The page's Content Security Policy forbids the request.
    Csp {
        /// The directive that forbids the request, usually `connect-src`.
        directive: String,
        /// The origin that the directive would have to allow.
        host: String,
    },
    /// A page over https may not send requests over http.
    MixedContent {
        /// The origin that would have to be https.
        host: String,
    },
}

/// A backend's finding about its store, for developers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// A stable name, such as `cors_origin`.
    pub code: String,
    /// The description of the fault.
    pub message: String,
    /// The change that fixes it.
    pub fix: String,
}

/// An answer that the browser does not pass to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The step of the request.
    pub step: Step,
    /// The page's origin, such as `https://app.example.com`; `null` in a sandboxed frame.
    pub page: String,
    /// The origin that answered.
    pub host: String,
}

/// The reason for which an upload or a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadError {
    /// The connection failed or broke. Retried with backoff.
    Network {
        /// The step of the request.
        step: Step,
    },
    /// The connection broke while the body was sent, although the same host answers this page right before or after.
    /// The cause is then the request itself, for example a body above a proxy's limit. Retried with backoff a few
    /// times.
    CutOff {
        /// The step of the request.
        step: Step,
    },
    /// The host answers, but the browser does not let the page read the answer: it lacks the CORS headers for this
    /// page. The error pages of gateways lack them as well, so that this does not prove a missing CORS rule. Retried
    /// as an outage.
    /// <https://fetch.spec.whatwg.org/#cors-check>
    Unreadable(Unreadable),
    /// The answer is a web page, as from a captive portal, a sign-in page or a gateway. Retried as an outage.
    WebPage {
        /// The step of the request.
        step: Step,
        /// The HTTP status.
        status: u16,
    },
    /// The browser is offline. The upload continues when the network is back; never final.
    Offline,
    /// The request made no progress for the stall time. It is cancelled and retried with backoff.
    Stalled {
        /// The step of the request.
        step: Step,
        /// The time without progress.
        after: Duration,
    },
    /// The URL expired, and so did those that were signed in its place. Each is signed again without using up an
    /// attempt. Only several in a row without progress are final.
    Expired,
    /// The store refused the request. The code decides whether it is retried, signed again, started over or final.
    Store(StoreRefusal),
    /// The part's `ETag` is hidden in the store's answer (CORS does not expose it), and the backend could not list
    /// the parts either. Final.
    MissingETag,
    /// The browser blocked the request, or could not make it. It is retried once where the cause may be a short loss
    /// of the network; all others are final.
    Blocked(Blocked),
    /// The backend refused the request. The status and the code decide whether it is retried or final.
    Backend(BackendRefusal),
    /// The backend's answer has an unexpected form. Final, if the answer is complete.
    Malformed {
        /// The step of the request.
        step: Step,
        /// The expected form.
        expected: String,
        /// The answer, shortened and without secrets.
        got: String,
        /// True if the answer was empty, or text that is not JSON: a gateway may have emptied or truncated it.
        is_incomplete: bool,
    },
    /// The file differs from the one that was added: its size or modification time changed. Final.
    FileChanged,
    /// The browser can no longer read the file. Final.
    FileUnreadable,
    /// A constraint forbids the file. Final.
    Constraint(Violation),
    /// The host page configured the widget wrongly; the text says which change fixes it. Final.
    Configuration(String),
    /// The host's own functions, or this kind of backend, do not offer an operation; the text names it. Final, unless
    /// the upload can continue without the operation.
    Unsupported(String),
}

impl UploadError {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network { step: Step::Send } => "network",
            Self::Network { .. } => "backend-unreachable",
            Self::CutOff { .. } => "cut-off",
            Self::WebPage { .. } => "web-page",
            Self::Offline => "offline",
            Self::Stalled { .. } => "stalled",
            Self::Expired => "expired",
            Self::Store(_) => "store-refused",
            Self::MissingETag => "missing-etag",
            Self::Unreadable(_) | Self::Blocked(Blocked::Cors { .. }) => "blocked-cors",
            Self::Blocked(Blocked::Setup { .. }) => "store-setup",
            Self::Blocked(Blocked::Host { .. }) => "store-unreachable",
            Self::Blocked(Blocked::Csp { .. }) => "blocked-csp",
            Self::Blocked(Blocked::MixedContent { .. }) => "blocked-mixed-content",
            Self::Backend(_) => "backend-refused",
            Self::Malformed { .. } => "malformed-answer",
            Self::FileChanged => "file-changed",
            Self::FileUnreadable => "file-unreadable",
            Self::Constraint(violation) => violation.code(),
            // For the page both are errors of its configuration.
            Self::Configuration(_) | Self::Unsupported(_) => "configuration",
        }
    }

    /// The time that the other side asks to wait before the next try.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store(StoreRefusal { retry_after, .. })
            | Self::Backend(BackendRefusal { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// Returns true if no answer of the other side could be read, so that the bytes that were sent may have arrived.
    pub const fn is_ambiguous(&self) -> bool {
        matches!(
            self,
            Self::Network { .. }
                | Self::CutOff { .. }
                | Self::Unreadable(_)
                | Self::WebPage { .. }
                | Self::Offline
                | Self::Stalled { .. }
        )
    }
}
