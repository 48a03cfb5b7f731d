//! The API's description: `GET /openapi.json`, `OpenAPI` 3.1.
//!
//! The document is written by hand: the widget shares the wire types and needs no crate that describes them. A test
//! compares the document with the router and with the types. The server's address in it is a path.

use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

/// The document.
pub const OPENAPI_DOCUMENT: &str = include_str!("openapi.json");

/// Answers with the document. Its content is public, so that no token is needed.
pub(crate) async fn answer() -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, OPENAPI_DOCUMENT).into_response()
}
