//! Requests to the store without credentials.

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use axum::http::{HeaderMap, StatusCode};
use s3_upload_protocol::store::ErrorDocument as S3Error;

/// Sends requests without credentials, and follows no redirect.
#[derive(Debug, Clone)]
pub(super) struct AnonymousClient(pub(super) SharedHttpConnector);

impl AnonymousClient {
    pub(super) fn new() -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        Self(SharedHttpConnector::new(
            Connector::builder().tls_provider(tls).build(),
        ))
    }
}

/// The store's answer to a request without credentials.
#[derive(Debug, Clone, Default)]
pub struct StoreResponse {
    /// Its HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// S3's error, if it is one.
    pub error: S3Error,
}

impl StoreResponse {
    /// A header's text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// True if a list in a header contains this text or `*`.
    pub fn lists(&self, header: &str, text: &str) -> bool {
        let values = self.headers.get_all(header).iter();
        let mut texts = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim);
        texts.any(|it| it == "*" || it.eq_ignore_ascii_case(text))
    }
}

/// A request without an answer, with the network's error, which names no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoResponse(pub String);
