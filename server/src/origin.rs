//! Pages of other sites: told apart by what browsers say, and refused by the server itself.
//!
//! Owns the check of `Origin`. CORS alone keeps a page from reading an answer, not from sending a request that changes
//! something; and while requests with a JSON body are not sent without asking, this does not depend on that. Refuses to
//! guess about requests without an `Origin`: programs send none, and browsers send it with every POST and DELETE
//! (<https://fetch.spec.whatwg.org/#origin-header>).

use axum::http::{
    HeaderMap, HeaderValue, Method, Uri,
    header::{HOST, ORIGIN},
};

use crate::{refusal::Refused, uploads::Origins};

/// Refuses a request that changes something and comes from a page of an origin that is not allowed.
pub(crate) fn check(
    allowed: &Origins,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), Refused> {
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
    tracing::info!(
        origin = origin.to_str().unwrap_or("?"),
        "a page of this origin was refused; --allow-origin would let it in"
    );
    Err(Refused::origin_not_allowed())
}

/// Whether the page is this server's own: the browser says so, or the names are the same. A proxy may have changed the
/// name, and old browsers do not say.
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

    fn taken(allowed: &Origins, method: &Method, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        check(allowed, method, &headers).is_ok()
    }

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
