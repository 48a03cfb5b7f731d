//! The effects of a failure: a wait, a new signature, a new upload, a check of what is stored, or the end. The table in
//! [`retry`](crate::retry) decides between them; this file applies the decision.

use core::time::Duration;

use super::responses::{FailureContext, to_signed};
use super::{Queue, WaitEntry};
use crate::command::Notice;
use crate::error::{Side, Step, UploadError};
use crate::ids::{FileId, RequestId};
use crate::retry::{
    LONGEST_RETRY_AFTER, RetryDecision, backoff, decision, is_congestion, is_unanswered,
};
use crate::snapshot::WaitReason;
use crate::time::Instant;
use crate::upload::{ExistingObject, InFlightRequest, SentState, State, Transfer, Wait};
use s3_upload_types::limits::{KIB, MIB};

/// The number of bursts of signatures in a row that may be refused as expired.
const MOST_REPRESIGNED: u32 = 3;
/// The number of times that the store's list may be requested because parts are missing.
const MOST_RELISTED: u32 = 2;
/// The number of bytes from which on a connection that broke counts as progress. Fewer bytes may all be in the
/// system's buffer.
const MINIMUM_PROGRESS: u64 = 512 * KIB;
/// The same for a host that is known to answer, so that the request itself may be refused. It is higher because
/// proxies buffer as well.
const MINIMUM_PROGRESS_OF_CUT_OFF: u64 = 16 * MIB;
/// The number of times that a whole body is sent to a store whose answers cannot be read, if no backend can verify
/// the object.
const MOST_UNREAD: u32 = 3;
/// The wait after the first of these tries. It doubles with each further one.
const UNREAD_WAIT: Duration = Duration::from_secs(10);
/// The number of answers with status 500 after which the backend is no longer asked whether an object is stored.
const MOST_FAILED_VERIFICATIONS: u32 = 3;
/// The time for which `NoSuchUpload` can mean that an upload was completed, counted from the store's last sign of it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>
const LONGEST_AMBIGUITY: Duration = Duration::from_hours(6);

impl Queue {
    pub(super) fn handle_failure(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        known: FailureContext,
        error: UploadError,
    ) {
        if matches!(error, UploadError::Offline) {
            self.went_offline(now);
        }
        if self.offline.is_none() {
            if is_congestion(&error) {
                self.concurrency.congested(now);
            } else if matches!(error, UploadError::Network { step: Step::Send })
                && ended.moved() < MINIMUM_PROGRESS
            {
                self.concurrency.broken(now);
            }
        }
        let decision = decision(&error, ended.step);
        self.requeue(now, file, ended, decision, &error);
        if matches!(error, UploadError::Stalled { .. }) {
            self.lengthen_stall_time(file, ended);
        }
        let Some(upload) = self
            .uploads
            .get_mut(&file)
            .filter(|upload| upload.state.is_active())
        else {
            return;
        };
        if ended.step == Step::Create {
            upload.state = State::Queued { held: false };
        }
        if self.resolve_ambiguous_complete(now, file, ended.step, &error)
            || self.end_failed_verification(now, file, ended.step, decision, &error)
        {
            return;
        }
        match decision {
            RetryDecision::Retry => self.retry_after_wait(now, file, ended, known, error),
            RetryDecision::Once => self.retry_limited(now, file, ended, 1, error),
            RetryDecision::Twice => self.retry_limited(now, file, ended, 2, error),
            RetryDecision::Represign => self.represign(file, ended, error),
            RetryDecision::VerifyExisting => self.verify_existing(file, error),
            RetryDecision::Restart => self.restart(now, file, error),
            RetryDecision::Relist => self.relist(now, file, error),
            RetryDecision::Final => self.give_up(file, self.final_error(file, ended, error)),
        }
    }

