//! A store for development: s3s over a folder, on a port of its own, so that a browser sends cross-origin requests.
//!
//! The credentials are random at each start unless they are given. There is one bucket. `cors` applies the bucket's
//! CORS rules. This is no store for production.

mod cors;
mod data_dir;
mod folder_store;

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse as _, Response},
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};

use data_dir::BUCKET;
pub use data_dir::DataDir;
pub(crate) use data_dir::MAX_KEY;
use folder_store::FolderStore;

use crate::{
    primitives::Secret,
    store::{BucketLocation, CorsRule, Store},
};

/// The store's HTTP service and how to sign for it.
#[non_exhaustive]
pub struct EmbeddedStore {
    /// The router of the store's port.
    pub router: Router,
    /// The bucket.
    pub store: Store,
}

impl EmbeddedStore {
    /// Builds the store over a folder. `endpoint` is the router's address, `public_endpoint` the one that browsers reach;
    /// `credentials` are access key id and secret, `None` for random ones; `rules` are the bucket's CORS rules.
    pub fn new(
        data: &DataDir,
        endpoint: String,
        public_endpoint: Option<String>,
        credentials: Option<(String, Secret)>,
        rules: Vec<CorsRule>,
        expires: Duration,
    ) -> io::Result<Self> {
        let (access_key, secret_key) = match credentials {
            Some((id, secret)) => (id, secret.expose().to_owned()),
            None => (random_word(20), random_word(32)),
        };
        let rules: Arc<[CorsRule]> = rules.into();
        let files = FolderStore::open(data.path(), rules.clone())
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(
            access_key.as_str(),
            secret_key.as_str(),
        ));
        let router = Router::new()
            .fallback(s3)
            .with_state(service.build())
            .layer(middleware::from_fn_with_state(rules, cors::answer));
        let location = BucketLocation {
            bucket: BUCKET.to_owned(),
            region: None,
            endpoint: Some(endpoint),
            public_endpoint,
            path_style: true,
        };
        Ok(Self {
            router,
            store: Store::with_credentials(location, &access_key, &secret_key, expires),
        })
    }
}

async fn s3(State(service): State<S3Service>, request: Request) -> Response {
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            // The error may hold the request, and with it a signature.
            drop(error);
            tracing::error!("the embedded store could not answer");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A random word of hexadecimal digits, up to 32.
fn random_word(digits: usize) -> String {
    let mut word = uuid::Uuid::new_v4().simple().to_string();
    word.truncate(digits);
    word
}
