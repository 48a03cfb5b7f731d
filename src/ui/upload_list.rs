//! The data that a widget shows, as signals.

use reactive_graph::signal::ArcReadSignal;
use s3_upload_core::{FileId, Totals};

use crate::uploader::{Rejection, UploadRow, Uploader};

/// The list of uploads that a widget shows.
#[derive(Clone)]
pub struct UploadList {
    /// The files, in the order of adding, which is that of their ids.
    pub rows: ArcReadSignal<Vec<UploadRow>>,
    /// The totals of all files.
    pub totals: ArcReadSignal<Totals>,
    /// The files that were refused.
    pub rejections: ArcReadSignal<Vec<Rejection>>,
}

impl UploadList {
    /// The list of an uploader.
    pub fn of(uploader: &Uploader) -> Self {
        Self {
            rows: uploader.rows(),
            totals: uploader.totals(),
            rejections: uploader.rejections(),
        }
    }
}

/// The row of a file.
pub(super) fn row_of(rows: &[UploadRow], file: FileId) -> Option<&UploadRow> {
    let at = rows.binary_search_by_key(&file, |row| row.id).ok()?;
    rows.get(at)
}
