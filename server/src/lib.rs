//! The presigning backend of `s3-upload`: it decides if a file may be uploaded, and signs the requests that upload it. The
//! bytes go from the browser to the store.
//!
//! [`router`] builds the API from an [`App`]. It is an axum router without a socket, which a host merges into its own:
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, routing::get};
//! use s3_upload_server::{
//!     App,
//!     grants::TokenSigner,
//!     router,
//!     store::{BucketLocation, Store},
//! };
//!
//! let location = BucketLocation {
//!     bucket: "my-uploads".to_owned(),
//!     region: Some("eu-central-1".to_owned()),
//!     ..BucketLocation::default()
//! };
//! let url_lifetime = Duration::from_secs(300);
//! let store = Store::with_credentials(location, "an access key id", "a secret access key", url_lifetime);
//! let token_lifetime = Duration::from_secs(24 * 60 * 60);
//! let signer = TokenSigner::new(b"the secret of all servers of the site", token_lifetime);
//!
//! let site: Router = Router::new()
//!     .route("/", get(async || "the site"))
//!     .merge(router(App::new(store, signer)));
//! ```
//!
//! [`Store::from_environment`](store::Store::from_environment) finds the credentials as the AWS tools do. A host that
//! authenticates its users sets [`App::auth`] to its own [`access::Authenticate`], or wraps the router in a `tower` layer that
//! adds an [`access::Client`] to the extensions of each request. The server has no sessions and no accounts. Without
//! authentication, limits count by address. They need the router to be served by
//! `into_make_service_with_connect_info::<SocketAddr>()`.
//!
//! The command `s3-upload-server` is [`config::Options`] → [`config::Config`] → [`serve::Server`].
//!
//! A request passes these folders in order: `http` (connections, router, checks of origin and caller), `uploads` (a handler for
//! each operation), [`access`] (authentication and quotas), [`grants`] (limits, keys, signed ids), [`store`] (S3) and
//! [`events`] (the webhook). [`embedded`] is a store for development, [`doctor`] diagnoses an unreachable store, and
//! [`telemetry`] has logs and metrics.

pub mod access;
pub mod api;
mod app;
pub mod config;
pub mod doctor;
pub mod embedded;
pub mod events;
pub mod grants;
mod http;
mod primitives;
pub mod serve;
pub mod store;
pub mod telemetry;
mod uploads;

pub use app::{App, REQUEST_TIMEOUT};
pub use http::{OPENAPI_DOCUMENT, router};
pub use primitives::{Secret, Size};
