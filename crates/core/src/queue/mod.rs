//! The queue: many uploads that share the lanes to the backend and to the store.
//!
//! Lanes are per host, as a browser's connections are: the backend that signs and the store that
//! receives each have their own, so that signing runs ahead of sending and neither waits for the
//! other. This file owns the books and the order of things; what goes next is in `schedule`, what
//! an answer means in `answers` and `failures`, what a person asked for in `wishes`, whether there
//! is a network in `network`, what is taken back in `errands`, what the page sees in `view`, the
//! sums over all files in `tally`.

mod answers;
mod errands;
mod failures;
mod network;
mod schedule;
mod tally;
mod view;
mod wishes;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::command::{Command, Notice};
use crate::config::Config;
use crate::constraints::Violation;
use crate::error::{Step, UploadError};
use crate::event::Event;
use crate::file::FileInfo;
use crate::ids::{FileId, RequestId};
use crate::lanes::Lanes;
use crate::progress::{Meter, Pace};
use crate::retry::Random;
use crate::time::Instant;
use crate::upload::Upload;

use errands::Errands;
use network::Offline;
use schedule::Ready;
use tally::Tally;

/// Many uploads, and what to do next about them.
#[derive(Debug)]
pub struct Queue {
    config: Config,
    random: Random,
    uploads: BTreeMap<FileId, Upload>,
    /// Whose request it is.
    owners: BTreeMap<RequestId, FileId>,
    next_request: u64,
    ready: Ready,
    lanes: Lanes,
    lanes_in_use: usize,
    backend_in_use: usize,
    /// Those of `backend_in_use` that complete.
    completing: usize,
    /// When an upload's gate opens.
    gates: BTreeSet<(Instant, FileId)>,
    errands: Errands,
    offline: Option<Offline>,
    meter: Meter,
    pace: Pace,
    tally: Tally,
    changed: BTreeSet<FileId>,
    /// Files that may have left their last lane.
    resting: BTreeSet<FileId>,
    commands: VecDeque<Command>,
    /// Succeeded and failed since the queue was last at rest.
    settled: (u32, u32),
}

impl Queue {
    /// An empty queue.
    pub fn new(config: Config) -> Self {
        Self {
            random: Random::new(config.seed),
            lanes: Lanes::new(config.max_lanes, config.adaptive_lanes),
            config,
            uploads: BTreeMap::new(),
            owners: BTreeMap::new(),
            next_request: 0,
            ready: Ready::default(),
            lanes_in_use: 0,
            backend_in_use: 0,
            completing: 0,
            gates: BTreeSet::new(),
            errands: Errands::default(),
            offline: None,
            meter: Meter::default(),
            pace: Pace::default(),
            tally: Tally::default(),
            changed: BTreeSet::new(),
            resting: BTreeSet::new(),
            commands: VecDeque::new(),
            settled: (0, 0),
        }
    }

    /// The settings.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Changes the settings from now on. Requests in flight keep theirs.
    pub fn configure(&mut self, config: Config) {
        if (config.max_lanes, config.adaptive_lanes)
            != (self.config.max_lanes, self.config.adaptive_lanes)
        {
            self.lanes = Lanes::new(config.max_lanes, config.adaptive_lanes);
        }
        self.config = config;
    }

