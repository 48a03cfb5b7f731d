//! The stylesheet, given to the tree that a widget is in: its shadow root, or the document when a
//! Leptos page shows it directly. Constructed and adopted, because a Content Security Policy may
//! forbid `<style>`. One sheet serves all widgets of the page.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use web_sys::CssStyleSheet;

const CSS: &str = include_str!("../../style/upload.css");

thread_local! {
    static SHEET: Option<CssStyleSheet> = {
        let sheet = CssStyleSheet::new().ok();
        if let Some(sheet) = &sheet {
            let _ = sheet.replace_sync(CSS);
        }
        sheet
    };
}

/// Gives the widget's style to a document or shadow root, once.
pub fn adopt(root: &JsValue) {
    let name = JsValue::from_str("adoptedStyleSheets");
    let Ok(before) = Reflect::get(root, &name) else {
        return;
    };
    if !before.is_object() {
        return;
    }
    SHEET.with(|sheet| {
        let Some(sheet) = sheet else { return };
        let sheets = Array::from(&before);
        if !sheets.includes(sheet, 0) {
            sheets.push(sheet);
            let _ = Reflect::set(root, &name, &sheets);
        }
    });
}
