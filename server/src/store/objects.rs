//! Stored objects: `HEAD` and `DELETE`.

use std::collections::BTreeMap;

use aws_sdk_s3::{operation::head_object::HeadObjectOutput, primitives::DateTime};

use super::{client::Store, error::StoreError};
use crate::primitives::UNKNOWN_TYPE;

/// An object as the store holds it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredObject {
    /// Its size in bytes.
    pub size: u64,
    /// Its MIME type, if the store names one.
    pub media_type: Option<String>,
    /// The other headers that are stored with it and change how it is read, by lower-case name. User metadata has the
    /// name of its header, `x-amz-meta-…`.
    pub headers: BTreeMap<String, String>,
    /// Its `ETag`, quotes included.
    pub etag: Option<String>,
    /// Its version, where the bucket keeps versions.
    pub version_id: Option<String>,
    /// The time of its storage, in seconds since 1970.
    pub modified: Option<i64>,
}

impl StoredObject {
    /// Its MIME type; the unknown one if the store names none.
    pub fn media_type(&self) -> &str {
        self.media_type.as_deref().unwrap_or(UNKNOWN_TYPE)
    }
}

fn headers(head: &HeadObjectOutput) -> BTreeMap<String, String> {
    let standard = [
        ("cache-control", head.cache_control()),
        ("content-disposition", head.content_disposition()),
        ("content-encoding", head.content_encoding()),
        ("content-language", head.content_language()),
        ("expires", head.expires_string()),
        (
            "x-amz-website-redirect-location",
            head.website_redirect_location(),
        ),
    ];
    let standard = standard
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let metadata = head.metadata().into_iter().flatten();
    let metadata = metadata.map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        (format!("x-amz-meta-{name}"), value.clone())
    });
    standard.chain(metadata).collect()
}

impl Store {
    /// Reads an object's size, type, headers, `ETag` and version.
    pub async fn head(&self, key: &str) -> Result<StoredObject, StoreError> {
        let head = self
            .own
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await;
        let head = head.map_err(|error| StoreError::from_sdk("HeadObject", &error))?;
        Ok(StoredObject {
            size: head
                .content_length()
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or(0),
            media_type: head.content_type().map(str::to_owned),
            headers: headers(&head),
            etag: head.e_tag().map(str::to_owned),
            version_id: head.version_id().map(str::to_owned),
            modified: head.last_modified().map(DateTime::secs),
        })
    }

    /// Removes an object. One that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self
            .own
            .delete_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => match StoreError::from_sdk("DeleteObject", &error) {
                StoreError::NoSuchObject => Ok(()),
                error => Err(error),
            },
        }
    }
}
