//! The port to a backend: five operations, with an implementation over HTTP and one by the host's own functions.

use s3_upload_core::{
    Answer, BackendOperation, ETag, Grant, PartNumber, SignedPart, StoredObject, StoredPart,
    UploadError, UploadId,
};

use super::source::FileSource;

/// A file for which an upload is asked.
pub(super) struct CreateInput<'a, F> {
    pub source: FileSource<F>,
    pub prefer_multipart: bool,
    /// The preferred size of a part, in bytes.
    pub part_size: u64,
    /// Called at intervals while the file is read.
    pub on_read: &'a dyn Fn(),
}

/// The result of a completion.
pub(super) enum Completion {
    /// The backend confirmed the object.
    Confirmed(StoredObject),
    /// The backend cannot confirm; the store's response decides.
    Unconfirmed(StoredObject),
}

/// The operations of a backend for one file of the type `F`.
pub(super) trait BackendClient<F> {
    async fn create(&self, request: CreateInput<'_, F>) -> Result<Grant, UploadError>;

    async fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
    ) -> Result<Vec<SignedPart>, UploadError>;

    async fn list_parts(&self, id: UploadId) -> Result<Vec<StoredPart>, UploadError>;

    async fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
    ) -> Result<Completion, UploadError>;

    async fn abort(&self, id: UploadId) -> Result<(), UploadError>;
}

/// Runs one operation, and returns its result in the engine's types. `source` is needed by [`BackendOperation::Create`]
/// only.
pub(super) async fn run_operation<F>(
    client: &impl BackendClient<F>,
    operation: BackendOperation,
    source: impl FnOnce() -> Option<FileSource<F>>,
    on_read: &dyn Fn(),
) -> Result<Answer, UploadError> {
    match operation {
        BackendOperation::Create {
            prefer_multipart,
            part_size,
        } => {
            let request = CreateInput {
                source: source().ok_or(UploadError::FileUnreadable)?,
                prefer_multipart,
                part_size,
                on_read,
            };
            client.create(request).await.map(Answer::Granted)
        }
        BackendOperation::SignParts { id, parts } => {
            client.sign_parts(id, parts).await.map(Answer::Signed)
        }
        BackendOperation::ListParts { id } => client.list_parts(id).await.map(Answer::Listed),
        BackendOperation::Complete { id, parts } => {
            let completion = client.complete(id, parts).await?;
            Ok(match completion {
                Completion::Confirmed(object) => Answer::Confirmed(object),
                Completion::Unconfirmed(object) => Answer::Unconfirmed(object),
            })
        }
        BackendOperation::Abort { id } => client.abort(id).await.map(|()| Answer::Aborted),
    }
}
