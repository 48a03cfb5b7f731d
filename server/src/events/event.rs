//! The event that the webhook sends, and its signature.
//!
//! Nothing in an event grants access: it has no URL and no upload id.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, Mac as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    access::Client,
    primitives::hmac_sha256::{hex, keyed},
};

/// An upload was completed.
const COMPLETED: &str = "upload.completed";
/// A stored object was deleted by its uploader.
const DELETED: &str = "upload.deleted";

/// The object of an upload.
#[derive(Debug, Clone, Serialize)]
pub struct UploadedObject {
    /// The bucket that holds it.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its MIME type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its `ETag` as S3 gave it, quotes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its version, where the bucket keeps versions.
    #[serde(rename = "versionId", skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// The time of its storage, in seconds since 1970.
    #[serde(rename = "lastModified", skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// The other headers that are stored with it, by lower-case name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The file's name as the client gave it: text, not a path.
    pub name: String,
    /// The client that uploaded it, if authentication is on.
    #[serde(skip)]
    pub client: Option<Client>,
}

/// An event.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The event's id: the same for the same bytes under the same key, so that a receiver can ignore repetitions.
    pub id: String,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its time, in seconds since 1970.
    pub created: u64,
    /// The object.
    pub upload: UploadedObject,
    /// The client that uploaded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Uploader>,
}

/// The client in an event.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Uploader {
    /// Its id.
    pub id: String,
    /// Its tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Its issuer, if several are configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

impl Event {
    /// The event of an upload that is complete now.
    pub fn completed(upload: UploadedObject) -> Self {
        Self::new(COMPLETED, upload)
    }

    /// The event of an object that was deleted now.
    pub fn deleted(upload: UploadedObject) -> Self {
        Self::new(DELETED, upload)
    }

    fn new(kind: &'static str, mut upload: UploadedObject) -> Self {
        // Other bytes may take an object's place while its form or its URL lasts: they are reported again. None of these has a
        // NUL.
        let modified = upload.modified.map(|seconds| seconds.to_string());
        let object = [
            kind,
            &upload.bucket,
            &upload.key,
            upload.etag.as_deref().unwrap_or_default(),
            upload.version_id.as_deref().unwrap_or_default(),
            modified.as_deref().unwrap_or_default(),
        ];
        let hash = hex(&Sha256::digest(object.join("\0")));
        let client = upload.client.take().map(|client| Uploader {
            id: client.id,
            tenant: client.tenant,
            issuer: client.issuer,
        });
        Self {
            id: format!("evt_{}", hash.get(..32).unwrap_or_default()),
            kind,
            created: seconds(SystemTime::now()),
            upload,
            client,
        }
    }

    /// The body.
    pub fn body(&self) -> Vec<u8> {
        // Texts and numbers always serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Signs bodies.
pub struct EventSigner(Hmac<Sha256>);

impl EventSigner {
    /// Signs with this secret.
    pub fn new(secret: &str) -> Self {
        Self(keyed(secret.as_bytes()))
    }

    /// The value of `X-S3-Upload-Signature`: `t=TIME,v1=MAC`. `MAC` is HMAC-SHA256 over the time in digits, a dot and the
    /// body, in hexadecimal digits. With the time in it, an old request cannot be sent again.
    pub fn sign(&self, time: SystemTime, body: &[u8]) -> String {
        let time = seconds(time);
        let mac = self.0.clone().chain_update(format!("{time}."));
        let mac = mac.chain_update(body).finalize().into_bytes();
        format!("t={time},v1={}", hex(&mac))
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure is a failed test"
)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn upload(key: &str) -> UploadedObject {
        UploadedObject {
            bucket: "b".into(),
            key: key.into(),
            size: 9,
            media_type: "image/png".into(),
            etag: Some("\"e\"".into()),
            version_id: None,
            modified: None,
            headers: BTreeMap::new(),
            name: "cat.png".into(),
            client: Some(Client {
                id: "user-7".into(),
                tenant: None,
                issuer: None,
            }),
        }
    }

    #[test]
    fn the_body_is_as_documented() {
        let mut event = Event::completed(upload("k"));
        event.created = 1;
        let body = String::from_utf8(event.body()).unwrap();
        assert_eq!(
            body,
            format!(
                r#"{{"id":"{}","type":"upload.completed","created":1,"upload":{{"bucket":"b","key":"k","size":9,"type":"image/png","etag":"\"e\"","name":"cat.png"}},"client":{{"id":"user-7"}}}}"#,
                event.id
            )
        );
        assert_eq!(event.id.len(), 36);
        assert_eq!(event.id, Event::completed(upload("k")).id);
        assert_ne!(event.id, Event::completed(upload("l")).id);
    }

    #[test]
    fn an_object_that_changed_is_another_event() {
        let id = |etag: Option<&str>, version_id: Option<&str>| {
            let changed = UploadedObject {
                etag: etag.map(str::to_owned),
                version_id: version_id.map(str::to_owned),
                ..upload("k")
            };
            let event = Event::completed(changed);
            let json: serde_json::Value = serde_json::from_slice(&event.body()).unwrap();
            assert_eq!(json["upload"]["versionId"].as_str(), version_id);
            event.id
        };
        let ids = [
            id(None, None),
            id(Some("\"e\""), None),
            id(Some("\"f\""), None),
            id(Some("\"e\""), Some("1")),
            id(Some("\"e\""), Some("2")),
        ];
        for (index, one) in ids.iter().enumerate() {
            assert!(ids.iter().skip(index + 1).all(|other| other != one));
        }
        assert_eq!(id(Some("\"e\""), Some("2")), ids[4]);
    }

    /// Compared with another implementation: Python's hmac.
    #[test]
    fn the_signature_is_as_documented() {
        let time = UNIX_EPOCH + Duration::from_secs(1_767_225_601);
        assert_eq!(
            EventSigner::new("a shared secret!").sign(time, br#"{"id":"evt_1"}"#),
            "t=1767225601,v1=cbc97647dc530ec3b703323a9bee1d78f0e2402faf85579fa55a7318496b579d"
        );
    }
}
