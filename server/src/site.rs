//! Static files: the demo page, or any other.
//!
//! Owns how a folder is served. A browser asks each time whether a file has changed, so that a new build is seen at once.

use std::path::Path;

use axum::{
    Router,
    http::{HeaderValue, header::CACHE_CONTROL},
};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::refusal::Refused;

/// Adds the folder behind the routes, or what is said where there is nothing.
pub fn serve(routes: Router, site: Option<&Path>) -> Router {
    let nothing = async || Refused::not_found();
    let Some(site) = site else {
        return routes.fallback(nothing);
    };
    let files = ServeDir::new(site)
        .precompressed_br()
        .fallback(Router::new().fallback(nothing));
    let no_cache =
        SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    routes.fallback_service(Router::new().fallback_service(files).layer(no_cache))
}
