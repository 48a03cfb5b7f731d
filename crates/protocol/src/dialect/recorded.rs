//! Recorded exchanges for tests: the requests to a real server, and its answers.
//!
//! The files are in `corpus/`. Each one names its server, and states whether it was recorded or derived from the
//! server's source. Signatures are replaced.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::{
    CreateParams, DialectError, DialectRequest, DialectResponse, RequestBody, ResponseBody, Value,
    refusal,
};

/// The metadata in all requests.
pub static METADATA: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| BTreeMap::from([("album".to_owned(), "7".to_owned())]));

/// The text file in all requests.
pub fn create_params(name: &str, size: u64) -> CreateParams<'_> {
    CreateParams {
        name,
        media_type: "text/plain",
        size,
        metadata: &METADATA,
        prefer_multipart: size > 5 << 20,
        part_size: 8 << 20,
        md5: Some("E30h+rsn6EDiKFeZYrws3A=="),
        uuid: "0b7a3f0e-5d7e-4e1c-9d11-3c1d1a6c8e55",
    }
}

/// The exchanges of a file.
pub struct Recorded(Value);

impl Recorded {
    pub fn new(file: &str) -> Self {
        Self(serde_json::from_str(file).unwrap())
    }

    fn named(&self, name: &str) -> &Value {
        let exchanges = self.0.get("exchanges").unwrap().items();
        let found = exchanges
            .iter()
            .find(|exchange| exchange.text_of("name") == Some(name));
        found.unwrap()
    }

    /// Returns the answer, as the widget passes it to a dialect.
    pub fn response(&self, name: &str) -> DialectResponse {
        let exchange = self.named(name);
        let kind = exchange
            .get("type")
            .and_then(Value::to_form_string)
            .unwrap();
        let answer = exchange.get("answer").unwrap();
        let body = if kind.contains("json") {
            ResponseBody::Json(answer.clone())
        } else {
            ResponseBody::Text(answer.to_form_string().unwrap(), kind)
        };
        let status = exchange.get("status").and_then(Value::as_u64).unwrap();
        DialectResponse {
            status: u16::try_from(status).unwrap(),
            body,
        }
    }

    /// Asserts that a dialect's request equals the recorded one.
    pub fn assert_request(&self, name: &str, request: &DialectRequest) {
        let exchange = self.named(name);
        let line = format!("{} {}", request.method, request.url.expose());
        assert_eq!(Some(line.as_str()), exchange.text_of("asked"), "{name}");
        let body = match &request.body {
            RequestBody::Json(value) => value.clone(),
            RequestBody::Text(text) => text.as_str().into(),
            RequestBody::Empty => Value::Null,
            RequestBody::Form(_) => unreachable!("no recorded server is asked so"),
        };
        let written = |value: &Value| serde_json::to_string(value).unwrap();
        let expected = exchange.get("body").unwrap();
        assert_eq!(written(&body), written(expected), "{name}");
    }

    /// Returns the message of a refusal.
    pub fn refusal(&self, name: &str) -> String {
        let response = self.response(name);
        assert!(response.status >= 400, "{name}");
        refusal::read(response.status, &response.body).1.unwrap()
    }
}

/// Returns the message of a refusal with a 2xx status.
pub fn message(error: DialectError) -> String {
    match error {
        DialectError::Refused { message, .. } => message,
        other => format!("{other:?}"),
    }
}
