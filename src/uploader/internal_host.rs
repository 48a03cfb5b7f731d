//! Host names and addresses that only an internal network resolves or routes.

use s3_upload_core::CollectVec;
use s3_upload_core::INTERNAL_HOST_SUFFIXES;

/// Returns true for a host name that `docker compose`, Kubernetes or a home router gives, and for a private address.
/// <https://www.rfc-editor.org/rfc/rfc1918> <https://www.rfc-editor.org/rfc/rfc6762>
pub fn is_internal(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host == "localhost" || host.starts_with('[') {
        return false;
    }
    let numbers: Vec<u8> = host
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect_vec();
    if let [first, second, _, _] = numbers.as_slice() {
        return matches!((first, second), (10, _) | (192, 168) | (172, 16..=31));
    }
    !host.contains('.')
        || INTERNAL_HOST_SUFFIXES
            .iter()
            .any(|suffix| host.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::is_internal;

    /// <https://www.rfc-editor.org/rfc/rfc1918>
    /// <https://www.rfc-editor.org/rfc/rfc6762>
    #[test]
    fn names_of_internal_networks() {
        for host in [
            "minio",
            "MINIO",
            "s3.internal",
            "store.local",
            "wiki.intranet",
            "minio.default.svc",
            "10.0.0.5",
            "192.168.1.2",
            "172.20.0.3",
        ] {
            assert!(is_internal(host), "{host}");
        }
        for host in [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "b.s3.amazonaws.com",
            "172.32.0.1",
            "8.8.8.8",
            "s3.example.com.",
        ] {
            assert!(!is_internal(host), "{host}");
        }
    }
}
