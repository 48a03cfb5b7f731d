//! Digests of whole files, for backends that want one before anything is sent. A file is read in slices, so that memory
//! stays flat.

use md5::{Digest, Md5};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::file;

/// Read at once, in bytes: the page stays responsive between two slices.
const SLICE: u64 = 2 << 20;

/// The base64 of the MD5, as `Content-MD5` has it (RFC 1864); `None` when the file cannot be read, or nobody waits for it
/// any more, as `reading` says after each slice.
pub async fn md5_base64(file: &File, reading: impl Fn() -> bool) -> Option<String> {
    let size = file::size(file);
    let mut digest = Md5::new();
    let mut start = 0;
    while start < size {
        let end = size.min(start + SLICE);
        let slice = file::slice(file, start, end)?;
        let bytes = JsFuture::from(slice.array_buffer()).await.ok()?;
        digest.update(js_sys::Uint8Array::new(&bytes).to_vec());
        start = end;
        if !reading() {
            return None;
        }
    }
    let latin1: String = digest
        .finalize()
        .iter()
        .map(|byte| char::from(*byte))
        .collect();
    web_sys::window()?.btoa(&latin1).ok()
}
