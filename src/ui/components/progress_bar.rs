//! A progress bar. It shows a share and a text, and does not depend on files.

use leptos::prelude::*;

/// A progress bar with a name, a whole percentage and that percentage as text.
/// <https://www.w3.org/TR/WCAG22/#name-role-value>
#[component]
pub(super) fn ProgressBar(
    /// The `part` and, with the prefix, the class.
    part: &'static str,
    #[prop(into)] label: String,
    percent: Memo<u8>,
    /// The filled part in hundredths of a percent. For a large file on a slow link, the bar would not seem to move in
    /// whole percents.
    filled: Memo<u16>,
    /// The percentage as text, such as "42 %, 4.2 MB of 10 MB".
    #[prop(into)]
    words: Signal<String>,
) -> impl IntoView {
    view! {
        <div
            class="s3u-progress"
            part=part
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent.try_get().unwrap_or_default().to_string()
            aria-valuetext=move || words.try_get()
        >
            <div
                class="s3u-bar"
                style:inline-size=move || {
                    let filled = filled.try_get().unwrap_or_default();
                    format!("{}.{:02}%", filled / 100, filled % 100)
                }
            ></div>
        </div>
    }
}
