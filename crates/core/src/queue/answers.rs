//! What an answer means: progress, success, and every kind of failure.

use super::{Errand, Queue};
use crate::command::Notice;
use crate::error::{Step, UploadError};
use crate::event::Answer;
use crate::grant::{Grant, GrantPlan, Method, SignedRequest};
use crate::ids::{ETag, FileId, RequestId};
use crate::limits::KIB;
use crate::retry::{Verdict, backoff, is_congestion, verdict};
use crate::snapshot::{StoredObject, WaitReason};
use crate::time::Instant;
use crate::upload::{Request, State, Work};

/// Signatures in a row that may be refused as expired.
const MOST_RESIGNED: u32 = 3;
/// Times in a row that the store's list may be asked for.
const MOST_RELISTED: u32 = 2;
/// A connection that carried more than this before it broke had made headway, in bytes: less may
/// be no more than what the system buffers.
const HEADWAY: u64 = 512 * KIB;

impl Queue {
    pub(super) fn progressed(&mut self, now: Instant, request: RequestId, moved: u64) {
        let Some(file) = self.owners.get(&request).copied() else {
            return;
        };
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let Some(found) = upload.requests.get_mut(&request) else {
            return;
        };
        let Some(payload) = &mut found.payload else {
            return;
        };
        let moved = moved.min(payload.range.len());
        if moved <= payload.moved {
            return;
        }
        let more = moved - payload.moved;
        payload.moved = moved;
        found.deadline = now + self.config.stall_time;
        upload.meter.record(now, signed(more));
        self.meter.record(now, signed(more));
        self.lanes.record(now, more, self.lanes_in_use);
        if self.offline.is_some() {
            self.came_online();
        }
        self.touch(file);
    }

    pub(super) fn answered(
        &mut self,
        now: Instant,
        request: RequestId,
        answer: Result<Answer, UploadError>,
    ) {
        let reached = answer
            .as_ref()
            .map_or_else(|error| !error.is_ambiguous(), |_| true);
        if reached && self.offline.is_some() {
            self.came_online();
        }
        if self.errand_answered(now, request, &answer) {
            return;
        }
        let Some((ended, file)) = self.end_request(now, request) else {
            return;
        };
        match answer {
            Ok(answer) => self.succeeded(now, file, &ended, answer),
            Err(error) => self.failed(now, file, &ended, error),
        }
        self.touch(file);
    }

    /// Takes a request out of the books; `None` when it is not in them any more.
    pub(super) fn end_request(&mut self, now: Instant, id: RequestId) -> Option<(Request, FileId)> {
        let file = self.owners.remove(&id)?;
        let upload = self.uploads.get_mut(&file)?;
        let request = upload.requests.remove(&id)?;
        if let Some(payload) = &request.payload {
            self.lanes_in_use = self.lanes_in_use.saturating_sub(1);
            // Until the store confirms them, the bytes count as lost.
            upload.meter.record(now, -signed(payload.moved));
            self.meter.record(now, -signed(payload.moved));
        } else {
            self.backend_in_use = self.backend_in_use.saturating_sub(1);
        }
        if request.step == Step::Create {
            self.creating = self.creating.saturating_sub(1);
        }
        Some((request, file))
    }

    fn errand_answered(
        &mut self,
        now: Instant,
        request: RequestId,
        answer: &Result<Answer, UploadError>,
    ) -> bool {
        if let Some((mut errand, _)) = self.errands.in_flight.remove(&request) {
            self.backend_in_use = self.backend_in_use.saturating_sub(1);
            if let Err(error) = answer
                && verdict(error, Step::Abort) == Verdict::Retry
                && errand.attempts + 1 < self.config.max_attempts
            {
                errand.attempts += 1;
                let wait = self.backoff(errand.attempts, error);
                self.errands.add(now + wait, errand);
            }
            return true;
        }
        if let Some((file, _)) = self.errands.orphans.remove(&request) {
            self.backend_in_use = self.backend_in_use.saturating_sub(1);
            self.creating = self.creating.saturating_sub(1);
            if let Ok(Answer::Granted(Grant {
                id: Some(id),
                plan: GrantPlan::Multipart { .. },
                ..
            })) = answer
            {
                self.errands.add(
                    now,
                    Errand {
                        file,
                        id: id.clone(),
                        attempts: 0,
                    },
                );
            }
            return true;
        }
        false
    }

    fn backoff(&mut self, attempt: u32, error: &UploadError) -> core::time::Duration {
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        backoff(&mut self.random, base, cap, attempt, error.retry_after())
    }

