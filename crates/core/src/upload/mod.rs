//! One upload: its state, its requests in flight, its patience. It knows what it wants next; when
//! it gets it is the [queue](crate::queue)'s decision.

mod work;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Step, UploadError};
use crate::file::FileInfo;
use crate::ids::{ByteRange, FileId, PartNumber, RequestId};
use crate::progress::Meter;
use crate::snapshot::{StoredObject, WaitReason};
use crate::time::Instant;

pub(crate) use work::{Sent, Single, Work};

/// Where an upload stands. What must survive a state travels in its `work`.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Waits for its turn, or (`held`) for a start.
    Queued { held: bool },
    /// The backend is asked for a grant.
    Preparing,
    /// Bytes move, or are about to.
    Uploading(Work),
    /// All bytes are at the store; the backend is asked to confirm.
    Completing(Work),
    /// Nothing moves before `until`.
    Waiting {
        work: Work,
        until: Instant,
        reason: WaitReason,
    },
    /// Stopped by the person.
    Paused(Work),
    /// Final.
    Completed(StoredObject),
    /// Final until a retry.
    Failed { work: Work, error: UploadError },
    /// Final.
    Cancelled,
}

impl State {
    /// The state in which `work` goes on.
    pub fn going_on(work: Work) -> Self {
        match work {
            Work::Unsigned => Self::Queued { held: false },
            work if work.is_sent() => Self::Completing(work),
            work => Self::Uploading(work),
        }
    }

    /// What has been achieved, out of whatever state it is in.
    pub fn into_work(self) -> Work {
        match self {
            Self::Uploading(work)
            | Self::Completing(work)
            | Self::Paused(work)
            | Self::Waiting { work, .. }
            | Self::Failed { work, .. } => work,
            Self::Queued { .. } | Self::Preparing | Self::Completed(_) | Self::Cancelled => {
                Work::Unsigned
            }
        }
    }

    /// Like [`into_work`](Self::into_work), to look at.
    pub fn work(&self) -> Option<&Work> {
        match self {
            Self::Uploading(work)
            | Self::Completing(work)
            | Self::Paused(work)
            | Self::Waiting { work, .. }
            | Self::Failed { work, .. } => Some(work),
            Self::Queued { .. } | Self::Preparing | Self::Completed(_) | Self::Cancelled => None,
        }
    }

    /// Like [`work`](Self::work), to change.
    pub fn work_mut(&mut self) -> Option<&mut Work> {
        match self {
            Self::Uploading(work)
            | Self::Completing(work)
            | Self::Paused(work)
            | Self::Waiting { work, .. }
            | Self::Failed { work, .. } => Some(work),
            Self::Queued { .. } | Self::Preparing | Self::Completed(_) | Self::Cancelled => None,
        }
    }

    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Completed(_) | Self::Failed { .. } | Self::Cancelled
        )
    }

    /// Whether the upload goes on by itself.
    pub const fn is_active(&self) -> bool {
        matches!(
            self,
            Self::Queued { held: false }
                | Self::Preparing
                | Self::Uploading(_)
                | Self::Completing(_)
                | Self::Waiting { .. }
        )
    }
}

/// A request in flight.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub id: RequestId,
    pub step: Step,
    /// What is sent; `None` for the backend's requests.
    pub payload: Option<Payload>,
    pub started: Instant,
    /// When it must have ended or moved on.
    pub deadline: Instant,
}

/// The bytes of a request to the store.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub part: Option<PartNumber>,
    pub range: ByteRange,
    /// Bytes handed to the network so far.
    pub moved: u64,
}

/// How patient an upload still is.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    /// Failed tries in a row without headway.
    pub attempts: u32,
    /// Retries left in all.
    pub budget: u32,
    /// Bursts in a row of signatures that were refused as expired.
    pub resigned: u32,
    /// The last request of the burst that was counted in `resigned`.
    pub resigned_to: Option<RequestId>,
    /// The one fresh start is used up.
    pub restarted: bool,
    /// Times in a row that the store's list was asked for.
    pub relisted: u32,
    /// The one retry of a failure that is retried once is used up.
    pub once: bool,
    /// Nothing new is sent before then.
    pub gate: Option<(Instant, WaitReason)>,
    /// The last request that had been made when a failure was counted: those up to it were in
    /// flight together and are of the same burst.
    pub counted_to: Option<RequestId>,
}

impl Patience {
    pub fn new(budget: u32) -> Self {
        Self {
            attempts: 0,
            budget,
            resigned: 0,
            resigned_to: None,
            restarted: false,
            relisted: 0,
            once: false,
            gate: None,
            counted_to: None,
        }
    }

    /// The store confirmed something.
    pub fn headway(&mut self) {
        self.attempts = 0;
        self.resigned = 0;
        self.once = false;
        self.budget = self.budget.saturating_add(1);
    }
}

/// What an upload wants of the backend, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BackendWant {
    Complete,
    List,
    Sign,
    Create,
    CreateLarge,
}

/// One file on its way.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub id: FileId,
    pub info: FileInfo,
    /// It was to go in parts when it was added, and may take hours.
    pub is_large: bool,
    pub state: State,
    pub requests: BTreeMap<RequestId, Request>,
    pub patience: Patience,
    pub meter: Meter,
    /// The page was told that work began.
    pub started: bool,
    /// The most that was ever shown as sent: the bar never goes backward.
    shown: u64,
}

