//! A conversation with a backend, seen from a dialect: requests to make and replies to read, both plain values.
//!
//! Owns their shapes, and how an address below the endpoint is written. Refuses to send anything. An operation of a
//! dialect is a function of the replies so far: it says which request comes next, or what the operation came to. So a
//! dialect holds no state, and a test hands it replies without a server.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{SecretUrl, Value};

/// A request that a dialect wants made. `Debug` shows nothing that is signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Absolute, or relative to the page as the endpoint is.
    pub url: SecretUrl,
    /// More headers than those that the payload brings.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub payload: Payload,
    /// To whom.
    pub audience: Audience,
}

/// The body of a request. `Debug` shows its shape only.
#[derive(Clone, PartialEq)]
pub enum Payload {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// As it is, of the type that [`Call::headers`] names, or of none.
    Text(String),
}

impl core::fmt::Debug for Payload {
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

/// Who is asked. What proves the person's identity to the backend (cookies, tokens) is not for the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The site's own server.
    Backend,
    /// The store, by a URL that the backend signed.
    Store,
}

impl Call {
    /// A request to the backend.
    pub fn new(method: &'static str, url: impl Into<String>, payload: Payload) -> Self {
        Self {
            method,
            url: SecretUrl::new(url),
            headers: Vec::new(),
            payload,
            audience: Audience::Backend,
        }
    }

    /// A request to the store.
    pub fn to_store(method: &'static str, url: &SecretUrl, payload: Payload) -> Self {
        Self {
            audience: Audience::Store,
            ..Self::new(method, url.expose(), payload)
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A reply with a 2xx status. Others are refusals, which [`refusal`](crate::refusal) reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What came.
    pub body: Body,
}

/// The body of a reply.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// It is JSON.
    Json(Value),
    /// It is not: the text, and its Content-Type without parameters.
    Text(String, String),
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.described())
    }
}

impl Body {
    /// What it is, without what it says.
    pub fn described(&self) -> String {
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

impl Reply {
    /// A reply of JSON.
    pub fn json(value: Value) -> Self {
        Self {
            status: 200,
            body: Body::Json(value),
        }
    }

    /// The store's reply to the end of a multipart upload that was put together before, by a request whose own reply
    /// was lost.
    pub fn completed_before() -> Self {
        let document = "<CompleteMultipartUploadResult/>".to_owned();
        Self {
            status: 200,
            body: Body::Text(document, "application/xml".to_owned()),
        }
    }

    /// The JSON; an error that says what was expected when it is none.
    pub fn value(&self, expected: &str) -> Result<&Value, Trouble> {
        match &self.body {
            Body::Json(value) => Ok(value),
            Body::Text(..) => Err(self.not(expected)),
        }
    }

    /// The error about a reply that is not as expected.
    pub fn not(&self, expected: &str) -> Trouble {
        let mut got = self.body.described();
        if matches!(&self.body, Body::Text(text, _) if text.trim().is_empty()) {
            got = format!("{got} with status {}", self.status);
        }
        Trouble::Malformed {
            expected: expected.to_owned(),
            got,
        }
    }
}

/// What comes next in an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<T> {
    /// Make this request, then come again with its reply added.
    Call(Call),
    /// The operation is over.
    Done(T),
}

impl<T> Next<T> {
    /// The request, for tests and for those who know that there is one.
    pub fn call(self) -> Option<Call> {
        match self {
            Self::Call(call) => Some(call),
            Self::Done(_) => None,
        }
    }

    /// What the operation came to.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Call(_) => None,
            Self::Done(value) => Some(value),
        }
    }
}

/// Why an operation cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A reply was not understood. Neither text holds a secret.
    Malformed {
        /// What would have been understood.
        expected: String,
        /// What came.
        got: String,
    },
    /// The backend, or the store at the end of a multipart upload, said no with a 2xx status.
    Refused {
        /// That status.
        status: u16,
        /// Its code, if it gave one.
        code: Option<String>,
        /// Its message for the person.
        message: String,
    },
    /// What was signed at the beginning has expired, and this backend signs nothing later.
    Expired,
    /// This backend cannot do what is wanted; the text says what to change.
    Unsupported(String),
}

/// What an operation gives.
pub type Step<T> = Result<Next<T>, Trouble>;

/// Characters that stay as they are in a path segment or a query. <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes all but unreserved characters.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// Names and values as a query or a form's body.
pub fn urlencoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// An address below the endpoint, with more of a query. The endpoint's own query stays.
pub fn below(endpoint: &str, path: &str, query: &str) -> String {
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
        .collect::<Vec<_>>()
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
            assert_eq!(below(endpoint, path, query), whole);
        }
    }

    #[test]
    fn queries_are_escaped() {
        let query = urlencoded([("metadata[name]", "ü &?/+.txt"), ("type", "")]);
        assert_eq!(query, "metadata%5Bname%5D=%C3%BC%20%26%3F%2F%2B.txt&type=");
    }

    #[test]
    fn bodies_do_not_print_what_they_hold() {
        let text = Body::Text("https://h/k?s=5ec".into(), "text/plain".into());
        assert_eq!(format!("{text:?}"), "17 characters of text/plain");
    }
}
