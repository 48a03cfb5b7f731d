//! The keys that tokens are signed for: from a PEM file, or from a JWKS file (RFC 7517) that may change.
//!
//! Owns which algorithm a key is for, and reading the file again. Refuses private keys and, in a JWKS, secrets: whoever
//! writes that file would not expect it to grant anything.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use jsonwebtoken::{
    Algorithm, DecodingKey, Header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};

/// The most keys of a file: each may be tried for a token.
const MAX_KEYS: usize = 32;
/// The largest file, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// The length of a point on P-256, uncompressed, in bytes.
const P256_POINT: usize = 65;
/// The length of an Ed25519 key, in bytes.
const ED25519_KEY: usize = 32;
/// The least modulus of RSA, in bytes: 2048 bits.
const RSA_MODULUS: usize = 256;

/// One key and the one algorithm that it is for.
pub(super) struct Key {
    /// Its name in the file.
    pub id: Option<String>,
    /// What its tokens say.
    pub algorithm: Algorithm,
    /// The key itself.
    pub key: DecodingKey,
}

impl Key {
    /// Whether a token may be this key's. The names are compared where both sides have one.
    pub(super) fn may_have_signed(&self, header: &Header) -> bool {
        header.alg == self.algorithm
            && match (&header.kid, &self.id) {
                (Some(named), Some(own)) => named == own,
                _ => true,
            }
    }
}

/// The key of a PEM file.
pub(super) fn from_pem(pem: &str) -> Result<Key, String> {
    if pem.contains("PRIVATE KEY") {
        return Err("it is a private key, which should not be here; give its public key".into());
    }
    let bytes = pem.as_bytes();
    let key = |algorithm, key| Key {
        id: None,
        algorithm,
        key,
    };
    let is_long = |key: &DecodingKey, length: usize| {
        key.try_get_as_bytes().is_ok_and(|key| key.len() >= length)
    };
    let is = |key: &DecodingKey, length: usize| {
        key.try_get_as_bytes().is_ok_and(|key| key.len() == length)
    };
    if let Ok(rsa) = DecodingKey::from_rsa_pem(bytes) {
        return if is_long(&rsa, RSA_MODULUS) {
            Ok(key(Algorithm::RS256, rsa))
        } else {
            Err("it is an RSA key of less than 2048 bits".into())
        };
    }
    if let Ok(curve) = DecodingKey::from_ec_pem(bytes) {
        return if is(&curve, P256_POINT) {
            Ok(key(Algorithm::ES256, curve))
        } else {
            Err("it is a key on another curve than P-256".into())
        };
    }
    match DecodingKey::from_ed_pem(bytes) {
        Ok(edwards) if is(&edwards, ED25519_KEY) => Ok(key(Algorithm::EdDSA, edwards)),
        _ => Err("it is not a PEM of an RSA, P-256 or Ed25519 public key".into()),
    }
}

/// The usable keys of a JWKS. Others are passed over, since such files often hold some for encryption.
fn from_jwks(text: &str) -> Result<Vec<Key>, String> {
    let set: JwkSet =
        serde_json::from_str(text).map_err(|error| format!("it is no JWKS: {error}"))?;
    let keys: Vec<_> = set.keys.iter().filter_map(from_jwk).collect();
    match keys.len() {
        0 => Err("it holds no public key for RS256, ES256 or EdDSA".into()),
        count if count > MAX_KEYS => Err(format!(
            "it holds {count} keys; at most {MAX_KEYS} are taken"
        )),
        _ => Ok(keys),
    }
}

fn from_jwk(jwk: &Jwk) -> Option<Key> {
    let is_for_signatures = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let is_for_algorithm = jwk
        .common
        .key_algorithm
        .as_ref()
        .is_none_or(|given| *given == named);
    if !is_for_signatures || !is_for_algorithm {
        return None;
    }
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithm,
        key: DecodingKey::from_jwk(jwk).ok()?,
    })
}

/// The keys of a file, which is looked at for each token: a key that is taken out is refused at once.
pub(super) struct KeyFile {
    path: PathBuf,
    state: Mutex<(Stamp, Arc<Vec<Key>>)>,
}

/// What differs when a file was written again.
type Stamp = Option<(SystemTime, u64)>;

impl KeyFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf) -> Result<Self, String> {
        let file = Self {
            path,
            state: Mutex::default(),
        };
        let stamp = file.stamp();
        let keys = file.load()?;
        *file.lock() = (stamp, Arc::new(keys));
        Ok(file)
    }

    /// The keys as they are in the file now. If it cannot be read, those that were there before.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        let stamp = self.stamp();
        let mut state = self.lock();
        if state.0 != stamp {
            // Tried once for each time that the file changes.
            state.0 = stamp;
            match self.load() {
                Ok(keys) => {
                    tracing::info!(keys = keys.len(), "the JWKS has changed");
                    state.1 = Arc::new(keys);
                }
                Err(why) => {
                    tracing::error!(why, "the JWKS cannot be used; the keys stay as they were");
                }
            }
        }
        Arc::clone(&state.1)
    }

    fn load(&self) -> Result<Vec<Key>, String> {
        let length = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        if length > MAX_FILE {
            return Err(format!(
                "it has {length} bytes; at most {MAX_FILE} are read"
            ));
        }
        let text = std::fs::read_to_string(&self.path).map_err(|error| error.to_string())?;
        from_jwks(&text)
    }

    fn stamp(&self) -> Stamp {
        let file = std::fs::metadata(&self.path).ok()?;
        Some((file.modified().ok()?, file.len()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Stamp, Arc<Vec<Key>>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
