//! The operator's view of the server: the webhook, the metrics, the request's id, the API's description.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

mod metrics;
mod openapi;
mod request_id;
mod webhook;
