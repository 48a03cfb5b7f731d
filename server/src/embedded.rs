//! A store for development: s3s over a folder, on a port of its own, so that a browser meets a true cross-origin S3.
//!
//! Owns its credentials (random at each start, unless given), its one bucket and its folder. What a bucket's CORS rules do is in
//! [`cors`], what the folder store lacks of S3 in [`folder`]. Refuses to be a store for production.

pub mod cors;
mod folder;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

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
use tempfile::TempDir;

use crate::{
    config::Secret,
    cors_rule::CorsRule,
    store::{Place, Store},
};

/// The bucket's name.
pub const BUCKET: &str = "uploads";

/// The longest key in bytes: the folder store makes file names of keys, and the longest are those of multipart uploads.
pub const MAX_KEY: usize = 128;

/// The folder that holds the files.
#[derive(Debug)]
pub enum Data {
    /// Stays.
    Kept(PathBuf),
    /// Goes when this is dropped.
    Temporary(TempDir),
}

impl Data {
    /// Opens a folder, and finds out whether it can be written; without one makes a temporary one.
    pub fn open(folder: Option<&Path>) -> io::Result<Self> {
        let data = match folder {
            Some(folder) => Self::Kept(folder.to_owned()),
            None => Self::Temporary(tempfile::Builder::new().prefix("s3-upload-").tempdir()?),
        };
        // A bucket is a folder.
        std::fs::create_dir_all(data.path().join(BUCKET))?;
        tempfile::tempfile_in(data.path())?;
        Ok(data)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// The store's HTTP service and how to sign for it.
pub struct Embedded {
    /// What answers on the store's port.
    pub router: Router,
    /// The bucket.
    pub store: Store,
}

impl Embedded {
    /// Builds the store over a folder. `endpoint` is where the router will answer, `public_endpoint` how browsers get
    /// there; `credentials` are access key id and secret, `None` for random ones; `rules` are the bucket's CORS rules.
    pub fn new(
        data: &Data,
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
        let files = folder::Folder::open(data.path(), rules.clone())
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
        let place = Place {
            bucket: BUCKET.to_owned(),
            region: None,
            endpoint: Some(endpoint),
            public_endpoint,
            path_style: true,
        };
        Ok(Self {
            router,
            store: Store::with_credentials(place, &access_key, &secret_key, expires),
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
