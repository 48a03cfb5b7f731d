//! The objects that one process has confirmed.
//!
//! The memory is bounded, and ends with the process. The store is the authority on its objects; this detects only that
//! an object is no longer the confirmed one. With several servers, each knows its own confirmations.

use std::sync::{Mutex, PoisonError};

use super::objects::StoredObject;
use crate::primitives::BoundedMap;

/// The least number of keys that are remembered; at most twice as many are, at about 300 bytes each.
const KEYS: usize = 50_000;

/// The values that distinguish two objects under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ObjectVersion {
    etag: Option<String>,
    version_id: Option<String>,
}

/// The state of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// No object was confirmed under its key.
    New,
    /// It was confirmed.
    Same,
    /// Another object was confirmed under its key.
    Other {
        /// True if the bucket keeps both as versions.
        is_version: bool,
    },
}

/// The objects that were confirmed.
#[derive(Debug)]
pub struct ConfirmedObjects(Mutex<BoundedMap<String, ObjectVersion>>);

impl Default for ConfirmedObjects {
    fn default() -> Self {
        Self(Mutex::new(BoundedMap::new(KEYS)))
    }
}

impl ConfirmedObjects {
    /// The state of the object under this key.
    pub(crate) fn state_of(&self, key: &str, stored: &StoredObject) -> Confirmation {
        let found = ObjectVersion::of(stored);
        match self.lock().get_mut(&key.to_owned()) {
            None => Confirmation::New,
            Some(object) if *object == found => Confirmation::Same,
            Some(object) => Confirmation::Other {
                is_version: found.version_id.is_some() && found.version_id != object.version_id,
            },
        }
    }

    /// Records that the object under this key is confirmed.
    pub(crate) fn confirm(&self, key: &str, stored: &StoredObject) {
        let found = ObjectVersion::of(stored);
        let first = found.clone();
        *self.lock().entry(key.to_owned(), || first) = found;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BoundedMap<String, ObjectVersion>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObjectVersion {
    fn of(stored: &StoredObject) -> Self {
        Self {
            etag: stored.etag.clone(),
            version_id: stored.version_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(etag: &str, version_id: Option<&str>) -> StoredObject {
        StoredObject {
            size: 1,
            media_type: None,
            headers: std::collections::BTreeMap::new(),
            etag: Some(etag.to_owned()),
            version_id: version_id.map(str::to_owned),
            modified: None,
        }
    }

    #[test]
    fn another_object_under_a_key_is_seen() {
        let confirmed = ConfirmedObjects::default();
        let one = stored("a", Some("1"));
        assert_eq!(confirmed.state_of("k", &one), Confirmation::New);
        confirmed.confirm("k", &one);
        assert_eq!(confirmed.state_of("k", &one), Confirmation::Same);
        assert_eq!(confirmed.state_of("l", &one), Confirmation::New);
        let other = |is_version| Confirmation::Other { is_version };
        assert_eq!(confirmed.state_of("k", &stored("b", None)), other(false));
        assert_eq!(
            confirmed.state_of("k", &stored("a", Some("2"))),
            other(true)
        );
        confirmed.confirm("k", &stored("a", Some("2")));
        assert_eq!(confirmed.state_of("k", &one), other(true));
    }
}
