//! Static files: the demo page, or another site.
//!
//! A browser revalidates each file, so that a new build is seen at once. Files whose name begins with a dot are not
//! served (except `.well-known`), and neither are links that lead out of the folder.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use percent_encoding::percent_decode_str;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::api::ApiError;

/// Adds the folder behind the routes, or the answer 404.
pub fn serve(routes: Router, site: Option<&Path>) -> Router {
    let nothing = async || ApiError::not_found();
    let Some(site) = site else {
        return routes.fallback(nothing);
    };
    let files = ServeDir::new(site)
        .precompressed_br()
        .fallback(Router::new().fallback(nothing));
    let header = |name: HeaderName, value| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let folder: Arc<Path> = site.into();
    let files = Router::new()
        .fallback_service(files)
        .layer(middleware::from_fn_with_state(folder, within))
        .layer(header(CACHE_CONTROL, "no-cache"))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"));
    routes.fallback_service(files)
}

/// Passes on requests for files within the folder.
async fn within(State(folder): State<Arc<Path>>, request: Request, next: Next) -> Response {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let is_hidden = |segment: &str| segment.starts_with('.') && segment != ".well-known";
    if path.split(['/', '\\']).any(is_hidden) {
        return ApiError::not_found().into_response();
    }
    let requested = folder.join(path.trim_start_matches('/'));
    let is_outside = tokio::task::spawn_blocking(move || is_outside(&folder, &requested));
    if is_outside.await.unwrap_or(true) {
        return ApiError::not_found().into_response();
    }
    next.run(request).await
}

/// True if the file of this path is outside of the folder, links followed.
fn is_outside(folder: &Path, requested: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else {
        return true;
    };
    let with = |path: &Path, end: &str| {
        let mut path = path.as_os_str().to_owned();
        path.push(end);
        PathBuf::from(path)
    };
    let index = requested.join("index.html");
    let candidates = [
        requested.to_owned(),
        with(requested, ".br"),
        with(&index, ".br"),
        index,
    ];
    candidates.iter().any(|path| match path.canonicalize() {
        Ok(real) => !real.starts_with(&folder),
        // A file that does not exist is not read.
        Err(error) => !matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        ),
    })
}
