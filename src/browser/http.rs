//! The words that both transports share: an answer, a failure, a body.

use wasm_bindgen::JsValue;
use web_sys::{Blob, FormData};

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Text, whose Content-Type is among the headers.
    Text(String),
    /// Bytes that stay where they are, usually a slice of a file on disk.
    Blob(Blob),
    /// A form; the browser writes its Content-Type.
    Form(FormData),
}

impl Body {
    /// Text for which the browser makes up no Content-Type.
    pub fn untyped(text: &str) -> Self {
        let parts = js_sys::Array::of1(&JsValue::from_str(text));
        match Blob::new_with_str_sequence(&parts) {
            Ok(blob) => Self::Blob(blob),
            Err(_) => Self::Text(text.to_owned()),
        }
    }

    /// As fetch and XHR take it.
    pub fn into_js(self) -> JsValue {
        match self {
            Self::Empty => JsValue::UNDEFINED,
            Self::Text(text) => text.into(),
            Self::Blob(blob) => blob.into(),
            Self::Form(form) => form.into(),
        }
    }
}

/// Whether cookies go along. <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Never.
    Omit,
    /// To the page's own origin.
    #[default]
    SameOrigin,
    /// Always.
    Include,
}

/// A request to be sent by either transport.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `PUT`, `POST`, …
    pub method: &'a str,
    /// Absolute, or relative to the page.
    pub url: &'a str,
    /// Name and value.
    pub headers: &'a [(String, String)],
    /// What is sent.
    pub body: Body,
    /// Whether cookies go along.
    pub credentials: Credentials,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers that the browser lets the page read, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Response {
    /// A header by its name, given in lower case; `None` also when CORS hides it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// No answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The browser says no more than that it failed: network, CORS, CSP, a changed file.
    Network,
    /// The request was not even made: the URL or a header is not valid. What the browser says of it
    /// would repeat it, signature included.
    Invalid,
}
