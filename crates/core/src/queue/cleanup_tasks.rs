//! The tasks that remove uploads from the store: those that are not sent yet, and those in flight.

use crate::collections::{IdMap, Pair, SortedSet};
use crate::error::Step;
use crate::ids::{FileId, RequestId, UploadId};
use crate::time::Instant;

/// The tasks that are not sent yet, and those in flight.
#[derive(Debug, Default)]
pub(super) struct Cleanup {
    due: SortedSet<Due>,
    /// The tasks that are not sent yet, by number.
    tasks: IdMap<u64, CleanupTask>,
    pub in_flight: IdMap<RequestId, AbortInFlight>,
    /// The creates in flight whose files are gone.
    pub orphans: IdMap<RequestId, OrphanedCreate>,
    next: u64,
}

/// The time at which a task is due, and the task's number. Tasks of the same time are in the order in which they were
/// added.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Instant,
    number: u64,
}

impl Pair for Due {
    fn pair(self) -> (u64, u64) {
        (self.at.as_millis(), self.number)
    }

    fn of((at, number): (u64, u64)) -> Option<Self> {
        let at = Instant::from_millis(at);
        Some(Self { at, number })
    }
}

/// A task in flight.
#[derive(Debug)]
pub(super) struct AbortInFlight {
    pub task: CleanupTask,
    pub deadline: Instant,
}

/// A create in flight whose file is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrphanedCreate {
    pub file: FileId,
    pub deadline: Instant,
}

/// An upload that is to be removed from the store.
#[derive(Clone, Debug)]
pub(super) struct CleanupTask {
    pub file: FileId,
    pub id: UploadId,
    pub attempts: u32,
}

impl Cleanup {
    pub fn add(&mut self, at: Instant, task: CleanupTask) {
        self.next += 1;
        let number = self.next;
        self.due.insert(Due { at, number });
        self.tasks.insert(number, task);
    }

    /// Takes the first task that is due.
    pub fn take_due(&mut self, now: Instant) -> Option<CleanupTask> {
        let due = self.due.first().filter(|due| due.at <= now)?;
        self.due.remove(&due);
        self.tasks.remove(&due.number)
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|due| due.at)
    }

    /// The number of aborts in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub fn deadlines(&self) -> impl Iterator<Item = (RequestId, Instant)> {
        let aborts = self
            .in_flight
            .iter()
            .map(|(request, abort)| (request, abort.deadline));
        let orphans = self
            .orphans
            .iter()
            .map(|(request, orphan)| (request, orphan.deadline));
        aborts.chain(orphans)
    }

    /// The step of a request; `None` when the request is not part of the cleanup.
    pub fn step(&self, request: RequestId) -> Option<Step> {
        if self.in_flight.contains_key(&request) {
            Some(Step::Abort)
        } else {
            self.orphans.contains_key(&request).then_some(Step::Create)
        }
    }
}