    /// Takes in what happened at `now`; commands may be waiting afterwards.
    pub fn handle(&mut self, now: Instant, event: Event) {
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
            Event::Progress(request, moved) => self.progressed(now, request, moved),
            Event::Answer(request, answer) => self.answered(now, request, answer),
        }
        self.advance(now);
    }

    /// Lets time pass: to be called when [`next_timeout`](Self::next_timeout) is reached.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((until, file)) = self
            .gates
            .first()
            .copied()
            .filter(|(until, _)| *until <= now)
        {
            self.gates.remove(&(until, file));
            if let Some(upload) = self.uploads.get_mut(&file) {
                upload.open_gate();
            }
            self.touch(file);
        }
        self.arm_probe(now);
        for request in self.overdue(now) {
            // An earlier one in this list may have ended the upload, and all its requests with it.
            if let Some((step, after)) = self.stalled_at(now, request) {
                self.commands.push_back(Command::Cancel(request));
                self.answered(now, request, Err(UploadError::Stalled { step, after }));
            }
        }
        self.advance(now);
    }

    /// The next command to execute.
    pub fn poll(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is wanted next; `None` when nothing waits
    /// for time.
    pub fn next_timeout(&self) -> Option<Instant> {
        let gate = self.gates.first().map(|(until, _)| *until);
        let errand = self
            .errands
            .next_due()
            .filter(|_| self.may_send() && self.may_finish());
        let request = self.deadlines().map(|(_, deadline)| deadline).min();
        [gate, self.next_probe(), errand, request]
            .into_iter()
            .flatten()
            .min()
    }

    /// The files that changed since this was last asked, to be drawn again.
    pub fn take_changed(&mut self) -> BTreeSet<FileId> {
        core::mem::take(&mut self.changed)
    }

    /// Whether a file could be added now.
    pub fn check(&self, info: &FileInfo) -> Result<(), Violation> {
        let (count, total) = self.tally.kept();
        self.config.constraints.check(info, count, total)
    }

    /// Whether a file could be added once all files in a final state are removed.
    pub fn check_replacing(&self, info: &FileInfo) -> Result<(), Violation> {
        let (count, total) = self.tally.unfinished();
        self.config.constraints.check(info, count, total)
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
        self.uploads.insert(file, upload);
        self.notify(Notice::Added(file));
        self.touch(file);
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

    /// After a change of an upload: what is shown, what it wants and what it counts for.
    fn touch(&mut self, file: FileId) {
        self.changed.insert(file);
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.settle();
            upload.update_shown();
            if upload.lanes() == 0 && upload.meter.is_running() {
                self.resting.insert(file);
            }
            self.tally.update(upload);
            self.ready.update(upload, usize::from(self.lanes.limit()));
        } else {
            self.tally.remove(file);
            self.ready.remove(file);
        }
    }

    /// Uses free lanes, and tells when the queue came to rest.
    fn advance(&mut self, now: Instant) {
        self.dispatch(now);
        // Only now is it known who got no lane again.
        for file in core::mem::take(&mut self.resting) {
            if let Some(upload) = self.uploads.get_mut(&file)
                && upload.lanes() == 0
            {
                upload.meter.pause(now);
            }
        }
        if self.lanes_in_use == 0 {
            self.meter.pause(now);
        }
        // What is paused is not over: a page that was left for a moment hears nothing of an end.
        if self.tally.active() == 0 && self.tally.paused() == 0 && self.settled != (0, 0) {
            let (succeeded, failed) = core::mem::take(&mut self.settled);
            self.notify(Notice::Settled { succeeded, failed });
        }
    }

    fn deadlines(&self) -> impl Iterator<Item = (RequestId, Instant)> {
        let owned = self.owners.iter().filter_map(|(request, file)| {
            Some((
                *request,
                self.uploads.get(file)?.requests.get(request)?.deadline,
            ))
        });
        owned.chain(self.errands.deadlines())
    }

    fn overdue(&self, now: Instant) -> Vec<RequestId> {
        self.deadlines()
            .filter(|(_, deadline)| *deadline <= now)
            .map(|(request, _)| request)
            .collect()
    }

    /// What stalled and for how long; `None` when the request is no longer in flight.
    fn stalled_at(&self, now: Instant, request: RequestId) -> Option<(Step, Duration)> {
        if let Some(step) = self.errands.step(request) {
            return Some((step, self.config.stall_time));
        }
        let file = self.owners.get(&request)?;
        let found = self.uploads.get(file)?.requests.get(&request)?;
        let all_moved = found
            .payload
            .as_ref()
            .is_some_and(|payload| payload.moved == payload.range.len());
        let after = match found.step {
            Step::Complete => now.since(found.started),
            Step::Send if all_moved => self.config.answer_time.max(self.config.stall_time),
            _ => self.config.stall_time,
        };
        Some((found.step, after))
    }
}
