//! The sums over all files. The cost of updating a file does not depend on the number of files.

use s3_upload_types::CollectVec;

use crate::collections::SortedSet;
use crate::ids::FileId;
use crate::snapshot::{Totals, percent};
use crate::upload::{Contribution, State, Upload};

/// The number of failed files that the totals name.
const MOST_NAMED: usize = 200;

/// A number of files, and the sum of their sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CountAndSize {
    pub count: u32,
    pub size: u64,
}

/// The sums over all files. An upload has its own contribution.
#[derive(Debug, Default)]
pub(super) struct RunningTotals {
    failed: SortedSet<FileId>,
    sum: Contribution,
}

impl RunningTotals {
    pub fn update(&mut self, upload: &mut Upload) {
        let contribution = contribution_of(upload);
        if contribution.failed > 0 {
            self.failed.insert(upload.id);
        } else {
            self.failed.remove(&upload.id);
        }
        self.sum.subtract(upload.contribution);
        self.sum.add(contribution);
        upload.contribution = contribution;
    }

    pub fn remove(&mut self, upload: &Upload) {
        self.failed.remove(&upload.id);
        self.sum.subtract(upload.contribution);
    }

    pub const fn active(&self) -> u32 {
        self.sum.active
    }

    /// The number of files that are being prepared or sent: the large ones, or the others.
    pub const fn open(&self, is_large: bool) -> u32 {
        if is_large {
            self.sum.open_large
        } else {
            self.sum.open
        }
    }

    pub const fn paused(&self) -> u32 {
        self.sum.paused
    }

    pub const fn left(&self) -> u64 {
        self.sum.left
    }

    /// The files that count against the limits, without those that failed.
    pub const fn counted(&self) -> CountAndSize {
        CountAndSize {
            count: self.sum.files - self.sum.failed,
            size: self.sum.size - self.sum.failed_size,
        }
    }

    /// The files of [`counted`](Self::counted) that are not completed.
    pub const fn unfinished(&self) -> CountAndSize {
        let kept = self.counted();
        CountAndSize {
            count: kept.count - self.sum.completed,
            size: kept.size - self.sum.completed_size,
        }
    }

    /// The totals without the speed, the time left and the state of the network.
    pub fn snapshot(&self) -> Totals {
        let Contribution {
            files,
            active,
            held,
            paused,
            interrupted,
            completed,
            failed,
            cancelled,
            size,
            sent,
            ..
        } = self.sum;
        let done = files > 0 && completed == files;
        Totals {
            files,
            active,
            held,
            paused,
            interrupted,
            completed,
            failed,
            first_failed: self.failed.iter().take(MOST_NAMED).collect_vec(),
            cancelled,
            size,
            sent,
            percent: percent(sent, size, done),
            ..Totals::default()
        }
    }
}

/// The contribution of an upload to the sums.
fn contribution_of(upload: &Upload) -> Contribution {
    let state = &upload.state;
    if matches!(state, State::Cancelled) {
        return Contribution {
            cancelled: 1,
            ..Contribution::default()
        };
    }
    let paused = matches!(state, State::Paused(_));
    let failed = matches!(state, State::Failed { .. });
    let completed = matches!(state, State::Completed(_));
    Contribution {
        files: 1,
        active: state.is_active().into(),
        open: (upload.is_open() && !upload.is_large).into(),
        open_large: (upload.is_open() && upload.is_large).into(),
        held: matches!(state, State::Queued { held: true }).into(),
        paused: paused.into(),
        interrupted: (paused && upload.shown() > 0).into(),
        completed: completed.into(),
        failed: failed.into(),
        cancelled: 0,
        size: upload.info.size,
        sent: upload.shown(),
        left: if state.is_active() { upload.left() } else { 0 },
        failed_size: if failed { upload.info.size } else { 0 },
        completed_size: if completed { upload.info.size } else { 0 },
    }
}
