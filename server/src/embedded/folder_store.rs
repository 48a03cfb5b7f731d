//! The folder store, with the behaviour of S3 that s3s-fs lacks.
//!
//! s3s-fs keeps the objects. This module changes the differences that an upload depends on:
//!
//! - A multipart upload that does not exist is `NoSuchUpload` (s3s-fs: `AccessDenied`, and an empty list).
//! - Lists of parts are sorted, in pages of 1000 (s3s-fs: one unsorted list).
//! - A key cannot leave its bucket (s3s-fs: it can).
//! - A `GET` has the headers that its URL asks for (s3s-fs: ignored).
//! - A completion must name the `ETag`s of the stored parts (s3s-fs: ignored).
//! - The bucket returns its CORS rules (s3s-fs: not implemented).
//!
//! Every other operation of an upload is passed on. Operations that no upload needs are not implemented.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use axum::http::{Extensions, HeaderMap, Method};
use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CORSRule,
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
        CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
        DeleteObjectOutput, GetBucketCorsInput, GetBucketCorsOutput, GetObjectInput,
        GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
        ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput,
        PutObjectOutput, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};
use s3s_fs::FileSystem;
use uuid::Uuid;

use super::data_dir::BUCKET;
use crate::store::CorsRule;

/// The parts that S3 lists at once.
const PAGE: usize = 1000;

#[derive(Clone)]
pub(super) struct FolderStore {
    files: Arc<FileSystem>,
    root: PathBuf,
    rules: Arc<[CorsRule]>,
    /// The ids of the uploads that are being aborted.
    aborting: Arc<Mutex<HashSet<Uuid>>>,
}

impl FolderStore {
    pub(super) fn open(root: &Path, rules: Arc<[CorsRule]>) -> Result<Self, s3s_fs::Error> {
        Ok(Self {
            files: Arc::new(FileSystem::new(root)?),
            root: root.to_owned(),
            rules,
            aborting: Arc::default(),
        })
    }

    /// An upload exists while s3s-fs has its file and no abort is in progress. A UUID has several spellings, all of which
    /// s3s-fs accepts.
    fn check_upload(&self, upload_id: &str) -> S3Result<Uuid> {
        Uuid::parse_str(upload_id)
            .ok()
            .filter(|id| !self.aborting().contains(id))
            .filter(|id| self.root.join(format!(".upload-{id}.json")).exists())
            .ok_or_else(|| s3_error!(NoSuchUpload, "The specified upload does not exist."))
    }

