//! The HTTP API: `/uploads` and what is below it.
//!
//! Owns the routes, who may call them from which page, and how a request is read and an answer written as JSON. What
//! each request does is in the file of its name. Refuses to keep anything between requests: see [`crate::ticket`].

mod abort;
mod complete;
mod create;
mod doctor;
mod parts;
mod url;

use std::time::{Duration, SystemTime};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequest, Path, Request, State},
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::{Serialize, de::DeserializeOwned};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::{App, auth::Client, refusal::Refused, ticket::Ticket};

/// The origins whose pages may call; `None` for any.
pub type Origins = Option<Vec<HeaderValue>>;

/// The most that is read of most requests, in bytes.
const BODY: usize = 64 * 1024;
/// The most that is read of a completion, which may name 10,000 parts.
const COMPLETE_BODY: usize = 2 * 1024 * 1024;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/uploads", post(create::create))
        .route("/uploads/doctor", post(doctor::ask))
        .route("/uploads/{id}", axum::routing::delete(abort::abort))
        .route("/uploads/{id}/parts", get(parts::list).post(parts::sign))
        .route("/uploads/{id}/complete", post(complete::complete))
        .route("/uploads/{id}/url", get(url::url))
}

/// Lets pages of these origins call the API. Without credentials if it is any origin, as browsers demand.
pub fn cors(origins: &Origins) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([RETRY_AFTER])
        .max_age(Duration::from_hours(2));
    match origins {
        None => layer.allow_origin(AllowOrigin::any()),
        Some(origins) => layer
            .allow_origin(AllowOrigin::list(origins.clone()))
            .allow_credentials(true),
    }
}

/// Answers with an error when a request takes too long.
pub async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| Refused::timeout().into_response())
}

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

/// The JSON body of a request of at most `LIMIT` bytes. An absent body reads as `{}`.
struct Json<T, const LIMIT: usize = BODY>(T);

impl<T: DeserializeOwned, S: Sync, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
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
            .map_err(|_| Refused::request_too_large(LIMIT))?;
        // Not even without a body: a page of another site can send that without asking first.
        if !is_json {
            return Err(Refused::not_json());
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
                    Refused::invalid(format!("The request is not as it should be: {error}."))
                }
                _ => Refused::malformed(format!("The request is not JSON: {error}.")),
            })
    }
}

/// The upload that the path names, its signature, expiry and owner checked.
struct Upload(Ticket);

impl axum::extract::FromRequestParts<App> for Upload {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &App,
    ) -> Result<Self, Refused> {
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| Refused::unknown_upload())?;
        let ticket = app.seal.open(&id, SystemTime::now())?;
        let client = parts.extensions.get::<Client>();
        // Another's upload is no different from none.
        if ticket.owner == client.map(|client| app.seal.owner(client)) {
            Ok(Self(ticket))
        } else {
            Err(Refused::unknown_upload())
        }
    }
}

impl Upload {
    /// The ticket and S3's id of a multipart upload.
    fn multipart(self) -> Result<(Ticket, String), Refused> {
        match self.0.upload_id.clone() {
            Some(upload_id) => Ok((self.0, upload_id)),
            None => Err(Refused::invalid(
                "This upload is a single request; it has no parts.",
            )),
        }
    }
}
