//! The redirect of a request to the backend that did not follow it.

use s3_upload_protocol::{DialectRequest, SecretUrl};

use crate::browser::fetch::RedirectTarget;
use crate::uploader::diagnosis::Redirect;
use crate::uploader::platform::Platform;

/// Finds the redirect of a request that failed.
pub(super) async fn of<P: Platform>(
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
