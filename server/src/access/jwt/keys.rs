//! The keys of JSON web tokens: from a PEM file, or from a JWKS file (RFC 7517) that may change.
//!
//! Each key has one algorithm. Private keys are refused, and so are secrets in a JWKS: the author of such a file would
//! not expect it to grant access.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
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
    /// Its `kid`.
    pub id: Option<String>,
    /// The algorithm that its tokens name.
    pub algorithm: Algorithm,
    /// The key itself.
    pub decoding: DecodingKey,
}

impl Key {
    /// True if this key may have signed a token. The ids are compared where both sides have one.
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
    let key = |algorithm, decoding| Key {
        id: None,
        algorithm,
        decoding,
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

/// The usable keys of a JWKS, which may be none. Others are passed over, since such files often hold some for encryption.
fn from_jwks(text: &str) -> Result<Vec<Key>, String> {
    let set: JwkSet =
        serde_json::from_str(text).map_err(|error| format!("it is no JWKS: {error}"))?;
    let keys: Vec<_> = set.keys.iter().filter_map(from_jwk).collect();
    match keys.len() {
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
        decoding: DecodingKey::from_jwk(jwk).ok()?,
    })
}

/// The time for which the keys of an unreadable file are accepted: long enough for a file that is just being
/// written or moved, and for a repair.
pub(crate) const STALE: Duration = Duration::from_mins(10);
/// The time after which an unreadable file is read again, though it looks unchanged.
const AGAIN: Duration = Duration::from_secs(1);

/// The keys of a file, which is looked at for each token: a key that is taken out is refused at once.
pub(super) struct KeyFile {
    path: PathBuf,
    stale: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stamp: Stamp,
    keys: Arc<Vec<Key>>,
    /// The times of the first and of the last failed read in a row.
    failing: Option<(Instant, Instant)>,
}

/// The modification time and the size, which change when a file is written.
type Stamp = Option<(SystemTime, u64)>;

impl KeyFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf, stale: Duration) -> Result<Self, String> {
        let file = Self {
            path,
            stale,
            state: Mutex::default(),
        };
        let stamp = file.stamp();
        let keys = file.load()?;
        if keys.is_empty() {
            return Err("it holds no public key for RS256, ES256 or EdDSA".into());
        }
        *file.lock() = State {
            stamp,
            keys: Arc::new(keys),
            failing: None,
        };
        Ok(file)
    }

    /// The keys as they are in the file now; none if it holds none. If it cannot be read, those that were there before,
    /// for a while.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        self.keys_at(Instant::now())
    }

    fn keys_at(&self, now: Instant) -> Arc<Vec<Key>> {
        let stamp = self.stamp();
        let mut state = self.lock();
        let is_due = match state.failing {
            Some((_, tried)) => now.saturating_duration_since(tried) >= AGAIN,
            None => false,
        };
        if state.stamp != stamp || is_due {
            state.stamp = stamp;
            match self.load() {
                Ok(keys) => {
                    if keys.is_empty() {
                        tracing::error!("the JWKS has no usable key: its tokens are rejected");
                    } else {
                        tracing::info!(keys = keys.len(), "the JWKS has changed");
                    }
                    state.keys = Arc::new(keys);
                    state.failing = None;
                }
                Err(why) => {
                    if state.failing.is_none() {
                        let seconds = self.stale.as_secs();
                        tracing::error!(
                            why,
                            "the JWKS cannot be read; its keys count for {seconds} seconds more"
                        );
                    }
                    let since = state.failing.map_or(now, |(since, _)| since);
                    state.failing = Some((since, now));
                }
            }
        }
        if let Some((since, _)) = state.failing
            && now.saturating_duration_since(since) >= self.stale
            && !state.keys.is_empty()
        {
            tracing::error!("the JWKS has been unreadable for too long: its tokens are rejected");
            state.keys = Arc::default();
        }
        Arc::clone(&state.keys)
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

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    const KEY: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    #[test]
    fn an_emptied_set_has_no_keys_and_an_unreadable_one_keeps_them_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        std::fs::write(&path, KEY).unwrap();
        let file = KeyFile::open(path.clone(), STALE).unwrap();
        let start = Instant::now();
        assert_eq!(file.keys_at(start).len(), 1);
        std::fs::write(&path, r#"{"keys":[]}"#).unwrap();
        assert_eq!(file.keys_at(start).len(), 0, "no keys are no keys");
        std::fs::write(&path, KEY).unwrap();
        assert_eq!(file.keys_at(start).len(), 1);
        for unreadable in [Some("{\"keys\":[{"), None] {
            match unreadable {
                Some(text) => std::fs::write(&path, text).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            assert_eq!(file.keys_at(start).len(), 1);
            let early = start + STALE.checked_sub(AGAIN).unwrap();
            assert_eq!(file.keys_at(early).len(), 1);
            assert_eq!(file.keys_at(start + STALE).len(), 0);
            std::fs::write(&path, KEY).unwrap();
            assert_eq!(file.keys_at(start + STALE + AGAIN).len(), 1);
        }
        std::fs::write(&path, r#"{"keys":[]}"#).unwrap();
        assert!(KeyFile::open(path, STALE).is_err(), "not at the start");
    }
}
