//! The API's description of itself: `GET /openapi.json`, OpenAPI 3.1.
//!
//! Owns the document, which is written by hand: the wire types are shared with the widget, which has no use for a crate
//! that describes them, and the sentences are for people. A test compares it with the router and with what the types
//! write. Refuses to know where it is served: its address is a path.

use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

/// The document.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// Answers with the document. It tells nothing that is not public, so that nobody is asked for a token.
pub(crate) async fn answer() -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, DOCUMENT).into_response()
}
