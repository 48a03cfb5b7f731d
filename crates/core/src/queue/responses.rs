//! The effects of responses: progress and successes. The effects of failures are in `failures`.

use super::Queue;
use super::network::proves_network;
use super::schedule::stall_time_after;
use crate::command::Notice;
use crate::error::{Side, Step, UploadError};
use crate::event::{Answer, Receipt};
use crate::grant::{Grant, GrantPlan};
use crate::ids::{FileId, RequestId};
use crate::snapshot::StoredObject;
use crate::time::Instant;
use crate::upload::{InFlightRequest, SentState, SingleTransfer, State, Transfer};

/// The circumstances of a request that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailureContext {
    /// True if the side gave a proper answer to another request since this one was sent.
    pub has_newer_proper_answer: bool,
    /// True if the request was the probe of an outage.
    pub was_probe: bool,
}

impl Queue {
    pub(super) fn handle_progress(&mut self, now: Instant, request: RequestId, moved: u64) {
        let Some(file) = self.owners.get(&request).copied() else {
            return;
        };
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let stalled = upload.retry.stalled;
        let Some(found) = upload.requests.get_mut(&request) else {
            return;
        };
        found.last_moved = now;
        let Some(payload) = &mut found.payload else {
            if found.step != Step::Complete {
                found.deadline = now + found.stall_time;
            }
            return;
        };
        let moved = moved.min(payload.range.len());
        if moved <= payload.moved {
            return;
        }
        let more = moved - payload.moved;
        payload.moved = moved;
        found.stall_time = if moved == payload.range.len() {
            let base = self.config.answer_time.max(self.config.stall_time);
            stall_time_after(base, stalled.max(self.slow_answers))
        } else {
            stall_time_after(self.config.stall_time, stalled)
        };
        found.deadline = now + found.stall_time;
        self.measure(now, file, to_signed(more));
        self.concurrency.record(now, more, self.in_flight.store());
        self.moved_while_offline(request);
        self.refresh_derived(file);
    }

    pub(super) fn handle_answer(
        &mut self,
        now: Instant,
        request: RequestId,
        answer: Result<Answer, UploadError>,
    ) {
        if self.offline.is_some() && proves_network(&answer) {
            self.came_online();
        }
        if self.cleanup_answered(now, request, &answer) {
            return;
        }
        let was_probe = self.is_probe(request);
        let Some((ended, file)) = self.end_request(request) else {
            return;
        };
        let others = self.has_newer_proper_answer(&ended);
        self.record_answer(ended.step.side(), request, &answer);
        match answer {
            Ok(answer) => self.handle_success(now, file, &ended, answer),
            Err(error) => self.handle_failure(
                now,
                file,
                &ended,
                FailureContext {
                    has_newer_proper_answer: others,
                    was_probe,
                },
                error,
            ),
        }
        self.refresh_derived(file);
    }

    /// Removes a request from the table; `None` when it is not in flight any more.
    pub(super) fn end_request(&mut self, id: RequestId) -> Option<(InFlightRequest, FileId)> {
        let file = self.owners.remove(&id)?;
        let upload = self.uploads.get_mut(&file)?;
        let request = upload.requests.remove(&id)?;
        self.in_flight.remove(request.step);
        self.record_end(request.step.side(), id);
        Some((request, file))
    }

