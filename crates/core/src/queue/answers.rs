//! What an answer means: progress, and every kind of success. Failures are in `failures`.

use super::Queue;
use super::network::proves_network;
use crate::command::Notice;
use crate::error::{Step, UploadError};
use crate::event::{Answer, Receipt};
use crate::grant::{Grant, GrantPlan};
use crate::ids::{FileId, RequestId};
use crate::snapshot::StoredObject;
use crate::time::Instant;
use crate::upload::{Request, Sent, Single, State, Work};

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
            if found.step != Step::Complete {
                found.deadline = now + self.config.stall_time;
            }
            return;
        };
        let moved = moved.min(payload.range.len());
        if moved <= payload.moved {
            return;
        }
        let more = moved - payload.moved;
        payload.moved = moved;
        found.deadline = now
            + if moved == payload.range.len() {
                self.config.answer_time.max(self.config.stall_time)
            } else {
                self.config.stall_time
            };
        self.measure(now, file, signed(more));
        self.lanes.record(now, more, self.lanes_in_use);
        self.moved_while_offline(request);
        self.touch(file);
    }

    pub(super) fn answered(
        &mut self,
        now: Instant,
        request: RequestId,
        answer: Result<Answer, UploadError>,
    ) {
        if self.offline.is_some() && proves_network(&answer) {
            self.came_online();
        }
        if self.errand_answered(now, request, &answer) {
            return;
        }
        let Some((ended, file)) = self.end_request(request) else {
            return;
        };
        match answer {
            Ok(answer) => self.succeeded(now, file, &ended, answer),
            Err(error) => self.failed(now, file, &ended, error),
        }
        self.touch(file);
    }

    /// Takes a request out of the books; `None` when it is not in them any more.
    pub(super) fn end_request(&mut self, id: RequestId) -> Option<(Request, FileId)> {
        let file = self.owners.remove(&id)?;
        let upload = self.uploads.get_mut(&file)?;
        let request = upload.requests.remove(&id)?;
        if request.payload.is_some() {
            self.lanes_in_use = self.lanes_in_use.saturating_sub(1);
        } else {
            self.backend_in_use = self.backend_in_use.saturating_sub(1);
        }
        if request.step == Step::Complete {
            self.completing = self.completing.saturating_sub(1);
        }
        Some((request, file))
    }

    /// Counts bytes for the speed, of one file and of all.
    pub(super) fn measure(&mut self, now: Instant, file: FileId, bytes: i64) {
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.meter.record(now, bytes);
        }
        self.meter.record(now, bytes);
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
                        self.give_up(file, error);
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
            (Step::Send, Answer::Sent(receipt)) => self.sent(now, file, ended, receipt),
            (Step::Complete, Answer::Confirmed(stored)) => self.confirmed(file, stored),
            (Step::Complete, Answer::Unconfirmed(known)) => self.unconfirmed(file, known),
            (step, _) => {
                let error = UploadError::Malformed {
                    step,
                    expected: "the answer to this request".to_owned(),
                    got: "the answer to another one".to_owned(),
                };
                self.give_up(file, error);
            }
        }
    }

    fn granted(&mut self, now: Instant, file: FileId, grant: Grant) {
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
        if let Some(work) = Work::granted(now, size, grant) {
            upload.patience.attempts = 0;
            upload.state = match upload.state {
                State::Paused(_) => State::Paused(work),
                _ => State::going_on(work),
            };
            return;
        }
        let got = match (id, plan) {
            (Some(id), GrantPlan::Multipart { part_size }) => {
                // It was made all the same.
                self.take_back_upload(now, file, id);
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
        };
        self.give_up(file, error);
    }

    fn sent(&mut self, now: Instant, file: FileId, ended: &Request, receipt: Receipt) {
        let Some(payload) = &ended.payload else {
            return;
        };
        // What was reported on the way is counted already.
        let more = payload.range.len().saturating_sub(payload.moved);
        self.measure(now, file, signed(more));
        self.lanes.record(now, more, self.lanes_in_use + 1);
        self.pace
            .record(now.since(ended.started), payload.range.len());
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.patience.headway();
        match upload.state.work_mut() {
            Some(Work::Multi(multi)) => {
                if let Some(part) = payload.part {
                    multi.store(part, receipt.etag);
                }
            }
            Some(Work::Single(single)) => single.sent = Sent::Yes(receipt),
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
        // A backend that gave no id has no say in the end: the store's answer is the proof.
        if let Work::Single(single) = work
            && single.id.is_none()
            && let Sent::Yes(receipt) = &single.sent
        {
            // No address: whether the object can be read where it was written, nobody said.
            let stored = taken(single, receipt, StoredObject::default());
            self.complete(file, stored);
            return;
        }
        upload.state = State::Completing(upload.take_state().into_work());
    }

    fn confirmed(&mut self, file: FileId, stored: StoredObject) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        // Asked whether a file is there, a yes counts only from a backend that looked.
        let was_asked = matches!(upload.state.work(),
            Some(Work::Single(single)) if single.sent == Sent::Asked);
        if was_asked && stored.size != Some(upload.info.size) {
            upload.state = State::Queued { held: false };
            return;
        }
        let stored = match upload.state.work() {
            Some(Work::Single(single)) => StoredObject {
                key: stored
                    .key
                    .or_else(|| single.key.as_ref().map(ToString::to_string)),
                value: stored.value.or_else(|| single.value.clone()),
                ..stored
            },
            _ => stored,
        };
        self.complete(file, stored);
    }

    /// What the store took is there all the same; what only may be there has to be sent again.
    fn unconfirmed(&mut self, file: FileId, known: StoredObject) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let Some(Work::Single(single)) = upload.state.work() else {
            let error = UploadError::Malformed {
                step: Step::Complete,
                expected: "the upload put together from its parts".to_owned(),
                got: "no word of it".to_owned(),
            };
            self.give_up(file, error);
            return;
        };
        if let Sent::Yes(receipt) = &single.sent {
            let stored = taken(single, receipt, known);
            self.complete(file, stored);
        } else {
            upload.state = State::Queued { held: false };
        }
    }

    fn complete(&mut self, file: FileId, stored: StoredObject) {
        self.close_gate(file);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.state = State::Completed(stored);
        upload.patience.attempts = 0;
        self.settled.0 += 1;
        self.notify(Notice::Succeeded(file));
    }
}

/// A file that the store took, as its answer and the grant tell, with what else is known.
fn taken(single: &Single, receipt: &Receipt, known: StoredObject) -> StoredObject {
    // Where the key was left to the store (`${filename}`), only its answer has it.
    let key = receipt.key.as_ref().or(single.key.as_ref());
    StoredObject {
        key: key.map(ToString::to_string).or(known.key),
        value: single.value.clone().or(known.value),
        etag: receipt.etag.clone().or(known.etag),
        ..known
    }
}

pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
