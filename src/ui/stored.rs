//! What can be done with a file that arrived: open it, copy its link. Only links that a browser
//! opens as a page: a backend's `javascript:` is no link.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use s3_upload_core::{FileSnapshot, Status};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::desk::Desk;
use super::icon::{self, Icon};

/// How long "Copied" stays.
const CONFIRMED: Duration = Duration::from_secs(3);

/// The link to the stored file and a button that copies it, or nothing without a link.
#[component]
pub(super) fn Stored(
    desk: Desk,
    snapshot: ArcReadSignal<FileSnapshot>,
    name: String,
) -> impl IntoView {
    let href = snapshot.with_untracked(|file| match &file.status {
        Status::Completed(stored) => stored
            .download_url
            .iter()
            .chain(&stored.location)
            .find(|url| opens(url))
            .cloned(),
        _ => None,
    });
    href.map(|href| {
        let label = desk.fill("file.link", &[("name", &name)]);
        let address = href.clone();
        view! {
            <span class="s3u-stored">
                <a
                    class="s3u-link"
                    part="link"
                    href=href
                    target="_blank"
                    rel="noopener noreferrer"
                    aria-label=label
                >
                    <Icon path=icon::LINK />
                    {desk.text("text.link")}
                </a>
                {clipboard().map(|_| view! { <Copy desk address name /> })}
            </span>
        }
    })
}

/// A button that copies, and says for a moment whether it did.
#[component]
fn Copy(desk: Desk, address: String, name: String) -> impl IntoView {
    let said = RwSignal::new("text.copy");
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        timer.try_update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
    };
    on_cleanup(stop);
    let copy = move |_| {
        let Some(clipboard) = clipboard() else { return };
        let written = clipboard.write_text(&absolute(&address));
        spawn_local(async move {
            let key = if JsFuture::from(written).await.is_ok() {
                "text.copied"
            } else {
                "text.copy-failed"
            };
            // The row may be gone by now.
            if said.try_set(key).is_none() {
                stop();
                desk.live.say(desk.text(key));
                let reset =
                    set_timeout_with_handle(move || _ = said.try_set("text.copy"), CONFIRMED);
                timer.try_set_value(reset.ok());
            }
        });
    };
    let text = move || desk.text(said.try_get().unwrap_or_default());
    view! {
        <button
            class="s3u-link"
            part="copy"
            type="button"
            aria-label=move || desk.fill("file.copy", &[("text", &text()), ("name", &name)])
            on:click=copy
        >
            <Icon path=icon::COPY />
            {text}
        </button>
    }
}

/// Missing on pages that are not secure.
fn clipboard() -> Option<web_sys::Clipboard> {
    let navigator = web_sys::window()?.navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok()?;
    clipboard.is_object().then(|| clipboard.unchecked_into())
}

/// Whether an address leads to a page or file when it is clicked.
fn opens(url: &str) -> bool {
    let start: String = url
        .trim_start()
        .chars()
        .take(8)
        .collect::<String>()
        .to_ascii_lowercase();
    start.starts_with("https://") || start.starts_with("http://") || start.starts_with('/')
}

/// With this page's origin, where the backend gave a path only.
fn absolute(url: &str) -> String {
    let base = web_sys::window()
        .and_then(|window| window.location().href().ok())
        .unwrap_or_default();
    web_sys::Url::new_with_base(url, &base).map_or_else(|_| url.to_owned(), |url| url.href())
}

#[cfg(test)]
mod tests {
    use super::opens;

    #[test]
    fn only_web_addresses_are_links() {
        for url in [
            "https://a.example/b?c",
            "HTTP://a.example",
            "/files/1",
            "//cdn.example/x",
        ] {
            assert!(opens(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "data:text/html,x",
            "",
            "s3://bucket/key",
            "blob:x",
        ] {
            assert!(!opens(url), "{url}");
        }
    }
}
