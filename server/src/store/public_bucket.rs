//! The bucket as a browser sees it: requests without credentials, with a page's origin.
//!
//! The answers show the bucket's CORS rule. Only the bucket's own address is requested, and no request can change
//! anything: the store refuses each of them or only reads.

use std::{error::Error, time::Duration};

use aws_sdk_s3::{
    config::http::HttpRequest, error::ProvideErrorMetadata as _, primitives::SdkBody,
};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use axum::{
    body::{Body, to_bytes},
    http::{
        Request,
        header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN},
        request,
    },
};

use s3_upload_protocol::store::ErrorDocument as S3Error;

use super::{
    anonymous_client::{AnonymousClient, NoResponse, StoreResponse},
    client::Store,
    cors_rule::{CorsRequest, CorsRule},
    error::StoreError,
};

/// The time limit of an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of an answer, in bytes: an error's XML is small.
const MOST: usize = 64 * 1024;
/// The key of the requests. Nothing is stored under it.
const KEY: &str = "s3-upload-doctor";

/// The store's answer about the bucket's CORS rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketCors {
    /// The rules. May be empty.
    Rules(Vec<CorsRule>),
    /// There is no such bucket.
    NoSuchBucket,
    /// Unknown: the server has no right to read them, or the store does not support the request.
    Unknown,
}

/// The bucket at the address that browsers reach.
#[derive(Debug, Clone)]
pub struct PublicBucket {
    url: String,
    unsigned: AnonymousClient,
}

impl PublicBucket {
    /// The bucket's origin: scheme, host, and port if it has one.
    pub fn origin(&self) -> &str {
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url.get(host..).and_then(|rest| rest.find('/'));
        end.and_then(|end| self.url.get(..host + end))
            .unwrap_or(&self.url)
    }

    /// Sends the preflight that a browser sends before this request.
    pub async fn preflight(
        &self,
        cors_request: &CorsRequest<'_>,
    ) -> Result<StoreResponse, NoResponse> {
        let mut request = Request::options(format!("{}{KEY}", self.url))
            .header(ORIGIN, cors_request.origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, cors_request.method);
        if !cors_request.headers.is_empty() {
            // As browsers write them: in lower case, sorted, with commas and nothing else.
            let mut names = cors_request.headers.to_vec();
            names.sort_unstable();
            request = request.header(ACCESS_CONTROL_REQUEST_HEADERS, names.join(","));
        }
        self.send(request).await
    }

    /// Sends a request of this method that the store refuses, for the headers of its answer.
    pub async fn send_unauthorized(
        &self,
        origin: &str,
        method: &str,
    ) -> Result<StoreResponse, NoResponse> {
        // Tagging needs credentials. Even in a public bucket the object does not exist, and the body has no tags.
        let request = Request::builder().uri(format!("{}{KEY}?tagging", self.url));
        self.send(request.method(method).header(ORIGIN, origin))
            .await
    }

    async fn send(&self, request: request::Builder) -> Result<StoreResponse, NoResponse> {
        let answer = self.answer(request);
        let words = |error: Box<dyn Error + Send + Sync>| NoResponse(innermost(&*error));
        let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await else {
            let seconds = PATIENCE.as_secs();
            return Err(NoResponse(format!("no answer in {seconds} seconds")));
        };
        answer.map_err(words)
    }

    async fn answer(
        &self,
        request: request::Builder,
    ) -> Result<StoreResponse, Box<dyn Error + Send + Sync>> {
        let request = HttpRequest::try_from(request.body(SdkBody::empty())?)?;
        let answer = self.unsigned.0.call(request).await?.try_into_http1x()?;
        let (parts, body) = answer.into_parts();
        // An answer without its body is an answer still.
        let body = to_bytes(Body::new(body), MOST).await.unwrap_or_default();
        Ok(StoreResponse {
            status: parts.status,
            headers: parts.headers,
            error: S3Error::parse(&String::from_utf8_lossy(&body)).unwrap_or_default(),
        })
    }
}

impl Store {
    /// The bucket as browsers see it.
    pub async fn public(&self) -> Result<PublicBucket, StoreError> {
        Ok(PublicBucket {
            url: self.bucket_url().await?,
            unsigned: self.unsigned.clone(),
        })
    }

    /// Reads the bucket's CORS rules, with the server's credentials.
    pub async fn cors_rules(&self) -> BucketCors {
        let request = self.own.get_bucket_cors().bucket(&self.bucket);
        let error = match tokio::time::timeout(PATIENCE, request.send()).await {
            Ok(Ok(answer)) => {
                let rules = answer.cors_rules().iter().map(CorsRule::from);
                return BucketCors::Rules(rules.collect());
            }
            Ok(Err(error)) => error,
            Err(_) => return BucketCors::Unknown,
        };
        match error.as_service_error().and_then(|error| error.code()) {
            Some("NoSuchCORSConfiguration") => BucketCors::Rules(Vec::new()),
            Some("NoSuchBucket") => BucketCors::NoSuchBucket,
            _ => BucketCors::Unknown,
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
