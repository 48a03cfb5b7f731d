//! Tokens that a site's own backend signs with a secret that it shares with this server.
//!
//! A token is `s3u1.CLAIMS.MAC`: `CLAIMS` is the base64url (RFC 4648, section 5, no padding) of a JSON
//! object, `MAC` the base64url of HMAC-SHA256 over the text `s3u1.CLAIMS`. It is valid for every request until it expires.
//!
//! | claim | |
//! |---|---|
//! | `id` | the client: a lasting name, at most 256 bytes |
//! | `tenant` | the tenant, if the site has tenants: letters, digits and `._-:@\|`, at most 64 |
//! | `exp` | the expiry, in seconds since 1970; at most seven days ahead |

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::client::{AuthError, Client};
use crate::primitives::hmac_sha256::keyed;

/// The first part of a token: the format's name and version. It is signed too.
const FORMAT: &str = "s3u1";

/// The reason for which a token of another secret is denied.
pub(super) const WRONG_SIGNATURE: &str = "the signature is wrong";

/// The longest lifetime of a token. A later expiry is a mistake, such as milliseconds.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The client's id.
    pub id: String,
    /// The tenant, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The expiry, in seconds since 1970.
    pub exp: u64,
}

/// Signs and verifies tokens.
#[derive(Clone)]
pub struct AuthTokens {
    mac: Hmac<Sha256>,
}

/// True if a text has the form of such a token.
pub(super) fn is_auth_token(token: &str) -> bool {
    token.split('.').next() == Some(FORMAT)
}

impl AuthTokens {
    /// Tokens that are signed with this secret.
    pub fn new(secret: &str) -> Self {
        Self {
            mac: keyed(secret.as_bytes()),
        }
    }

    /// A signed token.
    pub fn sign(&self, claims: &Claims) -> String {
        // Texts and a number always serialize.
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).unwrap_or_default());
        let signed = format!("{FORMAT}.{claims}");
        let mac = self.mac.clone().chain_update(signed.as_bytes()).finalize();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.into_bytes()))
    }

    /// The client of a token.
    pub fn read(&self, token: &str, now: SystemTime) -> Result<Client, AuthError> {
        const MALFORMED: AuthError = AuthError::Invalid("the token is malformed");
        let (signed, mac) = token.rsplit_once('.').ok_or(MALFORMED)?;
        let claims = signed
            .strip_prefix(FORMAT)
            .and_then(|rest| rest.strip_prefix('.'))
            .ok_or(MALFORMED)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| MALFORMED)?;
        // Compared in constant time.
        self.mac
            .clone()
            .chain_update(signed.as_bytes())
            .verify_slice(&mac)
            .map_err(|_| AuthError::Invalid(WRONG_SIGNATURE))?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| MALFORMED)?;
        let claims: Claims = serde_json::from_slice(&claims)
            .map_err(|_| AuthError::Invalid("the claims are not id, tenant and exp"))?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let end = Duration::from_secs(claims.exp);
        if end <= now {
            return Err(AuthError::Invalid("the token has expired"));
        }
        if end > now.saturating_add(LONGEST) {
            let reason = "exp is more than seven days ahead; it should be in seconds";
            return Err(AuthError::Invalid(reason));
        }
        Client::named(&claims.id, claims.tenant.as_deref())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure is a failed test"
)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    /// Made by another implementation: Python's hmac, json and base64, as docs/server.md shows.
    const VECTOR: &str = "s3u1.eyJpZCI6InVzZXItNyIsInRlbmFudCI6ImFjbWUiLCJleHAiOjE3NjcyMjU2MDB9.SWM4F3hhDRmPrWXtE2Rdrtw3hYsodxnK3X3rQYDsBjI";

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_of_another_implementation_is_read() {
        let client = AuthTokens::new(SECRET)
            .read(VECTOR, at(1_767_225_599))
            .unwrap();
        assert_eq!(
            (&*client.id, client.tenant.as_deref()),
            ("user-7", Some("acme"))
        );
        assert!(is_auth_token(VECTOR));
    }

    #[test]
    fn what_is_signed_is_read_until_it_expires() {
        let tokens = AuthTokens::new(SECRET);
        let claims = Claims {
            id: "user-7".into(),
            tenant: Some("acme".into()),
            exp: 1_767_225_600,
        };
        assert_eq!(tokens.sign(&claims), VECTOR);
        let denied = tokens.read(VECTOR, at(1_767_225_600)).unwrap_err();
        assert_eq!(denied, AuthError::Invalid("the token has expired"));
        let milliseconds = tokens.sign(&Claims {
            exp: 1_767_225_600_000,
            ..claims
        });
        let Err(AuthError::Invalid(reason)) = tokens.read(&milliseconds, at(1_767_225_599)) else {
            panic!("it was taken")
        };
        assert!(reason.contains("seconds"), "{reason}");
    }

    #[test]
    fn nothing_else_is_read() {
        let tokens = AuthTokens::new(SECRET);
        let (signed, mac) = VECTOR.rsplit_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(r#"{"id":"admin","exp":1767225600}"#);
        let sign = |claims: &str| {
            let signed = format!("s3u1.{}", URL_SAFE_NO_PAD.encode(claims));
            let mac = tokens.mac.clone().chain_update(&signed).finalize();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.into_bytes()))
        };
        assert!(tokens.read(&sign(r#"{"id":"a","exp":9}"#), at(1)).is_ok());
        for token in [
            "",
            ".",
            "s3u1",
            "s3u1..",
            signed,
            &format!("{signed}."),
            &format!("s3u1.{other}.{mac}"),
            &format!("s3u2{}", VECTOR.strip_prefix("s3u1").unwrap()),
            VECTOR.get(..VECTOR.len() - 1).unwrap(),
            &AuthTokens::new("another secret, also quite long.").sign(&Claims {
                id: "a".into(),
                tenant: None,
                exp: 9,
            }),
            &sign("{}"),
            &sign(r#"{"id":"a"}"#),
            &sign(r#"{"id":"","exp":9}"#),
            &sign(r#"{"id":"a","exp":"9"}"#),
            &sign(r#"{"id":"a","exp":-9}"#),
            &sign(r#"{"id":"a","tenant":"../b","exp":9}"#),
            &sign("no JSON"),
        ] {
            assert!(tokens.read(token, at(1)).is_err(), "{token}");
        }
    }
}
