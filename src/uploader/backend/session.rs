//! The state of an upload that is kept between the operations of its backend.

use std::cell::RefCell;
use std::rc::Rc;

use s3_upload_core::collections::IdMap;
use s3_upload_core::{BackendRefusal, FileId, StoredObject, UploadError, UploadId};
use s3_upload_protocol::{
    ConfirmedObject, DialectResponse, GrantedUpload, TransferPlan, UploadContext, Value,
};

use super::translate::stored_object;

/// The least number of unreadable answers in a row to the completion of an upload that count as permanent, if they span
/// [`UNREAD_SECONDS`].
const MIN_UNREADABLE: u32 = 4;
/// The least time in seconds from the first to the last of them.
const MIN_UNREADABLE_SECONDS: u64 = 12;

/// The values of a grant. They may hold presigned URLs.
#[derive(Clone, Debug, Default)]
pub struct Session {
    key: Option<String>,
    value: Option<String>,
    location: Option<String>,
    state: Value,
    size: u64,
    is_multipart: bool,
    part_size: u64,
    /// The time of the grant, in milliseconds since 1970.
    granted: f64,
    /// The state of the completion.
    pub completion: RefCell<CompletionState>,
}

/// The state of a completion, which may take several attempts.
#[derive(Clone, Debug, Default)]
pub struct CompletionState {
    /// The replies up to the store's confirmation. These requests are not repeated.
    pub responses: Vec<DialectResponse>,
    /// True if a request to the store ended without a clear response. The store may have executed it.
    pub in_doubt: bool,
    /// The number of successes in a row in which the store sent no document.
    pub without_document: u32,
    /// The number of requests in a row whose responses the page could not read, and the time of the first, in
    /// milliseconds since 1970.
    pub unreadable: (u32, f64),
}

impl Session {
    /// The session of a grant of this time, for a file of `size` bytes.
    pub fn of(granted: &GrantedUpload, size: u64, date: f64) -> Self {
        Self {
            key: granted.key.clone(),
            value: granted.value.clone(),
            location: granted.location.clone(),
            state: granted.session.clone(),
            size,
            is_multipart: matches!(granted.plan, TransferPlan::Multipart { .. }),
            part_size: match granted.plan {
                TransferPlan::Multipart { part_size } => part_size,
                TransferPlan::Single(_) | TransferPlan::Stored => 0,
            },
            granted: date,
            completion: RefCell::default(),
        }
    }

    /// True for an upload in parts.
    pub const fn is_multipart(&self) -> bool {
        self.is_multipart
    }

    /// The upload as dialects name it at this time.
    pub fn upload<'a>(&'a self, id: &'a UploadId, date: f64) -> UploadContext<'a> {
        UploadContext {
            id: id.as_str(),
            session: &self.state,
            size: self.size,
            is_multipart: self.is_multipart,
            part_size: self.part_size,
            age: seconds_between(self.granted, date),
        }
    }

    /// Counts one more unreadable answer to the completion. Returns true if they last too long for an outage of that
    /// one address.
    pub fn is_permanently_unreadable(&self, date: f64) -> bool {
        let mut completion = self.completion.borrow_mut();
        let (count, since) = completion.unreadable;
        let since = if count == 0 { date } else { since };
        completion.unreadable = (count + 1, since);
        count + 1 >= MIN_UNREADABLE && seconds_between(since, date) >= MIN_UNREADABLE_SECONDS
    }

    /// The object that the backend confirmed. An error if the upload has parts, and the object has not the size of the
    /// file.
    pub fn confirmed(&self, object: ConfirmedObject) -> Result<StoredObject, UploadError> {
        if self.is_multipart && object.size.is_some_and(|size| size != self.size) {
            return Err(UploadError::Backend(BackendRefusal {
                status: 409,
                code: Some("not_stored".to_owned()),
                message: None,
                retry_after: None,
            }));
        }
        Ok(self.with_grant_values(stored_object(object)))
    }

    /// The confirmed object. Values that the confirmation lacks are taken from the grant.
    pub fn with_grant_values(&self, confirmed: StoredObject) -> StoredObject {
        StoredObject {
            key: confirmed.key.or_else(|| self.key.clone()),
            value: confirmed.value.or_else(|| self.value.clone()),
            location: confirmed.location.or_else(|| self.location.clone()),
            ..confirmed
        }
    }
}

/// The whole seconds between two times in milliseconds since 1970. Zero if the device's clock was set back.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and small"
)]
fn seconds_between(since: f64, date: f64) -> u64 {
    ((date - since) / 1_000.0).max(0.0) as u64
}

/// The sessions of all files. Ids are the backend's, so that two files may have the same.
#[derive(Debug, Default)]
pub struct Sessions(IdMap<FileId, Vec<(UploadId, Rc<Session>)>>);

impl Sessions {
    /// Keeps a session.
    pub fn keep(&mut self, file: FileId, id: &UploadId, session: Session) {
        let mut sessions = self.0.remove(&file).unwrap_or_default();
        sessions.retain(|(known, _)| known != id);
        sessions.push((id.clone(), Rc::new(session)));
        self.0.insert(file, sessions);
    }

    /// The session of an upload. Empty if there is none.
    pub fn find(&self, file: FileId, id: &UploadId) -> Rc<Session> {
        let sessions = self.0.get(&file).map_or(&[][..], Vec::as_slice);
        let found = sessions.iter().find(|(known, _)| known == id);
        found
            .map(|(_, session)| Rc::clone(session))
            .unwrap_or_default()
    }

    /// Returns true if the backend gave an id for this file, by which it can be asked.
    pub fn has_id(&self, file: FileId) -> bool {
        self.0.contains_key(&file)
    }

    /// Drops the session of an upload.
    pub fn forget(&mut self, file: FileId, id: &UploadId) {
        let Some(sessions) = self.0.get_mut(&file) else {
            return;
        };
        sessions.retain(|(known, _)| known != id);
        if sessions.is_empty() {
            self.0.remove(&file);
        }
    }
}
