//! The keys of the tokens that are accepted.

use std::path::PathBuf;

use crate::primitives::Secret;

/// The tokens that are taken. At least one of the secrets and files is given.
#[derive(Debug, Clone, Default)]
pub struct TokenSettings {
    /// Signs the tokens of a site's backend.
    pub secret: Option<Secret>,
    /// Signed them before, and is accepted still.
    pub previous_secret: Option<Secret>,
    /// Signs JSON web tokens by HS256.
    pub jwt_secret: Option<Secret>,
    /// Signed them before, and is accepted still.
    pub previous_jwt_secret: Option<Secret>,
    /// A public key, PEM.
    pub jwt_key: Option<PathBuf>,
    /// Public keys, a JWKS.
    pub jwks: Option<PathBuf>,
    /// The audiences of which a JSON web token names one; empty if it names none.
    pub audiences: Vec<String>,
    /// The issuers of which one made a JSON web token; empty for any.
    pub issuers: Vec<String>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
}

/// A file of keys cannot be used. The sentence names the flag.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyError(pub String);

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}