impl Upload {
    pub fn new(id: FileId, info: FileInfo, is_large: bool, held: bool, budget: u32) -> Self {
        Self {
            id,
            info,
            is_large,
            state: State::Queued { held },
            requests: BTreeMap::new(),
            patience: Patience::new(budget),
            meter: Meter::default(),
            started: false,
            shown: 0,
        }
    }

    /// The URL of a single upload is of no use any more: have a new one made. If the object may be
    /// there already, the backend is asked first: a second one would be an orphan's twin.
    pub fn sign_anew(&mut self) {
        self.state = match self.take_state().into_work() {
            Work::Single(mut single) if single.sent == Sent::Perhaps && single.id.is_some() => {
                single.sent = Sent::Asked;
                State::Completing(Work::Single(single))
            }
            _ => State::Queued { held: false },
        };
    }

    /// Takes the state out, to be consumed by a transition.
    pub fn take_state(&mut self) -> State {
        core::mem::replace(&mut self.state, State::Cancelled)
    }

    fn in_flight(&self, step: Step) -> bool {
        self.requests.values().any(|request| request.step == step)
    }

    /// Whether it is being prepared or sent: what is bounded, so that signatures are used while
    /// they are fresh.
    pub fn is_open(&self) -> bool {
        self.patience.gate.is_none() && matches!(self.state, State::Preparing | State::Uploading(_))
    }

    /// Requests to the store in flight.
    pub fn lanes(&self) -> usize {
        self.requests
            .values()
            .filter(|request| request.payload.is_some())
            .count()
    }

    /// The parts that are in flight.
    pub fn parts_in_flight(&self) -> BTreeSet<PartNumber> {
        self.requests
            .values()
            .filter_map(|request| request.payload.as_ref()?.part)
            .collect()
    }

    /// What it would ask the backend now, had it the chance. `lanes` is how many parts should be
    /// signed ahead.
    pub fn backend_want(&self, lanes: usize) -> Option<BackendWant> {
        if self.patience.gate.is_some() {
            return None;
        }
        match &self.state {
            State::Queued { held: false } if self.is_large => Some(BackendWant::CreateLarge),
            State::Queued { held: false } => Some(BackendWant::Create),
            State::Completing(_) if !self.in_flight(Step::Complete) => Some(BackendWant::Complete),
            State::Uploading(Work::Multi(multi)) => {
                if multi.unsure {
                    return (!self.in_flight(Step::ListParts)).then_some(BackendWant::List);
                }
                let wanted = multi.ready() < lanes
                    && !self.in_flight(Step::SignParts)
                    && !multi.to_sign(1).is_empty();
                wanted.then_some(BackendWant::Sign)
            }
            _ => None,
        }
    }

    /// Whether it has bytes that could go to the store at once.
    pub fn wants_lane(&self) -> bool {
        if self.patience.gate.is_some() {
            return false;
        }
        match &self.state {
            State::Uploading(Work::Single(single)) => {
                matches!(single.sent, Sent::No | Sent::Perhaps) && self.requests.is_empty()
            }
            State::Uploading(Work::Multi(multi)) => !multi.unsure && multi.ready() > 0,
            _ => false,
        }
    }

    /// Bytes confirmed by the store, and bytes in flight.
    pub fn moved(&self) -> (u64, u64) {
        let confirmed = match &self.state {
            State::Completed(_) => self.info.size,
            state => state
                .work()
                .map_or(0, |work| work.confirmed(self.info.size)),
        };
        let in_flight = self
            .requests
            .values()
            .filter_map(|request| Some(request.payload.as_ref()?.moved))
            .sum();
        (confirmed, in_flight)
    }

    /// Bytes to show as sent. Never backward, and never the whole before it is confirmed.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Bytes still to be sent. What a cut request had sent counts again, whatever is shown.
    pub fn left(&self) -> u64 {
        self.info.size.saturating_sub(self.reached())
    }

    /// Brings what is shown up to date.
    pub fn update_shown(&mut self) {
        self.shown = self.shown.min(self.most()).max(self.reached());
    }

    /// Bytes confirmed or in flight, short of the whole before it is confirmed.
    fn reached(&self) -> u64 {
        let (confirmed, in_flight) = self.moved();
        confirmed.saturating_add(in_flight).min(self.most())
    }

    fn most(&self) -> u64 {
        match self.state {
            State::Completed(_) => self.info.size,
            _ => self.info.size.saturating_sub(1),
        }
    }

    /// Enters `Waiting` when a gate is set and nothing is in flight any more.
    pub fn settle(&mut self) {
        if !self.requests.is_empty() {
            return;
        }
        if let Some((until, reason)) = self.patience.gate.clone()
            && matches!(
                self.state,
                State::Queued { held: false } | State::Uploading(_) | State::Completing(_)
            )
        {
            let work = self.take_state().into_work();
            self.state = State::Waiting {
                work,
                until,
                reason,
            };
        }
    }

    /// The gate opens.
    pub fn open_gate(&mut self) {
        self.patience.gate = None;
        if matches!(self.state, State::Waiting { .. }) {
            let work = self.take_state().into_work();
            self.state = State::going_on(work);
        }
    }
}
