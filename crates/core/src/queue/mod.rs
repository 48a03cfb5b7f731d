//! The queue: many uploads that share the lanes to the backend and to the store.
//!
//! Lanes are per host, as a browser's connections are: the backend that signs and the store that
//! receives each have their own, so that signing runs ahead of sending and neither waits for the
//! other. What goes next is in `schedule`, what an answer means in `answers`, what a person asked
//! for in `wishes`, the sums over all files in `tally`.

mod answers;
mod schedule;
mod tally;
mod wishes;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::command::{Command, Notice};
use crate::config::Config;
use crate::error::{Step, UploadError};
use crate::event::Event;
use crate::file::FileInfo;
use crate::ids::{FileId, RequestId, UploadId};
use crate::lanes::Lanes;
use crate::progress::Meter;
use crate::retry::Random;
use crate::snapshot::{FileSnapshot, Status, Totals, WaitReason, percent};
use crate::time::Instant;
use crate::upload::{State, Upload};

use schedule::Ready;
use tally::Tally;

/// While offline, the first try to reach the network all the same; doubled up to a minute. The
/// browser's word is not reliable.
const FIRST_PROBE: Duration = Duration::from_secs(5);
const LAST_PROBE: Duration = Duration::from_secs(60);

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
    creating: usize,
    /// When an upload's gate opens.
    gates: BTreeSet<(Instant, FileId)>,
    errands: Errands,
    offline: Option<Offline>,
    meter: Meter,
    tally: Tally,
    changed: BTreeSet<FileId>,
    commands: VecDeque<Command>,
    /// Succeeded and failed since the queue was last at rest.
    settled: (u32, u32),
}

/// The network is believed gone.
#[derive(Debug)]
struct Offline {
    probe: Instant,
    pause: Duration,
    /// One request may go out to see whether it is true.
    armed: bool,
}

/// What is tidied up after uploads that are gone: aborts, and creates whose answer nobody waits
/// for but whose upload must not be left behind.
#[derive(Debug, Default)]
struct Errands {
    due: BTreeMap<(Instant, u64), Errand>,
    in_flight: BTreeMap<RequestId, (Errand, Instant)>,
    orphans: BTreeMap<RequestId, (FileId, Instant)>,
    next: u64,
}

#[derive(Clone, Debug)]
struct Errand {
    file: FileId,
    id: UploadId,
    attempts: u32,
}

impl Errands {
    fn add(&mut self, due: Instant, errand: Errand) {
        self.next += 1;
        self.due.insert((due, self.next), errand);
    }
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
            creating: 0,
            gates: BTreeSet::new(),
            errands: Errands::default(),
            offline: None,
            meter: Meter::default(),
            tally: Tally::default(),
            changed: BTreeSet::new(),
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
            Event::Add(file, info) => self.add(file, info),
            Event::Start(target) => self.start(target),
            Event::Pause(target) => self.pause(now, target),
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
        if let Some(offline) = self.offline.as_mut().filter(|offline| offline.probe <= now) {
            offline.armed = true;
            offline.pause = (offline.pause * 2).min(LAST_PROBE);
            offline.probe = now + offline.pause;
        }
        for request in self.overdue(now) {
            self.commands.push_back(Command::Cancel(request));
            let (step, after) = self.stalled_at(now, request);
            self.answered(now, request, Err(UploadError::Stalled { step, after }));
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
        let probe = self
            .offline
            .as_ref()
            .filter(|_| self.tally.active() > 0)
            .map(|offline| offline.probe);
        let errand = self
            .errands
            .due
            .keys()
            .next()
            .map(|(due, _)| *due)
            .filter(|_| self.may_send());
        let requests = self.deadlines().map(|(_, deadline)| deadline).min();
        [gate, probe, errand, requests].into_iter().flatten().min()
    }

