//! The id of an upload: a signed ticket that carries all the server must remember, so that it remembers nothing.
//!
//! Owns the format and its signature (HMAC-SHA256). The ticket is readable by whoever holds it and grants completing
//! and aborting that one upload. Refuses tampered and expired ones alike, without saying which.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{auth::Client, plan::Plan, refusal::Refused};

/// What is remembered of one upload. Field names are short since they travel in URLs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
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
    /// When the ticket ends, in seconds since 1970.
    #[serde(rename = "e")]
    pub expires: u64,
    /// Whose upload it is, as [`Seal::owner`] writes it; `None` where nobody was asked.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Ticket {
    /// The parts of this upload.
    pub fn plan(&self) -> Plan {
        Plan::known(self.size, self.part_size)
    }

    /// Whether an object of this size is the upload's.
    pub fn takes(&self, size: u64) -> bool {
        match self.sizes {
            Some((least, most)) => (least..=most).contains(&size),
            None => size == self.size,
        }
    }
}

/// Signs tickets and reads them back.
pub struct Seal {
    mac: Hmac<Sha256>,
    lifetime: Duration,
}

impl Seal {
    /// A seal from a secret of the configuration: all servers behind one address share it.
    pub fn new(secret: &[u8], lifetime: Duration) -> Self {
        // HMAC takes keys of any length, but its type cannot say so; hashing first gives the length it can.
        let key = <Sha256 as sha2::Digest>::digest(secret);
        Self {
            mac: Hmac::new(&block(&key)),
            lifetime,
        }
    }

    /// A seal for this process only: its tickets end with it.
    pub fn random(lifetime: Duration) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self::new(&secret, lifetime))
    }

    /// When a ticket that is made `now` ends, in seconds since 1970.
    pub fn expiry(&self, now: SystemTime) -> u64 {
        seconds(now).saturating_add(self.lifetime.as_secs())
    }

    /// A client's mark in a ticket. It says nothing to whoever reads the id in some log, as a plain name would.
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

    /// The ticket as an id.
    pub fn seal(&self, ticket: &Ticket) -> String {
        // A ticket holds strings and numbers, which always serialize.
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(ticket).unwrap_or_default());
        let mac = self
            .mac
            .clone()
            .chain_update(payload.as_bytes())
            .finalize()
            .into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// The ticket of an id.
    pub fn open(&self, id: &str, now: SystemTime) -> Result<Ticket, Refused> {
        self.read(id)
            .filter(|ticket| seconds(now) < ticket.expires)
            .ok_or_else(Refused::unknown_upload)
    }

    fn read(&self, id: &str) -> Option<Ticket> {
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

    fn ticket() -> Ticket {
        Ticket {
            key: "uploads/k".into(),
            upload_id: Some("u".into()),
            name: "🦀.txt".into(),
            size: 7,
            media_type: "text/plain".into(),
            part_size: 8 << 20,
            sizes: Some((0, 9)),
            expires: 86_400,
            owner: None,
        }
    }

    #[test]
    fn owners_differ_by_id_tenant_and_issuer() {
        let seal = Seal::new(b"secret", Duration::from_hours(24));
        let by = |id: &str, tenant: Option<&str>, issuer: Option<&str>| {
            seal.owner(&Client {
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
        let other = Seal::new(b"other", Duration::from_hours(24));
        let client = Client {
            id: "a".into(),
            tenant: None,
            issuer: None,
        };
        assert_ne!(other.owner(&client), owners[0]);
    }

    #[test]
    fn a_ticket_survives_its_id() {
        let seal = Seal::new(b"secret", Duration::from_hours(24));
        let id = seal.seal(&ticket());
        assert!(seal.open(&id, UNIX_EPOCH).unwrap() == ticket());
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
            "needs no escape in a path"
        );
    }

    #[test]
    fn forged_and_expired_ids_are_unknown() {
        let seal = Seal::new(b"secret", Duration::from_hours(24));
        let id = seal.seal(&ticket());
        let other = Seal::new(b"other", Duration::from_hours(24)).seal(&ticket());
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
            let Err(refused) = seal.open(forged, UNIX_EPOCH) else {
                panic!("{forged} was taken")
            };
            assert_eq!(refused.code, "unknown_upload");
        }
        assert!(
            seal.open(&id, UNIX_EPOCH + Duration::from_secs(86_399))
                .is_ok()
        );
        assert!(
            seal.open(&id, UNIX_EPOCH + Duration::from_hours(24))
                .is_err()
        );
        assert_eq!(seal.expiry(UNIX_EPOCH), 86_400);
    }
}
