//! The store as a browser meets it: asked without credentials, with a page's origin.
//!
//! Owns the requests whose answers show a bucket's CORS rule, and the question for the rule itself. Refuses any address
//! but the bucket's own, and requests that could change anything: each is one that a store refuses or only reads.

use std::{error::Error, time::Duration};

use aws_sdk_s3::{
    config::http::HttpRequest, error::ProvideErrorMetadata as _, primitives::SdkBody,
};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderMap, Request, StatusCode,
        header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN},
        request,
    },
};

use s3_upload_protocol::store::StoreError;

use super::{Fault, Store};
use crate::cors_rule::{Asked, CorsRule};

/// For how long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of an answer, in bytes: an error's XML is small.
const MOST: usize = 64 * 1024;
/// The key that is asked about. Nothing is stored under it.
const KEY: &str = "s3-upload-doctor";

/// Sends requests as they are: without credentials, and without following redirects.
#[derive(Debug, Clone)]
pub(super) struct Unsigned(SharedHttpConnector);

impl Unsigned {
    pub(super) fn new() -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        Self(SharedHttpConnector::new(
            Connector::builder().tls_provider(tls).build(),
        ))
    }
}

/// The store's answer to a request without credentials.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Its HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// S3's error, if it is one.
    pub error: StoreError,
}

impl Reply {
    /// A header's text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Whether one of the texts in a header that lists some is this one, or `*`.
    pub fn lists(&self, header: &str, text: &str) -> bool {
        let values = self.headers.get_all(header).iter();
        let mut texts = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim);
        texts.any(|it| it == "*" || it.eq_ignore_ascii_case(text))
    }
}

/// No answer came, and why: words of the network, without an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoReply(pub String);

/// What the store says of the bucket's CORS rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rules {
    /// These. May be none.
    Are(Vec<CorsRule>),
    /// There is no such bucket.
    NoBucket,
    /// It does not say: the server may not ask, or the store does not know the question.
    Unknown,
}

/// The bucket at the address that browsers reach.
#[derive(Debug, Clone)]
pub struct Public {
    url: String,
    unsigned: Unsigned,
}

impl Public {
    /// The bucket's origin: scheme, host, and port if it has one.
    pub fn origin(&self) -> &str {
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url.get(host..).and_then(|rest| rest.find('/'));
        end.and_then(|end| self.url.get(..host + end))
            .unwrap_or(&self.url)
    }

    /// Asks as a browser asks before a request of this kind.
    pub async fn preflight(&self, asked: &Asked<'_>) -> Result<Reply, NoReply> {
        let mut request = Request::options(format!("{}{KEY}", self.url))
            .header(ORIGIN, asked.origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, asked.method);
        if !asked.headers.is_empty() {
            // As browsers write them: in lower case, sorted, with commas and nothing else.
            let mut names = asked.headers.to_vec();
            names.sort_unstable();
            request = request.header(ACCESS_CONTROL_REQUEST_HEADERS, names.join(","));
        }
        self.send(request).await
    }

    /// Sends a request of this method that the store refuses, for the headers of its answer.
    pub async fn refused(&self, origin: &str, method: &str) -> Result<Reply, NoReply> {
        // Without credentials nobody may tag an object, and were it public: there is none, and these are no tags.
        let request = Request::builder().uri(format!("{}{KEY}?tagging", self.url));
        self.send(request.method(method).header(ORIGIN, origin))
            .await
    }

    async fn send(&self, request: request::Builder) -> Result<Reply, NoReply> {
        let answer = self.answer(request);
        let words = |error: Box<dyn Error + Send + Sync>| NoReply(innermost(&*error));
        let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await else {
            let seconds = PATIENCE.as_secs();
            return Err(NoReply(format!("no answer in {seconds} seconds")));
        };
        answer.map_err(words)
    }

    async fn answer(
        &self,
        request: request::Builder,
    ) -> Result<Reply, Box<dyn Error + Send + Sync>> {
        let request = HttpRequest::try_from(request.body(SdkBody::empty())?)?;
        let answer = self.unsigned.0.call(request).await?.try_into_http1x()?;
        let (parts, body) = answer.into_parts();
        // An answer without its body is an answer still.
        let body = to_bytes(Body::new(body), MOST).await.unwrap_or_default();
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            error: StoreError::parse(&String::from_utf8_lossy(&body)).unwrap_or_default(),
        })
    }
}

impl Store {
    /// The bucket as browsers meet it.
    pub async fn public(&self) -> Result<Public, Fault> {
        Ok(Public {
            url: self.bucket_url().await?,
            unsigned: self.unsigned.clone(),
        })
    }

    /// Asks for the bucket's CORS rules, with the server's credentials.
    pub async fn cors_rules(&self) -> Rules {
        let request = self.own.get_bucket_cors().bucket(&self.bucket);
        let error = match tokio::time::timeout(PATIENCE, request.send()).await {
            Ok(Ok(answer)) => {
                let rules = answer.cors_rules().iter().map(CorsRule::from);
                return Rules::Are(rules.collect());
            }
            Ok(Err(error)) => error,
            Err(_) => return Rules::Unknown,
        };
        match error.as_service_error().and_then(|error| error.code()) {
            Some("NoSuchCORSConfiguration") => Rules::Are(Vec::new()),
            Some("NoSuchBucket") => Rules::NoBucket,
            _ => Rules::Unknown,
        }
    }
}

fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl From<&aws_sdk_s3::types::CorsRule> for CorsRule {
    fn from(rule: &aws_sdk_s3::types::CorsRule) -> Self {
        Self {
            id: rule.id().map(str::to_owned),
            allowed_origins: rule.allowed_origins().to_vec(),
            allowed_methods: rule.allowed_methods().to_vec(),
            allowed_headers: rule.allowed_headers().to_vec(),
            expose_headers: rule.expose_headers().to_vec(),
            max_age_seconds: rule
                .max_age_seconds()
                .and_then(|seconds| u32::try_from(seconds).ok()),
        }
    }
}
