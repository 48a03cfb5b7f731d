//! A file on the person's disk. Its bytes are never read here but for a probe of one.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DomException, File};

/// Whether the browser can still read a file. <https://w3c.github.io/FileAPI/#dfn-error-codes>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// It can.
    Yes,
    /// It changed on disk since it was chosen.
    Changed,
    /// It is gone, or access was taken away.
    No,
}

/// The file's size in bytes.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size below 2^53"
)]
pub fn size(file: &File) -> u64 {
    file.size().max(0.0) as u64
}

/// Bytes `start..end`, still on disk.
#[allow(clippy::cast_precision_loss, reason = "a position below 2^53")]
pub fn slice(file: &File, start: u64, end: u64) -> Option<Blob> {
    file.slice_with_f64_and_f64(start as f64, end as f64).ok()
}

/// Reads one byte to see whether the file is still what it was.
pub async fn probe(file: &File) -> Readable {
    let Some(first) = slice(file, 0, 1) else {
        return Readable::No;
    };
    match JsFuture::from(first.array_buffer()).await {
        Ok(_) => Readable::Yes,
        Err(error) if name_of(&error) == "NotReadableError" => Readable::Changed,
        Err(_) => Readable::No,
    }
}

fn name_of(error: &JsValue) -> String {
    error
        .dyn_ref::<DomException>()
        .map(DomException::name)
        .unwrap_or_default()
}
