//! Digests of whole files, for backends that want one before the upload. A file is read in slices, so that the use of
//! memory does not grow with its size.

use md5::{Digest, Md5};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::file;

/// The size of a slice in bytes. The page stays responsive between two slices.
const SLICE: u64 = 2 << 20;

/// The MD5 in base64, in the format of `Content-MD5` (RFC 1864). `None` if the file cannot be read, or if `reading`
/// returns false, which is called after each slice.
pub async fn md5_base64(file: &File, reading: &dyn Fn() -> bool) -> Option<String> {
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
