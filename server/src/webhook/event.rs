//! What the webhook is told, and how it is signed.
//!
//! Owns the JSON and the signature. Nothing in it grants access: no URL, no upload id.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    auth::Client,
    mac::{self, hex},
};

/// The only type of event.
const COMPLETED: &str = "upload.completed";

/// A completed upload.
#[derive(Debug, Clone, Serialize)]
pub struct Completed {
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
    /// The file's name as the client gave it: text, not a path.
    pub name: String,
    /// Who uploaded it, if anybody was asked.
    #[serde(skip)]
    pub client: Option<Client>,
}

/// What is sent.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// The same for the same object, however often it is told: for the receiver to know it again.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When, in seconds since 1970.
    pub created: u64,
    /// The object.
    pub upload: Completed,
    /// Who uploaded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Uploader>,
}

/// A client as the webhook is told.
#[derive(Debug, Clone, Serialize)]
pub struct Uploader {
    /// Its id.
    pub id: String,
    /// Its tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl Event {
    /// The event of an upload that is complete now.
    pub fn completed(mut upload: Completed) -> Self {
        // A key is used once, and has no NUL.
        let object = format!("{COMPLETED}\0{}\0{}", upload.bucket, upload.key);
        let hash = hex(&Sha256::digest(object));
        let client = upload.client.take().map(|client| Uploader {
            id: client.id,
            tenant: client.tenant,
        });
        Self {
            id: format!("evt_{}", hash.get(..32).unwrap_or_default()),
            kind: COMPLETED,
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
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// Signs with this secret.
    pub fn new(secret: &str) -> Self {
        Self(mac::keyed(secret.as_bytes()))
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
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::time::Duration;

    use super::*;

    fn upload(key: &str) -> Completed {
        Completed {
            bucket: "b".into(),
            key: key.into(),
            size: 9,
            media_type: "image/png".into(),
            etag: Some("\"e\"".into()),
            name: "cat.png".into(),
            client: Some(Client {
                id: "user-7".into(),
                tenant: None,
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

    /// Compared with another implementation: Python's hmac.
    #[test]
    fn the_signature_is_as_documented() {
        let time = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        assert_eq!(
            Signer::new("a shared secret!").sign(time, br#"{"id":"evt_1"}"#),
            "t=1767225600,v1=153eef5eb882ecaa7ac7b94cc214148d30e887926324559d5530037094d68f95"
        );
    }
}
