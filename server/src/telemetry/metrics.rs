//! Metrics for Prometheus.
//!
//! Every label has few values, all of them defined by the server: a label with a client's text would fill the memory of
//! server and Prometheus. The API's port does not serve them, since metrics are not for the public.

use std::{sync::LazyLock, time::Duration};

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GrantLabels {
    strategy: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreErrorLabels {
    action: &'static str,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    outcome: &'static str,
}

/// Failed requests to the store. One count for the process: the SDK's errors are read where no app is known.
static STORE_ERRORS: LazyLock<Family<StoreErrorLabels, Counter>> = LazyLock::new(Family::default);

/// Counts a failed request to the store.
pub(crate) fn store_error(action: &'static str, kind: &'static str) {
    STORE_ERRORS
        .get_or_create(&StoreErrorLabels { action, kind })
        .inc();
}

/// The counts of one app. Clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    refusals: Family<RefusalLabels, Counter>,
    grants: Family<GrantLabels, Counter>,
    granted_bytes: Family<GrantLabels, Counter>,
    deliveries: Family<DeliveryLabels, Counter>,
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
        let grant = GrantLabels { strategy };
        self.grants.get_or_create(&grant).inc();
        self.granted_bytes.get_or_create(&grant).inc_by(bytes);
    }

    /// Counts an answered request.
    pub(crate) fn request(
        &self,
        method: &'static str,
        route: String,
        status: StatusCode,
        duration: Duration,
    ) {
        let labels = RouteLabels {
            method,
            route: route.clone(),
        };
        self.durations
            .get_or_create(&labels)
            .observe(duration.as_secs_f64());
        let answer = RequestLabels {
            method,
            route,
            status: status.as_u16(),
        };
        self.requests.get_or_create(&answer).inc();
    }

    /// Counts a refused request by the code of its answer.
    pub(crate) fn refusal(&self, code: &'static str) {
        self.refusals.get_or_create(&RefusalLabels { code }).inc();
    }

    /// Counts a delivery of the webhook by its outcome.
    pub(crate) fn delivery(&self, outcome: &'static str) {
        self.deliveries
            .get_or_create(&DeliveryLabels { outcome })
            .inc();
    }

    /// The number of events that the webhook has not delivered yet.
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
            "Requests to the webhook, by outcome",
            self.deliveries.clone(),
        );
        all.register(
            "webhook_waiting",
            "Events that wait for delivery to the webhook",
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
