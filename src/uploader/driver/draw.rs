//! Brings the signals up to date with the engine: at most once per drawn frame, and now and then
//! for what moves by time alone. Also keeps the alarm that tells the engine of the time, and the
//! question before the page is left.

use std::rc::Weak;

use gloo_timers::callback::Timeout;
use leptos::prelude::{GetUntracked, Set};
use s3_upload_core::Status;

use super::Driver;
use crate::browser::{frame, page};
use crate::uploader::UploadEvent;

/// How often what moves is drawn anew although nothing was heard, in milliseconds.
const REFRESH_MS: u32 = 500;

impl Driver {
    pub(super) fn set_alarm(&self) {
        let wanted = self.queue.borrow().next_timeout();
        let set = self.alarm.borrow().as_ref().map(|(at, _)| *at);
        if wanted == set {
            return;
        }
        let alarm = wanted.map(|at| {
            let millis = u32::try_from(at.since(self.now()).as_millis())
                .unwrap_or(u32::MAX)
                .min(i32::MAX as u32);
            let me = Weak::clone(&self.me);
            let timeout = Timeout::new(millis, move || {
                if let Some(driver) = me.upgrade() {
                    driver.alarm.replace(None);
                    let now = driver.now();
                    driver.queue.borrow_mut().handle_timeout(now);
                    driver.pump();
                }
            });
            (at, timeout)
        });
        self.alarm.replace(alarm);
    }

    pub(super) fn draw_soon(&self) {
        if self.frame.borrow().is_some() {
            return;
        }
        let me = Weak::clone(&self.me);
        self.frame.replace(Some(frame::next(move || {
            if let Some(driver) = me.upgrade() {
                driver.frame.replace(None);
                driver.draw();
            }
        })));
    }

    /// Brings the signals up to date with the engine.
    fn draw(&self) {
        let changed = self.queue.borrow_mut().take_changed();
        for file in changed {
            let (Some(snapshot), Some(signal)) =
                (self.snapshot(file), self.drawn.borrow().get(&file).cloned())
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
            if progressed {
                self.emit(&UploadEvent::Progress(snapshot));
            }
        }
        let totals = self.queue.borrow().totals();
        let active = totals.active > 0;
        let at_stake = active || totals.interrupted > self.suspended_half_way();
        if self.totals.get_untracked() != totals {
            self.totals.set(totals);
        }
        self.guard_page(at_stake);
        self.keep_fresh(active);
    }

    /// Only while something would be lost does the browser ask before it leaves the page: an upload
    /// that goes on, or one that a person paused half way.
    fn guard_page(&self, at_stake: bool) {
        let guarded = self.leaving.borrow().is_some();
        if at_stake != guarded {
            self.leaving
                .replace(at_stake.then(page::ask_before_leaving));
        }
    }

    /// Files that stopped half way because the element left the page. The page gave them up, for
    /// good or until it brings the element back: nobody sees what they would be asked about.
    fn suspended_half_way(&self) -> u32 {
        let suspended = self.suspended.borrow();
        let stopped = suspended.iter().filter(|file| {
            self.snapshot(**file)
                .is_some_and(|file| file.status == Status::Paused && file.sent > 0)
        });
        u32::try_from(stopped.count()).unwrap_or(u32::MAX)
    }

    fn keep_fresh(&self, active: bool) {
        if !active {
            self.refresh.replace(None);
        } else if self.refresh.borrow().is_none() {
            let me = Weak::clone(&self.me);
            self.refresh.replace(Some(Timeout::new(REFRESH_MS, move || {
                if let Some(driver) = me.upgrade() {
                    driver.refresh.replace(None);
                    let now = driver.now();
                    driver.queue.borrow_mut().refresh(now);
                    driver.draw_soon();
                }
            })));
        }
    }
}
