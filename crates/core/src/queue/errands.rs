//! What is tidied up after uploads that are gone: aborts, and creates whose answer nobody waits for
//! but whose upload must not be left behind. Errands outlive the file they were for.

use super::Queue;
use crate::command::Command;
use crate::error::{Step, UploadError};
use crate::event::Answer;
use crate::grant::{Grant, GrantPlan};
use crate::ids::{FileId, RequestId, UploadId};
use std::collections::BTreeMap;

use crate::retry::{Verdict, verdict};
use crate::time::Instant;
use crate::upload::Work;

/// What is due, and what is on its way.
#[derive(Debug, Default)]
pub(super) struct Errands {
    due: BTreeMap<(Instant, u64), Errand>,
    in_flight: BTreeMap<RequestId, (Errand, Instant)>,
    /// Creates of files that are gone.
    orphans: BTreeMap<RequestId, (FileId, Instant)>,
    next: u64,
}

/// One upload to take back.
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

    pub fn next_due(&self) -> Option<Instant> {
        self.due.keys().next().map(|(due, _)| *due)
    }

    /// Aborts in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub fn deadlines(&self) -> impl Iterator<Item = (RequestId, Instant)> {
        let aborts = self
            .in_flight
            .iter()
            .map(|(request, (_, deadline))| (*request, *deadline));
        let orphans = self
            .orphans
            .iter()
            .map(|(request, (_, deadline))| (*request, *deadline));
        aborts.chain(orphans)
    }

    /// What a request is for; `None` when it is no errand.
    pub fn step(&self, request: RequestId) -> Option<Step> {
        if self.in_flight.contains_key(&request) {
            Some(Step::Abort)
        } else {
            self.orphans.contains_key(&request).then_some(Step::Create)
        }
    }
}

impl Queue {
    /// Has what the upload left at the store taken back.
    pub(super) fn abort(&mut self, now: Instant, file: FileId, work: &Work) {
        if let Some(id) = work.to_abort() {
            self.take_back_upload(now, file, id);
        }
    }

    pub(super) fn take_back_upload(&mut self, now: Instant, file: FileId, id: UploadId) {
        let errand = Errand {
            file,
            id,
            attempts: 0,
        };
        self.errands.add(now, errand);
    }

    /// Nobody waits for the create in flight any more, but what it makes must be taken back.
    pub(super) fn orphan_create(&mut self, file: FileId) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let creates: Vec<_> = upload
            .requests
            .iter()
            .filter(|(_, request)| request.step == Step::Create)
            .map(|(id, request)| (*id, request.deadline))
            .collect();
        for (id, deadline) in creates {
            upload.requests.remove(&id);
            self.owners.remove(&id);
            self.errands.orphans.insert(id, (file, deadline));
        }
    }

    /// Runs the next errand that is due.
    pub(super) fn errand(&mut self, now: Instant) -> bool {
        if !self.may_finish() {
            return false;
        }
        let Some(entry) = self
            .errands
            .due
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        else {
            return false;
        };
        let errand = entry.remove();
        self.next_request += 1;
        let request = RequestId(self.next_request);
        self.commands.push_back(Command::Abort {
            request,
            file: errand.file,
            id: errand.id.clone(),
        });
        let deadline = now + self.config.stall_time;
        self.errands.in_flight.insert(request, (errand, deadline));
        self.backend_in_use += 1;
        true
    }

    /// Whether the answer was to an errand; it is dealt with then.
    pub(super) fn errand_answered(
        &mut self,
        now: Instant,
        request: RequestId,
        answer: &Result<Answer, UploadError>,
    ) -> bool {
        if let Some((errand, _)) = self.errands.in_flight.remove(&request) {
            self.backend_in_use = self.backend_in_use.saturating_sub(1);
            if let Err(error) = answer {
                self.errand_failed(now, errand, error);
            }
            return true;
        }
        let Some((file, _)) = self.errands.orphans.remove(&request) else {
            return false;
        };
        self.backend_in_use = self.backend_in_use.saturating_sub(1);
        if let Ok(Answer::Granted(Grant {
            id: Some(id),
            plan: GrantPlan::Multipart { .. },
            ..
        })) = answer
        {
            self.take_back_upload(now, file, id.clone());
        }
        true
    }

    fn errand_failed(&mut self, now: Instant, mut errand: Errand, error: &UploadError) {
        if self.offline.is_some() && error.is_ambiguous() {
            self.errands.add(now, errand);
        } else if verdict(error, Step::Abort) == Verdict::Retry
            && errand.attempts + 1 < self.config.max_attempts
        {
            errand.attempts += 1;
            let wait = self.backoff(errand.attempts, error);
            self.errands.add(now + wait, errand);
        }
    }
}
