//! JSON bodies of answers.

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

/// A JSON answer. It may hold a presigned URL, so that no cache may keep it.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // The answers hold strings, numbers and lists, which always serialize.
    let body = serde_json::to_vec(value).unwrap_or_default();
    let headers: [(HeaderName, HeaderValue); 2] = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Body::from(body)).into_response()
}