    fn succeeded(&mut self, now: Instant, file: FileId, ended: &Request, answer: Answer) {
        match (ended.step, answer) {
            (Step::Create, Answer::Granted(grant)) => self.granted(now, file, grant),
            (Step::SignParts, Answer::Signed(parts)) => {
                let Some(upload) = self.uploads.get_mut(&file) else {
                    return;
                };
                if let Some(Work::Multi(multi)) = upload.state.work_mut() {
                    let ready = multi.ready();
                    multi.keep_signed(now, parts);
                    if multi.ready() == ready {
                        let error = UploadError::Malformed {
                            step: Step::SignParts,
                            expected: "a URL for each part that was asked for".to_owned(),
                            got: "no URL for any of them".to_owned(),
                        };
                        self.give_up(now, file, error);
                    }
                }
            }
            (Step::ListParts, Answer::Listed(parts)) => {
                let Some(upload) = self.uploads.get_mut(&file) else {
                    return;
                };
                let in_flight = upload.parts_in_flight();
                if let State::Uploading(Work::Multi(multi)) = &mut upload.state {
                    multi.reconcile(parts, &in_flight);
                    self.go_on(file);
                }
            }
            (Step::Send, Answer::Sent(etag)) => self.sent(now, file, ended, etag),
            (Step::Complete, Answer::Confirmed(stored)) => self.complete(file, stored),
            (step, _) => {
                let error = UploadError::Malformed {
                    step,
                    expected: "the answer to this request".to_owned(),
                    got: "the answer to another one".to_owned(),
                };
                self.give_up(now, file, error);
            }
        }
    }

