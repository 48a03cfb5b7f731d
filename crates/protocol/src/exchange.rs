//! The exchange with a backend as a dialect sees it: requests to send and responses to read, both plain values.
//!
//! The module has their types, and writes addresses below the endpoint. It sends nothing. An operation of a dialect is
//! a function of the responses so far that returns the next request or the operation's result. A dialect therefore has no
//! state, and a test passes responses to it without a server.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3_upload_types::CollectVec;

use crate::{SecretUrl, Value};

/// A request that a dialect asks its caller to send. `Debug` shows nothing that is signed.
#[derive(Debug, Clone, PartialEq)]
pub struct DialectRequest {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The address, absolute or relative to the page as the endpoint is.
    pub url: SecretUrl,
    /// The headers besides those that the payload implies.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: RequestBody,
    /// The recipient.
    pub audience: Audience,
}

/// The body of a request. `Debug` shows its shape only.
#[derive(Clone, PartialEq)]
pub enum RequestBody {
    /// No body.
    Empty,
    /// JSON.
    Json(Value),
    /// A body of the type `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// A text, of the type that [`DialectRequest::headers`] names, or without a type.
    Text(String),
}

impl core::fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing"),
            Self::Json(value) => f.write_str(&value.shape()),
            Self::Form(pairs) => f
                .debug_set()
                .entries(pairs.iter().map(|(name, _)| name))
                .finish(),
            Self::Text(text) => write!(f, "{} characters", text.chars().count()),
        }
    }
}

/// The recipient of a request. Cookies and tokens that identify the person to the backend are not sent to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The site's own server.
    Backend,
    /// The store, by a URL that the backend signed.
    Store,
}

impl DialectRequest {
    /// Returns a request to the backend.
    pub fn new(method: &'static str, url: impl Into<String>, payload: RequestBody) -> Self {
        Self {
            method,
            url: SecretUrl::new(url),
            headers: Vec::new(),
            body: payload,
            audience: Audience::Backend,
        }
    }

    /// Returns a request to the store.
    pub fn to_store(method: &'static str, url: &SecretUrl, payload: RequestBody) -> Self {
        Self {
            audience: Audience::Store,
            ..Self::new(method, url.expose(), payload)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A response with a 2xx status. Responses with another status are refusals, which [`refusal`](crate::refusal) reads.
#[derive(Debug, Clone, PartialEq)]
pub struct DialectResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: ResponseBody,
}

/// The body of a response.
#[derive(Clone, PartialEq)]
pub enum ResponseBody {
    /// JSON.
    Json(Value),
    /// A text that is not JSON, and its `Content-Type` without parameters.
    Text(String, String),
}

impl core::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.describe())
    }
}

impl ResponseBody {
    /// True if it is empty, or text that is no JSON.
    pub const fn is_incomplete(&self) -> bool {
        matches!(self, Self::Text(..))
    }

    /// Describes the body without its content.
    pub fn describe(&self) -> String {
        match self {
            Self::Json(value) => value.shape(),
            Self::Text(text, _) if text.trim().is_empty() => "an empty answer".to_owned(),
            Self::Text(text, kind) => {
                let kind = if kind.is_empty() {
                    "no Content-Type"
                } else {
                    kind
                };
                format!("{} characters of {kind}", text.chars().count())
            }
        }
    }
}

impl DialectResponse {
    /// Returns a response of JSON with status 200.
    pub fn json(value: Value) -> Self {
        Self {
            status: 200,
            body: ResponseBody::Json(value),
        }
    }

    /// Returns the store's response to the completion of a multipart upload that an earlier request has completed, whose
    /// own response was lost.
    pub fn already_completed() -> Self {
        let document = "<CompleteMultipartUploadResult/>".to_owned();
        Self {
            status: 200,
            body: ResponseBody::Text(document, "application/xml".to_owned()),
        }
    }

    /// Returns the JSON, or an error that names what was expected if the body is not JSON.
    pub fn expect_json(&self, expected: &str) -> Result<&Value, DialectError> {
        match &self.body {
            ResponseBody::Json(value) => Ok(value),
            ResponseBody::Text(..) => Err(self.malformed(expected)),
        }
    }

