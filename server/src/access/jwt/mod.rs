//! JSON web tokens (RFC 7519) in `Authorization: Bearer`.
//!
//! Each key has one algorithm, which the server knows and a token cannot choose: `none` is never accepted, and a public
//! key is never used as a secret. `exp` and `sub` are required, and `nbf` is checked. `aud` and `iss` must be as
//! configured. No key is fetched from the network, and no key that a token contains is used.

mod keys;
mod ring;

use std::{path::PathBuf, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, crypto::CryptoProvider, decode, decode_header,
    errors::ErrorKind,
};
use serde_json::{Map, Value};

use crate::access::{
    client::{AuthError, Client},
    token_settings::{KeyError, TokenSettings},
};
use keys::{Key, KeyFile};

/// The tolerated difference of two clocks, in seconds.
const LEEWAY: u64 = 60;

/// Reads tokens.
pub struct Jwt {
    fixed: Vec<Key>,
    file: Option<KeyFile>,
    requirements: ClaimRequirements,
}

/// The required claims of a token.
struct ClaimRequirements {
    audiences: Vec<String>,
    issuers: Vec<String>,
    tenant_claim: String,
}

impl Jwt {
    /// Reads the keys.
    pub fn new(tokens: &TokenSettings) -> Result<Self, KeyError> {
        // A host that uses the same crate may have chosen before: then its choice verifies.
        let _ = CryptoProvider::install_default(&ring::PROVIDER);
        let mut fixed = Vec::new();
        for secret in [&tokens.jwt_secret, &tokens.previous_jwt_secret]
            .into_iter()
            .flatten()
        {
            fixed.push(Key {
                id: None,
                algorithm: Algorithm::HS256,
                decoding: DecodingKey::from_secret(secret.expose().as_bytes()),
            });
        }
        if let Some(path) = &tokens.jwt_key {
            let wrong = |why: &str| unusable("public key", path, "--jwt-key", why);
            let pem = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
            fixed.push(keys::from_pem(&pem).map_err(|why| wrong(&why))?);
        }
        let open = |path: &PathBuf| {
            KeyFile::open(path.clone(), keys::STALE)
                .map_err(|why| unusable("JWKS", path, "--jwks", &why))
        };
        Ok(Self {
            fixed,
            file: tokens.jwks.as_ref().map(open).transpose()?,
            requirements: ClaimRequirements {
                audiences: tokens.audiences.clone(),
                issuers: tokens.issuers.clone(),
                tenant_claim: tokens.tenant_claim.clone(),
            },
        })
    }

    /// The client of a token.
    pub fn read(&self, token: &str) -> Result<Client, AuthError> {
        let header =
            decode_header(token).map_err(|_| AuthError::Invalid("the token is malformed"))?;
        // RFC 7515, section 4.1.11: what is not understood must not be passed over.
        if header.crit.is_some() {
            return Err(AuthError::Invalid("the token demands an unknown extension"));
        }
        let from_file = self
            .file
            .as_ref()
            .map_or_else(|| Arc::new(Vec::new()), KeyFile::keys);
        let mut denied = AuthError::Invalid("no key here is for this token");
        for key in self.fixed.iter().chain(from_file.iter()) {
            if !key.may_have_signed(&header) {
                continue;
            }
            match decode::<Map<String, Value>>(
                token,
                &key.decoding,
                &self.requirements.of(key.algorithm),
            ) {
                Ok(token) => return self.requirements.client(&token.claims),
                Err(error) => denied = AuthError::Invalid(reason(error.kind())),
            }
            // The signature fits this key, so that no other key makes the claims better.
            if denied != AuthError::Invalid(WRONG_SIGNATURE) {
                break;
            }
        }
        Err(denied)
    }
}

impl ClaimRequirements {
    fn of(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        let mut required = vec!["exp", "sub"];
        if !self.audiences.is_empty() {
            validation.set_audience(&self.audiences);
            required.push("aud");
        }
        if !self.issuers.is_empty() {
            validation.set_issuer(&self.issuers);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    fn client(&self, claims: &Map<String, Value>) -> Result<Client, AuthError> {
        // A missing audience is none; one of another kind is not passed over as if there were none.
        let is_text = |value: &Value| matches!(value, Value::String(_));
        let is_audience = match claims.get("aud") {
            None | Some(Value::Null) => true,
            Some(Value::Array(values)) => values.iter().all(is_text),
            Some(value) => is_text(value),
        };
        if !is_audience {
            return Err(AuthError::Invalid("aud is not a text or a list of texts"));
        }
        let text = |name: &str| match claims.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(AuthError::Invalid("a claim is not a text")),
        };
        let id = text("sub")?.unwrap_or_default();
        let mut client = Client::named(id, text(&self.tenant_claim)?)?;
        // Each issuer numbers its people as it likes.
        if self.issuers.len() > 1 {
            client.issuer = text("iss")?.map(str::to_owned);
        }
        Ok(client)
    }
}

const WRONG_SIGNATURE: &str = "the signature is wrong";

/// The reason, in words that reveal nothing which the holder of the token does not know.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => WRONG_SIGNATURE,
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not valid yet",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidIssuer => "the token is from another issuer",
        ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
            "exp" => "the token has no exp",
            "sub" => "the token has no sub",
            "aud" => "the token has no aud",
            _ => "the token has no iss",
        },
        _ => "the token is malformed",
    }
}

fn unusable(what: &str, path: &std::path::Path, flag: &str, why: &str) -> KeyError {
    let why = why.trim_end_matches('.');
    KeyError(format!(
        "The {what} {} ({flag}) cannot be used: {why}.",
        path.display()
    ))
}
