//! A progress bar, for one file or for all.

use web_sys::Node;

use super::context::UiContext;
use super::dom::{self, Attribute, Style};
use crate::ui::text::format;

/// A progress bar with a name, a whole percentage and that percentage as text.
/// <https://www.w3.org/TR/WCAG22/#name-role-value>
#[derive(Debug)]
pub(super) struct ProgressBar {
    percent: Attribute,
    words: Attribute,
    filled: Style,
}

impl ProgressBar {
    /// Adds a progress bar at the end of a parent. `label` is its name.
    pub fn add(parent: &Node, part: &str, label: &str) -> Option<Self> {
        let progress = dom::add(parent, "div", "s3u-progress", part)?;
        dom::set_all(
            &progress,
            &[
                ("role", "progressbar"),
                ("aria-label", label),
                ("aria-valuemin", "0"),
                ("aria-valuemax", "100"),
            ],
        );
        let bar = dom::add(&progress, "div", "s3u-bar", "")?;
        Some(Self {
            percent: Attribute::of(&progress, "aria-valuenow"),
            words: Attribute::of(&progress, "aria-valuetext"),
            filled: Style::of(&bar, "inline-size")?,
        })
    }

    /// Shows the share of `sent` in `size`, in bytes. The text is such as "42 %, 4.2 MB of 10 MB".
    pub fn update(&mut self, ui: &UiContext, percent: u8, sent: u64, size: u64) {
        let percent = percent.to_string();
        let values = [
            ("percent", &*percent),
            ("sent", &*format::bytes(sent)),
            ("size", &*format::bytes(size)),
        ];
        self.words.write(ui.fill("progress.value", &values));
        self.percent.write(percent);
        // For a large file on a slow link, the bar would not seem to move in whole percents.
        let filled = format::hundredths(sent, size);
        let filled = format!("{}.{:02}%", filled / 100, filled % 100);
        self.filled.write(filled);
    }
}

/// The text of the bytes that were sent, such as "4.2 MB of 10 MB".
pub(super) fn sent_of(ui: &UiContext, sent: u64, size: u64) -> String {
    let values = [
        ("sent", &*format::bytes(sent)),
        ("size", &*format::bytes(size)),
    ];
    ui.fill("progress.sent", &values)
}
