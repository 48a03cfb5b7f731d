//! The list of files. Rows are keyed, so that each lives as long as its file. Their number is limited, so that ten
//! thousand files do not make ten thousand rows in the page. Failed files are shown wherever they are in the list.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use s3_upload_core::collections::IdMap;
use s3_upload_core::{FileId, Totals};
use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

use super::context::UiContext;
use super::file_row::{self, FileRow};
use super::focus::hidden_without_focus;
use super::stored;
use crate::ui::upload_list::row_of;
use crate::uploader::UploadRow;

/// The number of rows that are rendered at first, and that each "Show more" adds. It also limits the failed files that
/// are shown after them.
const PAGE_SIZE: usize = 200;

/// The list of all files, in the order of adding.
#[component]
pub(super) fn FileList(
    ui: UiContext,
    rows: ArcReadSignal<Vec<UploadRow>>,
    totals: ArcReadSignal<Totals>,
) -> impl IntoView {
    let limit = RwSignal::new(PAGE_SIZE);
    let count = {
        let rows = rows.clone();
        Memo::new(move |_| rows.with(Vec::len))
    };
    let failed = Memo::new(move |_| totals.with(|totals| totals.first_failed.clone()));
    let drawn = Memo::new(move |before: Option<&Vec<UploadRow>>| {
        let before = before.map_or(&[][..], Vec::as_slice);
        let limit = limit.try_get().unwrap_or(PAGE_SIZE);
        let failed = failed.try_get().unwrap_or_default();
        rows.with(|rows| rows_to_show(rows, limit, &failed, before))
    });
    let shown = Memo::new(move |_| drawn.try_with(Vec::len).unwrap_or_default());
    let hidden =
        Memo::new(move |_| count.try_get().unwrap_or_default() > shown.try_get().unwrap_or(0));
    let summary = move || {
        let (shown, count) = (shown.try_get(), count.try_get());
        ui.fill(
            "list.shown",
            &[
                ("shown", &shown.unwrap_or_default().to_string()),
                ("count", &count.unwrap_or_default().to_string()),
            ],
        )
    };
    let line = NodeRef::<html::P>::new();
    let more = move |_| {
        limit.try_update(|limit| *limit += PAGE_SIZE);
    };
    let content = ListContent {
        ui,
        drawn,
        effect: StoredValue::new_local(None),
    };
    let press = move |event: ev::MouseEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("button").ok().flatten());
        let Some(button) = button else { return };
        if button.get_attribute("part").as_deref() == Some("copy") {
            stored::copy(ui, button);
        } else {
            file_row::press(ui, &button);
        }
    };
    view! {
        <ul
            class="s3u-list"
            part="list"
            // VoiceOver ignores a list without bullets, unless it has this role.
            role="list"
            aria-label=ui.text("list.label")
            hidden=move || count.try_get().unwrap_or_default() == 0
            use:keep_rows=content
            on:click=press
        ></ul>
        <p
            class="s3u-more"
            node_ref=line
            hidden=move || hidden_without_focus(line, !hidden.try_get().unwrap_or_default())
        >
            <span>{summary}</span>
            <button class="s3u-button" part="more" type="button" on:click=more>
                {ui.text("button.more")}
            </button>
        </p>
    }
}

/// The rows of a list, and the effect that updates them.
#[derive(Clone, Copy)]
struct ListContent {
    ui: UiContext,
    drawn: Memo<Vec<UploadRow>>,
    effect: StoredValue<Option<RenderEffect<()>>, LocalStorage>,
}

/// Keeps the rows in the list. They are in it when this returns.
#[allow(
    clippy::large_types_passed_by_value,
    reason = "a directive owns its parameter"
)]
fn keep_rows(list: Element, content: ListContent) {
    let ListContent { ui, drawn, effect } = content;
    let mut rows = Vec::new();
    let follows = RenderEffect::new(move |_| {
        let wanted = drawn.try_get().unwrap_or_default();
        let before = core::mem::take(&mut rows);
        rows = update_rows(&list, before, wanted, |row| FileRow::new(ui, row));
    });
    effect.try_set_value(Some(follows));
}

/// Makes the list show the wanted rows. Both are in the order of their ids. A row that stays is not touched.
fn update_rows(
    list: &Node,
    before: Vec<FileRow>,
    wanted: Vec<UploadRow>,
    build: impl Fn(UploadRow) -> Option<FileRow>,
) -> Vec<FileRow> {
    let mut before = before.into_iter().peekable();
    let mut rows = Vec::with_capacity(wanted.len());
    for row in wanted {
        while before.next_if(|drawn| drawn.id < row.id).is_some() {}
        if let Some(drawn) = before.next_if(|drawn| drawn.id == row.id) {
            rows.push(drawn);
        } else if let Some(drawn) = build(row) {
            let next = before.peek().map(|next| next.element.as_ref());
            let _ = list.insert_before(&drawn.element, next);
            rows.push(drawn);
        }
    }
    rows
}

/// The first rows, and of the others those that failed or that were rendered before. A row must stay in its place when
/// its file is retried.
fn rows_to_show(
    rows: &[UploadRow],
    limit: usize,
    failed: &[FileId],
    before: &[UploadRow],
) -> Vec<UploadRow> {
    let (first, rest) = rows.split_at(limit.min(rows.len()));
    let mut drawn = first.to_vec();
    if let Some(next) = rest.first() {
        let ids = before
            .iter()
            .map(|row| row.id)
            .chain(failed.iter().copied());
        let wanted: IdMap<FileId, ()> =
            ids.filter(|id| *id >= next.id).map(|id| (id, ())).collect();
        let found = wanted.keys().filter_map(|id| row_of(rest, id));
        drawn.extend(found.take(PAGE_SIZE).cloned());
    }
    drawn
}
