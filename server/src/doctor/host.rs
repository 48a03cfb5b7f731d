//! Hosts that a browser in another network cannot reach.
//!
//! Decides by the names alone. Pure: no name is resolved, since the browser's resolver may give another answer.

use std::net::IpAddr;

use axum::http::Uri;
use s3_upload_protocol::native::DoctorFinding;
use s3_upload_types::INTERNAL_HOST_SUFFIXES;

use super::finding::finding;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostScope {
    /// From the machine itself.
    Loopback,
    /// From the same network.
    PrivateNetwork,
    /// From networks where a single label is a host: between containers, and in some companies.
    SingleLabel,
    /// From anywhere.
    Public,
}

/// A finding if the page's browser can hardly reach the store.
pub(super) fn internal_host(store: &str, page: &str) -> Option<DoctorFinding> {
    let store_host = host(store)?;
    let page_host = host(page).unwrap_or_default();
    let can_be_reached = match (host_scope(&store_host), host_scope(&page_host)) {
        (HostScope::Public, _)
        | (HostScope::Loopback, HostScope::Loopback)
        | (HostScope::SingleLabel, HostScope::SingleLabel) => true,
        // A page of this machine may well be developed against a store of its network.
        (HostScope::PrivateNetwork, page) => page != HostScope::Public,
        _ => false,
    };
    if can_be_reached || store_host == page_host {
        return None;
    }
    Some(finding(
        "internal_host",
        format!(
            "The URLs are signed for {store}, which this server can reach, but a browser with a page of {page} probably cannot."
        ),
        "--public-endpoint https://files.example.com (S3_UPLOAD_PUBLIC_ENDPOINT), with the store's address as browsers reach it.",
    ))
}

/// The origin of a URL.
pub(super) fn origin(url: &str) -> Option<&str> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?.as_str());
    url.get(..scheme.len() + "://".len() + authority.len())
}

fn host(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).trim_end_matches('.');
    Some(host.to_ascii_lowercase())
}

fn host_scope(host: &str) -> HostScope {
    if let Ok(address) = host.parse::<IpAddr>() {
        return host_scope_of_address(address);
    }
    if host == "localhost" || host.ends_with(".localhost") {
        HostScope::Loopback
    } else if INTERNAL_HOST_SUFFIXES
        .iter()
        .any(|ending| host.ends_with(ending))
    {
        HostScope::PrivateNetwork
    } else if host.contains('.') {
        HostScope::Public
    } else {
        HostScope::SingleLabel
    }
}

fn host_scope_of_address(address: IpAddr) -> HostScope {
    let is_network = match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    // 0.0.0.0 is what a server listens on, and no host to name.
    if address.to_canonical().is_loopback() || address.is_unspecified() {
        HostScope::Loopback
    } else if is_network {
        HostScope::PrivateNetwork
    } else {
        HostScope::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_server_reaches_is_found() {
        for (store, page, found) in [
            ("http://minio:9000", "https://app.example.com", true),
            ("http://minio:9000", "http://localhost:3000", true),
            ("http://minio:9000", "http://192.168.1.5", true),
            ("http://minio:9000", "http://wiki", false),
            ("http://minio:9000", "http://minio:8080", false),
            ("http://10.0.0.7:9000", "https://app.example.com", true),
            ("http://10.0.0.7:9000", "http://10.0.0.8", false),
            ("http://172.18.0.3:9000", "http://localhost:3000", false),
            ("http://[fd00::1]:9000", "https://app.example.com", true),
            ("http://[::ffff:10.0.0.7]", "https://app.example.com", true),
            ("https://s3.eu.internal", "https://app.example.com", true),
            ("http://nas.local:9000", "http://pc.local", false),
            ("http://store.ns.svc", "https://app.example.com", true),
            ("http://127.0.0.1:9000", "http://localhost:8080", false),
            ("http://localhost:9000", "http://[::1]:8080", false),
            ("http://127.0.0.1:9000", "http://192.168.1.5:8080", true),
            ("http://127.0.0.1:9000", "https://app.example.com", true),
            ("http://0.0.0.0:9000", "https://app.example.com", true),
            ("http://minio:9000", "null", false),
            ("http://localhost:9000", "null", true),
            ("https://s3.example.com", "https://app.example.com", false),
            ("https://203.0.113.9", "https://app.example.com", false),
        ] {
            assert_eq!(
                internal_host(store, page).is_some(),
                found,
                "{store} {page}"
            );
        }
    }

    #[test]
    fn an_origin_has_neither_path_nor_query() {
        assert_eq!(origin("https://a.b:1/c?d"), Some("https://a.b:1"));
        assert_eq!(origin("/c"), None);
        assert_eq!(origin(""), None);
    }
}
