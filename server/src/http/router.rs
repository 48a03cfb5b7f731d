//! The router: all routes, and the layers that each request passes.

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
    routing::get,
};

use super::{access_log, cors, guard, host, openapi, request_metrics, static_files};
use crate::{api::ApiError, app::App, uploads};

/// Builds the app: the API at `/uploads`, `GET /health`, `GET /openapi.json`, and the static files for everything else.
pub fn router(app: App) -> Router {
    let origins = app.origins.clone();
    let timeout = app.request_timeout;
    let static_folder = app.static_files.clone();
    let metrics = app.metrics.clone();
    let hosts = app.hosts.clone();
    let proxies = app.proxies.clone();
    let api = uploads::routes()
        .route_layer(axum::middleware::from_fn_with_state(
            app.clone(),
            guard::admit,
        ))
        .with_state(app)
        .route("/health", get(|| async { "ok" }))
        .route("/openapi.json", get(openapi::answer))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed());
    static_files::serve(api, static_folder.as_deref())
        .layer(axum::middleware::from_fn_with_state(
            timeout,
            within_timeout,
        ))
        .layer(cors::cors(&origins))
        .layer(axum::middleware::from_fn_with_state(hosts, host::check))
        .layer(axum::middleware::from_fn_with_state(
            metrics,
            request_metrics::observe,
        ))
        .layer(axum::middleware::from_fn_with_state(
            proxies,
            access_log::trace_request,
        ))
}

/// Answers with an error when a request takes too long.
async fn within_timeout(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| ApiError::timeout().into_response())
}
