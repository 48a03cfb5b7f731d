//! The availability of the backend and of the store, derived from their answers.

use core::time::Duration;

use crate::error::{Side, UploadError};
use crate::ids::RequestId;
use crate::snapshot::Outage;
use crate::time::Instant;

/// The number of failures in a row from which on the likely cause is named.
pub(super) const NAMED_FROM: u32 = 3;
/// The time after which a side is given up that never gave this queue a proper answer, and whose answers cannot be
/// read or are web pages. The cause is then more likely a wrong configuration than an outage.
const NEVER_ANSWERED_LIMIT: Duration = Duration::from_mins(2);

/// The availability of one side, derived from its answers.
#[derive(Debug, Default)]
pub(super) struct Availability {
    /// The number of proper answers so far.
    pub answers: u64,
    /// The number of failures in a row since the last proper answer. Failures of requests that were in flight
    /// together count once.
    pub failures: u32,
    /// The last request that had been made when a failure was counted.
    pub counted_up_to: Option<RequestId>,
    /// The time of the first of the failures in a row.
    pub failing_since: Option<Instant>,
    /// The time of the first of the latest failures in a row that were unreadable answers or web pages.
    pub unreadable_since: Option<Instant>,
    /// The probes of an outage; `None` while there is no outage.
    pub probing: Option<Probing>,
}

/// The probes of an outage: the next one, and the one in flight.
#[derive(Debug)]
pub(super) struct Probing {
    /// The latest failure.
    pub error: UploadError,
    /// The time from which on the next probe may be sent.
    pub next: Instant,
    /// The pause before the next probe.
    pub pause: Duration,
    /// True if a probe may be sent.
    pub armed: bool,
    /// The probe in flight.
    pub request: Option<RequestId>,
    /// The time until which the limit is put off.
    pub grace: Option<Instant>,
}

/// Both sides.
#[derive(Debug, Default)]
pub(super) struct AvailabilityBySide {
    pub backend: Availability,
    pub store: Availability,
}

impl AvailabilityBySide {
    pub const fn of(&self, side: Side) -> &Availability {
        match side {
            Side::Backend => &self.backend,
            Side::Store => &self.store,
        }
    }

    pub const fn of_mut(&mut self, side: Side) -> &mut Availability {
        match side {
            Side::Backend => &mut self.backend,
            Side::Store => &mut self.store,
        }
    }
}

impl Availability {
    /// The number of proper answers so far.
    pub const fn answers(&self) -> u64 {
        self.answers
    }

    /// True if a request to this side may be sent.
    pub fn may_send(&self) -> bool {
        self.probing
            .as_ref()
            .is_none_or(|probing| probing.armed && probing.request.is_none())
    }

    /// True if this request is the probe in flight.
    pub fn is_probe(&self, request: RequestId) -> bool {
        self.probing
            .as_ref()
            .is_some_and(|probing| probing.request == Some(request))
    }

    /// The outage as a page shows it, and the time of the next probe; `None` without an outage.
    pub fn outage(&self, side: Side) -> Option<(Outage, Instant)> {
        let probing = self.probing.as_ref()?;
        let outage = Outage {
            side,
            is_named: self.failures >= NAMED_FROM && self.has_nameable_cause(&probing.error),
            error: probing.error.clone(),
        };
        Some((outage, probing.next))
    }

    /// Returns true if the failure has a cause that can be named. An unreadable answer has one only if the side never
    /// gave a readable one. A backend's refusal has one with status 500 or with a message.
    pub const fn has_nameable_cause(&self, error: &UploadError) -> bool {
        match error {
            UploadError::WebPage { .. } => true,
            UploadError::Unreadable(_) => self.answers == 0,
            UploadError::Backend(refusal) => refusal.status == 500 || refusal.message.is_some(),
            _ => false,
        }
    }

    /// Forgets the failures. Returns true if they were an outage.
    pub fn reset_failures(&mut self) -> bool {
        self.failures = 0;
        self.failing_since = None;
        self.unreadable_since = None;
        self.probing.take().is_some()
    }

    /// The time at which the side is given up; `None` without an outage or a limit.
    pub fn limit(&self, limit: Option<Duration>) -> Option<Instant> {
        let probing = self.probing.as_ref()?;
        let never_answered = self.unreadable_since.filter(|_| self.answers == 0);
        let ends = [
            limit.and_then(|limit| Some(self.failing_since? + limit)),
            never_answered.map(|since| since + NEVER_ANSWERED_LIMIT),
        ];
        let end = ends.into_iter().flatten().min()?;
        Some(probing.grace.map_or(end, |grace| grace.max(end)))
    }
}