    /// Repeats the request after a wait.
    fn retry_after_wait(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        known: FailureContext,
        error: UploadError,
    ) {
        self.verify_before_resend(file, ended, &error);
        let unread = self.count_unread(file, ended, &error);
        if unread >= MOST_UNREAD {
            self.give_up(file, error);
            return;
        }
        let reason = WaitReason::Backoff(error.clone());
        if is_unanswered(&error) && !known.has_newer_proper_answer {
            self.wait_for_outage(now, file, ended, known.was_probe, error);
        } else {
            self.retry_with_backoff(now, file, ended, error);
        }
        if unread > 0
            && self
                .uploads
                .get(&file)
                .is_some_and(|upload| upload.state.is_active())
        {
            let wait = UNREAD_WAIT.saturating_mul(2_u32.saturating_pow(unread - 1));
            self.wait(file, now + wait, reason);
        }
    }

    /// Marks the bytes of a failed request as unsent.
    fn requeue(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        decision: RetryDecision,
        error: &UploadError,
    ) {
        let unclear = matches!(
            decision,
            RetryDecision::Retry | RetryDecision::Once | RetryDecision::Twice
        );
        if let Some(payload) = &ended.payload {
            self.measure(now, file, -to_signed(payload.moved));
        }
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        match (upload.state.transfer_mut(), &ended.payload) {
            (Some(Transfer::Multipart(multi)), Some(payload)) => {
                if let Some(part) = payload.part {
                    multi.put_back(part);
                }
            }
            (Some(Transfer::Multipart(multi)), None) if ended.step == Step::Complete => {
                multi.in_doubt |= unclear && !is_client_refusal(error);
            }
            // A request that broke, or that the store answered with a transient failure, may have stored the object.
            (Some(Transfer::Single(single)), Some(_)) if unclear => single.mark_unknown(),
            _ => {}
        }
    }

