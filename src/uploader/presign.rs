//! The interface of a host that presigns with its own code, in place of a backend that the widget asks.
//!
//! The element implements it by a page's JavaScript function. A Leptos host writes its own implementation.

use core::fmt;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;

use s3_upload_core::{
    BackendOperation, ETag, FileInfo, Grant, PartNumber, SignedPart, StoredObject, StoredPart,
    UploadError, UploadId,
};
use web_sys::{AbortSignal, File};

use super::future::LocalBoxFuture;
use super::source::FileSource;

/// The result of an operation. The future is dropped when the result is not needed any more.
pub type PresignFuture<T> = Pin<Box<dyn Future<Output = Result<T, UploadError>>>>;

/// One file to presign for.
#[derive(Clone, Debug)]
pub struct PresignRequest {
    /// The file itself.
    pub file: File,
    /// Its name, its size in bytes and the MIME type that will be sent.
    pub info: FileInfo,
    /// The metadata that the page adds.
    pub metadata: BTreeMap<String, String>,
    /// True if parts are preferred, because the file is large. A single request is always possible up to 5 GiB.
    pub prefer_multipart: bool,
    /// The recommended part size in bytes.
    pub part_size: u64,
}

/// Loads an implementation.
pub type LoadPresign = Rc<dyn Fn() -> LocalBoxFuture<'static, Option<Rc<dyn Presign>>>>;

/// The implementation of a host that presigns.
#[derive(Clone)]
pub enum PresignChoice {
    /// This implementation.
    Of(Rc<dyn Presign>),
    /// The implementation that this function gives, whose code is loaded at the first operation. `None` is a failed load, after
    /// which the operation is tried again.
    Later(LoadPresign),
}

impl fmt::Debug for PresignChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(presign) => presign.fmt(f),
            Self::Later(_) => f.write_str("Later(…)"),
        }
    }
}

/// One operation of a host.
pub(crate) struct HostCall<F> {
    /// The implementation.
    pub presign: PresignChoice,
    /// The operation.
    pub operation: BackendOperation,
    /// The file, which [`BackendOperation::Create`] needs.
    pub source: Option<FileSource<F>>,
    /// The metadata that the page adds.
    pub metadata: BTreeMap<String, String>,
    /// Aborts the operation.
    pub signal: Option<AbortSignal>,
}

/// Presigns uploads.
///
/// `create` alone is enough for single requests: it returns a [`Grant`] without an id. If the grant has an id,
/// `complete` is called to confirm the upload. A grant of [`Multipart`](s3_upload_core::GrantPlan::Multipart) needs an
/// id, `sign_parts` and `complete`. An [`UploadError::Backend`] is shown by its message. An [`UploadError::Network`] is
/// retried.
///
/// `signal` aborts when the result is not needed any more.
pub trait Presign: fmt::Debug {
    /// Grants one file.
    fn create(&self, request: PresignRequest, signal: Option<AbortSignal>) -> PresignFuture<Grant>;

    /// Signs these parts, each a number and a size in bytes. May be called again for the same part.
    fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<Vec<SignedPart>> {
        let _ = (id, parts, signal);
        not_offered("signParts")
    }

    /// Lists the parts that the store holds.
    fn list_parts(
        &self,
        id: UploadId,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<Vec<StoredPart>> {
        let _ = (id, signal);
        not_offered("listParts")
    }

    /// Completes a multipart upload, or confirms a single one. Without `parts`, the implementation asks the store for
    /// them.
    fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<StoredObject> {
        let _ = (id, parts, signal);
        not_offered("complete")
    }

    /// Aborts the multipart upload, or deletes the object.
    fn abort(&self, id: UploadId, signal: Option<AbortSignal>) -> PresignFuture<()> {
        let _ = (id, signal);
        Box::pin(core::future::ready(Ok(())))
    }
}

/// The error for an operation that the host does not implement.
pub fn not_offered<T: 'static>(operation: &str) -> PresignFuture<T> {
    let text = format!("the page's own presign function offers no \"{operation}\"");
    Box::pin(core::future::ready(Err(UploadError::Unsupported(text))))
}
