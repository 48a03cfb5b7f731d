//! Multipart uploads: create, list, complete, abort.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use s3_upload_protocol::native::{ListedPart, SentPart};

use super::{
    client::{NewObject, Store},
    error::StoreError,
};

impl Store {
    /// Begins a multipart upload and gives its id.
    pub async fn create_multipart(&self, object: &NewObject<'_>) -> Result<String, StoreError> {
        // No checksum algorithm: declaring one obliges every part to carry a signed checksum.
        let request = self
            .own
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(object.key)
            .content_type(object.media_type)
            .set_content_disposition(object.disposition.map(str::to_owned));
        let created = request
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("CreateMultipartUpload", &error))?;
        created.upload_id.ok_or(StoreError::Unavailable)
    }

    /// Lists the parts that the store holds, by number.
    pub async fn list_parts(
        &self,
        key: &str,
        upload_id: &str,
    ) -> Result<Vec<ListedPart>, StoreError> {
        let mut parts = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let request = self
                .own
                .list_parts()
                .bucket(&self.bucket)
                .key(key)
                .upload_id(upload_id);
            let page = request.set_part_number_marker(after.clone()).send().await;
            let page = page.map_err(|error| StoreError::from_sdk("ListParts", &error))?;
            parts.extend(page.parts().iter().filter_map(|part| {
                Some(ListedPart {
                    number: u16::try_from(part.part_number()?).ok()?,
                    size: u64::try_from(part.size()?).ok()?,
                    etag: part.e_tag()?.to_owned(),
                })
            }));
            let next = page.next_part_number_marker().map(str::to_owned);
            // A store that repeats its marker would cause an endless loop.
            if page.is_truncated() != Some(true) || next.is_none() || next == after {
                break;
            }
            after = next;
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Makes the parts, ascending by number, one object. The SDK reads the error that S3 may send with a 200.
    pub async fn complete_multipart(
        &self,
        key: &str,
        upload_id: &str,
        parts: Vec<SentPart>,
    ) -> Result<(), StoreError> {
        let parts = parts
            .into_iter()
            .map(|part| {
                CompletedPart::builder()
                    .part_number(i32::from(part.number))
                    .e_tag(part.etag)
                    .build()
            })
            .collect();
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let request = self
            .own
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(upload_id);
        match request.multipart_upload(parts).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::from_sdk("CompleteMultipartUpload", &error)),
        }
    }

    /// Ends a multipart upload and frees its parts. One that is not there is no error.
    pub async fn abort_multipart(&self, key: &str, upload_id: &str) -> Result<(), StoreError> {
        let request = self
            .own
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(upload_id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match StoreError::from_sdk("AbortMultipartUpload", &error) {
                StoreError::NoSuchUpload => Ok(()),
                error => Err(error),
            },
        }
    }
}
