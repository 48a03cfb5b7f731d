//! What a person, or the page for them, asks for: start, pause, resume, retry, cancel, remove.

use super::Queue;
use crate::command::{Command, Notice};
use crate::error::Step;
use crate::event::Target;
use crate::ids::FileId;
use crate::time::Instant;
use crate::upload::{Patience, State, Work};

impl Queue {
    fn targets(&self, target: Target) -> Vec<FileId> {
        match target {
            Target::One(file) => self
                .uploads
                .contains_key(&file)
                .then_some(file)
                .into_iter()
                .collect(),
            Target::All => self.uploads.keys().copied().collect(),
        }
    }

    pub(super) fn start(&mut self, target: Target) {
        for file in self.targets(target) {
            if let Some(upload) = self.uploads.get_mut(&file)
                && matches!(upload.state, State::Queued { held: true })
            {
                upload.state = State::Queued { held: false };
                self.touch(file);
            }
        }
    }

    pub(super) fn pause(&mut self, target: Target) {
        for file in self.targets(target) {
            // A file that waits for a start does not move; pausing it would lose that.
            let Some(upload) = self
                .uploads
                .get_mut(&file)
                .filter(|upload| upload.state.is_active())
            else {
                continue;
            };
            let creating = matches!(upload.state, State::Preparing);
            let work = upload.take_state().into_work();
            upload.state = State::Paused(work);
            // The answer to a create is still wanted: it may have made a multipart upload.
            if !creating {
                self.drop_requests(file);
            }
            self.close_gate(file);
            self.touch(file);
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
            let work = upload.take_state().into_work();
            upload.state = if creating {
                State::Preparing
            } else {
                State::going_on(work)
            };
            upload.patience.resigned = 0;
            self.touch(file);
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
            upload.state = State::going_on(match upload.take_state() {
                State::Failed { work, error } => work.again(&error),
                other => other.into_work(),
            });
            upload.patience = Patience::new(budget);
            upload.started = false;
            self.touch(file);
        }
    }

    pub(super) fn cancel(&mut self, now: Instant, target: Target) {
        for file in self.targets(target) {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            // To cancel all is to stop what goes on: what failed keeps its reason and its retry.
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
            self.close_gate(file);
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            let work = upload.take_state().into_work();
            self.abort(now, file, &work);
            self.notify(Notice::Cancelled(file));
            self.touch(file);
        }
    }

    pub(super) fn remove(&mut self, now: Instant, target: Target) {
        for file in self.targets(target) {
            let Some(upload) = self.uploads.get(&file) else {
                continue;
            };
            if let State::Failed { work, .. } = &upload.state {
                let work = work.clone();
                self.abort(now, file, &work);
            } else if !upload.state.is_final() {
                if target == Target::All {
                    continue;
                }
                self.cancel(now, Target::One(file));
            }
            self.uploads.remove(&file);
            self.touch(file);
            self.notify(Notice::Removed(file));
        }
    }

    /// Stops all requests of a file; what they had in flight goes back to what is to be sent.
    pub(super) fn drop_requests(&mut self, file: FileId) {
        let ids: Vec<_> = self
            .uploads
            .get(&file)
            .map(|upload| upload.requests.keys().copied().collect())
            .unwrap_or_default();
        for id in ids {
            self.commands.push_back(Command::Cancel(id));
            if let Some((request, _)) = self.end_request(id)
                && let Some(payload) = request.payload
                && let Some(upload) = self.uploads.get_mut(&file)
            {
                match upload.state.work_mut() {
                    Some(Work::Multi(multi)) => {
                        if let Some(part) = payload.part {
                            multi.put_back(part);
                        }
                    }
                    Some(Work::Single(single)) => single.may_exist(),
                    _ => {}
                }
            }
        }
    }

    pub(super) fn close_gate(&mut self, file: FileId) {
        if let Some(upload) = self.uploads.get_mut(&file)
            && let Some((until, _)) = upload.patience.gate.take()
        {
            self.gates.remove(&(until, file));
        }
    }
}
