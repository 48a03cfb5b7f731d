//! The operations that a person or the page requests: start, pause, resume, retry, cancel, remove.

use s3_upload_types::CollectVec;

use super::{Queue, WaitEntry};
use crate::command::{Command, Notice};
use crate::error::Step;
use crate::event::Target;
use crate::ids::FileId;
use crate::time::Instant;
use crate::upload::{RetryState, State, Transfer};

impl Queue {
    fn targets(&self, target: Target) -> Vec<FileId> {
        match target {
            Target::One(file) => self
                .uploads
                .contains_key(&file)
                .then_some(file)
                .into_iter()
                .collect_vec(),
            Target::All => self.uploads.keys().collect_vec(),
        }
    }

    pub(super) fn start(&mut self, target: Target) {
        for file in self.targets(target) {
            if let Some(upload) = self.uploads.get_mut(&file)
                && matches!(upload.state, State::Queued { held: true })
            {
                upload.state = State::Queued { held: false };
                self.refresh_derived(file);
            }
        }
    }

    pub(super) fn pause(&mut self, target: Target) {
        for file in self.targets(target) {
            // A file that waits for a start is not active. Pausing it would lose the state `held`.
            let Some(upload) = self
                .uploads
                .get_mut(&file)
                .filter(|upload| upload.state.is_active())
            else {
                continue;
            };
            let creating = matches!(upload.state, State::Preparing);
            upload.change_state(State::paused);
            // The answer to a create is still needed: it may have created a multipart upload.
            if !creating {
                self.drop_requests(file);
            }
            self.cancel_wait(file);
            self.refresh_derived(file);
        }
    }

    pub(super) fn resume(&mut self, target: Target) {
        for file in self.targets(target) {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            if !matches!(upload.state, State::Paused(_)) {
                continue;
            }
            let creating = upload
                .requests
                .values()
                .any(|request| request.step == Step::Create);
            if creating {
                upload.state = State::Preparing;
            } else {
                upload.change_state(State::active);
            }
            upload.retry.represigned = 0;
            self.refresh_derived(file);
        }
    }

    pub(super) fn retry(&mut self, target: Target) {
        let budget = self.config.retry_budget;
        for file in self.targets(target) {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            if !matches!(upload.state, State::Failed { .. }) {
                continue;
            }
            upload.change_state(State::retried);
            upload.retry = RetryState::new(budget);
            upload.started = false;
            self.refresh_derived(file);
        }
    }

    pub(super) fn cancel(&mut self, now: Instant, target: Target) {
        for file in self.targets(target) {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            // Cancelling all files stops the active ones. A failed file keeps its error and can be retried.
            let over = match upload.state {
                State::Completed(_) | State::Cancelled => true,
                State::Failed { .. } => target == Target::All,
                _ => false,
            };
            if over {
                continue;
            }
            self.orphan_create(file);
            self.drop_requests(file);
            self.cancel_wait(file);
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            let transfer = upload.transition(State::cancelled);
            self.abort(now, file, &transfer);
            self.notify(Notice::Cancelled(file));
            self.refresh_derived(file);
        }
    }

    pub(super) fn remove(&mut self, now: Instant, target: Target) {
        for file in self.targets(target) {
            let Some(upload) = self.uploads.get(&file) else {
                continue;
            };
            if let State::Failed { transfer, .. } = &upload.state {
                let transfer = transfer.clone();
                self.abort(now, file, &transfer);
            } else if !upload.state.is_final() {
                if target == Target::All {
                    continue;
                }
                self.cancel(now, Target::One(file));
            }
            if let Some(removed) = self.uploads.remove(&file) {
                self.totals.remove(&removed);
            }
            self.refresh_derived(file);
            self.notify(Notice::Removed(file));
        }
    }

    /// Cancels all requests of a file. Their bytes are unsent again.
    pub(super) fn drop_requests(&mut self, file: FileId) {
        let ids: Vec<_> = self
            .uploads
            .get(&file)
            .map(|upload| upload.requests.keys().collect_vec())
            .unwrap_or_default();
        for id in ids {
            self.commands.push_back(Command::Cancel(id));
            let Some((request, _)) = self.end_request(id) else {
                continue;
            };
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            match (upload.state.transfer_mut(), request.payload) {
                (Some(Transfer::Multipart(multi)), Some(payload)) => {
                    if let Some(part) = payload.part {
                        multi.put_back(part);
                    }
                }
                // The request may take effect nevertheless.
                (Some(Transfer::Multipart(multi)), None) => {
                    multi.in_doubt |= request.step == Step::Complete;
                }
                (Some(Transfer::Single(single)), Some(_)) => single.mark_unknown(),
                _ => {}
            }
        }
    }

    pub(super) fn cancel_wait(&mut self, file: FileId) {
        if let Some(upload) = self.uploads.get_mut(&file)
            && let Some(wait) = upload.retry.wait.take()
        {
            let until = wait.until;
            self.waits.remove(&WaitEntry { until, file });
        }
    }
}
