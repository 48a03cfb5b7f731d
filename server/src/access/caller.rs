//! The caller of a request, for a handler.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{client::Client, quota::QuotaKey};

/// The caller of a request; anonymous where authentication is off.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The authenticated client.
    pub client: Option<Client>,
    /// The key of the caller's limits.
    pub quota_key: QuotaKey,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let quota_key = parts.extensions.get::<QuotaKey>().cloned();
        Ok(Self {
            client: parts.extensions.get::<Client>().cloned(),
            quota_key: quota_key.unwrap_or(QuotaKey::Unknown),
        })
    }
}
