//! The check of `Origin`.
//!
//! CORS prevents a page from reading an answer, not from sending a request that changes something. A request with a
//! JSON body needs a preflight, and this check does not depend on that. A request without an `Origin` is accepted:
//! programs send none, and browsers send it with every POST and DELETE
//! (<https://fetch.spec.whatwg.org/#origin-header>).

use axum::http::{
    HeaderMap, HeaderValue, Method, Uri,
    header::{HOST, ORIGIN},
};

use crate::{api::ApiError, app::AllowedOrigins};

/// Refuses a request that changes something and comes from a page of an origin that is not allowed.
pub(crate) fn check(
    allowed: &AllowedOrigins,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(origin) = headers.get(ORIGIN).filter(|_| changes) else {
        return Ok(());
    };
    let Some(allowed) = allowed else {
        return Ok(());
    };
    if allowed.contains(origin) || is_own(origin, headers) {
        return Ok(());
    }
    log_refused(origin);
    Err(ApiError::origin_not_allowed())
}

/// The longest origin that is logged, in characters. Every client can write the header.
const MAX_LOGGED: usize = 100;

/// Logs the refused origin, shortened.
pub(crate) fn log_refused(origin: &HeaderValue) {
    let origin = origin.to_str().unwrap_or("?");
    let shown: String = origin.chars().take(MAX_LOGGED).collect();
    let more = if shown.len() < origin.len() {
        "…"
    } else {
        ""
    };
    tracing::info!(
        origin = format!("{shown}{more}"),
        "a page of this origin was refused; --allow-origin would let it in"
    );
}

/// True if the page is this server's own: by the browser's statement, or by equal names. A proxy may have changed the
/// name, and old browsers send no statement.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.parse::<Uri>().ok());
    let own = origin.as_ref().and_then(|origin| origin.authority());
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    matches!((own, host), (Some(own), Some(host)) if own.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn taken(allowed: &AllowedOrigins, method: &Method, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        check(allowed, method, &headers).is_ok()
    }

    /// <https://fetch.spec.whatwg.org/#origin-header>
    #[test]
    fn only_named_and_own_pages_may_change_something() {
        let allowed = Some(vec![HeaderValue::from_static("https://a.example")]);
        let host = ("host", "up.example:8080");
        for (origin, site, expected) in [
            ("https://a.example", None, true),
            ("https://a.example", Some("cross-site"), true),
            ("https://b.example", None, false),
            ("https://a.example.b.example", None, false),
            ("https://a.example:444", None, false),
            ("http://a.example", None, false),
            ("null", None, false),
            ("", None, false),
            ("https://up.example:8080", None, true),
            ("https://UP.example:8080", None, true),
            ("https://up.example", None, false),
            ("https://up.example:8080", Some("cross-site"), false),
            ("https://proxied.example", Some("same-origin"), true),
            ("https://proxied.example", Some("same-site"), false),
        ] {
            let mut headers = vec![host, ("origin", origin)];
            headers.extend(site.map(|site| ("sec-fetch-site", site)));
            for method in [Method::POST, Method::DELETE] {
                assert_eq!(
                    taken(&allowed, &method, &headers),
                    expected,
                    "{origin} {site:?}"
                );
            }
            assert!(taken(&allowed, &Method::GET, &headers));
            assert!(taken(&None, &Method::POST, &headers));
        }
        assert!(taken(&allowed, &Method::POST, &[host]));
        assert!(taken(&Some(Vec::new()), &Method::POST, &[host]));
    }
}
