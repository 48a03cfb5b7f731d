//! The client of a request, and the trait by which a host identifies it.
//!
//! The server has no sessions, accounts or passwords. A host that has them implements [`Authenticate`], or wraps the
//! router in a `tower` layer that adds a [`Client`] to the extensions of a request.

use async_trait::async_trait;
use axum::http::request::Parts;

use crate::api::ApiError;

/// The client of a request. An upload belongs to the client, tenant and issuer included, that created it: for all others its
/// id is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Client {
    /// A lasting name of the person or program. The limits count by it.
    pub id: String,
    /// The organisation for which they act, where a server has several.
    pub tenant: Option<String>,
    /// The issuer of the token, if several are configured: the same id of another issuer is another client.
    pub issuer: Option<String>,
}

/// The longest id of a client, in bytes.
const MAX_ID: usize = 256;
/// The longest name of a tenant, in bytes.
const MAX_TENANT: usize = 64;

impl Client {
    /// A client as a token names it. A tenant's name may become a part of keys, so that it is one plain path segment:
    /// letters, digits and `._-:@|`, no dot in front.
    pub(super) fn named(id: &str, tenant: Option<&str>) -> Result<Self, AuthError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-:@|".contains(c);
        if id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
            return Err(AuthError::Invalid("the token names no client"));
        }
        let is_name = |tenant: &str| {
            (1..=MAX_TENANT).contains(&tenant.len())
                && !tenant.starts_with('.')
                && tenant.chars().all(plain)
        };
        if tenant.is_some_and(|tenant| !is_name(tenant)) {
            return Err(AuthError::Invalid("the token's tenant is not a plain name"));
        }
        Ok(Self {
            id: id.to_owned(),
            tenant: tenant.map(str::to_owned),
            issuer: None,
        })
    }
}

/// The error of an authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthError {
    /// There are no credentials: 401.
    Missing,
    /// The credentials are invalid or expired: 401. The reason goes to the log and into `WWW-Authenticate`; ASCII, without
    /// quotes.
    Invalid(&'static str),
    /// The client may not upload: 403. The sentence may be shown to the person.
    Forbidden(String),
    /// The credentials cannot be checked at the moment: 503.
    Unavailable,
}

impl From<AuthError> for ApiError {
    fn from(denied: AuthError) -> Self {
        match denied {
            AuthError::Missing => Self::unauthorized(None),
            AuthError::Invalid(reason) => Self::unauthorized(Some(reason)),
            AuthError::Forbidden(message) => Self::forbidden(message),
            AuthError::Unavailable => Self::sign_in_unavailable(),
        }
    }
}

/// Authenticates requests.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Identifies the client by the head of a request: its method, address, headers and extensions.
    async fn authenticate(&self, request: &Parts) -> Result<Client, AuthError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_one_plain_segment() {
        for tenant in ["acme", "org_1.eu", "auth0|7", "a:b@c-d"] {
            assert!(Client::named("i", Some(tenant)).is_ok(), "{tenant}");
        }
        let long = "x".repeat(65);
        for tenant in [
            "", ".", "..", "../b", "a/b", "a\\b", ".a", "a b", "ü", "a\0", &long,
        ] {
            assert!(Client::named("i", Some(tenant)).is_err(), "{tenant}");
        }
        assert!(Client::named("Ü ü", None).is_ok());
        for id in ["", "a\nb", &"x".repeat(257)] {
            assert!(Client::named(id, None).is_err(), "{id}");
        }
    }
}