    /// Records bytes for the speed of a file and of all files.
    pub(super) fn measure(&mut self, now: Instant, file: FileId, bytes: i64) {
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.meter.record(now, bytes);
        }
        self.meter.record(now, bytes);
    }

    fn handle_success(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        answer: Answer,
    ) {
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.retry.repeated = 0;
        }
        match (ended.step, answer) {
            (Step::Create, Answer::Granted(grant)) => self.handle_grant(now, file, grant),
            (Step::SignParts, Answer::Signed(parts)) => {
                let Some(upload) = self.uploads.get_mut(&file) else {
                    return;
                };
                if let Some(Transfer::Multipart(multi)) = upload.state.transfer_mut() {
                    let ready = multi.ready();
                    multi.keep_signed(now, parts);
                    if multi.ready() == ready {
                        let error = UploadError::Malformed {
                            step: Step::SignParts,
                            expected: "a URL for each part that was asked for".to_owned(),
                            got: "no URL for any of them".to_owned(),
                            is_incomplete: false,
                        };
                        self.give_up(file, error);
                    }
                }
            }
            (Step::ListParts, Answer::Listed(parts)) => {
                let Some(upload) = self.uploads.get_mut(&file) else {
                    return;
                };
                let in_flight = upload.parts_in_flight();
                if let State::Uploading(Transfer::Multipart(multi)) = &mut upload.state {
                    let before = multi.confirmed();
                    multi.reconcile(parts, &in_flight);
                    multi.last_seen = now;
                    if multi.confirmed() > before {
                        // The store accepted parts whose answers could not be read.
                        upload.retry.made_progress();
                        self.record_proper_answer(Side::Store);
                    }
                    self.proceed_after_store(file);
                }
            }
            (Step::Send, Answer::Sent(receipt)) => self.handle_sent(now, file, ended, receipt),
            (Step::Complete, Answer::Confirmed(stored)) => self.handle_confirmed(now, file, stored),
            (Step::Complete, Answer::Unconfirmed(known)) => {
                self.handle_unconfirmed(now, file, known);
            }
            (step, _) => {
                let error = UploadError::Malformed {
                    step,
                    expected: "the answer to this request".to_owned(),
                    got: "the answer to another one".to_owned(),
                    is_incomplete: false,
                };
                self.give_up(file, error);
            }
        }
    }

    fn handle_grant(&mut self, now: Instant, file: FileId, grant: Grant) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let size = upload.info.size;
        let (id, plan) = (grant.id.clone(), grant.plan.clone());
        if plan == GrantPlan::Stored {
            let stored = StoredObject {
                key: grant.key.as_ref().map(ToString::to_string),
                value: grant.value,
                ..StoredObject::default()
            };
            self.complete(file, stored);
            return;
        }
        if let Some(transfer) = Transfer::granted(now, size, grant) {
            upload.retry.attempts = 0;
            upload.state = match upload.state {
                State::Paused(_) => State::Paused(transfer),
                _ => State::resumed(transfer),
            };
            return;
        }
        let got = match (id, plan) {
            (Some(id), GrantPlan::Multipart { part_size }) => {
                // The backend has created the upload, although its parts are refused.
                self.remove_from_store(now, file, id);
                format!("parts of {part_size} bytes for a file of {size} bytes")
            }
            _ => "a multipart upload without an id".to_owned(),
        };
        let expected = "parts of 5 MiB to 5 GiB, at most 10,000 of them, and an id".to_owned();
        let step = Step::Create;
        let error = UploadError::Malformed {
            step,
            expected,
            got,
            is_incomplete: false,
        };
        self.give_up(file, error);
    }

    fn handle_sent(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &InFlightRequest,
        receipt: Receipt,
    ) {
        let Some(payload) = &ended.payload else {
            return;
        };
        // The progress events have counted a part of the bytes already.
        let more = payload.range.len().saturating_sub(payload.moved);
        self.measure(now, file, to_signed(more));
        self.concurrency
            .record(now, more, self.in_flight.store() + 1);
        self.link_speed
            .record(now.since(ended.started), payload.range.len());
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.retry.made_progress();
        self.slow_answers = 0;
        match upload.state.transfer_mut() {
            Some(Transfer::Multipart(multi)) => {
                multi.last_seen = now;
                if let Some(part) = payload.part {
                    multi.store(part, receipt.etag);
                }
            }
            Some(Transfer::Single(single)) => single.sent = SentState::Stored(receipt),
            _ => return,
        }
        self.proceed_after_store(file);
    }

    /// Determines the next state after something was stored: uploading, completing or completed.
    pub(super) fn proceed_after_store(&mut self, file: FileId) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let State::Uploading(transfer) = &upload.state else {
            return;
        };
        if !transfer.is_sent() {
            return;
        }
        if let Transfer::Multipart(multi) = transfer
            && multi.lacks_tags()
        {
            // An upload is completed only from a list that equals the plan.
            if multi.unlisted {
                self.give_up(file, UploadError::MissingETag);
            } else if let Some(Transfer::Multipart(multi)) = upload.state.transfer_mut() {
                multi.needs_list = true;
            }
            return;
        }
        // A backend that gave no id cannot confirm, so that the store's answer is the proof.
        if let Transfer::Single(single) = transfer
            && single.id.is_none()
            && let SentState::Stored(receipt) = &single.sent
        {
            // The address is left out, since it is unknown whether the object can be read where it was written.
            let stored = accepted_object(single, receipt, StoredObject::default());
            self.complete(file, stored);
            return;
        }
        upload.change_state(State::completing);
    }

    /// Handles a single upload whose object is not stored: it is sent again, by the same URL if that is still valid.
    pub(super) fn resend_missing(&mut self, now: Instant, file: FileId, cannot_verify: bool) {
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.change_state(|state| state.resent(now, cannot_verify));
        }
    }

    fn handle_confirmed(&mut self, now: Instant, file: FileId, stored: StoredObject) {
        let Some(upload) = self.uploads.get(&file) else {
            return;
        };
        let size = upload.info.size;
        // A verification counts only from a backend that checked the store.
        if let Some(Transfer::Single(single)) = upload.state.transfer()
            && single.sent == SentState::Verifying
        {
            if stored.size != Some(size) {
                self.resend_missing(now, file, stored.size.is_none());
                return;
            }
            // The store accepted the file, although its answer could not be read.
            self.record_proper_answer(Side::Store);
        }
        let Some(upload) = self.uploads.get(&file) else {
            return;
        };
        // An object of another size is not the file, even if the backend confirms it.
        if let Some(other) = stored.size.filter(|other| *other != size) {
            let error = UploadError::Malformed {
                step: Step::Complete,
                expected: format!("an object of {size} bytes"),
                got: format!("{other} bytes"),
                is_incomplete: false,
            };
            self.restart(now, file, error);
            return;
        }
        let known = upload
            .state
            .transfer()
            .map(Transfer::granted_object)
            .unwrap_or_default();
        let stored = StoredObject {
            key: stored.key.or(known.key),
            value: stored.value.or(known.value),
            ..stored
        };
        self.complete(file, stored);
    }

    /// Completes an upload without the backend's confirmation. An object that the store accepted is final. One that
    /// only may be stored is sent again.
    fn handle_unconfirmed(&mut self, now: Instant, file: FileId, known: StoredObject) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        if let Some(Transfer::Multipart(multi)) = upload.state.transfer_mut() {
            if multi.unlisted {
                self.complete(file, known);
                return;
            }
            // An upload whose parts can still be listed is not completed, even if the backend confirms it.
            multi.undescribed_success = Some(Box::new(known));
            let error = UploadError::Malformed {
                step: Step::Complete,
                expected: "the upload put together from its parts".to_owned(),
                got: "no word of it".to_owned(),
                is_incomplete: false,
            };
            self.relist(now, file, error);
            return;
        }
        let Some(Transfer::Single(single)) = upload.state.transfer() else {
            return;
        };
        if let SentState::Stored(receipt) = &single.sent {
            let stored = accepted_object(single, receipt, known);
            self.complete(file, stored);
        } else {
            self.resend_missing(now, file, true);
        }
    }

    pub(super) fn complete(&mut self, file: FileId, stored: StoredObject) {
        // After an incomplete list, signatures of parts may have been requested before a complete one arrived.
        self.drop_requests(file);
        self.cancel_wait(file);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.state = State::Completed(stored);
        upload.retry.attempts = 0;
        self.settled.succeeded += 1;
        self.notify(Notice::Succeeded(file));
    }
}

/// The object that the store accepted, as its answer, the grant and `known` describe it.
fn accepted_object(
    single: &SingleTransfer,
    receipt: &Receipt,
    known: StoredObject,
) -> StoredObject {
    // Only the answer contains a key that the store made (`${filename}`).
    let key = receipt.key.as_ref().or(single.key.as_ref());
    StoredObject {
        key: key.map(ToString::to_string).or(known.key),
        value: single.value.clone().or(known.value),
        etag: receipt.etag.clone().or(known.etag),
        ..known
    }
}

pub(super) fn to_signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
