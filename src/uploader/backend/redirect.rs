//! Redirects of requests to the backend that carry the page's own headers.
//!
//! No other origin gets these headers. A browser sends every header but `Authorization` to the target of a redirect. A
//! redirect within the backend's own origin, such as one that adds a slash, is followed. A redirect to another origin
//! is not.

use s3_upload_protocol::{DialectRequest, SecretUrl};

use crate::browser::fetch::{Follow, RedirectTarget};
use crate::uploader::platform::Platform;

/// The redirects that a request to this address may follow.
pub fn allowed(platform: &impl Platform, url: &str) -> Follow {
    match platform.resolve(url) {
        Some(url) if url.origin == platform.origin() => Follow::SameOrigin,
        _ => Follow::Nowhere,
    }
}

/// The redirect of a request that did not follow it.
pub enum Redirect {
    /// There is no redirect.
    None,
    /// To this address of the same origin.
    Within(String),
    /// To another or an unknown origin. Holds the advice for the developer.
    Elsewhere(String),
}

/// Finds the redirect of a request that failed.
pub async fn of<P: Platform>(
    platform: &P,
    request: &DialectRequest,
    signal: &P::Signal,
) -> Redirect {
    let Some(asked) = platform.resolve(request.url.expose()) else {
        return Redirect::None;
    };
    // The probe has the request's own method, since a server may redirect that one only. It has no body and no
    // credentials.
    let target = match platform
        .find_redirect(request.method, &asked.href, signal)
        .await
    {
        RedirectTarget::None => return Redirect::None,
        RedirectTarget::Location(target) => Some(target),
        RedirectTarget::Opaque => None,
    };
    let target = target.and_then(|target| platform.resolve(&target));
    match target {
        Some(target) if target.origin == asked.origin => Redirect::Within(target.href),
        target => {
            let to = target.map_or_else(
                || "another origin".to_owned(),
                |target| SecretUrl::new(target.href).to_string(),
            );
            Redirect::Elsewhere(format!(
                "the backend at {} redirects to {to}, which must not get this page's headers; set the endpoint to the \
                 address that it redirects to",
                SecretUrl::new(asked.href)
            ))
        }
    }
}
