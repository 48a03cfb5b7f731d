//! Logs, without secrets.
//!
//! Owns what may be logged. A presigned URL's query and an upload's id grant access, so a request is logged by its route
//! and never by its address; and the libraries that sign or read signatures are heard from `warn` upward only, whatever
//! level is asked for, since below it they print requests, credentials and signatures.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
};

/// This crate's own targets, and those of hosts and tests that add some.
const OWN: &str = "s3_upload";

/// A subscriber that writes to `writer` what `filter` lets through, except what must not be written.
pub fn subscriber<W>(
    filter: &str,
    writer: W,
    colors: bool,
) -> Result<impl Subscriber + Send + Sync + use<W>, String>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let lines = fmt::layer()
        .with_writer(writer)
        .with_ansi(colors)
        .with_filter(filter_fn(may_be_logged));
    Ok(tracing_subscriber::registry().with(filter).with(lines))
}

fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::WARN || metadata.target().starts_with(OWN)
}

/// Logs one line for each request: method, route, status, time.
pub async fn trace_request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(file)".to_owned(), |path| path.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let (status, ms) = (
        response.status().as_u16(),
        u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    );
    if response.status().is_server_error() {
        tracing::warn!(%method, route, status, ms);
    } else {
        tracing::info!(%method, route, status, ms);
    }
    response
}
