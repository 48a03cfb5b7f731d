//! The host's own [`Presign`], in place of a backend.

use std::collections::BTreeMap;

use s3_upload_core::{
    Answer, ETag, Grant, PartNumber, SignedPart, StoredPart, UploadError, UploadId,
};
use web_sys::AbortSignal;

use super::backend_client::{BackendClient, Completion, CreateInput, run_operation};
use super::platform::LocalFile;
use super::presign::{HostCall, Presign, PresignChoice, PresignRequest};

/// Runs one operation of a host.
pub(super) async fn run<F: LocalFile>(call: HostCall<F>) -> Result<Answer, UploadError> {
    let HostCall {
        presign,
        operation,
        source,
        metadata,
        signal,
    } = call;
    let step = operation.step();
    let presign = match presign {
        PresignChoice::Of(presign) => presign,
        PresignChoice::Later(load) => load().await.ok_or(UploadError::Network { step })?,
    };
    let client = HostClient {
        presign: presign.as_ref(),
        metadata,
        signal,
    };
    run_operation(&client, operation, || source, &|| {}).await
}

/// A host that presigns with its own code.
struct HostClient<'a> {
    presign: &'a dyn Presign,
    metadata: BTreeMap<String, String>,
    signal: Option<AbortSignal>,
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
            metadata: self.metadata.clone(),
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