    /// Lengthens the next stall time, because a request stalled. Requests of one burst count once.
    fn lengthen_stall_time(&mut self, file: FileId, ended: &InFlightRequest) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let retry = &mut upload.retry;
        if retry.counted_to.is_none_or(|to| ended.id > to) {
            retry.stalled = retry.stalled.saturating_add(1);
        }
        if let Some(payload) = &ended.payload {
            if payload.moved == payload.range.len() {
                self.slow_answers = self.slow_answers.max(retry.stalled);
            }
            self.link_speed.forget();
        }
    }

    /// Has the backend verify what is stored, before bytes that may have arrived are sent again.
    fn verify_before_resend(&mut self, file: FileId, ended: &InFlightRequest, error: &UploadError) {
        // A web page comes from a gateway that did not forward the request.
        let may_have_arrived =
            error.is_ambiguous() && !matches!(error, UploadError::WebPage { .. });
        let Some(payload) = ended.payload.as_ref().filter(|_| may_have_arrived) else {
            return;
        };
        // `fetch` reports no progress. A stall or an unreadable answer means that the body may have arrived.
        let silent = payload.moved == 0
            && matches!(
                error,
                UploadError::Stalled { .. } | UploadError::Unreadable(_)
            );
        if !silent && payload.moved < payload.range.len() {
            return;
        }
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        match &mut upload.state {
            State::Uploading(Transfer::Multipart(multi)) if !multi.unlisted => {
                multi.needs_list = true;
            }
            State::Uploading(Transfer::Single(single)) if single.can_verify() => {
                single.sent = SentState::Verifying;
                upload.change_state(State::completing);
            }
            _ => {}
        }
    }

    /// Counts the tries that sent the whole body of a single upload to a store whose answers this queue could never
    /// read, where no backend can verify the object. Further tries beyond a few give no new information. They are
    /// spread, since the failure of a gateway looks the same.
    fn count_unread(&mut self, file: FileId, ended: &InFlightRequest, error: &UploadError) -> u32 {
        let went_out = ended
            .payload
            .as_ref()
            .is_some_and(|payload| payload.moved > 0 && payload.moved == payload.range.len());
        let never = self.availability.of(Side::Store).answers() == 0;
        if !went_out || !never || !matches!(error, UploadError::Unreadable(_)) {
            return 0;
        }
        let Some(upload) = self.uploads.get_mut(&file) else {
            return 0;
        };
        if !matches!(upload.state, State::Uploading(Transfer::Single(_))) {
            return 0;
        }
        upload.retry.unread += 1;
        upload.retry.unread
    }

    /// Ends the verification of a single upload that the backend refuses, or answers with status 500 several times,
    /// as some backends do for a missing object. The file is sent again, and the verification is not repeated.
    /// Returns true if the verification ended.
    fn end_failed_verification(
        &mut self,
        now: Instant,
        file: FileId,
        step: Step,
        decision: RetryDecision,
        error: &UploadError,
    ) -> bool {
        let UploadError::Backend(refusal) = error else {
            return false;
        };
        let most = MOST_FAILED_VERIFICATIONS.min(self.config.max_attempts);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return false;
        };
        let asked = matches!(upload.state.transfer(),
            Some(Transfer::Single(single)) if single.sent == SentState::Verifying);
        if step != Step::Complete || !asked {
            return false;
        }
        if refusal.status == 500 {
            upload.retry.failed_verifications += 1;
        }
        let in_vain = upload.retry.failed_verifications >= most
            || matches!(decision, RetryDecision::Final | RetryDecision::Relist);
        if in_vain {
            self.resend_missing(now, file, true);
            if let Some(asked) = error.retry_after() {
                let until = now + asked.min(LONGEST_RETRY_AFTER);
                self.wait(file, until, WaitReason::Backoff(error.clone()));
            }
        }
        in_vain
    }

    /// Resolves a complete that got no clear answer. S3 does not know an upload that it has completed, so that
    /// `NoSuchUpload` then means success. The list of parts is requested first, where the backend has one, because a
    /// backend's `NoSuchUpload` may mean something else.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    fn resolve_ambiguous_complete(
        &mut self,
        now: Instant,
        file: FileId,
        step: Step,
        error: &UploadError,
    ) -> bool {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return false;
        };
        let Some(Transfer::Multipart(multi)) = upload.state.transfer_mut() else {
            return false;
        };
        // A completed upload has no list of parts, and stores refuse to list it with various errors.
        if step == Step::ListParts
            && has_no_list(error)
            && let Some(known) = multi.undescribed_success.take()
        {
            self.complete(file, *known);
            return true;
        }
        if step == Step::ListParts && is_unsupported(error) {
            multi.unlisted = true;
            multi.needs_list = false;
            if multi.in_doubt && multi.is_stored() && !multi.lacks_tags() {
                upload.change_state(State::completing);
            } else {
                self.proceed_after_store(file);
            }
            return true;
        }
        // Lifecycle rules remove uploads too, after a day at the earliest.
        if !multi.in_doubt
            || !is_no_such_upload(error)
            || now.since(multi.last_seen) > LONGEST_AMBIGUITY
        {
            return false;
        }
        match step {
            Step::Complete if !multi.unlisted => {
                multi.needs_list = true;
                upload.change_state(State::uploading);
            }
            Step::Complete | Step::ListParts => {
                let known = upload
                    .state
                    .transfer()
                    .map(Transfer::granted_object)
                    .unwrap_or_default();
                self.complete(file, known);
            }
            _ => return false,
        }
        true
    }

    /// Waits for the end of an outage, or for a backoff while the side is not in one. Costs no attempts.
    fn wait_for_outage(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        was_probe: bool,
        error: UploadError,
    ) {
        if self.offline.is_some() && error.is_ambiguous() {
            // The upload continues when the network is back, at no cost.
            return;
        }
        if self.config.max_attempts <= 1 {
            self.give_up(file, error);
            return;
        }
        let side = ended.step.side();
        let is_outage = self.record_failure(now, (ended.id, side), was_probe, &error);
        let last = RequestId(self.next_request);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let retry = &mut upload.retry;
        let of_a_burst = retry.counted_to.is_some_and(|to| ended.id <= to);
        if !of_a_burst {
            retry.counted_to = Some(last);
        }
        retry.attempts = retry.attempts.max(1);
        if !is_outage && !of_a_burst {
            let wait = self.backoff_time(1, &error);
            self.wait(file, now + wait, WaitReason::Backoff(error));
            return;
        }
        if let Some(asked) = error.retry_after() {
            let until = now + asked.min(LONGEST_RETRY_AFTER);
            self.wait(file, until, WaitReason::Backoff(error));
        }
    }

    /// The random wait before a retry.
    pub(super) fn backoff_time(&mut self, attempt: u32, error: &UploadError) -> Duration {
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        backoff(&mut self.random, base, cap, attempt, error.retry_after())
    }

    fn retry_with_backoff(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        error: UploadError,
    ) {
        if self.offline.is_some() && error.is_ambiguous() {
            // The upload continues when the network is back, at no cost.
            return;
        }
        let last = RequestId(self.next_request);
        let most = self.config.max_attempts;
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let retry = &mut upload.retry;
        let moved = ended.moved();
        let enough = match error {
            UploadError::CutOff { .. } => MINIMUM_PROGRESS_OF_CUT_OFF,
            _ => MINIMUM_PROGRESS,
        };
        let made_progress = error.is_ambiguous() && moved >= enough;
        if retry.counted_to.is_some_and(|to| ended.id <= to) {
            // A failure of the network ends all requests in flight, and counts once. The longest `Retry-After` of
            // them applies.
            if made_progress {
                retry.attempts = retry.attempts.min(1);
            }
            if let Some(asked) = error.retry_after() {
                let until = now + asked.min(LONGEST_RETRY_AFTER);
                self.wait(file, until, WaitReason::Backoff(error));
            }
            return;
        }
        if made_progress {
            retry.attempts = 0;
        }
        retry.attempts += 1;
        retry.counted_to = Some(last);
        let (attempts, budget) = (retry.attempts, retry.budget);
        retry.budget = budget.saturating_sub(1);
        if attempts >= most || budget == 0 {
            self.give_up(file, error);
            return;
        }
        let wait = if matches!(error, UploadError::CutOff { .. }) {
            // A proxy may be overloaded for a while, so that the few tries are spread.
            let seconds = 2_u64.saturating_pow(attempts.saturating_sub(1).min(5));
            Duration::from_secs(seconds).min(self.config.backoff_cap)
        } else {
            self.backoff_time(attempts, &error)
        };
        self.wait(file, now + wait, WaitReason::Backoff(error));
    }

    /// Makes the upload wait until `until`, unless it already waits for longer.
    fn wait(&mut self, file: FileId, until: Instant, reason: WaitReason) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        if let Some(before) = &upload.retry.wait {
            let until_before = before.until;
            if until_before >= until {
                return;
            }
            self.waits.remove(&WaitEntry {
                until: until_before,
                file,
            });
        }
        upload.retry.wait = Some(Box::new(Wait { until, reason }));
        self.waits.insert(WaitEntry { until, file });
    }

    /// Retries a failure `most` times. The requests of one burst count once.
    fn retry_limited(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        most: u32,
        error: UploadError,
    ) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let retry = &mut upload.retry;
        if retry.counted_to.is_none_or(|to| ended.id > to) {
            retry.repeated += 1;
        }
        if retry.repeated <= most {
            self.retry_with_backoff(now, file, ended, error);
        } else {
            self.give_up(file, self.final_error(file, ended, error));
        }
    }

    /// Replaces an expired signature. Parts are signed again; for a single upload a new URL is requested.
    fn represign(&mut self, file: FileId, ended: &InFlightRequest, error: UploadError) {
        let last = RequestId(self.next_request);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let retry = &mut upload.retry;
        if retry.represigned_to.is_some_and(|to| ended.id <= to) {
            // Signatures made together expire together, and were replaced together.
            return;
        }
        retry.represigned += 1;
        retry.represigned_to = Some(last);
        if retry.represigned > MOST_REPRESIGNED {
            let expired = matches!(&error, UploadError::Store(refusal)
                if refusal.message.as_deref().is_some_and(|text| text.contains("expired")));
            let error = if expired { UploadError::Expired } else { error };
            self.give_up(file, error);
            return;
        }
        match upload.state.transfer_mut() {
            Some(Transfer::Multipart(multi)) => multi.drop_signatures(),
            Some(Transfer::Single(_)) => upload.change_state(State::with_new_url),
            _ => {}
        }
    }

    /// Handles an object that exists already. If one of the upload's own tries may have stored it, the backend
    /// verifies it.
    fn verify_existing(&mut self, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let may_restart = !upload.retry.restarted;
        match upload.transition(|state| state.with_existing_object(may_restart)) {
            ExistingObject::Verify => {}
            ExistingObject::Restart => upload.retry.restarted = true,
            ExistingObject::Fail => self.give_up(file, error),
        }
    }

    /// Starts over with a new upload, once.
    pub(super) fn restart(&mut self, now: Instant, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        // A missing object of an ambiguous try costs no restart, because that try was counted as a failure.
        if matches!(upload.state.transfer(),
            Some(Transfer::Single(single)) if single.sent == SentState::Verifying)
        {
            self.resend_missing(now, file, false);
            return;
        }
        if core::mem::replace(&mut upload.retry.restarted, true) {
            self.give_up(file, error);
            return;
        }
        self.drop_requests(file);
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.state = State::Queued { held: false };
        }
    }

    /// Has the store's list requested, because the store does not hold parts that it confirmed.
    pub(super) fn relist(&mut self, now: Instant, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        if matches!(upload.state.transfer(), Some(Transfer::Multipart(multi)) if multi.unlisted) {
            // The missing parts are unknown. The upload is aborted, so that a retry does not use it either.
            let transfer = upload.transition(State::requeued);
            self.abort(now, file, &transfer);
            self.restart(now, file, error);
            return;
        }
        upload.retry.relisted += 1;
        let again = upload.retry.relisted <= MOST_RELISTED;
        if !upload.transition(|state| state.relisted(again)) {
            self.give_up(file, error);
        }
    }

    /// Replaces the error of a complete that failed for unreadable entity tags by the one that names CORS as the
    /// cause.
    fn final_error(
        &self,
        file: FileId,
        ended: &InFlightRequest,
        error: UploadError,
    ) -> UploadError {
        let untagged = self
            .uploads
            .get(&file)
            .and_then(|upload| upload.state.transfer())
            .is_some_and(
                |transfer| matches!(transfer, Transfer::Multipart(multi) if multi.tags().is_none()),
            );
        let cannot_list = match &error {
            UploadError::Backend(refusal) => matches!(refusal.status, 400 | 422),
            // This kind of backend cannot list the parts.
            UploadError::Unsupported(_) => true,
            _ => false,
        };
        if ended.step == Step::Complete && untagged && cannot_list {
            return UploadError::MissingETag;
        }
        error
    }

    /// Fails the upload. It stays failed until a retry.
    pub(super) fn give_up(&mut self, file: FileId, error: UploadError) {
        self.drop_requests(file);
        self.cancel_wait(file);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.change_state(|state| state.failed(error));
        self.settled.failed += 1;
        self.notify(Notice::Failed(file));
    }
}

