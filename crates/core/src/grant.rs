//! The backend's grant: the requests that a browser may send to the store.

use core::time::Duration;

use s3_upload_types::SecretUrl;

use crate::ids::{ETag, ObjectKey, PartNumber, UploadId};

/// The HTTP method of a request to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// The body is the range of the file.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
    Put,
    /// The body is `multipart/form-data` with these fields in this order, and the file last.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
    Post {
        /// The names and values, in the order of sending.
        fields: Vec<(String, String)>,
    },
}

/// One request to the store, signed by the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The HTTP method: PUT, or POST with its form fields.
    pub method: Method,
    /// The address to which the request is sent.
    pub url: SecretUrl,
    /// The headers to send, verbatim: the signature covers them.
    pub headers: Vec<(String, String)>,
    /// The lifetime of the URL, counted from the time at which the answer arrived; `None` when the backend does not
    /// say it.
    pub expires_in: Option<Duration>,
}

impl SignedRequest {
    /// A PUT to `url` with these headers.
    pub fn put(url: impl Into<String>, headers: Vec<(String, String)>) -> Self {
        Self {
            method: Method::Put,
            url: SecretUrl::new(url),
            headers,
            expires_in: None,
        }
    }
}

/// The backend's answer to a request for an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The backend's id of the upload. If there is one, the backend is asked to confirm the upload.
    pub id: Option<UploadId>,
    /// The object's key, if the backend sent it.
    pub key: Option<ObjectKey>,
    /// The value that a form submits for the file; `None` when it is the key.
    pub value: Option<String>,
    /// The requests by which the file is sent.
    pub plan: GrantPlan,
}

impl Grant {
    /// A grant that has only a plan, the minimum that a backend can send.
    pub const fn new(plan: GrantPlan) -> Self {
        Self {
            id: None,
            key: None,
            value: None,
            plan,
        }
    }
}

/// The requests by which a granted upload is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantPlan {
    /// The whole file in one request.
    Single(SignedRequest),
    /// Parts of `part_size` bytes (the last one may be smaller). Each is signed when it is needed.
    Multipart {
        /// The size of a part in bytes.
        part_size: u64,
    },
    /// No request: the store already has this file.
    Stored,
}

/// A part that the backend signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPart {
    /// The number of the part.
    pub number: PartNumber,
    /// The request that sends it.
    pub request: SignedRequest,
}

/// A part that the store holds, as `ListParts` reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// The number of the part.
    pub number: PartNumber,
    /// The size of the part in bytes.
    pub size: u64,
    /// The entity tag of the part.
    pub etag: ETag,
}
