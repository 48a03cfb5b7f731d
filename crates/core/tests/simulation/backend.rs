//! A model of the presign backend: it makes keys and ids, and signs, lists, completes and aborts.

use core::time::Duration;

use s3_upload_core::{
    Answer, BackendRefusal, ETag, FileId, Grant, GrantPlan, Method, ObjectKey, PartNumber,
    SecretUrl, SignedPart, SignedRequest, StoredObject, UploadError, UploadId,
};
use std::collections::BTreeMap;

use crate::store::{Allows, Multipart, Store, Url, upload_number};

#[derive(Debug, Default)]
pub struct Backend {
    next: u64,
    /// The keys of single uploads that have an id.
    singles: BTreeMap<u64, u64>,
    /// The lifetime of a URL, in milliseconds.
    life: Option<u64>,
    ids: bool,
    idempotent: bool,
    /// The way in which it confirms single uploads.
    looks: Looks,
}

/// The way in which a backend confirms a single upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Looks {
    /// It checks the store, and reports the object.
    #[default]
    There,
    /// It checks the store, and answers with status 500 for a missing object.
    Stumbles,
    /// It does not check the store, and confirms every upload.
    Nowhere,
    /// It has no such operation.
    Never,
}

pub fn refusal(status: u16, code: &str) -> UploadError {
    UploadError::Backend(BackendRefusal {
        status,
        code: (!code.is_empty()).then(|| code.to_owned()),
        ..BackendRefusal::default()
    })
}

type Outcome = Result<Answer, UploadError>;

impl Backend {
    pub fn new(life: Option<u64>, ids: bool, idempotent: bool, looks: Looks) -> Self {
        Self {
            life,
            ids,
            idempotent,
            looks,
            ..Self::default()
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn sign(&self, now: u64, store: &mut Store, allows: Allows) -> SignedRequest {
        store.urls.push(Url {
            allows,
            expires: self.life.map(|life| now + life),
            promised: None,
        });
        SignedRequest {
            method: Method::Put,
            url: SecretUrl::new(format!("s3/{}?secret", store.urls.len() - 1)),
            headers: Vec::new(),
            expires_in: self.life.map(Duration::from_millis),
        }
    }

    /// Creates an upload. `parts` is the part size of a multipart upload; `None` for a single one.
    pub fn create(
        &mut self,
        now: u64,
        store: &mut Store,
        file: FileId,
        size: u64,
        parts: Option<u64>,
    ) -> Answer {
        let key = self.number();
        let (id, plan) = if let Some(part_size) = parts {
            let id = self.number();
            let upload = Multipart {
                file,
                key,
                size,
                part_size,
                parts: BTreeMap::new(),
                open: true,
            };
            store.uploads.insert(id, upload);
            (Some(id), GrantPlan::Multipart { part_size })
        } else {
            let id = self.ids.then(|| self.number());
            if let Some(id) = id {
                self.singles.insert(id, key);
            }
            let request = self.sign(now, store, Allows::Object { key });
            (id, GrantPlan::Single(request))
        };
        Answer::Granted(Grant {
            value: None,
            id: id.map(|id| UploadId::new(id.to_string())),
            key: Some(ObjectKey::new(key.to_string())),
            plan,
        })
    }

    pub fn sign_parts(
        &mut self,
        now: u64,
        store: &mut Store,
        id: &UploadId,
        parts: &[(PartNumber, u64)],
    ) -> Outcome {
        let upload = upload_number(id);
        let known = &store.uploads[&upload];
        assert!(!parts.is_empty());
        for (number, bytes) in parts {
            assert_eq!(known.range(*number).len(), *bytes, "parts tile the file");
        }
        if !known.open {
            return Err(refusal(404, "NoSuchUpload"));
        }
        let signed = parts
            .iter()
            .map(|(number, _)| SignedPart {
                number: *number,
                request: self.sign(
                    now,
                    store,
                    Allows::Part {
                        upload,
                        number: *number,
                    },
                ),
            })
            .collect();
        Ok(Answer::Signed(signed))
    }

    pub fn list(store: &Store, id: &UploadId) -> Outcome {
        let upload = upload_number(id);
        if !store.uploads[&upload].open {
            return Err(refusal(404, "NoSuchUpload"));
        }
        Ok(Answer::Listed(store.list(upload)))
    }

    pub fn complete(
        &self,
        store: &mut Store,
        id: &UploadId,
        parts: Option<&[(PartNumber, ETag)]>,
    ) -> Outcome {
        let number = upload_number(id);
        let key = if let Some(key) = self.singles.get(&number) {
            let known = StoredObject {
                key: Some(key.to_string()),
                ..StoredObject::default()
            };
            return match (self.looks, store.size_of(*key)) {
                (Looks::Never, _) => Ok(Answer::Unconfirmed(known)),
                (Looks::Nowhere, _) => Ok(Answer::Confirmed(known)),
                (Looks::There, None) => Err(refusal(409, "not_stored")),
                (Looks::Stumbles, None) => Err(refusal(500, "")),
                (Looks::There | Looks::Stumbles, size) => {
                    Ok(Answer::Confirmed(StoredObject { size, ..known }))
                }
            };
        } else {
            let upload = &store.uploads[&number];
            let done = !upload.open && store.objects.contains_key(&upload.key);
            if done && self.idempotent {
                upload.key
            } else {
                store.complete(number, parts).map_err(|code| {
                    refusal(if code.ends_with("pload") { 404 } else { 409 }, code)
                })?
            }
        };
        Ok(Answer::Confirmed(StoredObject {
            key: Some(key.to_string()),
            ..StoredObject::default()
        }))
    }

    pub fn abort(&self, store: &mut Store, id: &UploadId) -> Answer {
        let number = upload_number(id);
        let key = if let Some(key) = self.singles.get(&number) {
            *key
        } else {
            let upload = store.uploads.get_mut(&number).expect("an id of ours");
            upload.open = false;
            upload.parts.clear();
            upload.key
        };
        store.objects.remove(&key);
        Answer::Aborted
    }
}
