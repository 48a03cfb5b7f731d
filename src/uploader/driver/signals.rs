//! Updates the signals from the engine: at most once per drawn frame, and at intervals for values that change with time
//! alone. Also keeps the alarm for the engine's timeouts, and the question before the page is left.

use std::rc::{Rc, Weak};

use reactive_graph::traits::{GetUntracked, Set};
use s3_upload_core::CollectVec;
use s3_upload_core::{FileId, Status, WaitReason};

use super::Driver;
use crate::uploader::event::UploadEvent;
use crate::uploader::platform::Platform;

/// The interval of updates without events while uploads are active, in milliseconds.
const REFRESH_MS: u32 = 500;

/// Returns true if a file failed, or waits because of an error.
fn has_error(status: &Status) -> bool {
    matches!(
        status,
        Status::Failed(_)
            | Status::Waiting {
                reason: WaitReason::Backoff(_) | WaitReason::Outage(_),
                ..
            }
    )
}

impl<P: Platform> Driver<P> {
    pub(super) fn set_timeout(&self) {
        let wanted = self.queue.borrow().poll_timeout();
        let set = self.timeout.borrow().as_ref().map(|(at, _)| *at);
        if wanted == set {
            return;
        }
        let alarm = wanted.map(|at| {
            let millis = u32::try_from(at.since(self.now()).as_millis())
                .unwrap_or(u32::MAX)
                .min(i32::MAX as u32);
            let me = Weak::clone(&self.weak_self);
            let timeout = self.platform.after(millis, move || {
                if let Some(driver) = me.upgrade() {
                    driver.timeout.replace(None);
                    let now = driver.now();
                    driver.queue.borrow_mut().handle_timeout(now);
                    driver.run_commands();
                }
            });
            (at, timeout)
        });
        self.timeout.replace(alarm);
    }

    pub(super) fn schedule_sync(&self) {
        if self.frame.borrow().is_some() {
            return;
        }
        let me = Weak::clone(&self.weak_self);
        self.frame.replace(Some(self.platform.next_frame(move || {
            if let Some(driver) = me.upgrade() {
                driver.frame.replace(None);
                driver.sync_signals();
            }
        })));
    }

    /// Updates the signals from the engine.
    fn sync_signals(&self) {
        let changed = self.queue.borrow_mut().take_changed();
        for file in changed {
            let (Some(snapshot), Some(signal)) = (self.snapshot(file), self.files.snapshot(file))
            else {
                continue;
            };
            let before = signal.get_untracked();
            if before == snapshot {
                continue;
            }
            let progressed =
                matches!(snapshot.status, Status::Uploading) && before.sent != snapshot.sent;
            signal.set(snapshot.clone());
            if has_error(&snapshot.status) && !has_error(&before.status) {
                self.load_explanations();
            }
            if progressed {
                self.emit(&UploadEvent::Progress(snapshot));
            }
        }
        let totals = self.queue.borrow().totals();
        let active = totals.active > 0;
        let at_stake = active || totals.interrupted > self.suspended_with_progress();
        // While files arrive, the totals change once, so that one announcement covers all of them.
        let arriving = !self.arriving.borrow().is_empty();
        if !arriving && self.totals.get_untracked() != totals {
            self.totals.set(totals);
        }
        self.set_leave_guard(at_stake);
        self.schedule_refresh(active);
    }

    /// Loads the code that explains errors, and then sets the signals of files with an error again. An answer of a request
    /// has loaded it before; some errors are the engine's own.
    fn load_explanations(&self) {
        if self.platform.loaded_diagnosis().is_some() {
            return;
        }
        let me = Weak::clone(&self.weak_self);
        let platform = Rc::clone(&self.platform);
        self.platform.spawn(async move {
            if platform.diagnosis().await.is_ok()
                && let Some(driver) = me.upgrade()
            {
                driver.set_errors_again();
            }
        });
    }

    /// Sets the signals of files with an error again.
    fn set_errors_again(&self) {
        let files: Vec<FileId> = self.queue.borrow().files().collect_vec();
        for file in files {
            if let Some(signal) = self.files.snapshot(file) {
                let shown = signal.get_untracked();
                if has_error(&shown.status) {
                    signal.set(shown);
                }
            }
        }
    }

    /// Sets or removes the question before the page is left. It is set only while an upload would be lost: one that is
    /// active, or one that the person paused after bytes were sent.
    fn set_leave_guard(&self, at_stake: bool) {
        let guarded = self.leave_guard.borrow().is_some();
        if at_stake != guarded {
            self.leave_guard
                .replace(at_stake.then(|| self.platform.ask_before_leaving()));
        }
    }

    /// The number of files that stopped after bytes were sent because the element left the page. The question does not
    /// count them, since no person sees them.
    fn suspended_with_progress(&self) -> u32 {
        let suspended = self.suspended.borrow();
        let stopped = suspended.iter().filter(|file| {
            self.snapshot(**file)
                .is_some_and(|file| file.status == Status::Paused && file.sent > 0)
        });
        u32::try_from(stopped.count()).unwrap_or(u32::MAX)
    }

    fn schedule_refresh(&self, active: bool) {
        if !active {
            self.refresh.replace(None);
        } else if self.refresh.borrow().is_none() {
            let me = Weak::clone(&self.weak_self);
            self.refresh
                .replace(Some(self.platform.after(REFRESH_MS, move || {
                    if let Some(driver) = me.upgrade() {
                        driver.refresh.replace(None);
                        let now = driver.now();
                        driver.queue.borrow_mut().refresh(now);
                        driver.schedule_sync();
                    }
                })));
        }
    }
}
