//! Warnings about a configuration that is accepted.

use super::options::Options;
use crate::{events::WebhookTarget, primitives::is_loopback};

/// A warning for a file with secrets that every user of the machine can read.
#[cfg(unix)]
pub(super) fn readable_by_all(path: &std::path::Path, file: &Options) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let has_secret = [
        &file.secret,
        &file.auth_secret,
        &file.jwt_secret,
        &file.webhook_secret,
        &file.store_credentials,
    ]
    .into_iter()
    .any(Option::is_some);
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (has_secret && mode & 0o004 != 0).then(|| {
        format!(
            "every user of this machine can read the secrets in {}; set its mode to 0600, or name files by --secret-file \
             and its like",
            path.display()
        )
    })
}

/// Other systems have other rights, which are not checked.
#[cfg(not(unix))]
pub(super) fn readable_by_all(_: &std::path::Path, _: &Options) -> Option<String> {
    None
}

/// A warning for a webhook over plain http.
pub(super) fn plain_http(target: &WebhookTarget) -> Option<String> {
    let host = target.url.host().unwrap_or_default();
    let is_plain = target.url.scheme_str() == Some("http") && !is_loopback(host);
    is_plain.then(|| {
        format!(
            "the webhook goes to {host} over http: whoever is on the way can read it; use https"
        )
    })
}
