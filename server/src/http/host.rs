//! The check of `Host` for a server for development.
//!
//! Prevents DNS rebinding: for a browser, a page of `evil.example` whose name resolves to this machine would have the
//! server's origin. Addresses, and names that public DNS does not have, cannot be such a page. A server that other
//! machines reach is not checked: the proxy in front of it knows its names.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{Uri, header::HOST},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{api::ApiError, app::AllowedHosts};

/// Endings that public DNS never has (RFC 6761, RFC 6762, RFC 8375, and ICANN's `.internal`).
const LOCAL: [&str; 5] = [".localhost", ".test", ".local", ".internal", ".home.arpa"];

/// Refuses a request for a host that is not this server's.
pub async fn check(State(hosts): State<AllowedHosts>, request: Request, next: Next) -> Response {
    let Some(hosts) = hosts else {
        return next.run(request).await;
    };
    let from_uri = request.uri().host();
    let host = match from_uri {
        Some(host) => Some(host.to_owned()),
        None => request.headers().get(HOST).map(|value| {
            let text = value.to_str().unwrap_or("?.?");
            let uri = text.parse::<Uri>().ok();
            let host = uri.as_ref().and_then(Uri::host);
            host.unwrap_or(text).to_owned()
        }),
    };
    match host {
        Some(host) if !is_own(&host, &hosts) => ApiError::host_not_allowed().into_response(),
        _ => next.run(request).await,
    }
}

fn is_own(host: &str, hosts: &[String]) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // A name without a dot is one of the own network, such as that of a container.
    !host.contains('.')
        || bare.parse::<IpAddr>().is_ok()
        || LOCAL.iter().any(|end| host.ends_with(end))
        || hosts.iter().any(|own| own.eq_ignore_ascii_case(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_public_name_of_somebody_else_is_refused() {
        let own = ["up.example".to_owned()];
        for host in [
            "localhost",
            "LOCALHOST.",
            "app.localhost",
            "127.0.0.1",
            "[::1]",
            "::1",
            "192.168.1.7",
            "server",
            "app.test",
            "host.docker.internal",
            "up.example",
        ] {
            assert!(is_own(host, &own), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "?.?",
        ] {
            assert!(!is_own(host, &own), "{host}");
        }
    }
}
