//! The queue of uploads, which share the requests to the backend and to the store.
//!
//! Requests are limited per side, as a browser limits its connections per host, so that signing runs ahead of
//! sending. This file contains the uploads and the table of requests. The other files contain the decisions:
//!
//! - `schedule`: the request that is sent next; the files that need one are in `ready`
//! - `responses`: progress and successes
//! - `failures`: the effects of a failure
//! - `controls`: start, pause, resume, retry, cancel, remove
//! - `network`: offline and online; the state is in `offline`
//! - `outage`: the backend or the store does not answer; the state is in `availability`
//! - `cleanup`: the removal of abandoned uploads from the store; its tasks are in `cleanup_tasks`
//! - `timers`: the timers and their effects
//! - `in_flight`: the counts of requests
//! - `totals`: the sums over all files
//! - `view`: snapshots for the page

mod availability;
mod cleanup;
mod cleanup_tasks;
mod controls;
mod failures;
mod in_flight;
mod network;
mod offline;
mod outage;
mod ready;
mod responses;
mod schedule;
mod timers;
mod totals;
mod view;

#[cfg(test)]
mod work_tests;

use std::collections::VecDeque;

use s3_upload_types::CollectVec;

use crate::collections::{IdMap, Pair, SortedSet};
use crate::command::{Command, Notice};
use crate::concurrency::{CONNECTIONS, ConcurrencyLimit};
use crate::config::Config;
use crate::constraints::Violation;
use crate::event::Event;
use crate::file::FileInfo;
use crate::ids::{FileId, RequestId};
use crate::progress::{LinkSpeed, Meter};
use crate::retry::Random;
use crate::time::Instant;
use crate::upload::Upload;

use availability::AvailabilityBySide;
use cleanup_tasks::Cleanup;
use in_flight::RequestCounts;
use offline::Offline;
use ready::{LastProbes, Ready};
use totals::RunningTotals;

pub use timers::Timer;

/// The queue of all uploads. It decides the next requests.
#[derive(Debug)]
pub struct Queue {
    config: Config,
    random: Random,
    uploads: IdMap<FileId, Box<Upload>>,
    /// The file of each request in flight.
    owners: IdMap<RequestId, FileId>,
    next_request: u64,
    ready: Ready,
    concurrency: ConcurrencyLimit,
    in_flight: RequestCounts,
    /// The uploads that wait before their next try, by the end of the wait.
    waits: SortedSet<WaitEntry>,
    cleanup: Cleanup,
    offline: Option<Offline>,
    availability: AvailabilityBySide,
    last_probes: LastProbes,
    /// The number of requests in a row that were cancelled while the store had all bytes.
    slow_answers: u32,
    meter: Meter,
    link_speed: LinkSpeed,
    totals: RunningTotals,
    changed: SortedSet<FileId>,
    /// The files that may have no request to the store in flight any more.
    resting: SortedSet<FileId>,
    commands: VecDeque<Command>,
    /// The numbers of uploads that ended since the queue was last idle.
    settled: Settled,
}

/// An upload's wait.
#[derive(Clone, Copy, Debug)]
struct WaitEntry {
    until: Instant,
    file: FileId,
}

impl Pair for WaitEntry {
    fn pair(self) -> (u64, u64) {
        (self.until.as_millis(), self.file.0)
    }

    fn of((until, file): (u64, u64)) -> Option<Self> {
        Some(Self {
            until: Instant::from_millis(until),
            file: FileId(file),
        })
    }
}

/// Numbers of uploads that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Settled {
    succeeded: u32,
    failed: u32,
}

impl Queue {
    /// Makes an empty queue.
    pub fn new(config: Config) -> Self {
        Self {
            random: Random::new(config.seed),
            concurrency: concurrency(&config),
            config,
            uploads: IdMap::default(),
            owners: IdMap::default(),
            next_request: 0,
            ready: Ready::default(),
            in_flight: RequestCounts::default(),
            waits: SortedSet::default(),
            cleanup: Cleanup::default(),
            offline: None,
            availability: AvailabilityBySide::default(),
            last_probes: LastProbes::default(),
            slow_answers: 0,
            meter: Meter::default(),
            link_speed: LinkSpeed::default(),
            totals: RunningTotals::default(),
            changed: SortedSet::default(),
            resting: SortedSet::default(),
            commands: VecDeque::new(),
            settled: Settled::default(),
        }
    }

