//! The property `presign`, whose code is loaded when the first file is presigned.

use core::cell::OnceCell;
use core::fmt;
use std::rc::Rc;

use js_sys::Function;
use s3_upload_core::{
    ETag, Grant, PartNumber, SignedPart, Step, StoredObject, StoredPart, UploadError, UploadId,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortSignal;

use super::lazy;
use crate::uploader::NotLoaded;
use crate::uploader::presign::{Presign, PresignFuture, PresignRequest};

/// Reads the property.
pub(super) fn read(value: &JsValue) -> Result<Option<Rc<dyn Presign>>, String> {
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let function = value.dyn_ref::<Function>().ok_or(
        "<s3-upload>.presign: expected an async function (file, { accepts, signal }) that answers { url } or more.",
    )?;
    let function = function.clone();
    // The code arrives while the person still chooses a file.
    spawn_local(async { _ = lazy::load().await });
    let loaded = OnceCell::new();
    Ok(Some(Rc::new(LazyPresign(Rc::new(Inner {
        function,
        loaded,
    })))))
}

/// Presigns by a function of the page, with code that is loaded at the first call.
struct LazyPresign(Rc<Inner>);

struct Inner {
    function: Function,
    loaded: OnceCell<Rc<dyn Presign>>,
}

impl LazyPresign {
    /// Calls an operation of the loaded code.
    fn call<T: 'static>(
        &self,
        step: Step,
        operation: impl FnOnce(&dyn Presign) -> PresignFuture<T> + 'static,
    ) -> PresignFuture<T> {
        let inner = Rc::clone(&self.0);
        Box::pin(async move {
            let presign = inner.load(step).await?;
            operation(presign.as_ref()).await
        })
    }
}

impl Inner {
    async fn load(&self, step: Step) -> Result<Rc<dyn Presign>, UploadError> {
        let code = lazy::load().await;
        let code = code.map_err(|NotLoaded| UploadError::Network { step })?;
        let made = self
            .loaded
            .get_or_init(|| code.presign(self.function.clone()));
        Ok(Rc::clone(made))
    }
}

impl fmt::Debug for LazyPresign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("presign(…)")
    }
}

impl Presign for LazyPresign {
    fn create(&self, request: PresignRequest, signal: Option<AbortSignal>) -> PresignFuture<Grant> {
        self.call(Step::Create, |presign| presign.create(request, signal))
    }

    fn sign_parts(
        &self,
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<Vec<SignedPart>> {
        self.call(Step::SignParts, |presign| {
            presign.sign_parts(id, parts, signal)
        })
    }

    fn list_parts(
        &self,
        id: UploadId,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<Vec<StoredPart>> {
        self.call(Step::ListParts, |presign| presign.list_parts(id, signal))
    }

    fn complete(
        &self,
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
        signal: Option<AbortSignal>,
    ) -> PresignFuture<StoredObject> {
        self.call(Step::Complete, |presign| {
            presign.complete(id, parts, signal)
        })
    }

    fn abort(&self, id: UploadId, signal: Option<AbortSignal>) -> PresignFuture<()> {
        self.call(Step::Abort, |presign| presign.abort(id, signal))
    }
}
