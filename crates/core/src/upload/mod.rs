//! One upload: its state, its requests in flight, and its retry counters. It names the request that it needs next;
//! the [queue](crate::queue) decides when that request is sent.

mod contribution;
mod transfer;
mod transitions;

use crate::collections::IdMap;
use core::time::Duration;

use s3_upload_types::CollectVec;

use crate::error::{Side, Step, UploadError};
use crate::file::FileInfo;
use crate::ids::{ByteRange, FileId, PartNumber, RequestId};
use crate::progress::Meter;
use crate::snapshot::{StoredObject, WaitReason};
use crate::time::Instant;

pub(crate) use contribution::Contribution;
pub(crate) use transfer::{SentState, SingleTransfer, Transfer};
pub(crate) use transitions::ExistingObject;

/// The state of an upload. Data that survives a change of the state is in its `transfer`.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Waits for its turn, or for a start if `held`.
    Queued { held: bool },
    /// The backend is asked for a grant.
    Preparing,
    /// Bytes are sent, or can be sent.
    Uploading(Transfer),
    /// All bytes are at the store; the backend is asked to confirm.
    Completing(Transfer),
    /// Nothing is sent before `until`.
    Waiting {
        transfer: Transfer,
        until: Instant,
        reason: WaitReason,
    },
    /// The person paused the upload.
    Paused(Transfer),
    /// The upload is stored. The state is final.
    Completed(StoredObject),
    /// The state is final until a retry.
    Failed {
        transfer: Transfer,
        error: UploadError,
    },
    /// The upload was cancelled. The state is final.
    Cancelled,
}

impl State {
    /// The state in which an active upload has this `transfer`.
    pub fn resumed(transfer: Transfer) -> Self {
        match transfer {
            Transfer::NotCreated => Self::Queued { held: false },
            transfer if transfer.is_sent() => Self::Completing(transfer),
            transfer => Self::Uploading(transfer),
        }
    }

    /// Takes the transfer out of any state.
    pub fn into_transfer(self) -> Transfer {
        match self {
            Self::Uploading(transfer)
            | Self::Completing(transfer)
            | Self::Paused(transfer)
            | Self::Waiting { transfer, .. }
            | Self::Failed { transfer, .. } => transfer,
            Self::Queued { .. } | Self::Preparing | Self::Completed(_) | Self::Cancelled => {
                Transfer::NotCreated
            }
        }
    }

    /// The transfer of the state; see [`into_transfer`](Self::into_transfer).
    pub fn transfer(&self) -> Option<&Transfer> {
        match self {
            Self::Uploading(transfer)
            | Self::Completing(transfer)
            | Self::Paused(transfer)
            | Self::Waiting { transfer, .. }
            | Self::Failed { transfer, .. } => Some(transfer),
            Self::Queued { .. } | Self::Preparing | Self::Completed(_) | Self::Cancelled => None,
        }
    }

    /// The transfer of the state, mutable; see [`transfer`](Self::transfer).
    pub fn transfer_mut(&mut self) -> Option<&mut Transfer> {
        match self {
            Self::Uploading(transfer)
            | Self::Completing(transfer)
            | Self::Paused(transfer)
            | Self::Waiting { transfer, .. }
            | Self::Failed { transfer, .. } => Some(transfer),
            Self::Queued { .. } | Self::Preparing | Self::Completed(_) | Self::Cancelled => None,
        }
    }

    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Completed(_) | Self::Failed { .. } | Self::Cancelled
        )
    }

    /// Returns true if the upload continues without an event from the page.
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
pub(crate) struct InFlightRequest {
    pub id: RequestId,
    pub step: Step,
    /// The bytes that are sent; `None` for requests to the backend.
    pub payload: Option<SentBytes>,
    pub started: Instant,
    /// The number of proper answers that the side had given when the request was sent.
    pub answers_when_sent: u64,
    /// The time that the request may currently take without progress.
    pub stall_time: Duration,
    /// The time at which the request was sent, or at which it last made progress.
    pub last_moved: Instant,
    /// The time at which the request counts as stalled.
    pub deadline: Instant,
}

impl InFlightRequest {
    /// The number of bytes handed to the network so far.
    pub fn moved(&self) -> u64 {
        self.payload.as_ref().map_or(0, |payload| payload.moved)
    }
}