    fn granted(&mut self, now: Instant, file: FileId, grant: Grant) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let got = match &grant.plan {
            GrantPlan::Multipart { part_size } if grant.id.is_some() => {
                format!(
                    "parts of {part_size} bytes for a file of {} bytes",
                    upload.info.size
                )
            }
            _ => "a multipart upload without an id".to_owned(),
        };
        let Some(work) = Work::granted(now, upload.info.size, grant) else {
            let expected = "parts of 5 MiB to 5 GiB, at most 10,000 of them, and an id".to_owned();
            self.give_up(
                now,
                file,
                UploadError::Malformed {
                    step: Step::Create,
                    expected,
                    got,
                },
            );
            return;
        };
        upload.patience.attempts = 0;
        upload.state = match upload.state {
            State::Paused(_) => State::Paused(work),
            _ => State::going_on(work),
        };
    }

    fn sent(&mut self, now: Instant, file: FileId, ended: &Request, etag: Option<ETag>) {
        let (Some(payload), Some(upload)) = (&ended.payload, self.uploads.get_mut(&file)) else {
            return;
        };
        let bytes = payload.range.len();
        upload.meter.record(now, signed(bytes));
        self.meter.record(now, signed(bytes));
        self.lanes.record(
            now,
            bytes.saturating_sub(payload.moved),
            self.lanes_in_use + 1,
        );
        upload.patience.headway();
        match upload.state.work_mut() {
            Some(Work::Multi(multi)) => {
                if let Some(part) = payload.part {
                    multi.store(part, etag);
                }
            }
            Some(Work::Single(single)) => single.sent = Some(etag),
            _ => return,
        }
        self.go_on(file);
    }

    /// After something was stored: more to send, to confirm, or done.
    fn go_on(&mut self, file: FileId) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let State::Uploading(work) = &upload.state else {
            return;
        };
        if !work.is_sent() {
            return;
        }
        let work = upload.take_state().into_work();
        // A backend that gave no id has no say in the end: the store's answer is the proof.
        if let Work::Single(single) = &work
            && single.id.is_none()
        {
            let stored = stored_unconfirmed(
                &single.signed.request,
                single.key.as_ref().map(ToString::to_string),
                single.sent.clone().flatten(),
            );
            upload.state = State::Completing(work);
            self.complete(file, stored);
            return;
        }
        upload.state = State::Completing(work);
    }

    fn complete(&mut self, file: FileId, stored: StoredObject) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.state = State::Completed(stored);
        upload.patience.attempts = 0;
        self.settled.0 += 1;
        self.notify(Notice::Succeeded(file));
    }

    fn failed(&mut self, now: Instant, file: FileId, ended: &Request, error: UploadError) {
        if is_congestion(&error) && self.offline.is_none() {
            self.lanes.congested(now);
        }
        let mut verdict = verdict(&error, ended.step);
        self.take_back(file, ended, verdict);
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
        if verdict == Verdict::Once {
            verdict = if core::mem::replace(&mut upload.patience.once, true) {
                Verdict::Final
            } else {
                Verdict::Retry
            };
        }
        match verdict {
            Verdict::Retry => self.back_off(now, file, ended, error),
            Verdict::Resign => self.resign(now, file, error),
            Verdict::Exists => self.exists(now, file, error),
            Verdict::Restart => {
                if core::mem::replace(&mut upload.patience.restarted, true) {
                    self.give_up(now, file, error);
                } else {
                    self.drop_requests(now, file);
                    self.start_over(file);
                }
            }
            Verdict::Relist => {
                upload.patience.relisted += 1;
                let again = upload.patience.relisted <= MOST_RELISTED;
                match upload.take_state().into_work() {
                    Work::Multi(mut multi) if again => {
                        multi.unsure = true;
                        upload.state = State::Uploading(Work::Multi(multi));
                    }
                    work => {
                        upload.state = State::going_on(work);
                        self.give_up(now, file, error);
                    }
                }
            }
            Verdict::Once | Verdict::Final => {
                self.give_up(now, file, self.final_error(file, ended, error))
            }
        }
    }

    /// What a failed request had in flight is to be sent again.
    fn take_back(&mut self, file: FileId, ended: &Request, verdict: Verdict) {
        let (Some(payload), Some(upload)) = (&ended.payload, self.uploads.get_mut(&file)) else {
            return;
        };
        match upload.state.work_mut() {
            Some(Work::Multi(multi)) => {
                if let Some(part) = payload.part {
                    multi.put_back(part);
                    if verdict == Verdict::Resign {
                        multi.drop_signature(part);
                    }
                }
            }
            // A request that broke, or that the store lost its head over, may have arrived.
            Some(Work::Single(single)) if verdict == Verdict::Retry => single.may_exist = true,
            _ => {}
        }
    }

    fn back_off(&mut self, now: Instant, file: FileId, ended: &Request, error: UploadError) {
        if self.offline.is_some() && error.is_ambiguous() {
            // Being offline costs nothing: it goes on when the network does.
            return;
        }
        let most = self.config.max_attempts;
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let patience = &mut upload.patience;
        if patience.gate.is_some()
            && patience
                .counted
                .is_some_and(|counted| ended.started <= counted)
        {
            // One cut of the network fails all requests in flight: one failure, not several.
            return;
        }
        let moved = ended.payload.as_ref().map_or(0, |payload| payload.moved);
        if error.is_ambiguous() && moved >= HEADWAY {
            patience.attempts = 0;
        }
        patience.attempts += 1;
        patience.counted = Some(now);
        let (attempts, budget) = (patience.attempts, patience.budget);
        patience.budget = budget.saturating_sub(1);
        if attempts >= most || budget == 0 {
            self.give_up(now, file, error);
            return;
        }
        let until = now + self.backoff(attempts, &error);
        self.close_gate(file);
        self.gates.insert((until, file));
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.patience.gate = Some((until, WaitReason::Backoff(error)));
        }
    }

    /// The signature is no longer good. The part's was dropped already; a single upload is asked
    /// for anew.
    fn resign(&mut self, now: Instant, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.patience.resigned += 1;
        // A burst of parts signed together expires together.
        let most = if matches!(upload.state.work(), Some(Work::Multi(_))) {
            MOST_RESIGNED * u32::from(self.config.max_lanes.max(1)) * 2
        } else {
            MOST_RESIGNED
        };
        if upload.patience.resigned > most {
            let expired = matches!(&error, UploadError::Store(refusal)
                if refusal.message.as_deref().is_some_and(|text| text.contains("expired")));
            self.give_up(
                now,
                file,
                if expired { UploadError::Expired } else { error },
            );
        } else if matches!(upload.state.work(), Some(Work::Single(_))) {
            self.start_over(file);
        }
    }

    /// The object exists. If one of our own tries may have made it, the backend can tell.
    fn exists(&mut self, now: Instant, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        match upload.take_state().into_work() {
            Work::Single(mut single) if single.may_exist && single.id.is_some() => {
                single.sent = Some(None);
                upload.state = State::Completing(Work::Single(single));
            }
            Work::Single(single) if single.may_exist && !upload.patience.restarted => {
                // Nobody can tell whether it is ours: send it once more under another key.
                upload.patience.restarted = true;
                upload.state = State::going_on(Work::Unsigned);
            }
            work => {
                upload.state = State::going_on(work);
                self.give_up(now, file, error);
            }
        }
    }

    fn start_over(&mut self, file: FileId) {
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.state = State::Queued { held: false };
        }
    }

    /// A complete that failed because no tag could be read has CORS for its cause.
    fn final_error(&self, file: FileId, ended: &Request, error: UploadError) -> UploadError {
        let untagged = self
            .uploads
            .get(&file)
            .and_then(|upload| upload.state.work())
            .is_some_and(|work| matches!(work, Work::Multi(multi) if multi.tags().is_none()));
        match &error {
            UploadError::Backend(refusal)
                if ended.step == Step::Complete
                    && untagged
                    && matches!(refusal.status, 400 | 422) =>
            {
                UploadError::MissingETag
            }
            _ => error,
        }
    }

    fn give_up(&mut self, now: Instant, file: FileId, error: UploadError) {
        self.drop_requests(now, file);
        self.close_gate(file);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.patience.gate = None;
        let work = upload.take_state().into_work();
        upload.state = State::Failed { work, error };
        self.settled.1 += 1;
        self.notify(Notice::Failed(file));
    }
}

/// What is known of an object that no backend confirmed.
fn stored_unconfirmed(
    request: &SignedRequest,
    key: Option<String>,
    etag: Option<ETag>,
) -> StoredObject {
    let location = match &request.method {
        Method::Put => Some(request.url.redacted().to_owned()),
        Method::Post { .. } => key
            .as_ref()
            .map(|key| format!("{}/{key}", request.url.redacted().trim_end_matches('/'))),
    };
    StoredObject {
        key,
        etag,
        location,
        ..StoredObject::default()
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
