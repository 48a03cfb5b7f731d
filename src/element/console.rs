//! Warnings in the developer's console. Each text begins with `<s3-upload>` and the property or attribute concerned.

use wasm_bindgen::JsValue;

/// Writes a warning.
pub(super) fn warn(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(text));
}
