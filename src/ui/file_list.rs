//! The list of files: keyed, so that a row lives as long as its file, and short, so that ten
//! thousand files do not mean ten thousand rows in the page. What failed is in it wherever it
//! stands: nobody should have to look for it.

use std::collections::BTreeSet;

use leptos::html;
use leptos::prelude::*;
use s3_upload_core::{FileId, Totals};

use super::desk::Desk;
use super::file_row::{FileRow, hides};
use crate::uploader::Row;

/// Rows that are drawn at first, and that each "Show more" adds; as many that failed further down.
const STEP: usize = 200;

/// All files, the first added first.
#[component]
pub(super) fn FileList(
    desk: Desk,
    rows: ArcReadSignal<Vec<Row>>,
    totals: ArcReadSignal<Totals>,
) -> impl IntoView {
    let limit = RwSignal::new(STEP);
    let count = {
        let rows = rows.clone();
        Memo::new(move |_| rows.with(Vec::len))
    };
    let failed = Memo::new(move |_| totals.with(|totals| totals.first_failed.clone()));
    let drawn = Memo::new(move |before: Option<&Vec<Row>>| {
        let before = before.map_or(&[][..], Vec::as_slice);
        let limit = limit.try_get().unwrap_or(STEP);
        let failed = failed.try_get().unwrap_or_default();
        rows.with(|rows| drawn(rows, limit, &failed, before))
    });
    let shown = Memo::new(move |_| drawn.try_with(Vec::len).unwrap_or_default());
    let hidden =
        Memo::new(move |_| count.try_get().unwrap_or_default() > shown.try_get().unwrap_or(0));
    let summary = move || {
        let (shown, count) = (shown.try_get(), count.try_get());
        desk.fill(
            "list.shown",
            &[
                ("shown", &shown.unwrap_or_default().to_string()),
                ("count", &count.unwrap_or_default().to_string()),
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
            <For each=move || drawn.try_get().unwrap_or_default() key=|row| row.id let:row>
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

/// The first rows, and of the others those that failed or that were drawn before: a row must not
/// go from under the finger that tries it again.
fn drawn(rows: &[Row], limit: usize, failed: &[FileId], before: &[Row]) -> Vec<Row> {
    let (first, rest) = rows.split_at(limit.min(rows.len()));
    let mut drawn = first.to_vec();
    if let Some(next) = rest.first() {
        let wanted: BTreeSet<FileId> = before
            .iter()
            .map(|row| row.id)
            .chain(failed.iter().copied())
            .filter(|id| *id >= next.id)
            .collect();
        let found = wanted.into_iter().filter_map(|id| row_of(rest, id));
        drawn.extend(found.take(STEP).cloned());
    }
    drawn
}

/// The row of a file.
pub(super) fn row_of(rows: &[Row], file: FileId) -> Option<&Row> {
    let at = rows.binary_search_by_key(&file, |row| row.id).ok()?;
    rows.get(at)
}
