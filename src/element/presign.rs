//! The property `presign`, whose code is loaded before the first file is presigned.

use core::cell::OnceCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::lazy;
use crate::uploader::presign::{Presign, PresignChoice};

/// Reads the property.
pub(super) fn read(value: &JsValue) -> Result<Option<PresignChoice>, String> {
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let function = value.dyn_ref::<Function>().ok_or(
        "<s3-upload>.presign: expected an async function (file, { accepts, signal }) that answers { url } or more.",
    )?;
    let presign = Rc::new(LazyPresign {
        function: function.clone(),
        loaded: OnceCell::new(),
    });
    // The code arrives while the person still chooses a file.
    spawn_local(async { _ = lazy::load().await });
    Ok(Some(PresignChoice::Later(Rc::new(move || {
        let presign = Rc::clone(&presign);
        Box::pin(async move { presign.load().await })
    }))))
}

/// A function of the page, and what presigns by it.
struct LazyPresign {
    function: Function,
    loaded: OnceCell<Rc<dyn Presign>>,
}

impl LazyPresign {
    async fn load(&self) -> Option<Rc<dyn Presign>> {
        let code = lazy::load().await.ok()?;
        let presign = || code.presign(self.function.clone());
        Some(Rc::clone(self.loaded.get_or_init(presign)))
    }
}
