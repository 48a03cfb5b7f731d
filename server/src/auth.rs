//! Who calls: the hook for authentication, and the kinds that are built in.
//!
//! Owns [`Client`] and [`Authenticate`], the one question that is asked of each request before anything else is. Built in
//! are JSON web tokens ([`jwt`]) and tokens that a site's own backend signs ([`token`]). Refuses sessions, accounts and
//! passwords: a host that has them brings its own [`Authenticate`], or a `tower` layer around the router that adds a
//! [`Client`] to the request's extensions.

pub mod jwt;
pub mod token;

use std::{convert::Infallible, sync::Arc};

use async_trait::async_trait;
use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use crate::{
    config::{ConfigError, Tokens},
    quota::Holder,
    refusal::Refused,
};

/// Who calls. An upload belongs to the client, tenant and issuer included, that began it: to all others its id is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Client {
    /// A lasting name of the person or program. The limits count by it.
    pub id: String,
    /// The organisation for which they act, where a server has several.
    pub tenant: Option<String>,
    /// Who says so, where several may: the same id of another issuer is another client.
    pub issuer: Option<String>,
}

/// The longest id of a client, in bytes.
const MAX_ID: usize = 256;
/// The longest name of a tenant, in bytes.
const MAX_TENANT: usize = 64;

impl Client {
    /// A client as a token names it. A tenant's name may become a part of keys, so that it is one plain path segment:
    /// letters, digits and `._-:@|`, no dot in front.
    fn named(id: &str, tenant: Option<&str>) -> Result<Self, Denied> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-:@|".contains(c);
        if id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
            return Err(Denied::Invalid("the token names no client"));
        }
        let is_name = |tenant: &str| {
            (1..=MAX_TENANT).contains(&tenant.len())
                && !tenant.starts_with('.')
                && tenant.chars().all(plain)
        };
        if tenant.is_some_and(|tenant| !is_name(tenant)) {
            return Err(Denied::Invalid("the token's tenant is not a plain name"));
        }
        Ok(Self {
            id: id.to_owned(),
            tenant: tenant.map(str::to_owned),
            issuer: None,
        })
    }
}

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// It does not say who calls: 401.
    Missing,
    /// What it says is wrong or too old: 401. The reason goes to the log and into `WWW-Authenticate`; ASCII, without
    /// quotes.
    Invalid(&'static str),
    /// The client is known and may not upload: 403. The sentence may be shown to the person.
    Forbidden(String),
    /// It cannot be found out now: 503.
    Unavailable,
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => Self::unauthorized(None),
            Denied::Invalid(reason) => Self::unauthorized(Some(reason)),
            Denied::Forbidden(message) => Self::forbidden(message),
            Denied::Unavailable => Self::sign_in_unavailable(),
        }
    }
}

/// Finds out who calls.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Looks at the head of a request: its method, address, headers and extensions.
    async fn authenticate(&self, request: &Parts) -> Result<Client, Denied>;
}

/// The built-in kinds: whichever of them are configured.
pub struct Bearer {
    signed: Option<token::Tokens>,
    jwt: Option<jwt::Jwt>,
}

impl Bearer {
    /// Reads the keys that the configuration names.
    pub fn new(tokens: &Tokens) -> Result<Self, ConfigError> {
        let takes_jwt =
            tokens.jwt_secret.is_some() || tokens.jwt_key.is_some() || tokens.jwks.is_some();
        Ok(Self {
            signed: tokens
                .secret
                .as_ref()
                .map(|secret| token::Tokens::new(secret.expose())),
            jwt: takes_jwt.then(|| jwt::Jwt::new(tokens)).transpose()?,
        })
    }
}

/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

#[async_trait]
impl Authenticate for Bearer {
    async fn authenticate(&self, request: &Parts) -> Result<Client, Denied> {
        let mut values = request.headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Denied::Missing)?;
        if values.next().is_some() {
            return Err(Denied::Invalid("there are two Authorization headers"));
        }
        let value = value.to_str().unwrap_or_default();
        // RFC 9110, section 11.1: the scheme's case does not matter.
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => return Err(Denied::Invalid("the scheme is not Bearer")),
        };
        if token.len() > MAX_TOKEN {
            return Err(Denied::Invalid("the token is too long"));
        }
        match (&self.signed, &self.jwt) {
            (Some(signed), _) if token::is_one(token) => {
                signed.read(token, std::time::SystemTime::now())
            }
            (_, Some(jwt)) if !token::is_one(token) => jwt.read(token),
            _ => Err(Denied::Invalid("tokens of this kind are not taken here")),
        }
    }
}

/// Who calls, for a handler; nobody in particular where no one is asked.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who was authenticated.
    pub client: Option<Client>,
    /// Whose limits count.
    pub holder: Holder,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let holder = parts.extensions.get::<Holder>().cloned();
        Ok(Self {
            client: parts.extensions.get::<Client>().cloned(),
            holder: holder.unwrap_or(Holder::Unknown),
        })
    }
}

/// The hook as the app holds it.
pub type Hook = Option<Arc<dyn Authenticate>>;

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
