//! What a failure leads to: a wait, a new signature, a fresh start, a look at what is there, or the
//! end. Which of them a failure means is data, in [`retry`](crate::retry); this file carries it out.

use core::time::Duration;

use super::Queue;
use super::answers::signed;
use crate::command::Notice;
use crate::error::{Step, UploadError};
use crate::event::Receipt;
use crate::ids::{FileId, RequestId};
use crate::limits::KIB;
use crate::retry::{LONGEST_RETRY_AFTER, Verdict, backoff, is_congestion, verdict};
use crate::snapshot::WaitReason;
use crate::time::Instant;
use crate::upload::{Request, Sent, State, Work};

/// Bursts of signatures in a row that may be refused as expired.
const MOST_RESIGNED: u32 = 3;
/// Times that the store's list may be asked for.
const MOST_RELISTED: u32 = 2;
/// A connection that carried more than this before it broke had made headway, in bytes: less may
/// be no more than what the system buffers.
const HEADWAY: u64 = 512 * KIB;

impl Queue {
    pub(super) fn failed(
        &mut self,
        now: Instant,
        file: FileId,
        ended: &Request,
        error: UploadError,
    ) {
        if matches!(error, UploadError::Offline) {
            self.went_offline(now);
        }
        if self.offline.is_none() {
            if is_congestion(&error) {
                self.lanes.congested(now);
            } else if matches!(error, UploadError::Network { step: Step::Send }) {
                self.lanes.broken(now);
            }
        }
        if matches!(
            error,
            UploadError::Stalled {
                step: Step::Send,
                ..
            }
        ) {
            self.pace.forget();
        }
        let verdict = verdict(&error, ended.step);
        self.take_back(now, file, ended, verdict);
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
        match verdict {
            Verdict::Retry => self.back_off(now, file, ended, error),
            Verdict::Once => self.once(now, file, ended, error),
            Verdict::Resign => self.resign(file, ended, error),
            Verdict::Exists => self.exists(file, error),
            Verdict::Restart => self.restart(file, error),
            Verdict::Relist => self.relist(file, error),
            Verdict::Final => self.give_up(file, self.final_error(file, ended, error)),
        }
    }

    /// What a failed request had in flight is to be sent again.
    fn take_back(&mut self, now: Instant, file: FileId, ended: &Request, verdict: Verdict) {
        let Some(payload) = &ended.payload else {
            return;
        };
        self.measure(now, file, -signed(payload.moved));
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        match upload.state.work_mut() {
            Some(Work::Multi(multi)) => {
                if let Some(part) = payload.part {
                    multi.put_back(part);
                }
            }
            // A request that broke, or that the store lost its head over, may have arrived.
            Some(Work::Single(single)) if matches!(verdict, Verdict::Retry | Verdict::Once) => {
                single.may_exist();
            }
            _ => {}
        }
    }

    /// The random wait before a retry.
    pub(super) fn backoff(&mut self, attempt: u32, error: &UploadError) -> Duration {
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        backoff(&mut self.random, base, cap, attempt, error.retry_after())
    }

    fn back_off(&mut self, now: Instant, file: FileId, ended: &Request, error: UploadError) {
        if self.offline.is_some() && error.is_ambiguous() {
            // Being offline costs nothing: it goes on when the network does.
            return;
        }
        let last = RequestId(self.next_request);
        let most = self.config.max_attempts;
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let patience = &mut upload.patience;
        let moved = ended.payload.as_ref().map_or(0, |payload| payload.moved);
        let headway = error.is_ambiguous() && moved >= HEADWAY;
        if patience.counted_to.is_some_and(|to| ended.id <= to) {
            // One cut of the network fails all requests in flight: one failure, not several. Of
            // what they ask for, the longest wait counts.
            if headway {
                patience.attempts = patience.attempts.min(1);
            }
            if let Some(asked) = error.retry_after() {
                self.wait(file, now + asked.min(LONGEST_RETRY_AFTER), error);
            }
            return;
        }
        if headway {
            patience.attempts = 0;
        }
        patience.attempts += 1;
        patience.counted_to = Some(last);
        let (attempts, budget) = (patience.attempts, patience.budget);
        patience.budget = budget.saturating_sub(1);
        if attempts >= most || budget == 0 {
            self.give_up(file, error);
            return;
        }
        let wait = self.backoff(attempts, &error);
        self.wait(file, now + wait, error);
    }

