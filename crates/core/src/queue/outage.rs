//! The outages of the backend and of the store, derived from their answers.
//!
//! A side that gives no proper answer to two requests in a row, and to none in between, is in an outage. Its uploads
//! then wait at no cost, and one request at a time is sent as a probe, with growing pauses. The first proper answer
//! ends the outage. A failure costs an upload one of its attempts only if the side answered another request
//! meanwhile.

use core::time::Duration;

use s3_upload_types::CollectVec;

use super::Queue;
use super::availability::{Availability, NAMED_FROM, Probing};
use crate::command::Notice;
use crate::error::{Side, UploadError};
use crate::event::Answer;
use crate::ids::{FileId, RequestId};
use crate::retry::{LONGEST_RETRY_AFTER, is_unanswered};
use crate::snapshot::WaitReason;
use crate::time::Instant;
use crate::upload::InFlightRequest;

/// The pause before the first probe. It is doubled up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// Failures in a row from which on a side is in an outage.
const OUTAGE_FROM: u32 = 2;

/// The time after which an outage whose due probe was not sent is no longer known to last.
const STALE: Duration = Duration::from_mins(2);

/// The interval of the checks for uploads that wait for a side beyond its limit.
const GRACE: Duration = Duration::from_secs(1);

/// Returns true if the answer must come from this side, and does not indicate an outage.
fn is_proper(side: Side, answer: &Result<Answer, UploadError>) -> bool {
    match answer {
        Ok(_) => true,
        // A URL that no browser accepts is the other side's mistake, and was never requested.
        Err(UploadError::Malformed {
            step,
            is_incomplete,
            ..
        }) => step.side() == side && !is_incomplete,
        Err(
            error @ (UploadError::Store(_)
            | UploadError::Backend(_)
            | UploadError::Expired
            | UploadError::MissingETag),
        ) => !is_unanswered(error),
        Err(_) => false,
    }
}

/// Returns true if the wait has its cause in a missing answer of this side, so that the side's answer to another
/// request ends it.
fn is_wait_for_side(side: Side, reason: &WaitReason) -> bool {
    match reason {
        WaitReason::Outage(outage) => outage.side == side,
        WaitReason::Backoff(UploadError::Network { step } | UploadError::Stalled { step, .. }) => {
            step.side() == side
        }
        WaitReason::Offline | WaitReason::Backoff(_) => false,
    }
}

impl Queue {
    /// Returns true if the request is the probe of an outage.
    pub(super) fn is_probe(&self, request: RequestId) -> bool {
        Side::BOTH
            .into_iter()
            .any(|side| self.availability.of(side).is_probe(request))
    }

    /// Returns true if a request to this side may be sent now.
    pub(super) fn may_request(&self, side: Side) -> bool {
        self.may_send() && self.availability.of(side).may_send()
    }

    /// Handles the answer of this side to a request. A proper answer ends the side's outage, unless the request is
    /// older than the outage.
    pub(super) fn record_answer(
        &mut self,
        side: Side,
        request: RequestId,
        answer: &Result<Answer, UploadError>,
    ) {
        if !is_proper(side, answer) {
            return;
        }
        let availability = self.availability.of_mut(side);
        let is_older = availability.counted_up_to.is_some_and(|to| request <= to);
        match &mut availability.probing {
            // The backend may have answered before the outage began. A store answers a body only after it has all of
            // it.
            Some(probing) if is_older && side == Side::Backend => {
                availability.answers += 1;
                probing.pause = FIRST_PAUSE;
                probing.armed = probing.request.is_none();
            }
            _ => self.record_proper_answer(side),
        }
    }

    /// Records a proper answer of the side, and ends its outage.
    pub(super) fn record_proper_answer(&mut self, side: Side) {
        let availability = self.availability.of_mut(side);
        availability.answers += 1;
        if availability.reset_failures() {
            self.end_waits_for(|reason| is_wait_for_side(side, reason));
            self.refresh_active();
            self.notify(Notice::Available(side));
        }
    }

    /// Returns true if the side gave a proper answer to another request since this one was sent.
    pub(super) fn has_newer_proper_answer(&self, ended: &InFlightRequest) -> bool {
        self.availability.of(ended.step.side()).answers > ended.answers_when_sent
    }

