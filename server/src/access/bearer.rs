//! The built-in authentication: tokens in `Authorization: Bearer`.

use async_trait::async_trait;
use axum::http::{header::AUTHORIZATION, request::Parts};

use super::{
    auth_token::{self, AuthTokens},
    client::{AuthError, Authenticate, Client},
    jwt::Jwt,
    token_settings::{KeyError, TokenSettings},
};

/// Verifies the tokens that are configured.
pub struct Bearer {
    /// The current secret first.
    signed: Vec<AuthTokens>,
    jwt: Option<Jwt>,
}

impl Bearer {
    /// Reads the keys that the configuration names.
    pub fn new(tokens: &TokenSettings) -> Result<Self, KeyError> {
        let takes_jwt =
            tokens.jwt_secret.is_some() || tokens.jwt_key.is_some() || tokens.jwks.is_some();
        Ok(Self {
            signed: [&tokens.secret, &tokens.previous_secret]
                .into_iter()
                .flatten()
                .map(|secret| AuthTokens::new(secret.expose()))
                .collect(),
            jwt: takes_jwt.then(|| Jwt::new(tokens)).transpose()?,
        })
    }
}

/// The longest token that is read, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

#[async_trait]
impl Authenticate for Bearer {
    async fn authenticate(&self, request: &Parts) -> Result<Client, AuthError> {
        let mut values = request.headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(AuthError::Missing)?;
        if values.next().is_some() {
            return Err(AuthError::Invalid("there are two Authorization headers"));
        }
        let value = value.to_str().unwrap_or_default();
        // RFC 9110, section 11.1: the scheme's case does not matter.
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => return Err(AuthError::Invalid("the scheme is not Bearer")),
        };
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Invalid("the token is too long"));
        }
        let other_kind = Err(AuthError::Invalid("tokens of this kind are not taken here"));
        if auth_token::is_auth_token(token) {
            let now = std::time::SystemTime::now();
            let mut read = other_kind;
            for signed in &self.signed {
                read = signed.read(token, now);
                // The signature fits, so that no other secret makes the claims better.
                if read != Err(AuthError::Invalid(auth_token::WRONG_SIGNATURE)) {
                    break;
                }
            }
            return read;
        }
        self.jwt.as_ref().map_or(other_kind, |jwt| jwt.read(token))
    }
}