/// Returns true if the error means that this kind of backend does not have the operation.
fn is_unsupported(error: &UploadError) -> bool {
    match error {
        UploadError::Unsupported(_) => true,
        UploadError::Backend(refusal) => {
            matches!(refusal.status, 404 | 405 | 501) && refusal.code.is_none()
        }
        _ => false,
    }
}

/// Returns true if the backend refused the request without processing it, with a status below 500.
fn is_client_refusal(error: &UploadError) -> bool {
    matches!(error, UploadError::Backend(refusal) if refusal.status < 500)
}

/// Returns true if the backend cannot list the upload. A refusal of the caller's credentials does not count.
fn has_no_list(error: &UploadError) -> bool {
    match error {
        UploadError::Backend(refusal) => {
            (400..500).contains(&refusal.status)
                && !matches!(refusal.status, 401 | 403)
                && !is_unanswered(error)
        }
        UploadError::Store(_) => is_no_such_upload(error),
        _ => is_unsupported(error),
    }
}

/// Returns true if S3 reports that it has no such multipart upload.
fn is_no_such_upload(error: &UploadError) -> bool {
    code(error) == Some("NoSuchUpload")
}

fn code(error: &UploadError) -> Option<&str> {
    match error {
        UploadError::Store(refusal) => refusal.code.as_deref(),
        UploadError::Backend(refusal) => refusal.code.as_deref(),
        _ => None,
    }
}
