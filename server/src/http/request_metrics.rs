//! The metrics of requests and of errors.

use std::time::Instant;

use axum::{
    extract::{Request, State},
    http::{
        Method,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN},
    },
    middleware::Next,
    response::Response,
};

use super::{access_log, origin};
use crate::{api::ErrorCode, telemetry::Metrics};

/// Counts a request and its answer.
pub async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let (method, route) = (
        method(request.method()),
        access_log::route(&request).to_owned(),
    );
    let start = Instant::now();
    // A browser asks before it sends another origin's request: of one that is refused, nothing else is seen.
    let preflight = (*request.method() == Method::OPTIONS)
        .then(|| request.headers().get(ORIGIN).cloned())
        .flatten();
    let response = next.run(request).await;
    if let Some(origin) = preflight
        && !response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
    {
        origin::log_refused(&origin);
        metrics.refusal("origin_not_allowed");
    }
    if let Some(code) = response.extensions().get::<ErrorCode>() {
        metrics.refusal(code.0);
    }
    metrics.request(method, route, response.status(), start.elapsed());
    response
}

/// A method by name, if it is one of those that are answered.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
