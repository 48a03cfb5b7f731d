//! The link to an uploaded file, and the button that copies it. Only links that a browser opens as a page are shown: a
//! `javascript:` URL of a backend is not.

use gloo_timers::callback::Timeout;
use s3_upload_core::{FileSnapshot, Status};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Node};

use super::context::UiContext;
use super::dom;
use super::icon;

/// The time for which "Copied" is shown, in milliseconds.
const COPIED_SHOWN_MS: u32 = 3_000;

/// Adds the link to the stored file, and a button that copies it, at the end of a row's line. Removes them if the file
/// is not stored or has no link.
pub(super) fn update(ui: &UiContext, line: &Element, file: &FileSnapshot, name: &str) {
    if let Ok(Some(before)) = line.query_selector(".s3u-stored") {
        before.remove();
    }
    if let Status::Completed(stored) = &file.status {
        let mut links = stored.download_url.iter().chain(&stored.location);
        if let Some(href) = links.find(|url| is_web_address(url)) {
            let _ = add(ui, line, href, name);
        }
    }
}

fn add(ui: &UiContext, line: &Node, href: &str, name: &str) -> Option<()> {
    let stored = dom::add(line, "span", "s3u-stored", "")?;
    let anchor = dom::add(&stored, "a", "s3u-link", "link")?;
    let label = ui.fill("file.link", &[("name", name)]);
    for (attribute, value) in [
        ("href", href),
        ("target", "_blank"),
        ("rel", "noopener noreferrer"),
        ("aria-label", &label),
    ] {
        dom::set(&anchor, attribute, Some(value));
    }
    dom::add_icon(&anchor, icon::LINK)?;
    dom::add_text(&anchor, &ui.text("text.link"))?;
    clipboard()?;
    let button = dom::add_button(&stored, "s3u-link", "copy")?;
    dom::set(&button, "data-name", Some(name));
    dom::add_icon(&button, icon::COPY)?;
    dom::add_text(&button, "")?;
    say(ui, &button, "text.copy");
    Some(())
}

/// Copies the link beside a button, and shows the result for a moment.
pub(super) fn copy(ui: UiContext, button: Element) {
    let link = button.previous_element_sibling();
    let address = link.and_then(|link| link.get_attribute("href"));
    let (Some(address), Some(clipboard)) = (address, clipboard()) else {
        return;
    };
    let written = clipboard.write_text(&absolute(&address));
    spawn_local(async move {
        let key = if JsFuture::from(written).await.is_ok() {
            "text.copied"
        } else {
            "text.copy-failed"
        };
        // The row may have been removed meanwhile.
        if !button.is_connected() {
            return;
        }
        ui.announcer().announce(ui.text(key));
        say(&ui, &button, key);
        // A second press restarts the time for which the result is shown.
        let turn = button
            .get_attribute("data-turn")
            .and_then(|turn| turn.parse().ok());
        let turn = (turn.unwrap_or(0_u32).wrapping_add(1)).to_string();
        dom::set(&button, "data-turn", Some(&turn));
        let reset = move || {
            if button.get_attribute("data-turn") == Some(turn) {
                say(&ui, &button, "text.copy");
            }
        };
        Timeout::new(COPIED_SHOWN_MS, reset).forget();
    });
}

/// Shows a text on the button that copies.
fn say(ui: &UiContext, button: &Element, key: &str) {
    let text = ui.text(key);
    let name = button.get_attribute("data-name").unwrap_or_default();
    let label = ui.fill("file.copy", &[("text", &text), ("name", &name)]);
    dom::set(button, "aria-label", Some(&label));
    if let Some(node) = button.last_child() {
        node.set_text_content(Some(&text));
    }
}

/// The clipboard, which is missing on pages that are not secure.
fn clipboard() -> Option<web_sys::Clipboard> {
    let navigator = web_sys::window()?.navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok()?;
    clipboard.is_object().then(|| clipboard.unchecked_into())
}

/// Returns true if a click on the address opens a page or a file.
fn is_web_address(url: &str) -> bool {
    let start: String = url
        .trim_start()
        .chars()
        .take(8)
        .collect::<String>()
        .to_ascii_lowercase();
    start.starts_with("https://") || start.starts_with("http://") || start.starts_with('/')
}

/// The absolute address. A path is resolved against this page.
fn absolute(url: &str) -> String {
    let base = web_sys::window()
        .and_then(|window| window.location().href().ok())
        .unwrap_or_default();
    web_sys::Url::new_with_base(url, &base).map_or_else(|_| url.to_owned(), |url| url.href())
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn only_web_addresses_are_links() {
        for url in [
            "https://a.example/b?c",
            "HTTP://a.example",
            "/files/1",
            "//cdn.example/x",
        ] {
            assert!(is_web_address(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "data:text/html,x",
            "",
            "s3://bucket/key",
            "blob:x",
        ] {
            assert!(!is_web_address(url), "{url}");
        }
    }
}
