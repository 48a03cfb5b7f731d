//! A model of the presign backend: makes keys and ids, signs, lists, completes, takes back.

use core::time::Duration;

use s3_upload_core::{
    Answer, BackendRefusal, ETag, FileId, Grant, GrantPlan, Method, ObjectKey, PartNumber,
    PresignedUrl, SignedPart, SignedRequest, StoredObject, UploadError, UploadId,
};
use std::collections::BTreeMap;

use crate::store::{Allows, Multipart, Store, Url, upload_number};

#[derive(Debug, Default)]
pub struct Backend {
    next: u64,
    /// The keys of single uploads that have an id.
    singles: BTreeMap<u64, u64>,
    /// Milliseconds that a URL lives.
    life: Option<u64>,
    ids: bool,
    idempotent: bool,
    /// What it says in the end about single uploads: whether it looks, and whether it has a word at all.
    looks: Looks,
}

/// How a backend confirms a single upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Looks {
    /// At the store, and tells what is there.
    #[default]
    There,
    /// Nowhere: it says yes to all.
    Nowhere,
    /// It knows no such question.
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
            url: PresignedUrl::new(format!("s3/{}?secret", store.urls.len() - 1)),
            headers: Vec::new(),
            expires_in: self.life.map(Duration::from_millis),
        }
    }

    /// `parts` is the part size when the upload is to be multipart.
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
            return Err(refusal(404, "no_such_upload"));
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
            return Err(refusal(404, "no_such_upload"));
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
                (Looks::There, size) => Ok(Answer::Confirmed(StoredObject { size, ..known })),
            };
        } else {
            let upload = &store.uploads[&number];
            let done = !upload.open && store.objects.contains_key(&upload.key);
            if done && self.idempotent {
                upload.key
            } else {
                store.complete(number, parts).map_err(|code| {
                    refusal(if code.ends_with("upload") { 404 } else { 409 }, code)
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