    /// The files that changed since this was last asked, to be drawn again.
    pub fn take_changed(&mut self) -> BTreeSet<FileId> {
        core::mem::take(&mut self.changed)
    }

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
        self.changed
            .extend(self.gates.iter().map(|(_, file)| *file).take(64));
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
            remaining: upload
                .meter
                .remaining(upload.info.size.saturating_sub(sent))
                .filter(|_| moving),
            attempts: upload.patience.attempts,
            status,
            sent,
        })
    }

    /// All files together.
    pub fn totals(&self) -> Totals {
        let moving = self.lanes_in_use > 0;
        let left = self.tally.size().saturating_sub(self.tally.sent());
        Totals {
            speed: self.meter.speed().filter(|_| moving),
            remaining: self.meter.remaining(left).filter(|_| moving),
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

    fn add(&mut self, file: FileId, info: FileInfo) {
        if self.uploads.contains_key(&file) {
            return;
        }
        let (count, total) = self.tally.kept();
        if let Err(violation) = self.config.constraints.check(&info, count, total) {
            self.notify(Notice::Rejected(file, info, violation));
            return;
        }
        let upload = Upload::new(file, info, self.config.manual, self.config.retry_budget);
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

    fn went_offline(&mut self, now: Instant) {
        if self.offline.is_none() {
            self.offline = Some(Offline {
                probe: now + FIRST_PROBE,
                pause: FIRST_PROBE,
                armed: false,
            });
            self.touch_active();
        }
    }

    /// The network is back: whatever waited for it, or for a retry after it broke, goes on now.
    fn came_online(&mut self) {
        self.offline = None;
        let waiting: Vec<FileId> = self.gates.iter().map(|(_, file)| *file).collect();
        for file in waiting {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            let for_network =
                upload
                    .patience
                    .gate
                    .as_ref()
                    .is_some_and(|(_, reason)| match reason {
                        WaitReason::Offline => true,
                        WaitReason::Backoff(error) => error.is_ambiguous(),
                    });
            if for_network {
                if let Some((until, _)) = upload.patience.gate {
                    self.gates.remove(&(until, file));
                }
                upload.open_gate();
                self.touch(file);
            }
        }
        self.touch_active();
    }

    fn touch_active(&mut self) {
        let active: Vec<FileId> = self
            .uploads
            .iter()
            .filter(|(_, upload)| upload.state.is_active())
            .map(|(id, _)| *id)
            .collect();
        for file in active {
            self.touch(file);
        }
    }

    /// Whether requests may go out: online, or to see whether it is true that we are not.
    fn may_send(&self) -> bool {
        self.offline.as_ref().is_none_or(|offline| offline.armed)
    }

    /// After a change of an upload: what is shown, what it wants and what it counts for.
    fn touch(&mut self, file: FileId) {
        self.changed.insert(file);
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.settle();
            upload.update_shown();
            if upload.lanes() == 0 {
                upload.meter.pause();
            }
            self.tally.update(upload);
            self.ready.update(upload, usize::from(self.lanes.limit()));
        } else {
            self.tally.remove(file);
            self.ready.remove(file);
        }
        if self.lanes_in_use == 0 {
            self.meter.pause();
        }
    }

    /// Uses free lanes, and tells when the queue came to rest.
    fn advance(&mut self, now: Instant) {
        self.dispatch(now);
        if self.tally.active() == 0 && self.settled != (0, 0) {
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
        let aborts = self
            .errands
            .in_flight
            .iter()
            .map(|(request, (_, deadline))| (*request, *deadline));
        let orphans = self
            .errands
            .orphans
            .iter()
            .map(|(request, (_, deadline))| (*request, *deadline));
        owned.chain(aborts).chain(orphans)
    }

    fn overdue(&self, now: Instant) -> Vec<RequestId> {
        self.deadlines()
            .filter(|(_, deadline)| *deadline <= now)
            .map(|(request, _)| request)
            .collect()
    }

    fn stalled_at(&self, now: Instant, request: RequestId) -> (Step, Duration) {
        let owned = self
            .owners
            .get(&request)
            .and_then(|file| self.uploads.get(file)?.requests.get(&request));
        match owned {
            Some(found) if found.step == Step::Complete => (found.step, now.since(found.started)),
            Some(found) => (found.step, self.config.stall_time),
            None => (Step::Abort, self.config.stall_time),
        }
    }
}