    /// Returns the error about a response that is not as expected.
    pub fn malformed(&self, expected: &str) -> DialectError {
        let mut got = self.body.describe();
        if matches!(&self.body, ResponseBody::Text(text, _) if text.trim().is_empty()) {
            got = format!("{got} with status {}", self.status);
        }
        DialectError::Malformed {
            expected: expected.to_owned(),
            got,
            is_incomplete: self.body.is_incomplete(),
        }
    }
}

/// The next step of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<T> {
    /// A request to send. The operation is then called again with its response added.
    Send(DialectRequest),
    /// The result of the operation.
    Done(T),
}

impl<T> Next<T> {
    /// Returns the request, for tests and for callers that know that there is one.
    pub fn request(self) -> Option<DialectRequest> {
        match self {
            Self::Send(request) => Some(request),
            Self::Done(_) => None,
        }
    }

    /// Returns the result of the operation.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Send(_) => None,
            Self::Done(value) => Some(value),
        }
    }
}

/// The reason why an operation cannot continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectError {
    /// A response was not understood. Neither text contains a secret.
    Malformed {
        /// The expected response.
        expected: String,
        /// The description of the received response.
        got: String,
        /// True if the response is empty, or a text that is not JSON: a gateway may have removed the body, or truncated
        /// it.
        is_incomplete: bool,
    },
    /// The backend, or the store at the completion of a multipart upload, refused with a 2xx status.
    Refused {
        /// The status, or that of a response that is nested in the response.
        status: u16,
        /// The error code, if there is one.
        code: Option<String>,
        /// The message for the person; empty if there is none.
        message: String,
    },
    /// The URLs that were signed at the beginning have expired, and this backend signs no others.
    Expired,
    /// The backend does not support the operation. The text says what to change.
    Unsupported(String),
}

impl core::fmt::Display for DialectError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed { expected, got, .. } => write!(f, "expected {expected}, got {got}"),
            Self::Refused {
                status, message, ..
            } if message.is_empty() => write!(f, "refused with status {status}"),
            Self::Refused {
                status, message, ..
            } => write!(f, "refused with status {status}: {message}"),
            Self::Expired => f.write_str("what was signed at the beginning has expired"),
            Self::Unsupported(text) => f.write_str(text),
        }
    }
}

impl core::error::Error for DialectError {}

/// The return type of an operation.
pub type OperationResult<T> = Result<Next<T>, DialectError>;

/// The characters that are not escaped in a path segment or a query.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes all but unreserved characters.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// Returns names and values as a query or a form's body.
pub fn urlencoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect_vec().join("&")
}

/// Returns an address below the endpoint, with parameters added to its query. The endpoint's own query stays.
pub fn join_url(endpoint: &str, path: &str, query: &str) -> String {
    let endpoint = endpoint.trim();
    let (address, own) = endpoint.split_once('?').unwrap_or((endpoint, ""));
    let address = if path.is_empty() {
        address
    } else {
        address.trim_end_matches('/')
    };
    let both = [own, query].map(str::trim);
    let query = both
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect_vec()
        .join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{address}{path}{mark}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_below_the_endpoint() {
        for (endpoint, path, query, whole) in [
            ("/uploads", "", "", "/uploads"),
            ("/uploads/", "/7/parts", "", "/uploads/7/parts"),
            ("/up?site=1", "/7", "", "/up/7?site=1"),
            ("/up?site=1", "", "name=a", "/up?site=1&name=a"),
            (" https://h/sign/ ", "", "name=a", "https://h/sign/?name=a"),
            ("/up?", "", "", "/up"),
        ] {
            assert_eq!(join_url(endpoint, path, query), whole);
        }
    }

    /// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
    #[test]
    fn queries_are_escaped() {
        let query = urlencoded([("metadata[name]", "ü &?/+.txt"), ("type", "")]);
        assert_eq!(query, "metadata%5Bname%5D=%C3%BC%20%26%3F%2F%2B.txt&type=");
    }

    #[test]
    fn bodies_do_not_print_what_they_hold() {
        let text = ResponseBody::Text("https://h/k?s=5ec".into(), "text/plain".into());
        assert_eq!(format!("{text:?}"), "17 characters of text/plain");
    }
}
