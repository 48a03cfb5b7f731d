//! The removal of uploads that nothing needs any more: aborts, and creates in flight whose upload has to be aborted
//! once its id is known. A task may outlive its file.

use super::Queue;
use super::cleanup_tasks::{AbortInFlight, CleanupTask, OrphanedCreate};
use crate::command::{BackendOperation, Command};
use crate::error::{Side, Step, UploadError};
use crate::event::Answer;
use crate::grant::{Grant, GrantPlan};
use crate::ids::{FileId, RequestId, UploadId};
use core::time::Duration;

use s3_upload_types::CollectVec;

use crate::retry::{RetryDecision, decision, is_unanswered};
use crate::time::Instant;
use crate::upload::Transfer;

/// The delay of a task after uploads that wait for the same probe.
const AFTER_OTHERS: Duration = Duration::from_millis(1);

impl Queue {
    /// Adds a task that removes what the upload left at the store.
    pub(super) fn abort(&mut self, now: Instant, file: FileId, transfer: &Transfer) {
        if let Some(id) = transfer.id_to_abort() {
            self.remove_from_store(now, file, id);
        }
    }

    pub(super) fn remove_from_store(&mut self, now: Instant, file: FileId, id: UploadId) {
        let task = CleanupTask {
            file,
            id,
            attempts: 0,
        };
        self.cleanup.add(now, task);
    }

    /// Keeps a create in flight whose file is gone, since the upload that it makes has to be removed.
    pub(super) fn orphan_create(&mut self, file: FileId) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let creates: Vec<_> = upload
            .requests
            .iter()
            .filter(|(_, request)| request.step == Step::Create)
            .map(|(id, request)| (id, request.deadline))
            .collect_vec();
        for (id, deadline) in creates {
            upload.requests.remove(&id);
            self.owners.remove(&id);
            self.cleanup
                .orphans
                .insert(id, OrphanedCreate { file, deadline });
        }
    }

    /// Sends the next task that is due.
    pub(super) fn run_cleanup(&mut self, now: Instant) -> bool {
        if !self.may_request(Side::Backend) || !self.may_complete() {
            return false;
        }
        let Some(task) = self.cleanup.take_due(now) else {
            return false;
        };
        self.next_request += 1;
        let request = RequestId(self.next_request);
        self.record_sent(Side::Backend, request);
        self.commands.push_back(Command::Backend {
            request,
            file: task.file,
            operation: BackendOperation::Abort {
                id: task.id.clone(),
            },
        });
        let deadline = now + self.config.stall_time;
        self.cleanup
            .in_flight
            .insert(request, AbortInFlight { task, deadline });
        self.in_flight.add(Step::Abort);
        true
    }

    /// Handles the answer to a request of the cleanup; `false` when the request is not one.
    pub(super) fn cleanup_answered(
        &mut self,
        now: Instant,
        request: RequestId,
        answer: &Result<Answer, UploadError>,
    ) -> bool {
        let was_probe = self.is_probe(request);
        if let Some(AbortInFlight { task, .. }) = self.cleanup.in_flight.remove(&request) {
            self.in_flight.remove(Step::Abort);
            self.record_end(Side::Backend, request);
            self.record_answer(Side::Backend, request, answer);
            if let Err(error) = answer {
                self.cleanup_failed(now, task, (request, was_probe), error);
            }
            return true;
        }
        let Some(OrphanedCreate { file, .. }) = self.cleanup.orphans.remove(&request) else {
            return false;
        };
        self.in_flight.remove(Step::Create);
        self.record_end(Side::Backend, request);
        self.record_answer(Side::Backend, request, answer);
        if let Ok(Answer::Granted(Grant {
            id: Some(id),
            plan: GrantPlan::Multipart { .. },
            ..
        })) = answer
        {
            self.remove_from_store(now, file, id.clone());
        }
        true
    }

    fn cleanup_failed(
        &mut self,
        now: Instant,
        mut task: CleanupTask,
        (request, was_probe): (RequestId, bool),
        error: &UploadError,
    ) {
        let offline = self.offline.is_some() && error.is_ambiguous();
        let waits = offline
            || (is_unanswered(error)
                && self.record_failure(now, (request, Side::Backend), was_probe, error));
        if waits && !offline && self.totals.active() == 0 {
            // No upload waits for the side, so that a few tries are enough.
            task.attempts += 1;
        }
        if waits && task.attempts < self.config.max_attempts {
            // Uploads go first, because a task is not visible to the person.
            let due = self.next_attempt(Side::Backend).unwrap_or(now);
            self.cleanup.add(due + AFTER_OTHERS, task);
        } else if !waits
            && decision(error, Step::Abort) == RetryDecision::Retry
            && task.attempts + 1 < self.config.max_attempts
        {
            task.attempts += 1;
            let wait = self.backoff_time(task.attempts, error);
            self.cleanup.add(now + wait, task);
        }
    }
}
