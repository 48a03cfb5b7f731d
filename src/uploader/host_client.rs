//! The host's own [`Presign`], in place of a backend.

use s3_upload_core::{ETag, Grant, PartNumber, SignedPart, StoredPart, UploadError, UploadId};
use web_sys::AbortSignal;

use super::backend_client::{BackendClient, Completion, CreateInput};
use super::platform::LocalFile;
use super::presign::{Presign, PresignRequest};
use super::settings::Settings;

/// A host that presigns with its own code.
pub(super) struct HostClient<'a> {
    pub presign: &'a dyn Presign,
    pub settings: &'a Settings,
    /// Aborts the operation.
    pub signal: Option<AbortSignal>,
}

impl<F: LocalFile> BackendClient<F> for HostClient<'_> {
    async fn create(&self, request: CreateInput<'_, F>) -> Result<Grant, UploadError> {
        let request = PresignRequest {
            file: request
                .source
                .file
                .into()
                .ok_or(UploadError::FileUnreadable)?,
            info: request.source.info,
            metadata: self.settings.metadata.clone(),
            prefer_multipart: request.prefer_multipart,
            part_size: request.part_size,
        };
        self.presign.create(request, self.signal.clone()).await
    }

    async fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
    ) -> Result<Vec<SignedPart>, UploadError> {
        let signed = self.presign.sign_parts(id, parts, self.signal.clone());
        signed.await
    }

    async fn list_parts(&self, id: UploadId) -> Result<Vec<StoredPart>, UploadError> {
        self.presign.list_parts(id, self.signal.clone()).await
    }

    async fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
    ) -> Result<Completion, UploadError> {
        let object = self.presign.complete(id, parts, self.signal.clone());
        object.await.map(Completion::Confirmed)
    }

    async fn abort(&self, id: UploadId) -> Result<(), UploadError> {
        self.presign.abort(id, self.signal.clone()).await
    }
}
