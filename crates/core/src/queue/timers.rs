//! The timers of a queue: the times at which they expire, and their effects.

use core::time::Duration;

use s3_upload_types::CollectVec;

use super::Queue;
use crate::command::Command;
use crate::error::{Side, Step, UploadError};
use crate::ids::RequestId;
use crate::time::Instant;

/// A timer, which is a reason to call the queue at a time without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Timer {
    /// The wait of an upload before its next try ends.
    Retry,
    /// A request is sent while the network is believed gone, to check it.
    OfflineProbe,
    /// A request made no progress for its stall time. It is cancelled, and counts as a failure.
    Stall,
    /// An outage lasted until its limit. The uploads that wait for the side fail.
    OutageLimit,
    /// A request is sent to a side that is in an outage, to check whether the outage is over.
    OutageProbe,
    /// The removal of a multipart upload or an object that is no longer needed is due.
    Cleanup,
}

impl Timer {
    /// All timers, in the order in which those that expire together take effect.
    pub const ALL: [Self; 6] = [
        Self::Retry,
        Self::OfflineProbe,
        Self::Stall,
        Self::OutageLimit,
        Self::OutageProbe,
        Self::Cleanup,
    ];
}

impl Queue {
    /// The time at which [`handle_timeout`](Self::handle_timeout) has to be called; `None` when no timer is set.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(due, _)| due)
    }

    /// The timer that expires first, and the time at which it expires. Of timers that expire together it is the first
    /// of [`Timer::ALL`].
    pub fn next_timer(&self) -> Option<(Instant, Timer)> {
        Timer::ALL
            .into_iter()
            .filter_map(|timer| Some((self.due(timer)?, timer)))
            .min()
    }

    /// Applies the timers that have expired. The driver calls it at the time of [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        for timer in Timer::ALL {
            self.expire(now, timer);
        }
        self.dispatch_and_settle(now);
    }

    /// The time at which a timer expires; `None` when it is not set.
    fn due(&self, timer: Timer) -> Option<Instant> {
        match timer {
            Timer::Retry => self.waits.first().map(|entry| entry.until),
            Timer::OfflineProbe => self.next_probe(),
            Timer::Stall => self.deadlines().map(|(_, deadline)| deadline).min(),
            Timer::OutageLimit => self.outage_limit_due(),
            Timer::OutageProbe => self.outage_probe_due(),
            Timer::Cleanup => self
                .cleanup
                .next_due()
                .filter(|_| self.may_request(Side::Backend) && self.may_complete()),
        }
    }

    /// Applies a timer, if it has expired.
    fn expire(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Retry => self.end_waits(now),
            Timer::OfflineProbe => self.arm_probe(now),
            Timer::Stall => self.cancel_stalled(now),
            Timer::OutageLimit => self.end_outages(now),
            Timer::OutageProbe => self.arm_probes(now),
            // The dispatch that follows sends what is due.
            Timer::Cleanup => {}
        }
    }

    fn end_waits(&mut self, now: Instant) {
        while let Some(entry) = self.waits.first().filter(|entry| entry.until <= now) {
            self.waits.remove(&entry);
            if let Some(upload) = self.uploads.get_mut(&entry.file) {
                upload.end_wait();
            }
            self.refresh_derived(entry.file);
        }
    }

    fn cancel_stalled(&mut self, now: Instant) {
        let overdue: Vec<RequestId> = self
            .deadlines()
            .filter(|(_, deadline)| *deadline <= now)
            .map(|(request, _)| request)
            .collect_vec();
        for request in overdue {
            // An earlier request in this list may have ended the upload, and with it all its requests.
            if let Some((step, after)) = self.stall_time_of(request) {
                self.commands.push_back(Command::Cancel(request));
                self.handle_answer(now, request, Err(UploadError::Stalled { step, after }));
            }
        }
    }

    /// The requests in flight, each with the time at which it counts as stalled.
    fn deadlines(&self) -> impl Iterator<Item = (RequestId, Instant)> {
        let owned = self.owners.iter().filter_map(|(request, file)| {
            Some((
                request,
                self.uploads.get(file)?.requests.get(&request)?.deadline,
            ))
        });
        owned.chain(self.cleanup.deadlines())
    }

    /// The step of a request in flight and its stall time; `None` when the request is no longer in flight.
    fn stall_time_of(&self, request: RequestId) -> Option<(Step, Duration)> {
        if let Some(step) = self.cleanup.step(request) {
            return Some((step, self.config.stall_time));
        }
        let file = self.owners.get(&request)?;
        let found = self.uploads.get(file)?.requests.get(&request)?;
        Some((found.step, found.stall_time))
    }
}
