//! The presigning backend of `s3-upload`: it says whether a file may be uploaded and signs where to; the bytes go from
//! the browser straight to the store.
//!
//! - [`config`]: flags, environment and file, merged and checked
//! - [`uploads`]: the HTTP API, one file per thing a client asks for
//! - [`limits`], [`plan`], [`ticket`], [`key_template`], [`download_name`]: what may be uploaded, how it is cut into
//!   parts, the signed name of an upload, the key under which it is stored, the name under which it is saved again. Pure
//! - [`store`]: every word spoken with S3
//! - [`cors_rule`], [`doctor`]: what a bucket lets pages do, and what is wrong when a page cannot reach it
//! - [`guard`]: what every request passes: the page's origin, who calls ([`auth`]), how much ([`quota`],
//!   [`address`])
//! - [`webhook`], [`metrics`], [`openapi`]: a site's backend is told, Prometheus is answered, the API describes itself
//! - [`embedded`]: a store for development, with a bucket's CORS rule in front
//! - [`refusal`], [`logging`], [`site`], [`serve`]: errors as JSON, logs without secrets, static files, sockets
//!
//! [`router`] builds the app without a socket. A host that knows its people puts an [`auth::Authenticate`] into the
//! [`App`], or wraps the router in a `tower` layer of its own that adds an [`auth::Client`] to each request's extensions:
//! the server holds no sessions and no accounts. Without identities, limits count by address; for these the router is
//! served with `into_make_service_with_connect_info::<SocketAddr>()`.

pub mod address;
pub mod auth;
pub mod config;
pub mod cors_rule;
pub mod doctor;
pub mod download_name;
pub mod embedded;
pub mod guard;
pub mod key_template;
pub mod limits;
pub mod logging;
mod mac;
pub mod metrics;
pub mod openapi;
mod origin;
pub mod plan;
pub mod quota;
mod recent;
pub mod refusal;
pub mod serve;
pub mod site;
pub mod store;
pub mod ticket;
pub mod uploads;
pub mod webhook;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, routing::get};

pub use crate::{
    config::Forms, doctor::Doctor, download_name::Disposition, key_template::KeyTemplate,
    limits::Limits, store::Store, ticket::Seal,
};

/// All that a request handler needs.
#[derive(Clone)]
pub struct App {
    /// The bucket.
    pub store: Store,
    /// What may be uploaded.
    pub limits: Arc<Limits>,
    /// Where in the bucket files go.
    pub keys: Arc<KeyTemplate>,
    /// What is stored of a file's name.
    pub disposition: Disposition,
    /// How files are taken by POST form.
    pub forms: Forms,
    /// Whether a client may have a presigned `DELETE`.
    pub presigned_delete: bool,
    /// Finds out why pages do not reach the store, if they may ask.
    pub doctor: Option<Arc<Doctor>>,
    /// Signs and reads upload ids.
    pub seal: Arc<Seal>,
    /// Origins whose pages may call the API.
    pub origins: uploads::Origins,
    /// After how long a request is answered with an error.
    pub request_timeout: Duration,
    /// The folder of static files, if any.
    pub site: Option<PathBuf>,
    /// Finds out who calls; `None` lets everybody call.
    pub auth: auth::Hook,
    /// What each client may ask for.
    pub quota: Arc<quota::Quota>,
    /// The proxies that are believed about a client's address.
    pub proxies: Arc<address::Proxies>,
    /// Who is told of completed uploads, if anybody.
    pub webhook: Option<webhook::Webhook>,
    /// The numbers for Prometheus. Who wants them serves [`metrics::Metrics::router`] on another port.
    pub metrics: metrics::Metrics,
}

impl App {
    /// An app without limits of its own, that pages of this server itself may call.
    pub fn new(store: Store, seal: Seal) -> Self {
        Self {
            store,
            limits: Arc::default(),
            keys: Arc::default(),
            disposition: Disposition::default(),
            forms: Forms::default(),
            presigned_delete: false,
            doctor: Some(Arc::default()),
            seal: Arc::new(seal),
            origins: Some(Vec::new()),
            request_timeout: REQUEST_TIMEOUT,
            site: None,
            auth: None,
            quota: Arc::default(),
            proxies: Arc::default(),
            webhook: None,
            metrics: metrics::Metrics::default(),
        }
    }
}

/// How long a request may take by default: a little longer than the widget waits for an upload in parts to be put
/// together, for which S3 takes minutes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(330);

/// Builds the app: the API at `/uploads`, `GET /health`, `GET /openapi.json`, and the static files for everything else.
pub fn router(app: App) -> Router {
    let origins = app.origins.clone();
    let timeout = app.request_timeout;
    let site = app.site.clone();
    let metrics = app.metrics.clone();
    let api = uploads::routes()
        .route_layer(axum::middleware::from_fn_with_state(
            app.clone(),
            guard::admit,
        ))
        .with_state(app)
        .route("/health", get(|| async { "ok" }))
        .route("/openapi.json", get(openapi::answer))
        .method_not_allowed_fallback(async || refusal::Refused::method_not_allowed());
    site::serve(api, site.as_deref())
        .layer(axum::middleware::from_fn_with_state(
            timeout,
            uploads::in_time,
        ))
        .layer(uploads::cors(&origins))
        .layer(axum::middleware::from_fn_with_state(
            metrics,
            metrics::observe,
        ))
        .layer(axum::middleware::from_fn(logging::trace_request))
}
