//! The id of an upload: a signed token that has the upload's state, so that the server stores none.
//!
//! Defines the format and its signature (HMAC-SHA256). The holder of a token can read it, and can complete and abort
//! that one upload. A forged and an expired token get the same error.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use s3_upload_types::PartPlan;

use super::download_name::Disposition;
use crate::{access::Client, api::ApiError};

/// The state of one upload. The serialised field names are short, since they are in URLs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadToken {
    /// The object's key.
    #[serde(rename = "k")]
    pub key: String,
    /// S3's multipart upload id; `None` for a single request.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// The file's name, for the download.
    #[serde(rename = "n")]
    pub name: String,
    /// The file's size in bytes.
    #[serde(rename = "s")]
    pub size: u64,
    /// The file's MIME type.
    #[serde(rename = "t")]
    pub media_type: String,
    /// The part size in bytes; 0 for a single request.
    #[serde(rename = "p", default)]
    pub part_size: u64,
    /// The sizes in bytes that were allowed instead of the announced one; `None` for just that.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<(u64, u64)>,
    /// The use of the file's name in the stored `Content-Disposition`.
    #[serde(rename = "d", default, skip_serializing_if = "is_none")]
    pub disposition: Disposition,
    /// The expiry, in seconds since 1970.
    #[serde(rename = "e")]
    pub expires: u64,
    /// The owner, as [`TokenSigner::owner`] writes it; `None` where authentication is off.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_none(disposition: &Disposition) -> bool {
    *disposition == Disposition::None
}

impl UploadToken {
    /// The parts of this upload; `None` for a single request.
    pub fn plan(&self) -> Option<PartPlan> {
        PartPlan::new(self.size, self.part_size)
    }

    /// True if the upload may have an object of this size.
    pub fn accepts_size(&self, size: u64) -> bool {
        match self.sizes {
            Some((least, most)) => (least..=most).contains(&size),
            None => size == self.size,
        }
    }
}

/// Signs and verifies upload tokens.
pub struct TokenSigner {
    mac: Hmac<Sha256>,
    previous: Option<Box<TokenSigner>>,
    lifetime: Duration,
}

impl TokenSigner {
    /// A signer from a secret of the configuration: all servers behind one address share it.
    pub fn new(secret: &[u8], lifetime: Duration) -> Self {
        // HMAC takes keys of any length, but its type cannot say so; hashing first gives the length it can.
        let key = <Sha256 as sha2::Digest>::digest(secret);
        Self {
            mac: Hmac::new(&block(&key)),
            previous: None,
            lifetime,
        }
    }

    /// The same signer, which also verifies the tokens of another one: for the rotation of the secret.
    #[must_use]
    pub fn with_previous(self, previous: Self) -> Self {
        Self {
            previous: Some(Box::new(previous)),
            ..self
        }
    }