    fn aborting(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.aborting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the parts of an upload that is gone.
    fn sweep(&self, upload_id: &str) {
        let Ok(id) = Uuid::parse_str(upload_id) else {
            return;
        };
        let prefixes = [
            format!(".upload_id-{id}."),
            format!(".upload_part_info-{id}."),
        ];
        for entry in std::fs::read_dir(&self.root)
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name();
            let is_its = |prefix: &String| name.to_string_lossy().starts_with(prefix);
            if prefixes.iter().any(is_its) {
                // Another request may have removed it.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Each named part is stored, under the `ETag` that is named.
    async fn check_etags(&self, req: &S3Request<CompleteMultipartUploadInput>) -> S3Result<()> {
        let input = ListPartsInput::builder()
            .bucket(req.input.bucket.clone())
            .key(req.input.key.clone())
            .upload_id(req.input.upload_id.clone())
            .build()
            .map_err(|_| s3_error!(InternalError))?;
        let list = S3Request {
            input,
            method: Method::GET,
            uri: req.uri.clone(),
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
            credentials: req.credentials.clone(),
            region: req.region.clone(),
            service: req.service.clone(),
            trailing_headers: None,
        };
        let stored = self
            .files
            .list_parts(list)
            .await?
            .output
            .parts
            .unwrap_or_default();
        let named = req
            .input
            .multipart_upload
            .as_ref()
            .and_then(|upload| upload.parts.as_deref())
            .unwrap_or_default();
        let is_stored = |part: &CompletedPart| {
            stored
                .iter()
                .any(|stored| stored.part_number == part.part_number && stored.e_tag == part.e_tag)
        };
        if named.iter().all(is_stored) {
            return Ok(());
        }
        Err(s3_error!(
            InvalidPart,
            "One or more of the specified parts could not be found, or have another entity tag."
        ))
    }
}

fn check_key(key: &str) -> S3Result<()> {
    if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(s3_error!(
            InvalidArgument,
            "A key with the segment . or .. cannot be kept in a folder."
        ));
    }
    Ok(())
}

#[async_trait]
impl S3 for FolderStore {
    async fn put_object(
        &self,
        req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        check_key(&req.input.key)?;
        self.files.put_object(req).await
    }

    async fn get_object(
        &self,
        req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        check_key(&req.input.key)?;
        let input = &req.input;
        let cache_control = input.response_cache_control.clone();
        let disposition = input.response_content_disposition.clone();
        let encoding = input.response_content_encoding.clone();
        let language = input.response_content_language.clone();
        let content_type = input.response_content_type.clone();
        let mut response = self.files.get_object(req).await?;
        let output = &mut response.output;
        output.cache_control = cache_control.or(output.cache_control.take());
        output.content_disposition = disposition.or(output.content_disposition.take());
        output.content_encoding = encoding.or(output.content_encoding.take());
        output.content_language = language.or(output.content_language.take());
        output.content_type = content_type.or(output.content_type.take());
        Ok(response)
    }

    async fn head_object(
        &self,
        req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        check_key(&req.input.key)?;
        self.files.head_object(req).await
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        check_key(&req.input.key)?;
        self.files.delete_object(req).await
    }

    async fn head_bucket(
        &self,
        req: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.files.head_bucket(req).await
    }

    async fn get_bucket_cors(
        &self,
        req: S3Request<GetBucketCorsInput>,
    ) -> S3Result<S3Response<GetBucketCorsOutput>> {
        if req.input.bucket != BUCKET {
            return Err(s3_error!(
                NoSuchBucket,
                "The specified bucket does not exist."
            ));
        }
        if self.rules.is_empty() {
            let message = "The CORS configuration does not exist.";
            return Err(s3_error!(NoSuchCORSConfiguration, "{message}"));
        }
        let rule = |rule: &CorsRule| CORSRule {
            allowed_headers: Some(rule.allowed_headers.clone()),
            allowed_methods: rule.allowed_methods.clone(),
            allowed_origins: rule.allowed_origins.clone(),
            expose_headers: Some(rule.expose_headers.clone()),
            id: rule.id.clone(),
            max_age_seconds: rule
                .max_age_seconds
                .and_then(|seconds| i32::try_from(seconds).ok()),
        };
        Ok(S3Response::new(GetBucketCorsOutput {
            cors_rules: Some(self.rules.iter().map(rule).collect()),
        }))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.files.list_objects_v2(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        check_key(&req.input.key)?;
        self.files.create_multipart_upload(req).await
    }

    async fn upload_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        check_key(&req.input.key)?;
        self.check_upload(&req.input.upload_id)?;
        let id = req.input.upload_id.clone();
        let folder = self.clone();
        // To its end even when the connection is gone by then: what is half written would stay for ever.
        let written = tokio::spawn(async move {
            let answer = folder.files.upload_part(req).await;
            // An upload that was aborted meanwhile did not find this part.
            if let Err(gone) = folder.check_upload(&id) {
                folder.sweep(&id);
                return Err(gone);
            }
            answer
        });
        written.await.map_err(|_| s3_error!(InternalError))?
    }

    async fn list_parts(
        &self,
        req: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        self.check_upload(&req.input.upload_id)?;
        let page = req
            .input
            .max_parts
            .and_then(|max| usize::try_from(max).ok())
            .unwrap_or(PAGE)
            .clamp(1, PAGE);
        let after = req.input.part_number_marker.unwrap_or(0);
        let mut response = self.files.list_parts(req).await?;
        let output = &mut response.output;
        let mut parts = output.parts.take().unwrap_or_default();
        parts.sort_by_key(|part| part.part_number);
        parts.retain(|part| part.part_number.unwrap_or(0) > after);
        let truncated = parts.len() > page;
        parts.truncate(page);
        output.is_truncated = Some(truncated);
        if truncated {
            output.next_part_number_marker = parts.last().and_then(|part| part.part_number);
        }
        output.parts = Some(parts);
        Ok(response)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        check_key(&req.input.key)?;
        self.check_upload(&req.input.upload_id)?;
        self.check_etags(&req).await?;
        self.files.complete_multipart_upload(req).await
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let upload_id = req.input.upload_id.clone();
        let id = self
            .check_upload(&upload_id)
            .inspect_err(|_| self.sweep(&upload_id))?;
        // A part that is being written meanwhile fails on its files that are taken away: the upload it belongs to is
        // gone from the first moment of this call.
        self.aborting().insert(id);
        let folder = self.clone();
        let aborted = tokio::spawn(async move {
            let answer = folder.files.abort_multipart_upload(req).await;
            folder.aborting().remove(&id);
            // A part that came while the others were taken away found its upload still there.
            if folder.check_upload(&upload_id).is_err() {
                folder.sweep(&upload_id);
            }
            answer
        });
        aborted.await.map_err(|_| s3_error!(InternalError))?
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests;