    /// Records that a request got no proper answer, and that no other request got one since it was sent. Returns true
    /// if the side is in an outage now.
    pub(super) fn record_failure(
        &mut self,
        now: Instant,
        (request, side): (RequestId, Side),
        was_probe: bool,
        error: &UploadError,
    ) -> bool {
        let last = RequestId(self.next_request);
        let asked = error.retry_after().unwrap_or_default();
        let availability = self.availability.of_mut(side);
        if availability.counted_up_to.is_none_or(|to| request > to) {
            availability.failures = availability.failures.saturating_add(1);
            availability.counted_up_to = Some(last);
        }
        availability.failing_since.get_or_insert(now);
        match error {
            UploadError::Unreadable(_) | UploadError::WebPage { .. } => {
                availability.unreadable_since.get_or_insert(now);
            }
            _ => availability.unreadable_since = None,
        }
        let failures = availability.failures;
        if failures < OUTAGE_FROM {
            return false;
        }
        let pause = match &availability.probing {
            None => FIRST_PAUSE,
            Some(probing) if was_probe => (probing.pause * 2).min(LAST_PAUSE),
            // The request was in flight when the outage began.
            Some(_) => return true,
        };
        let is_new = availability.probing.is_none();
        // The jitter spreads the probes of many pages that wait for the same server.
        let spread = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) / 5;
        let jitter = Duration::from_millis(self.random.below(spread.max(1)));
        let wait = pause
            .saturating_sub(jitter)
            .max(asked.min(LONGEST_RETRY_AFTER));
        let availability = self.availability.of_mut(side);
        availability.probing = Some(Probing {
            error: error.clone(),
            next: now + wait,
            pause,
            armed: false,
            request: None,
            grace: None,
        });
        let is_named =
            availability.failures == NAMED_FROM && availability.has_nameable_cause(error);
        if is_new || is_named {
            self.refresh_active();
            if let Some((outage, _)) = self.availability.of(side).outage(side) {
                self.notify(Notice::Unavailable(outage));
            }
        }
        true
    }

    /// The time from which on the next probe of this side may be sent; `None` without an outage.
    pub(super) fn next_attempt(&self, side: Side) -> Option<Instant> {
        let probing = self.availability.of(side).probing.as_ref()?;
        Some(probing.next)
    }

    /// Records that a request was sent. During an outage it is the probe.
    pub(super) fn record_sent(&mut self, side: Side, request: RequestId) {
        if let Some(probing) = &mut self.availability.of_mut(side).probing {
            probing.armed = false;
            probing.request = Some(request);
        }
    }

    /// Records that a request ended, for any reason. If it was the probe, another one may be sent.
    pub(super) fn record_end(&mut self, side: Side, request: RequestId) {
        if let Some(probing) = &mut self.availability.of_mut(side).probing
            && probing.request == Some(request)
        {
            probing.request = None;
            probing.armed = true;
        }
    }

    /// Allows a probe for each side whose pause is over.
    pub(super) fn arm_probes(&mut self, now: Instant) {
        for side in Side::BOTH {
            if let Some(probing) = &mut self.availability.of_mut(side).probing
                && probing.request.is_none()
                && probing.next <= now
            {
                probing.armed = true;
            }
        }
    }

    /// Allows a probe of both sides at once, because the network is back. Their limits start anew.
    pub(super) fn arm_probes_at_once(&mut self) {
        for side in Side::BOTH {
            let availability = self.availability.of_mut(side);
            availability.failing_since = None;
            availability.unreadable_since = None;
            if let Some(probing) = &mut self.availability.of_mut(side).probing
                && probing.request.is_none()
            {
                probing.armed = true;
                probing.pause = FIRST_PAUSE;
            }
        }
    }

    /// The time of the next probe; `None` where no outage needs one.
    pub(super) fn outage_probe_due(&self) -> Option<Instant> {
        let of = |(_, probing): (&Availability, &Probing)| (!probing.armed).then_some(probing.next);
        self.idle_outages().filter_map(of).min()
    }

    /// The time at which the uploads that wait for a side fail; `None` where no outage has a limit.
    pub(super) fn outage_limit_due(&self) -> Option<Instant> {
        let limit = self.config.outage_limit;
        self.idle_outages()
            .filter_map(|(availability, _)| availability.limit(limit))
            .min()
    }

    /// The outages that have no probe in flight and whose end something waits for. There are none while the network
    /// is believed gone.
    fn idle_outages(&self) -> impl Iterator<Item = (&Availability, &Probing)> {
        let sides = Side::BOTH
            .into_iter()
            .filter(|side| self.offline.is_none() && self.has_request_for(*side));
        sides.filter_map(|side| {
            let availability = self.availability.of(side);
            let probing = availability.probing.as_ref()?;
            probing.request.is_none().then_some((availability, probing))
        })
    }

    /// Returns true if a request waits for this side.
    fn has_request_for(&self, side: Side) -> bool {
        self.ready.wants(side) || (side == Side::Backend && self.cleanup.next_due().is_some())
    }

    /// Fails the uploads that wait for a side beyond its limit. While a probe is in flight they are kept.
    pub(super) fn end_outages(&mut self, now: Instant) {
        if self.offline.is_some() {
            return;
        }
        for side in Side::BOTH {
            let availability = self.availability.of(side);
            let over = availability
                .limit(self.config.outage_limit)
                .is_some_and(|limit| limit <= now);
            let Some(error) = availability
                .probing
                .as_ref()
                .filter(|probing| over && probing.request.is_none())
                .map(|probing| probing.error.clone())
            else {
                continue;
            };
            let waiting: Vec<FileId> = self
                .uploads
                .iter()
                .filter(|(_, upload)| upload.awaited_side() == Some(side))
                .map(|(file, _)| file)
                .collect_vec();
            let is_stale = availability
                .probing
                .as_ref()
                .is_some_and(|probing| probing.next + STALE < now);
            if waiting.is_empty() && !is_stale && self.totals.active() > 0 {
                // An upload may be asking the other side at this time whether its object is stored.
                if let Some(probing) = &mut self.availability.of_mut(side).probing {
                    probing.grace = Some(now + GRACE);
                }
                continue;
            }
            if self.availability.of_mut(side).reset_failures() {
                self.notify(Notice::Available(side));
            }
            if is_stale {
                // No probe was sent for long, so that the state of the side is unknown.
                self.refresh_active();
                continue;
            }
            for file in waiting {
                self.give_up(file, error.clone());
                self.refresh_derived(file);
            }
            self.refresh_active();
        }
    }
}
