//! The types that both transports share: request, body, response and failure.

use wasm_bindgen::JsValue;
use web_sys::{Blob, FormData};

/// The body of a request.
#[derive(Clone, Debug)]
pub enum Body {
    /// No body.
    Empty,
    /// Text. The request's headers hold its Content-Type.
    Text(String),
    /// Bytes that are not copied into wasm's memory, usually a slice of a file on disk.
    Blob(Blob),
    /// A form. The browser sets its Content-Type.
    Form(FormData),
}

impl Body {
    /// Text to which the browser adds no Content-Type.
    pub fn untyped(text: &str) -> Self {
        let parts = js_sys::Array::of1(&JsValue::from_str(text));
        match Blob::new_with_str_sequence(&parts) {
            Ok(blob) => Self::Blob(blob),
            Err(_) => Self::Text(text.to_owned()),
        }
    }

    /// The value that fetch and XHR accept.
    pub fn into_js(self) -> JsValue {
        match self {
            Self::Empty => JsValue::UNDEFINED,
            Self::Text(text) => text.into(),
            Self::Blob(blob) => blob.into(),
            Self::Form(form) => form.into(),
        }
    }
}

/// The origins to which cookies are sent. <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>
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
    /// The name and the value of each header.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: Body,
    /// The credentials mode.
    pub credentials: Credentials,
}

/// A response, with any status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers that the page may read. Their names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Response {
    /// The value of a header, by its name in lower case. `None` also if CORS hides the header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns true if the status is 2xx.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// The reason why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request failed, and the browser does not tell why: the network, CORS, the Content Security Policy, or a
    /// changed file.
    Network,
    /// The request was not sent, since the URL or a header is not valid. The browser's message is dropped, since it
    /// repeats the URL with its signature.
    Invalid,
}
