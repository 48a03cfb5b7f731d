//! What the backend granted: the requests that a browser may send to the store.

use core::fmt;
use core::time::Duration;

use crate::ids::{ETag, ObjectKey, PartNumber, UploadId};

/// A presigned URL. It is a credential while it lives, so that `Debug` leaves out its query.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl(String);

impl PresignedUrl {
    /// Takes the URL as the backend sent it.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL, signature included. Only for the request itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Scheme, host and path: what may be shown.
    pub fn redacted(&self) -> &str {
        self.0.split(['?', '#']).next().unwrap_or_default()
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresignedUrl({}?…)", self.redacted())
    }
}

/// How the bytes travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// The range of the file is the body.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
    Put,
    /// `multipart/form-data` with these fields in this order, and the file last.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
    Post {
        /// Name and value, in the order of sending.
        fields: Vec<(String, String)>,
    },
}

/// One request to the store, signed by the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// PUT, or POST with its form.
    pub method: Method,
    /// Where to.
    pub url: PresignedUrl,
    /// The headers to send, verbatim: the signature covers them.
    pub headers: Vec<(String, String)>,
    /// How long the URL lives from the moment the answer arrived; `None` when the backend does
    /// not say.
    pub expires_in: Option<Duration>,
}

impl SignedRequest {
    /// A PUT to `url` with these headers.
    pub fn put(url: impl Into<String>, headers: Vec<(String, String)>) -> Self {
        Self {
            method: Method::Put,
            url: PresignedUrl::new(url),
            headers,
            expires_in: None,
        }
    }
}

/// The backend's answer to a request for an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The backend's name for the upload. With one, the backend is asked to confirm.
    pub id: Option<UploadId>,
    /// The object's key, if the backend told it.
    pub key: Option<ObjectKey>,
    /// What a form submits for the file, where it is not the key.
    pub value: Option<String>,
    /// How to send.
    pub plan: GrantPlan,
}

impl Grant {
    /// The least that a backend can say: how to send.
    pub const fn new(plan: GrantPlan) -> Self {
        Self {
            id: None,
            key: None,
            value: None,
            plan,
        }
    }
}

/// How a granted upload is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantPlan {
    /// The whole file in one request.
    Single(SignedRequest),
    /// In parts of this many bytes (the last one smaller), each signed when it is needed.
    Multipart {
        /// In bytes.
        part_size: u64,
    },
    /// Not at all: the store has this very file already.
    Stored,
}

/// A part that the backend signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPart {
    /// Which part.
    pub number: PartNumber,
    /// The request that sends it.
    pub request: SignedRequest,
}

/// A part that the store holds, as `ListParts` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// Which part.
    pub number: PartNumber,
    /// In bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: ETag,
}
