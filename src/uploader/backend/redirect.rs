//! Redirects of requests to the backend that carry the page's own headers.
//!
//! No other origin gets these headers. A browser sends every header but `Authorization` to the target of a redirect. A
//! redirect within the backend's own origin, such as one that adds a slash, is followed. A redirect to another origin
//! is not.

use crate::browser::fetch::Follow;
use crate::uploader::platform::Platform;

/// The redirects that a request to this address may follow.
pub fn allowed(platform: &impl Platform, url: &str) -> Follow {
    match platform.resolve(url) {
        Some(url) if url.origin == platform.origin() => Follow::SameOrigin,
        _ => Follow::Nowhere,
    }
}
