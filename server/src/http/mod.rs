//! HTTP: connections, the router, and the checks that precede every handler.

mod access_log;
mod connection_limit;
mod connections;
mod cors;
mod guard;
mod host;
mod openapi;
mod origin;
mod request_metrics;
mod router;
mod static_files;
mod write_timeout;

pub(crate) use connection_limit::{
    ConnectionLimiter, DEFAULT_CONNECTIONS_PER_ADDRESS, raise_open_file_limit,
};
pub(crate) use connections::{ConnectionSettings, HEAD_TIMEOUT, serve_connections};
pub use openapi::OPENAPI_DOCUMENT;
pub use router::router;
pub(crate) use write_timeout::WRITE_TIMEOUT;
