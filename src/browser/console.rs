//! The developer's console.

use wasm_bindgen::JsValue;

/// Writes a warning with the widget's name to the console.
pub fn warn(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(&format!("<s3-upload>: {text}")));
}
