//! The stylesheet of the tree that contains a widget: its shadow root, or the document if a Leptos page shows the
//! widget directly. It is constructed and adopted, since a Content Security Policy may forbid `<style>`. All widgets of
//! the page share one sheet.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use web_sys::CssStyleSheet;

/// The build of `dist/` sets the second half of the style, without comments and spaces. The custom element's script has
/// adopted the first half by then.
const CSS: &str = match option_env!("S3_UPLOAD_STYLE") {
    Some(css) => css,
    None => concat!(
        include_str!("../../style/start.css"),
        include_str!("../../style/upload.css"),
    ),
};

thread_local! {
    static SHEET: Option<CssStyleSheet> = {
        let sheet = CssStyleSheet::new().ok();
        if let Some(sheet) = &sheet {
            let _ = sheet.replace_sync(CSS);
        }
        sheet
    };
}

/// Adds the widget's style to a document or shadow root, once.
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
#[allow(clippy::panic, reason = "a panic is how a test fails")]
mod tests {
    use super::CSS;

    /// The names that follow `start` in the text.
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
            include_str!("components/drop_zone.rs"),
            include_str!("components/file_list.rs"),
            include_str!("components/file_row.rs"),
            include_str!("components/announcer.rs"),
            include_str!("components/focus.rs"),
            include_str!("components/overall.rs"),
            include_str!("components/progress_bar.rs"),
            include_str!("components/rejections.rs"),
            include_str!("components/stored.rs"),
            include_str!("components/view.rs"),
            include_str!("../element/start_view.js"),
        ];
        let mut found = 0;
        for source in sources {
            let controls = names(source, "=> (\"").chain(names(source, ": BulkControl = (\""));
            let parts = controls.chain(names(source, "part: \""));
            // The functions that make an element, and the place of the part among their arguments.
            let makers = [
                ("dom::add(", 3),
                ("dom::create(", 2),
                ("dom::add_button(", 2),
                ("ProgressBar::add(", 1),
                ("region(", 0),
            ];
            let made = makers.into_iter().flat_map(|(maker, place)| {
                let calls = source.split(maker).skip(1);
                calls.filter_map(move |call| {
                    let arguments = call.split(')').next()?;
                    let part = arguments.split(',').nth(place)?.trim();
                    let part = part.strip_prefix('"')?.strip_suffix('"')?;
                    (!part.is_empty()).then_some(part)
                })
            });
            for part in parts.chain(made) {
                assert!(words.contains(&part), "{part}");
                found += 1;
            }
        }
        assert!(found >= 25, "only {found} parts were found in the sources");
    }

    /// The two colors of a property's default, for light and dark pages.
    fn colors(property: &str) -> [[u8; 3]; 2] {
        let rule = CSS.split_once(&format!("--_{property}: var(--s3u-{property}, light-dark("));
        let (_, rule) = rule.unwrap_or_else(|| panic!("no default of {property}"));
        let (pair, _) = rule.split_once(')').unwrap_or_default();
        let (light, dark) = pair.split_once(", ").unwrap_or_default();
        [light, dark].map(|color| {
            let number = u32::from_str_radix(color.trim_start_matches('#'), 16);
            let [_, rgb @ ..] = number.unwrap_or_else(|_| panic!("{color}")).to_be_bytes();
            rgb
        })
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(color: [u8; 3]) -> f64 {
        let [red, green, blue] = color.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The smaller contrast of two colors' defaults, of light and dark pages.
    fn contrast(one: &str, other: &str) -> f64 {
        let pairs = colors(one).into_iter().zip(colors(other));
        pairs
            .map(|(one, other)| {
                let (one, other) = (luminance(one), luminance(other));
                (one.max(other) + 0.05) / (one.min(other) + 0.05)
            })
            .fold(f64::INFINITY, f64::min)
    }

    /// <https://www.w3.org/TR/WCAG22/#contrast-minimum>
    #[test]
    fn text_has_enough_contrast() {
        let on_surface = ["text", "muted", "accent", "danger", "warning", "success"];
        let pairs = on_surface.map(|color| (color, "surface"));
        for (text, ground) in pairs.into_iter().chain([("on-accent", "accent")]) {
            let contrast = contrast(text, ground);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast}");
        }
    }

    /// <https://www.w3.org/TR/WCAG22/#non-text-contrast>
    #[test]
    fn edges_have_enough_contrast() {
        for edge in ["edge", "accent", "danger", "warning"] {
            let contrast = contrast(edge, "surface");
            assert!(contrast >= 3.0, "{edge}: {contrast}");
        }
    }
}
