//! The list of files: keyed, so that a row lives as long as its file, and short, so that ten
//! thousand files do not mean ten thousand rows in the page.

use leptos::html;
use leptos::prelude::*;

use super::desk::Desk;
use super::file_row::{FileRow, hides};
use crate::uploader::Row;

/// Rows that are drawn at first, and that each "Show more" adds.
const STEP: usize = 200;

/// All files, the first added first.
#[component]
pub(super) fn FileList(desk: Desk, rows: ArcReadSignal<Vec<Row>>) -> impl IntoView {
    let limit = RwSignal::new(STEP);
    let count = {
        let rows = rows.clone();
        Memo::new(move |_| rows.with(Vec::len))
    };
    let drawn = move || {
        let limit = limit.try_get().unwrap_or(STEP);
        rows.with(|rows| rows.iter().take(limit).cloned().collect::<Vec<_>>())
    };
    let hidden = Memo::new(move |_| {
        let (count, limit) = (
            count.try_get().unwrap_or_default(),
            limit.try_get().unwrap_or_default(),
        );
        count > limit
    });
    let summary = move || {
        let (count, limit) = (
            count.try_get().unwrap_or_default(),
            limit.try_get().unwrap_or_default(),
        );
        desk.fill(
            "list.shown",
            &[
                ("shown", &count.min(limit).to_string()),
                ("count", &count.to_string()),
            ],
        )
    };
    let line = NodeRef::<html::P>::new();
    let more = move |_| {
        limit.try_update(|limit| *limit += STEP);
    };
    view! {
        <ul
            class="s3u-list"
            part="list"
            // A list without its bullets is no list to VoiceOver, unless it says so.
            role="list"
            aria-label=desk.text("list.label")
            hidden=move || count.try_get().unwrap_or_default() == 0
        >
            <For each=drawn key=|row| row.id let:row>
                <FileRow desk row />
            </For>
        </ul>
        <p
            class="s3u-more"
            node_ref=line
            hidden=move || hides(line, !hidden.try_get().unwrap_or_default())
        >
            <span>{summary}</span>
            <button class="s3u-button" part="more" type="button" on:click=more>
                {desk.text("button.more")}
            </button>
        </p>
    }
}
