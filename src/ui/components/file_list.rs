//! The list of files. Rows are keyed, so that each lives as long as its file. Their number is limited, so that ten
//! thousand files do not make ten thousand rows in the page. Failed files are shown wherever they are in the list.

use reactive_graph::signal::ArcReadSignal;
use reactive_graph::traits::WithUntracked;
use s3_upload_core::FileId;
use s3_upload_core::collections::IdMap;
use web_sys::Node;

use super::context::UiContext;
use super::dom::{self, Text};
use super::file_row::FileRow;
use super::focus::Hideable;
use crate::ui::upload_list::row_of;
use crate::uploader::UploadRow;

/// The number of rows that are rendered at first, and that each "Show more" adds. It also limits the failed files that
/// are shown after them.
const PAGE_SIZE: usize = 200;

/// The list of all files, in the order of adding.
pub(super) struct FileList {
    rows: ArcReadSignal<Vec<UploadRow>>,
    failed: Vec<FileId>,
    limit: usize,
    list: Hideable,
    drawn: Vec<FileRow>,
    more: Hideable,
    more_text: Text,
}

impl FileList {
    /// Adds the list at the end of a parent.
    pub fn add(ui: &UiContext, parent: &Node, rows: ArcReadSignal<Vec<UploadRow>>) -> Option<Self> {
        let list = dom::add(parent, "ul", "s3u-list", "list")?;
        let label = ui.text("list.label");
        // VoiceOver ignores a list without bullets, unless it has this role.
        dom::set_all(&list, &[("role", "list"), ("aria-label", &label)]);
        let more = dom::add(parent, "p", "s3u-more", "")?;
        let more_text = dom::add(&more, "span", "", "")?;
        let button = dom::add_button(&more, "s3u-button", "more")?;
        dom::add_text(&button, &ui.text("button.more"))?;
        Some(Self {
            rows,
            failed: Vec::new(),
            limit: PAGE_SIZE,
            list: Hideable::hide(list),
            drawn: Vec::new(),
            more: Hideable::hide(more),
            more_text: Text::of(&more_text),
        })
    }

    /// Shows more rows.
    pub fn show_more(&mut self, ui: &UiContext) {
        self.limit += PAGE_SIZE;
        self.update(ui);
    }

    /// Sets the failed files, which are always shown.
    pub fn set_failed(&mut self, ui: &UiContext, failed: &[FileId]) {
        if self.failed != failed {
            self.failed = failed.to_vec();
            self.update(ui);
        }
    }

    /// Shows the rows that there are now.
    pub fn update(&mut self, ui: &UiContext) {
        let before = core::mem::take(&mut self.drawn);
        let (wanted, count) = self.rows.with_untracked(|rows| {
            let wanted = rows_to_show(rows, self.limit, &self.failed, &before);
            (wanted, rows.len())
        });
        let element = &self.list.element;
        self.drawn = update_rows(element, before, wanted, |row| FileRow::new(ui, row));
        let shown = self.drawn.len();
        self.more_text.write(if count > shown {
            let values = [
                ("shown", &*shown.to_string()),
                ("count", &*count.to_string()),
            ];
            ui.fill("list.shown", &values)
        } else {
            String::new()
        });
        self.more.show(count > shown);
        self.list.show(count > 0);
    }
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
    before: &[FileRow],
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
