//! A file on the person's disk. No bytes are read here but one, by the probe.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

/// The result of a probe that reads a file. <https://w3c.github.io/FileAPI/#dfn-error-codes>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// The file can be read.
    Yes,
    /// The file changed on disk after it was chosen.
    Changed,
    /// The file does not exist any more, or the browser lost access to it.
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

/// The bytes `start..end`, which stay on disk.
#[allow(clippy::cast_precision_loss, reason = "a position below 2^53")]
pub fn slice(file: &File, start: u64, end: u64) -> Option<Blob> {
    file.slice_with_f64_and_f64(start as f64, end as f64).ok()
}

/// Reads one byte, to check that the file did not change.
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
    js_sys::Reflect::get(error, &"name".into())
        .ok()
        .and_then(|name| name.as_string())
        .unwrap_or_default()
}
