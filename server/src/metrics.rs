//! Numbers for Prometheus.
//!
//! Owns the names, the labels and the text. Every label has few values, all of them the server's own words: a label that a
//! client could write would fill the memory here and there. Refuses to answer on the API's port: numbers tell strangers how
//! a site is doing.

use std::{sync::LazyLock, time::Instant};

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    middleware::Next,
    response::{IntoResponse as _, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{logging, refusal::Code};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Grant {
    strategy: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreError {
    action: &'static str,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivery {
    outcome: &'static str,
}

/// Failed requests to the store. One count for the process: the SDK's errors are read where no app is at hand.
static STORE_ERRORS: LazyLock<Family<StoreError, Counter>> = LazyLock::new(Family::default);

/// Counts a failed request to the store.
pub(crate) fn store_error(action: &'static str, kind: &'static str) {
    STORE_ERRORS
        .get_or_create(&StoreError { action, kind })
        .inc();
}

/// The counts of one app. Clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Family<Answer, Counter>,
    durations: Family<Route, Histogram>,
    refusals: Family<Refusal, Counter>,
    grants: Family<Grant, Counter>,
    granted_bytes: Family<Grant, Counter>,
    deliveries: Family<Delivery, Counter>,
    waiting: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            // 1 ms to 16 s: signing takes one, joining many parts takes a store its time.
            durations: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 15))
            }),
            refusals: Family::default(),
            grants: Family::default(),
            granted_bytes: Family::default(),
            deliveries: Family::default(),
            waiting: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Counts a file that may be uploaded.
    pub(crate) fn granted(&self, strategy: &'static str, bytes: u64) {
        let grant = Grant { strategy };
        self.grants.get_or_create(&grant).inc();
        self.granted_bytes.get_or_create(&grant).inc_by(bytes);
    }

    /// Counts what became of a try to tell the webhook.
    pub(crate) fn delivery(&self, outcome: &'static str) {
        self.deliveries.get_or_create(&Delivery { outcome }).inc();
    }

    /// How many events the webhook has not been told yet.
    pub(crate) fn waiting(&self) -> &Gauge {
        &self.waiting
    }

    /// Answers `GET /metrics`.
    pub fn router(&self) -> Router {
        let mut registry = Registry::with_prefix("s3_upload");
        let all = &mut registry;
        all.register("requests", "Answered requests", self.requests.clone());
        all.register_with_unit(
            "request_duration",
            "Time until a request was answered",
            Unit::Seconds,
            self.durations.clone(),
        );
        all.register(
            "refusals",
            "Requests that were refused, by the code of the answer",
            self.refusals.clone(),
        );
        all.register("grants", "Files that may be uploaded", self.grants.clone());
        all.register_with_unit(
            "granted",
            "Size of the files that may be uploaded",
            Unit::Bytes,
            self.granted_bytes.clone(),
        );
        all.register(
            "store_errors",
            "Requests to the store that failed",
            STORE_ERRORS.clone(),
        );
        all.register(
            "webhook_deliveries",
            "Tries to tell the webhook, by outcome",
            self.deliveries.clone(),
        );
        all.register(
            "webhook_waiting",
            "Events that the webhook has not been told yet",
            self.waiting.clone(),
        );
        let registry = std::sync::Arc::new(registry);
        Router::new().route("/metrics", get(async move || text(&registry)))
    }
}

fn text(registry: &Registry) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let mut text = String::new();
    match encode(&mut text, registry) {
        Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Counts a request and its answer.
pub async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let (method, route) = (
        method(request.method()),
        logging::route(&request).to_owned(),
    );
    let start = Instant::now();
    let response = next.run(request).await;
    if let Some(code) = response.extensions().get::<Code>() {
        let refusal = Refusal { code: code.0 };
        metrics.refusals.get_or_create(&refusal).inc();
    }
    let status = response.status().as_u16();
    metrics
        .durations
        .get_or_create(&Route {
            method,
            route: route.clone(),
        })
        .observe(start.elapsed().as_secs_f64());
    let answer = Answer {
        method,
        route,
        status,
    };
    metrics.requests.get_or_create(&answer).inc();
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
