//! Snapshots and totals for the page, made on request. This file makes no decision about an upload.

use core::time::Duration;

use s3_upload_types::CollectVec;

use super::Queue;
use crate::error::Side;
use crate::ids::FileId;
use crate::snapshot::{FileSnapshot, Status, Totals, WaitReason, percent};
use crate::time::Instant;
use crate::upload::{InFlightRequest, State, Upload};

/// The number of waiting files whose countdown changes at each refresh. No page shows more at once.
const MOST_COUNTDOWNS: usize = 64;

impl Queue {
    /// Updates the speeds to the time `now`. Marks the files with requests in flight as changed, and those with a
    /// countdown.
    pub fn refresh(&mut self, now: Instant) {
        let busy: Vec<FileId> = self.owners.values().copied().collect_vec();
        for file in busy {
            if let Some(upload) = self.uploads.get_mut(&file) {
                if upload.lanes() > 0 {
                    upload.meter.record(now, 0);
                }
                self.changed.insert(file);
            }
        }
        if self.in_flight.store() > 0 {
            self.meter.record(now, 0);
        }
        for entry in self.waits.iter().take(MOST_COUNTDOWNS) {
            self.changed.insert(entry.file);
        }
        if Side::BOTH
            .into_iter()
            .any(|side| self.next_attempt(side).is_some())
        {
            let to_backend = self.ready.backend.iter().map(|entry| entry.file);
            let to_store = self.ready.store.iter().map(|entry| entry.file);
            let waiting = to_store.chain(to_backend).filter(|file| {
                let upload = self.uploads.get(file);
                upload.is_some_and(|upload| upload.awaited_side().is_some())
            });
            for file in waiting.take(MOST_COUNTDOWNS) {
                self.changed.insert(file);
            }
        }
    }

    /// The ids of all files in the queue, in the order of adding.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.uploads.keys()
    }

    /// The snapshot of one file.
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
            attempts: upload.retry.attempts,
            awaited: Self::awaited_answer(now, upload),
            status,
            sent,
        })
    }

    /// The totals of all files.
    pub fn totals(&self) -> Totals {
        let moving = self.in_flight.store() > 0;
        Totals {
            speed: self.meter.speed().filter(|_| moving),
            remaining: self.meter.remaining(self.totals.left()).filter(|_| moving),
            offline: self.offline.is_some(),
            outage: Side::BOTH
                .into_iter()
                .find(|side| self.next_attempt(*side).is_some()),
            ..self.totals.snapshot()
        }
    }

    /// The status of an upload that waits for a side in an outage; `None` for any other upload. An upload whose
    /// request is the probe is shown as waiting too, until bytes move.
    fn outage_of(&self, now: Instant, upload: &Upload) -> Option<Status> {
        let is_idle = |request: &InFlightRequest| {
            self.is_probe(request.id)
                && request
                    .payload
                    .as_ref()
                    .is_none_or(|payload| payload.moved == 0)
        };
        let mut requests = upload.requests.values();
        let side = match (requests.next(), requests.next()) {
            (None, _) => upload.awaited_side()?,
            (Some(only), None) if upload.state.is_active() && is_idle(only) => only.step.side(),
            _ => return None,
        };
        let (outage, next) = self.availability.of(side).outage(side)?;
        Some(Status::Waiting {
            reason: WaitReason::Outage(outage),
            remaining: next.since(now),
        })
    }

    /// The side whose answer an upload waits for, and the time since which it waits. It is set while all bytes of the
    /// requests in flight have been sent.
    fn awaited_answer(now: Instant, upload: &Upload) -> Option<(Side, Duration)> {
        let waits = |request: &InFlightRequest| {
            request
                .payload
                .as_ref()
                .is_none_or(|payload| payload.moved == payload.range.len())
        };
        let first = upload.requests.values().next()?;
        upload
            .requests
            .values()
            .all(waits)
            .then(|| (first.step.side(), now.since(first.last_moved)))
    }

    fn status(&self, now: Instant, upload: &Upload) -> Status {
        // Offline is a state of the network, not of an upload. It is shown on uploads that have no request in flight.
        if let Some(offline) = &self.offline
            && upload.state.is_active()
            && upload.requests.is_empty()
        {
            return Status::Waiting {
                reason: WaitReason::Offline,
                remaining: offline.probe.since(now),
            };
        }
        if let Some(waiting) = self.outage_of(now, upload) {
            return waiting;
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
