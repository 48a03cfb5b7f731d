//! Objects: what is stored under a key, and removing it.

use super::{Fault, Store};

/// An object as the store holds it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its size in bytes.
    pub size: u64,
    /// Its MIME type.
    pub media_type: String,
    /// Its `ETag`, quotes included.
    pub etag: Option<String>,
    /// Its version, where the bucket keeps versions.
    pub version_id: Option<String>,
}

impl Store {
    /// Asks for an object's size, type, `ETag` and version.
    pub async fn head(&self, key: &str) -> Result<Stored, Fault> {
        let head = self
            .own
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await;
        let head = head.map_err(|error| Fault::read("HeadObject", &error))?;
        Ok(Stored {
            size: head
                .content_length()
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or(0),
            media_type: head
                .content_type()
                .unwrap_or(crate::limits::UNKNOWN_TYPE)
                .to_owned(),
            etag: head.e_tag().map(str::to_owned),
            version_id: head.version_id().map(str::to_owned),
        })
    }

    /// Removes an object. One that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), Fault> {
        match self
            .own
            .delete_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => match Fault::read("DeleteObject", &error) {
                Fault::NoSuchObject => Ok(()),
                fault => Err(fault),
            },
        }
    }
}