/// The bytes of a request to the store.
#[derive(Clone, Debug)]
pub(crate) struct SentBytes {
    pub part: Option<PartNumber>,
    pub range: ByteRange,
    /// The number of bytes handed to the network so far.
    pub moved: u64,
}

/// A wait before the next try.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub until: Instant,
    pub reason: WaitReason,
}

/// The retry counters of an upload.
#[derive(Clone, Debug)]
pub(crate) struct RetryState {
    /// The number of failed tries in a row without progress.
    pub attempts: u32,
    /// The number of retries that are left.
    pub budget: u32,
    /// The number of bursts in a row of signatures that were refused as expired.
    pub represigned: u32,
    /// The last request of the burst that was last counted in `represigned`.
    pub represigned_to: Option<RequestId>,
    /// True if the one allowed restart was used.
    pub restarted: bool,
    /// The number of times that the store's list was requested because parts were missing.
    pub relisted: u32,
    /// The number of failures in a row of a kind that is retried only once or twice.
    pub repeated: u32,
    /// The number of requests in a row that were cancelled because they stalled.
    pub stalled: u32,
    /// The number of times that the whole body was sent and the answer could not be read.
    pub unread: u32,
    /// The number of answers with status 500 to the request that verifies whether the object is stored.
    pub failed_verifications: u32,
    /// The wait before the next request, if there is one. Few of many uploads have one.
    pub wait: Option<Box<Wait>>,
    /// The last request that had been made when a failure was counted. Requests up to it were in flight together, and
    /// their failures belong to the same burst.
    pub counted_to: Option<RequestId>,
}

impl RetryState {
    pub fn new(budget: u32) -> Self {
        Self {
            attempts: 0,
            budget,
            represigned: 0,
            represigned_to: None,
            restarted: false,
            relisted: 0,
            repeated: 0,
            stalled: 0,
            unread: 0,
            failed_verifications: 0,
            wait: None,
            counted_to: None,
        }
    }

    /// Resets the counters, because the store confirmed something.
    pub fn made_progress(&mut self) {
        self.attempts = 0;
        self.represigned = 0;
        self.repeated = 0;
        self.stalled = 0;
        self.unread = 0;
        self.failed_verifications = 0;
        self.budget = self.budget.saturating_add(1);
    }
}

/// The request that an upload needs of the backend. The most urgent comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BackendWant {
    Complete,
    List,
    Sign,
    Create,
    CreateLarge,
}

impl BackendWant {
    /// All variants, in their order.
    pub const ALL: [Self; 5] = [
        Self::Complete,
        Self::List,
        Self::Sign,
        Self::Create,
        Self::CreateLarge,
    ];
}

/// The upload of one file.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub id: FileId,
    pub info: FileInfo,
    /// True if the file was to be sent in parts when it was added. Its upload may take hours.
    pub is_large: bool,
    pub state: State,
    pub requests: IdMap<RequestId, InFlightRequest>,
    pub retry: RetryState,
    pub meter: Meter,
    /// True if the page was notified that work on the file began.
    pub started: bool,
    /// The part of this upload in the sums over all files.
    pub contribution: Contribution,
    /// The highest number of bytes that was ever shown as sent, so that the progress never decreases.
    shown: u64,
}

impl Upload {
    pub fn new(id: FileId, info: FileInfo, is_large: bool, held: bool, budget: u32) -> Self {
        Self {
            id,
            info,
            is_large,
            state: State::Queued { held },
            requests: IdMap::default(),
            retry: RetryState::new(budget),
            meter: Meter::default(),
            started: false,
            contribution: Contribution::default(),
            shown: 0,
        }
    }

    /// The side to which the next request goes, if the upload is active and has no request in flight.
    pub fn awaited_side(&self) -> Option<Side> {
        if !self.requests.is_empty() {
            return None;
        }
        let of = |transfer: &Transfer| match transfer {
            Transfer::NotCreated => Side::Backend,
            transfer if transfer.is_sent() => Side::Backend,
            Transfer::Single(_) => Side::Store,
            Transfer::Multipart(multi) if !multi.needs_list && multi.ready() > 0 => Side::Store,
            Transfer::Multipart(_) => Side::Backend,
        };
        match &self.state {
            State::Queued { held: false } => Some(Side::Backend),
            State::Uploading(transfer)
            | State::Completing(transfer)
            | State::Waiting { transfer, .. } => Some(of(transfer)),
            _ => None,
        }
    }

