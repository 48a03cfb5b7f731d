//! Sums over all files, kept up to date file by file: ten thousand files cost no more than one.
//! Refuses to look at a file that did not change.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::FileId;
use crate::snapshot::{Totals, percent};
use crate::upload::{State, Upload};

/// Failed files that are named in the totals.
const MOST_NAMED: usize = 200;

/// What one file counts for.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    files: u32,
    active: u32,
    open: u32,
    open_large: u32,
    held: u32,
    paused: u32,
    interrupted: u32,
    completed: u32,
    failed: u32,
    cancelled: u32,
    size: u64,
    sent: u64,
    /// Still to be sent of what goes on by itself.
    left: u64,
    failed_size: u64,
    completed_size: u64,
}

impl Share {
    fn of(upload: &Upload) -> Self {
        let state = &upload.state;
        if matches!(state, State::Cancelled) {
            return Self {
                cancelled: 1,
                ..Self::default()
            };
        }
        let paused = matches!(state, State::Paused(_));
        let failed = matches!(state, State::Failed { .. });
        let completed = matches!(state, State::Completed(_));
        Self {
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

    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.active += other.active;
        self.open += other.open;
        self.open_large += other.open_large;
        self.held += other.held;
        self.paused += other.paused;
        self.interrupted += other.interrupted;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.size = self.size.saturating_add(other.size);
        self.sent = self.sent.saturating_add(other.sent);
        self.left = self.left.saturating_add(other.left);
        self.failed_size = self.failed_size.saturating_add(other.failed_size);
        self.completed_size = self.completed_size.saturating_add(other.completed_size);
    }

    fn subtract(&mut self, other: Self) {
        self.files = self.files.saturating_sub(other.files);
        self.active = self.active.saturating_sub(other.active);
        self.open = self.open.saturating_sub(other.open);
        self.open_large = self.open_large.saturating_sub(other.open_large);
        self.held = self.held.saturating_sub(other.held);
        self.paused = self.paused.saturating_sub(other.paused);
        self.interrupted = self.interrupted.saturating_sub(other.interrupted);
        self.completed = self.completed.saturating_sub(other.completed);
        self.failed = self.failed.saturating_sub(other.failed);
        self.cancelled = self.cancelled.saturating_sub(other.cancelled);
        self.size = self.size.saturating_sub(other.size);
        self.sent = self.sent.saturating_sub(other.sent);
        self.left = self.left.saturating_sub(other.left);
        self.failed_size = self.failed_size.saturating_sub(other.failed_size);
        self.completed_size = self.completed_size.saturating_sub(other.completed_size);
    }
}

/// The sums.
#[derive(Debug, Default)]
pub(super) struct Tally {
    shares: BTreeMap<FileId, Share>,
    failed: BTreeSet<FileId>,
    sum: Share,
}

impl Tally {
    pub fn update(&mut self, upload: &Upload) {
        let share = Share::of(upload);
        if share.failed > 0 {
            self.failed.insert(upload.id);
        } else {
            self.failed.remove(&upload.id);
        }
        if let Some(before) = self.shares.insert(upload.id, share) {
            self.sum.subtract(before);
        }
        self.sum.add(share);
    }

    pub fn remove(&mut self, file: FileId) {
        self.failed.remove(&file);
        if let Some(before) = self.shares.remove(&file) {
            self.sum.subtract(before);
        }
    }

    pub const fn active(&self) -> u32 {
        self.sum.active
    }

    /// Files that are being prepared or sent: the large ones, or the others.
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

    /// Files that count against the limits, and their bytes: not those that failed.
    pub const fn kept(&self) -> (u32, u64) {
        let count = self.sum.files.saturating_sub(self.sum.failed);
        (count, self.sum.size.saturating_sub(self.sum.failed_size))
    }

    /// Of those, the ones that are not finished.
    pub const fn unfinished(&self) -> (u32, u64) {
        let (count, size) = self.kept();
        (
            count.saturating_sub(self.sum.completed),
            size.saturating_sub(self.sum.completed_size),
        )
    }

    /// All but what only the network knows.
    pub fn totals(&self) -> Totals {
        let Share {
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
            first_failed: self.failed.iter().take(MOST_NAMED).copied().collect(),
            cancelled,
            size,
            sent,
            percent: percent(sent, size, done),
            ..Totals::default()
        }
    }
}
