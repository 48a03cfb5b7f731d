//! The state that all request handlers share.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::http::HeaderValue;

use crate::{
    access::{Authenticate, Proxies, Quota},
    doctor::Doctor,
    events::Webhook,
    grants::{Disposition, KeyTemplate, Limits, TokenSigner},
    store::{ConfirmedObjects, Forms, Store},
    telemetry::Metrics,
};

/// The origins whose pages may call; `None` for any.
pub type AllowedOrigins = Option<Vec<HeaderValue>>;

/// The hosts that the server answers to, in addition to local ones; `None` for any.
pub type AllowedHosts = Option<Arc<[String]>>;

/// The state of the request handlers.
#[derive(Clone)]
pub struct App {
    /// The bucket.
    pub store: Store,
    /// The limits of an upload.
    pub limits: Arc<Limits>,
    /// The template of object keys.
    pub keys: Arc<KeyTemplate>,
    /// The `Content-Disposition` that is stored with a file.
    pub disposition: Disposition,
    /// The sizes that a POST form accepts.
    pub forms: Forms,
    /// True if clients get a presigned `DELETE`.
    pub presigned_delete: bool,
    /// True if stored objects stay: no client can delete one, or have another one confirmed under its key.
    pub keep_stored: bool,
    /// True if clients get links to read their uploads.
    pub downloads: bool,
    /// The objects that were confirmed.
    pub confirmed: Arc<ConfirmedObjects>,
    /// The diagnosis of an unreachable store, if pages may ask for it.
    pub doctor: Option<Arc<Doctor>>,
    /// Signs and reads upload ids.
    pub token_signer: Arc<TokenSigner>,
    /// Origins whose pages may call the API.
    pub origins: AllowedOrigins,
    /// The hosts that the server answers to; `None` for any.
    pub hosts: AllowedHosts,
    /// The time after which a request is answered with an error.
    pub request_timeout: Duration,
    /// The folder of static files, if any.
    pub static_files: Option<PathBuf>,
    /// The authentication; `None` lets every caller in.
    pub auth: Option<Arc<dyn Authenticate>>,
    /// The limits of each client.
    pub quota: Arc<Quota>,
    /// The proxies that are trusted about a client's address.
    pub proxies: Arc<Proxies>,
    /// The webhook, if there is one.
    pub webhook: Option<Webhook>,
    /// The metrics for Prometheus. [`Metrics::router`] serves them, on another port.
    pub metrics: Metrics,
}

impl App {
    /// An app without limits of its own, that pages of this server itself may call.
    pub fn new(store: Store, token_signer: TokenSigner) -> Self {
        Self {
            store,
            limits: Arc::default(),
            keys: Arc::default(),
            disposition: Disposition::default(),
            forms: Forms::default(),
            presigned_delete: false,
            keep_stored: false,
            downloads: true,
            confirmed: Arc::default(),
            doctor: Some(Arc::default()),
            token_signer: Arc::new(token_signer),
            origins: Some(Vec::new()),
            hosts: None,
            request_timeout: REQUEST_TIMEOUT,
            static_files: None,
            auth: None,
            quota: Arc::default(),
            proxies: Arc::default(),
            webhook: None,
            metrics: Metrics::default(),
        }
    }
}

/// The default time limit of a request: a little longer than the widget waits for the end of a multipart upload,
/// for which S3 takes minutes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(330);
