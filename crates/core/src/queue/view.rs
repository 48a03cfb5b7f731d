//! What the page sees: snapshots and totals, made when asked for. Nothing here decides anything.

use std::collections::BTreeSet;

use super::Queue;
use crate::ids::FileId;
use crate::snapshot::{FileSnapshot, Status, Totals, WaitReason, percent};
use crate::time::Instant;
use crate::upload::{State, Upload};

/// Waiting files whose countdown is drawn again at each refresh: no page shows more at once.
const MOST_COUNTDOWNS: usize = 64;

impl Queue {
    /// Lets the speeds of what is under way follow the time, and marks those files as changed.
    pub fn refresh(&mut self, now: Instant) {
        let busy: BTreeSet<FileId> = self.owners.values().copied().collect();
        for file in busy {
            if let Some(upload) = self
                .uploads
                .get_mut(&file)
                .filter(|upload| upload.lanes() > 0)
            {
                upload.meter.record(now, 0);
                self.changed.insert(file);
            }
        }
        if self.lanes_in_use > 0 {
            self.meter.record(now, 0);
        }
        self.changed.extend(
            self.gates
                .iter()
                .map(|(_, file)| *file)
                .take(MOST_COUNTDOWNS),
        );
    }

    /// All files of the queue, in the order of adding.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.uploads.keys().copied()
    }

    /// One file as the page shows it.
    pub fn snapshot(&self, now: Instant, file: FileId) -> Option<FileSnapshot> {
        let upload = self.uploads.get(&file)?;
        let status = self.status(now, upload);
        let done = matches!(status, Status::Completed(_));
        let sent = upload.shown();
        let moving = upload.lanes() > 0;
        Some(FileSnapshot {
            id: file,
            info: upload.info.clone(),
            percent: percent(sent, upload.info.size, done),
            speed: upload.meter.speed().filter(|_| moving),
            remaining: upload.meter.remaining(upload.left()).filter(|_| moving),
            attempts: upload.patience.attempts,
            status,
            sent,
        })
    }

    /// All files together.
    pub fn totals(&self) -> Totals {
        let moving = self.lanes_in_use > 0;
        Totals {
            speed: self.meter.speed().filter(|_| moving),
            remaining: self.meter.remaining(self.tally.left()).filter(|_| moving),
            offline: self.offline.is_some(),
            ..self.tally.totals()
        }
    }

    fn status(&self, now: Instant, upload: &Upload) -> Status {
        // Offline is a state of the network, not of an upload: it shows on what cannot move.
        if let Some(offline) = &self.offline
            && upload.state.is_active()
            && upload.requests.is_empty()
        {
            return Status::Waiting {
                reason: WaitReason::Offline,
                remaining: offline.probe.since(now),
            };
        }
        match &upload.state {
            State::Queued { held } => Status::Queued { held: *held },
            State::Preparing => Status::Preparing,
            State::Uploading(_) => Status::Uploading,
            State::Completing(_) => Status::Completing,
            State::Waiting { until, reason, .. } => Status::Waiting {
                reason: reason.clone(),
                remaining: until.since(now),
            },
            State::Paused(_) => Status::Paused,
            State::Completed(stored) => Status::Completed(stored.clone()),
            State::Failed { error, .. } => Status::Failed(error.clone()),
            State::Cancelled => Status::Cancelled,
        }
    }
}
