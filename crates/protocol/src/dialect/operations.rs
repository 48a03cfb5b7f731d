//! The interface of a dialect: five operations of a backend that presigns uploads.

use core::fmt;

use super::config::BackendConfig;
use crate::native::{ListedPart, SentPart};
use crate::{
    ConfirmedObject, CreateParams, DialectError, DialectResponse, GrantedUpload, Next,
    OperationResult, PartToSign, PresignedPart, UploadContext,
};

/// The protocol of one kind of backend.
///
/// Each operation is a function of the responses so far: without one it returns the first request, with each further
/// response the next request or the operation's result. Responses have a 2xx status.
pub trait Dialect: fmt::Debug {
    /// True if the backend answers `POST {endpoint}/doctor`, which only the project's own protocol has.
    fn has_doctor(&self) -> bool {
        false
    }

    /// True if [`CreateParams::md5`] is required.
    fn needs_md5(&self) -> bool {
        false
    }

    /// Asks for an upload.
    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload>;

    /// Asks for the URLs of parts, by ascending number.
    fn sign_parts(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        parts: &[PartToSign],
        responses: &[DialectResponse],
    ) -> OperationResult<Vec<PresignedPart>> {
        let _ = (config, upload, parts, responses);
        Err(unsupported("large files in parts"))
    }

    /// Asks for the list of the parts that the store holds.
    fn list_parts(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<Vec<ListedPart>> {
        let _ = (config, upload, responses);
        Err(unsupported("the list of the parts that arrived"))
    }

    /// Completes a multipart upload, or confirms a single one. Without `sent` the backend has to ask the store for the
    /// parts. A dialect that passes on a list rejects one that is not the whole file. Never called without a
    /// [`GrantedUpload::id`].
    fn complete(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        sent: Option<&[SentPart]>,
        responses: &[DialectResponse],
    ) -> OperationResult<ConfirmedObject> {
        let _ = (config, upload, sent, responses);
        Ok(Next::Done(ConfirmedObject::default()))
    }

    /// Aborts the multipart upload, or deletes the object. Never called without a [`GrantedUpload::id`].
    fn abort(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<()> {
        let _ = (config, upload, responses);
        Ok(Next::Done(()))
    }
}

/// The error about an operation that a dialect's backend does not offer.
pub(crate) fn unsupported(what: &str) -> DialectError {
    DialectError::Unsupported(format!("this kind of backend does not offer {what}"))
}
