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

#[cfg(test)]
mod tests {
    use super::CSS;

    /// What stands between `start` and the next character that cannot be in a name.
    fn names<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
        let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
        let named = move |rest: &'a str| rest.split(|c| !is_part(c)).next();
        text.split(start).skip(1).filter_map(named)
    }

    #[test]
    fn its_head_names_what_hosts_can_style() {
        let (head, rules) = CSS.split_once("*/").unwrap_or_default();
        let words: Vec<_> = head.split_whitespace().collect();
        for property in names(rules, "var(--s3u-") {
            let property = format!("--s3u-{property}");
            assert!(words.contains(&&*property), "{property}");
        }
        for property in names(head, "--s3u-").filter(|name| !name.is_empty()) {
            assert!(
                rules.contains(&format!("var(--s3u-{property},")),
                "{property}"
            );
        }
        let sources = [
            include_str!("drop_zone.rs"),
            include_str!("file_list.rs"),
            include_str!("file_row.rs"),
            include_str!("live.rs"),
            include_str!("overall.rs"),
            include_str!("rejections.rs"),
            include_str!("stored.rs"),
            include_str!("widget.rs"),
            include_str!("../element/s3-upload.js"),
        ];
        for source in sources {
            let controls = names(source, "=> (\"").chain(names(source, ": Bulk = (\""));
            let parts = names(source, "part=\"").chain(names(source, "part = \""));
            for part in controls.chain(parts) {
                assert!(words.contains(&part), "{part}");
            }
        }
    }
}