    /// The queue's settings.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Changes the settings. Requests in flight keep theirs.
    pub fn configure(&mut self, config: Config) {
        if (config.max_lanes, config.adaptive_lanes)
            != (self.config.max_lanes, self.config.adaptive_lanes)
        {
            self.concurrency = concurrency(&config);
        }
        self.config = config;
    }

    /// Applies an event of the time `now`. Commands may be pending afterwards.
    pub fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Add(file, info) => self.add(file, info, self.config.manual),
            Event::AddHeld(file, info) => self.add(file, info, true),
            Event::Start(target) => self.start(target),
            Event::Pause(target) => self.pause(target),
            Event::Resume(target) => self.resume(target),
            Event::Retry(target) => self.retry(target),
            Event::Cancel(target) => self.cancel(now, target),
            Event::Remove(target) => self.remove(now, target),
            Event::Offline => self.went_offline(now),
            Event::Online => self.came_online(),
            Event::Connected(connection) => {
                let max = self.config.max_lanes;
                self.concurrency
                    .set_max(max.unwrap_or(connection.max_lanes()));
            }
            Event::Progress(request, moved) => self.handle_progress(now, request, moved),
            Event::Answer(request, answer) => self.handle_answer(now, request, answer),
        }
        self.dispatch_and_settle(now);
    }

    /// The next command to execute.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// The files that changed since the last call, in the order of adding, each once.
    pub fn take_changed(&mut self) -> Vec<FileId> {
        core::mem::take(&mut self.changed).iter().collect_vec()
    }

    /// Checks the constraints for a file to be added now.
    pub fn check(&self, info: &FileInfo) -> Result<(), Violation> {
        let kept = self.totals.counted();
        self.config.constraints.check(info, kept.count, kept.size)
    }

    /// Checks the constraints for a file that is added after all files in a final state are removed.
    pub fn check_replacing(&self, info: &FileInfo) -> Result<(), Violation> {
        let kept = self.totals.unfinished();
        self.config.constraints.check(info, kept.count, kept.size)
    }

    fn add(&mut self, file: FileId, info: FileInfo, held: bool) {
        if self.uploads.contains_key(&file) {
            return;
        }
        if let Err(violation) = self.check(&info) {
            self.notify(Notice::Rejected(file, info, violation));
            return;
        }
        let is_large = self.config.wants_parts(info.size);
        let upload = Upload::new(file, info, is_large, held, self.config.retry_budget);
        self.uploads.insert(file, Box::new(upload));
        self.notify(Notice::Added(file));
        self.refresh_derived(file);
    }

    fn notify(&mut self, notice: Notice) {
        self.commands.push_back(Command::Notify(notice));
    }

    fn new_request(&mut self, file: FileId) -> RequestId {
        self.next_request += 1;
        let request = RequestId(self.next_request);
        self.owners.insert(request, file);
        request
    }

    /// Updates what depends on an upload, after it changed: its shown progress, the totals, and the requests that it
    /// needs.
    fn refresh_derived(&mut self, file: FileId) {
        self.changed.insert(file);
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.enter_wait();
            upload.update_shown();
            if upload.lanes() == 0 && upload.meter.is_running() {
                self.resting.insert(file);
            }
            self.totals.update(upload);
            let lanes = usize::from(self.concurrency.limit());
            self.ready.update(upload, lanes, self.link_speed.speed());
        } else {
            self.ready.remove(file);
        }
    }

    /// Sends the requests for which there is room, and notifies the page when the queue becomes idle.
    fn dispatch_and_settle(&mut self, now: Instant) {
        self.arm_probes(now);
        self.dispatch(now);
        // The files without a request are known only after the dispatch.
        for file in core::mem::take(&mut self.resting).iter() {
            if let Some(upload) = self.uploads.get_mut(&file)
                && upload.lanes() == 0
            {
                upload.meter.pause(now);
            }
        }
        if self.in_flight.store() == 0 {
            self.meter.pause(now);
        }
        // A paused upload has not ended, so that a queue with one is not idle.
        if self.totals.active() == 0
            && self.totals.paused() == 0
            && self.settled != Settled::default()
        {
            let Settled { succeeded, failed } = core::mem::take(&mut self.settled);
            self.notify(Notice::Settled { succeeded, failed });
        }
    }
}

/// The limit of requests to the store, before the connection to it is known.
fn concurrency(config: &Config) -> ConcurrencyLimit {
    let max = config.max_lanes.unwrap_or(CONNECTIONS);
    ConcurrencyLimit::new(max, config.adaptive_lanes)
}