    /// Closes the upload's gate until then, or leaves it closed for longer.
    fn wait(&mut self, file: FileId, until: Instant, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        if let Some((before, _)) = &upload.patience.gate {
            if *before >= until {
                return;
            }
            self.gates.remove(&(*before, file));
        }
        upload.patience.gate = Some((until, WaitReason::Backoff(error)));
        self.gates.insert((until, file));
    }

    /// A failure that is tried again once; the requests of one burst share that one retry.
    fn once(&mut self, now: Instant, file: FileId, ended: &Request, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let patience = &mut upload.patience;
        let of_a_burst = patience.counted_to.is_some_and(|to| ended.id <= to);
        if of_a_burst || !core::mem::replace(&mut patience.once, true) {
            self.back_off(now, file, ended, error);
        } else {
            self.give_up(file, error);
        }
    }

    /// The signature is no longer good. Parts are signed again, a single upload is asked for anew.
    fn resign(&mut self, file: FileId, ended: &Request, error: UploadError) {
        let last = RequestId(self.next_request);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let patience = &mut upload.patience;
        if patience.resigned_to.is_some_and(|to| ended.id <= to) {
            // Those signed together expire together, and were replaced together.
            return;
        }
        patience.resigned += 1;
        patience.resigned_to = Some(last);
        if patience.resigned > MOST_RESIGNED {
            let expired = matches!(&error, UploadError::Store(refusal)
                if refusal.message.as_deref().is_some_and(|text| text.contains("expired")));
            let error = if expired { UploadError::Expired } else { error };
            self.give_up(file, error);
            return;
        }
        match upload.state.work_mut() {
            Some(Work::Multi(multi)) => multi.drop_signatures(),
            Some(Work::Single(_)) => upload.sign_anew(),
            _ => {}
        }
    }

    /// The object exists. If one of our own tries may have made it, the backend can tell.
    fn exists(&mut self, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        match upload.take_state().into_work() {
            Work::Single(mut single) if single.sent == Sent::Perhaps && single.id.is_some() => {
                single.sent = Sent::Yes(Receipt::default());
                upload.state = State::Completing(Work::Single(single));
            }
            Work::Single(_) if !upload.patience.restarted => {
                // Nobody can tell whether it is ours: a browser by itself sends a request again whose
                // connection broke. Send it once more, under another key if the backend makes one.
                upload.patience.restarted = true;
                upload.state = State::Queued { held: false };
            }
            work => {
                upload.state = State::going_on(work);
                self.give_up(file, error);
            }
        }
    }

    /// The upload is gone: a fresh one, once.
    fn restart(&mut self, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        // That what only may have been there is not there is no loss: what failed then was counted.
        let asked = matches!(upload.state.work(),
            Some(Work::Single(single)) if single.sent == Sent::Asked);
        if !asked && core::mem::replace(&mut upload.patience.restarted, true) {
            self.give_up(file, error);
            return;
        }
        self.drop_requests(file);
        if let Some(upload) = self.uploads.get_mut(&file) {
            upload.state = State::Queued { held: false };
        }
    }

    /// The store does not hold the parts that it confirmed: its own list is the truth.
    fn relist(&mut self, file: FileId, error: UploadError) {
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        upload.patience.relisted += 1;
        let again = upload.patience.relisted <= MOST_RELISTED;
        match upload.take_state().into_work() {
            Work::Multi(mut multi) if again => {
                multi.unsure = true;
                upload.state = State::Uploading(Work::Multi(multi));
            }
            work => {
                upload.state = State::going_on(work);
                self.give_up(file, error);
            }
        }
    }

    /// A complete that failed because no tag could be read has CORS for its cause.
    fn final_error(&self, file: FileId, ended: &Request, error: UploadError) -> UploadError {
        let untagged = self
            .uploads
            .get(&file)
            .and_then(|upload| upload.state.work())
            .is_some_and(|work| matches!(work, Work::Multi(multi) if multi.tags().is_none()));
        let cannot_list = match &error {
            UploadError::Backend(refusal) => matches!(refusal.status, 400 | 422),
            // This kind of backend has no way to do it.
            UploadError::Configuration(_) => true,
            _ => false,
        };
        if ended.step == Step::Complete && untagged && cannot_list {
            return UploadError::MissingETag;
        }
        error
    }

    /// The upload has failed, until somebody asks for another try.
    pub(super) fn give_up(&mut self, file: FileId, error: UploadError) {
        self.drop_requests(file);
        self.close_gate(file);
        let Some(upload) = self.uploads.get_mut(&file) else {
            return;
        };
        let work = upload.take_state().into_work();
        upload.state = State::Failed { work, error };
        self.settled.1 += 1;
        self.notify(Notice::Failed(file));
    }
}