    /// A signer for this process only: its tokens end with the process.
    pub fn random(lifetime: Duration) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self::new(&secret, lifetime))
    }

    /// The expiry of a token that is made `now`, in seconds since 1970.
    pub fn expiry(&self, now: SystemTime) -> u64 {
        seconds(now).saturating_add(self.lifetime.as_secs())
    }

    /// A client's mark in a token. Unlike a plain name, it reveals nothing to a reader of a log.
    pub fn owner(&self, client: &Client) -> String {
        // A payload has no NUL and a client's tenant and issuer none either, so that nothing else has this mark.
        let tenant = client.tenant.as_deref();
        let mac = match &client.issuer {
            Some(issuer) => self.mac.clone().chain_update(format!("issuer\0{issuer}\0")),
            None => self.mac.clone(),
        };
        let mac = mac.chain_update(b"owner\0");
        let mac = mac.chain_update(if tenant.is_some() { "t" } else { "-" });
        let mac = mac.chain_update(tenant.unwrap_or_default());
        let mac = mac.chain_update(b"\0").chain_update(&client.id);
        let mac = mac.finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(mac.get(..16).unwrap_or_default())
    }

    /// True if a token is this client's, or has no owner where authentication is off. The mark may be the one of the previous
    /// secret.
    pub fn is_owned(&self, token: &UploadToken, client: Option<&Client>) -> bool {
        let owner = client.map(|client| self.owner(client));
        let is_previous = || {
            let previous = self.previous.as_ref();
            client.is_some() && previous.is_some_and(|sign| sign.is_owned(token, client))
        };
        token.owner == owner || is_previous()
    }

    /// The id of a token.
    pub fn sign(&self, token: &UploadToken) -> String {
        // A token holds strings and numbers, which always serialize.
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(token).unwrap_or_default());
        let mac = self
            .mac
            .clone()
            .chain_update(payload.as_bytes())
            .finalize()
            .into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// The token of an id.
    pub fn verify(&self, id: &str, now: SystemTime) -> Result<UploadToken, ApiError> {
        self.read(id)
            .or_else(|| self.previous.as_ref()?.read(id))
            .filter(|token| seconds(now) < token.expires)
            .ok_or_else(ApiError::unknown_upload)
    }

    fn read(&self, id: &str) -> Option<UploadToken> {
        let (payload, mac) = id.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        self.mac
            .clone()
            .chain_update(payload.as_bytes())
            .verify_slice(&mac)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

/// The hash in a key of HMAC's own block size.
fn block(hash: &[u8]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    key.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
    key
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]
mod tests {
    use super::*;

    fn token() -> UploadToken {
        UploadToken {
            key: "uploads/k".into(),
            upload_id: Some("u".into()),
            name: "🦀.txt".into(),
            size: 7,
            media_type: "text/plain".into(),
            part_size: 8 << 20,
            sizes: Some((0, 9)),
            disposition: Disposition::Inline,
            expires: 86_400,
            owner: None,
        }
    }

    #[test]
    fn owners_differ_by_id_tenant_and_issuer() {
        let sign = TokenSigner::new(b"secret", Duration::from_hours(24));
        let by = |id: &str, tenant: Option<&str>, issuer: Option<&str>| {
            sign.owner(&Client {
                id: id.into(),
                tenant: tenant.map(str::to_owned),
                issuer: issuer.map(str::to_owned),
            })
        };
        let owner = |id: &str, tenant: Option<&str>| by(id, tenant, None);
        let owners = [
            owner("a", None),
            owner("b", None),
            owner("a", Some("")),
            owner("a", Some("t")),
            owner("t", Some("a")),
            by("a", None, Some("")),
            by("a", None, Some("i")),
            by("a", Some("i"), Some("t")),
            by("a", Some("t"), Some("i")),
        ];
        for (index, one) in owners.iter().enumerate() {
            assert_eq!(one.len(), 22);
            assert!(owners.iter().skip(index + 1).all(|other| other != one));
        }
        assert_eq!(owner("a", Some("t")), owners[3]);
        let other = TokenSigner::new(b"other", Duration::from_hours(24));
        let client = Client {
            id: "a".into(),
            tenant: None,
            issuer: None,
        };
        assert_ne!(other.owner(&client), owners[0]);
    }

    #[test]
    fn an_upload_token_survives_the_change_of_the_secret() {
        let sign = |secret: &[u8]| TokenSigner::new(secret, Duration::from_hours(24));
        let client = |id: &str| Client {
            id: id.into(),
            tenant: None,
            issuer: None,
        };
        let (ada, bob) = (client("ada"), client("bob"));
        let old = sign(b"old");
        let mut token = token();
        token.owner = Some(old.owner(&ada));
        let id = old.sign(&token);
        let new = sign(b"new").with_previous(old);
        let read = new.verify(&id, UNIX_EPOCH).unwrap();
        assert!(new.is_owned(&read, Some(&ada)));
        assert!(!new.is_owned(&read, Some(&bob)) && !new.is_owned(&read, None));
        token.owner = Some(new.owner(&ada));
        let id = new.sign(&token);
        assert!(
            sign(b"new").verify(&id, UNIX_EPOCH).is_ok(),
            "the new one signs"
        );
        assert!(sign(b"old").verify(&id, UNIX_EPOCH).is_err());
        assert!(new.is_owned(&token, Some(&ada)));
    }

    #[test]
    fn an_upload_token_survives_its_id() {
        let sign = TokenSigner::new(b"secret", Duration::from_hours(24));
        let id = sign.sign(&token());
        assert!(sign.verify(&id, UNIX_EPOCH).unwrap() == token());
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
            "needs no escape in a path"
        );
    }

    #[test]
    fn forged_and_expired_ids_are_unknown() {
        let sign = TokenSigner::new(b"secret", Duration::from_hours(24));
        let id = sign.sign(&token());
        let other = TokenSigner::new(b"other", Duration::from_hours(24)).sign(&token());
        let (payload, mac) = id.split_once('.').unwrap();
        let grown = URL_SAFE_NO_PAD.encode(
            String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap())
                .unwrap()
                .replace("\"s\":7", "\"s\":8"),
        );
        for forged in [
            &other,
            &format!("{grown}.{mac}"),
            &format!("{payload}."),
            payload,
            "",
            ".",
            "é.ü",
        ] {
            let Err(refused) = sign.verify(forged, UNIX_EPOCH) else {
                panic!("{forged} was taken")
            };
            assert_eq!(refused.code, "unknown_upload");
        }
        assert!(
            sign.verify(&id, UNIX_EPOCH + Duration::from_secs(86_399))
                .is_ok()
        );
        assert!(
            sign.verify(&id, UNIX_EPOCH + Duration::from_hours(24))
                .is_err()
        );
        assert_eq!(sign.expiry(UNIX_EPOCH), 86_400);
    }
}
