//! What has to be remembered of an upload between two of its conversations.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use s3_upload_core::{FileId, StoredObject, UploadId};
use s3_upload_protocol::{Granted, Plan, Reply, Upload, Value};

use crate::browser::clock;

/// What the backend said at the beginning. May hold presigned URLs.
#[derive(Clone, Debug, Default)]
pub struct Session {
    key: Option<String>,
    value: Option<String>,
    location: Option<String>,
    state: Value,
    size: u64,
    is_multipart: bool,
    /// When it was granted, in milliseconds since 1970.
    granted: f64,
    /// How its end stands.
    pub ending: RefCell<Ending>,
}

/// The end of a multipart upload that the browser itself completes at the store, and that may take several tries.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// What was answered up to the store's yes: that is not asked again.
    pub replies: Vec<Reply>,
    /// A request to the store ended without a clear answer: it may have done its work.
    pub in_doubt: bool,
}

impl Session {
    /// What to keep of a grant for a file of `size` bytes.
    pub fn of(granted: &Granted, size: u64) -> Self {
        Self {
            key: granted.key.clone(),
            value: granted.value.clone(),
            location: granted.location.clone(),
            state: granted.session.clone(),
            size,
            is_multipart: matches!(granted.plan, Plan::Multipart { .. }),
            granted: clock::date(),
            ending: RefCell::default(),
        }
    }

    /// Whether the file goes in parts.
    pub const fn is_multipart(&self) -> bool {
        self.is_multipart
    }

    /// The upload as dialects name it.
    pub fn upload<'a>(&'a self, id: &'a UploadId) -> Upload<'a> {
        Upload {
            id: id.as_str(),
            session: &self.state,
            size: self.size,
            is_multipart: self.is_multipart,
            age: clock::seconds_since(self.granted),
        }
    }

    /// What was confirmed in the end, with what was said before.
    pub fn complete(&self, confirmed: StoredObject) -> StoredObject {
        StoredObject {
            key: confirmed.key.or_else(|| self.key.clone()),
            value: confirmed.value.or_else(|| self.value.clone()),
            location: confirmed.location.or_else(|| self.location.clone()),
            ..confirmed
        }
    }
}

/// The sessions of all files. Ids are the backend's, so that two files may have the same.
#[derive(Debug, Default)]
pub struct Sessions(BTreeMap<(FileId, String), Rc<Session>>);

impl Sessions {
    /// Keeps what will be wanted again.
    pub fn keep(&mut self, file: FileId, id: &UploadId, session: Session) {
        self.0
            .insert((file, id.as_str().to_owned()), Rc::new(session));
    }

    /// What was kept.
    pub fn find(&self, file: FileId, id: &UploadId) -> Rc<Session> {
        self.0
            .get(&(file, id.as_str().to_owned()))
            .cloned()
            .unwrap_or_default()
    }

    /// Nothing more will be said of this upload.
    pub fn forget(&mut self, file: FileId, id: &UploadId) {
        self.0.remove(&(file, id.as_str().to_owned()));
    }
}
