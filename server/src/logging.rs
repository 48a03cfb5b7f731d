//! Logs, without secrets.
//!
//! Owns what may be logged. A presigned URL's query and an upload's id grant access, so a request is logged by its route
//! and never by its address; and the libraries that sign or read signatures are heard from `warn` upward only, whatever
//! level is asked for, since below it they print requests, credentials and signatures. Every line of a request carries the
//! request's id, which the answer names too.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument as _, Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
};
use uuid::Uuid;

use crate::config::LogFormat;

/// This crate's own targets, and those of hosts and tests that add some.
const OWN: &str = "s3_upload";

/// A subscriber that writes to `writer` what `filter` lets through, except what must not be written.
pub fn subscriber<W>(
    filter: &str,
    format: LogFormat,
    writer: W,
    colors: bool,
) -> Result<impl Subscriber + Send + Sync + use<W>, String>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let lines = fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(colors).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    Ok(tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(may_be_logged))))
}

fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::WARN || metadata.target().starts_with(OWN)
}

/// Where a request's id travels.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs one line for each request: method, route, status, time. Gives the request an id, or takes the one that a proxy
/// gave it, and writes it to every line and to the answer.
pub async fn trace_request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = route(&request).to_owned();
    let id = given_id(request.headers()).unwrap_or_else(|| Uuid::new_v4().to_string());
    // Of the highest level, so that every line that is written has it.
    let span = tracing::error_span!("request", id);
    async move {
        let start = Instant::now();
        let mut response = next.run(request).await;
        let (status, ms) = (
            response.status().as_u16(),
            u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        );
        if response.status().is_server_error() {
            tracing::warn!(%method, route, status, ms);
        } else {
            tracing::info!(%method, route, status, ms);
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// The route of a request, which says what it is about without saying whose.
pub(crate) fn route(request: &Request) -> &str {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(file)", MatchedPath::as_str)
}

/// The id that a proxy gave, if it is one: anybody can send the header, and it goes into the log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(&byte);
    ((1..=128).contains(&id.len()) && id.bytes().all(is_plain)).then(|| id.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_id_is_taken() {
        let given = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, id.parse().unwrap());
            given_id(&headers)
        };
        assert_eq!(
            given("Root=1-67891233-abc").as_deref(),
            Some("Root=1-67891233-abc")
        );
        for id in [
            "",
            "a b",
            "a\"b",
            "https://h/?X-Amz-Signature",
            &"x".repeat(129),
        ] {
            assert_eq!(given(id), None, "{id}");
        }
        assert_eq!(given_id(&HeaderMap::new()), None);
    }
}
