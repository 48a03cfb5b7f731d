//! The CORS headers of the API.

use std::time::Duration;

use axum::http::{Method, header::RETRY_AFTER};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::app::AllowedOrigins;

/// Lets pages of these origins call the API. Without credentials if it is any origin, as browsers demand.
pub fn cors(origins: &AllowedOrigins) -> CorsLayer {
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