    fn in_flight(&self, step: Step) -> bool {
        self.requests.values().any(|request| request.step == step)
    }

    /// Returns true if the upload is being prepared or sent. The number of such uploads is limited, so that
    /// signatures are used before they expire.
    pub fn is_open(&self) -> bool {
        self.retry.wait.is_none() && matches!(self.state, State::Preparing | State::Uploading(_))
    }

    /// The number of requests to the store in flight.
    pub fn lanes(&self) -> usize {
        self.requests
            .values()
            .filter(|request| request.payload.is_some())
            .count()
    }

    /// The parts that are in flight.
    pub fn parts_in_flight(&self) -> Vec<PartNumber> {
        self.requests
            .values()
            .filter_map(|request| request.payload.as_ref()?.part)
            .collect_vec()
    }

    /// The request that the upload needs of the backend now. `lanes` is the number of requests to the
    /// store, and `speed` that of each in bytes per second, if known.
    pub fn backend_want(&self, lanes: usize, speed: Option<u64>) -> Option<BackendWant> {
        if self.retry.wait.is_some() {
            return None;
        }
        match &self.state {
            State::Queued { held: false } if self.is_large => Some(BackendWant::CreateLarge),
            State::Queued { held: false } => Some(BackendWant::Create),
            State::Completing(_) if !self.in_flight(Step::Complete) => Some(BackendWant::Complete),
            State::Uploading(Transfer::Multipart(multi)) => {
                if multi.needs_list {
                    return (!self.in_flight(Step::ListParts)).then_some(BackendWant::List);
                }
                let wanted = multi.ready() < multi.wanted_ahead(lanes, speed)
                    && !self.in_flight(Step::SignParts)
                    && !multi.to_sign(1).is_empty();
                wanted.then_some(BackendWant::Sign)
            }
            _ => None,
        }
    }

    /// Returns true if the upload has bytes that can be sent to the store now.
    pub fn can_send(&self) -> bool {
        if self.retry.wait.is_some() {
            return false;
        }
        match &self.state {
            State::Uploading(Transfer::Single(single)) => {
                matches!(single.sent, SentState::NotSent | SentState::Unknown)
                    && self.requests.is_empty()
            }
            State::Uploading(Transfer::Multipart(multi)) => !multi.needs_list && multi.ready() > 0,
            _ => false,
        }
    }

    /// The number of bytes that the store confirmed.
    fn confirmed(&self) -> u64 {
        match &self.state {
            State::Completed(_) => self.info.size,
            state => state
                .transfer()
                .map_or(0, |transfer| transfer.confirmed(self.info.size)),
        }
    }

    /// The number of bytes that the requests in flight have handed to the network.
    fn moved(&self) -> u64 {
        self.requests
            .values()
            .filter_map(|request| Some(request.payload.as_ref()?.moved))
            .sum()
    }

    /// The number of bytes to show as sent. It never decreases, and is below the size until the object is confirmed.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// The number of bytes still to be sent. Bytes of a cancelled request count again, although they stay shown as
    /// sent.
    pub fn left(&self) -> u64 {
        self.info.size.saturating_sub(self.confirmed_or_moved())
    }

    /// Updates the number of bytes to show as sent.
    pub fn update_shown(&mut self) {
        self.shown = self
            .shown
            .min(self.max_shown())
            .max(self.confirmed_or_moved());
    }

    /// The number of bytes confirmed or in flight, below the size until the object is confirmed.
    fn confirmed_or_moved(&self) -> u64 {
        self.confirmed()
            .saturating_add(self.moved())
            .min(self.max_shown())
    }

    fn max_shown(&self) -> u64 {
        match self.state {
            State::Completed(_) => self.info.size,
            _ => self.info.size.saturating_sub(1),
        }
    }

    /// Enters `Waiting` when a wait is set and nothing is in flight any more.
    pub fn enter_wait(&mut self) {
        if !self.requests.is_empty() {
            return;
        }
        if let Some(Wait { until, reason }) = self.retry.wait.as_deref().cloned()
            && matches!(
                self.state,
                State::Queued { held: false } | State::Uploading(_) | State::Completing(_)
            )
        {
            self.change_state(|state| state.waiting(until, reason));
        }
    }

    /// Ends the wait.
    pub fn end_wait(&mut self) {
        self.retry.wait = None;
        if matches!(self.state, State::Waiting { .. }) {
            self.change_state(State::active);
        }
    }
}
