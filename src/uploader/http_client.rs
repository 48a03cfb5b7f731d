//! The backend over HTTP, with the sessions that its dialect keeps between operations.

use std::cell::RefCell;

use s3_upload_core::{
    ETag, FileId, Grant, PartNumber, SignedPart, StoredPart, UploadError, UploadId,
};

use super::backend::{Backend, Sessions};
use super::backend_client::{BackendClient, Completion, CreateInput};
use super::platform::Platform;

/// A client for a backend over HTTP.
pub(super) struct HttpClient<'a, P: Platform> {
    pub backend: Backend<'a, P>,
    pub sessions: &'a RefCell<Sessions>,
    pub file: FileId,
}

impl<P: Platform> BackendClient<P::File> for HttpClient<'_, P> {
    async fn create(&self, request: CreateInput<'_, P::File>) -> Result<Grant, UploadError> {
        let wish = (request.prefer_multipart, request.part_size);
        let created = self.backend.create(&request.source, wish, request.on_read);
        let (grant, session) = created.await?;
        if let Some(id) = &grant.id {
            self.sessions.borrow_mut().keep(self.file, id, session);
        }
        Ok(grant)
    }

    async fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
    ) -> Result<Vec<SignedPart>, UploadError> {
        let session = self.sessions.borrow().find(self.file, &id);
        self.backend.sign_parts(&id, &session, &parts).await
    }

    async fn list_parts(&self, id: UploadId) -> Result<Vec<StoredPart>, UploadError> {
        let session = self.sessions.borrow().find(self.file, &id);
        self.backend.list_parts(&id, &session).await
    }

    async fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
    ) -> Result<Completion, UploadError> {
        let session = self.sessions.borrow().find(self.file, &id);
        let completion = self.backend.complete(&id, &session, parts.as_deref());
        let completion = completion.await?;
        // The engine lists the parts of an unconfirmed multipart upload, which needs the session.
        if !(session.is_multipart() && matches!(completion, Completion::Unconfirmed(_))) {
            self.sessions.borrow_mut().forget(self.file, &id);
        }
        Ok(completion)
    }

    async fn abort(&self, id: UploadId) -> Result<(), UploadError> {
        let session = self.sessions.borrow().find(self.file, &id);
        self.backend.abort(&id, &session).await?;
        self.sessions.borrow_mut().forget(self.file, &id);
        Ok(())
    }
}
