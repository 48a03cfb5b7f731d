//! JSON bodies of requests.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::header::CONTENT_TYPE,
};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// The most that is read of most requests, in bytes.
const BODY: usize = 64 * 1024;

/// The JSON body of a request of at most `LIMIT` bytes. An absent body reads as `{}`.
pub(crate) struct Json<T, const LIMIT: usize = BODY>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .eq_ignore_ascii_case("application/json")
            });
        let body = to_bytes(request.into_body(), LIMIT)
            .await
            .map_err(|_| ApiError::request_too_large(LIMIT))?;
        // Not even without a body: a page of another site can send that without asking first.
        if !is_json {
            return Err(ApiError::not_json());
        }
        let body = if body.is_empty() {
            b"{}".as_slice()
        } else {
            &body
        };
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|error| match error.classify() {
                serde_json::error::Category::Data => {
                    ApiError::invalid(format!("The request is not valid: {error}."))
                }
                _ => ApiError::malformed(format!("The request is not JSON: {error}.")),
            })
    }
}
