//! The developer's console.

use wasm_bindgen::JsValue;

/// A warning, in the name of the widget.
pub fn warn(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(&format!("<s3-upload>: {text}")));
}
