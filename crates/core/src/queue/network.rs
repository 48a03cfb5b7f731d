//! The state of the network, derived from the browser's events and from the answers.
//!
//! While the network is believed gone, only a probe is sent now and then, because the browser's events are not
//! reliable. No upload loses attempts by it.

use core::time::Duration;

use s3_upload_types::CollectVec;

use super::offline::Offline;
use super::{Queue, WaitEntry};
use crate::error::UploadError;
use crate::event::Answer;
use crate::ids::{FileId, RequestId};
use crate::snapshot::WaitReason;
use crate::time::Instant;

/// The pause before the first probe while offline. It is doubled up to [`LAST_PROBE`], one minute.
const FIRST_PROBE: Duration = Duration::from_secs(5);
const LAST_PROBE: Duration = Duration::from_mins(1);

/// Returns true if the answer must come from a host, which proves that there is a network.
pub(super) const fn proves_network(answer: &Result<Answer, UploadError>) -> bool {
    matches!(
        answer,
        Ok(_)
            | Err(UploadError::Store(_)
                | UploadError::Backend(_)
                | UploadError::Expired
                | UploadError::MissingETag
                | UploadError::Malformed { .. })
    )
}

impl Queue {
    pub(super) fn went_offline(&mut self, now: Instant) {
        if self.offline.is_none() {
            self.offline = Some(Offline {
                probe: now + FIRST_PROBE,
                pause: FIRST_PROBE,
                armed: false,
                last: RequestId(self.next_request),
            });
            self.refresh_active();
        }
    }

    /// Records that bytes of a request moved. This proves a network if the request was made after the network was
    /// lost.
    pub(super) fn moved_while_offline(&mut self, request: RequestId) {
        if self
            .offline
            .as_ref()
            .is_some_and(|offline| request > offline.last)
        {
            self.came_online();
        }
    }

    /// Records that the network is back. Uploads that wait for it, or for a retry after a connection broke, continue.
    pub(super) fn came_online(&mut self) {
        self.offline = None;
        self.arm_probes_at_once();
        self.end_waits_for(|reason| match reason {
            WaitReason::Offline | WaitReason::Outage(_) => true,
            WaitReason::Backoff(error) => error.is_ambiguous(),
        });
        self.refresh_active();
    }

    /// Ends the waits for whose reason `is_over` returns true.
    pub(super) fn end_waits_for(&mut self, is_over: impl Fn(&WaitReason) -> bool) {
        let waiting: Vec<FileId> = self.waits.iter().map(|entry| entry.file).collect_vec();
        for file in waiting {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            if let Some(wait) = &upload.retry.wait
                && is_over(&wait.reason)
            {
                let until = wait.until;
                self.waits.remove(&WaitEntry { until, file });
                upload.end_wait();
                self.refresh_derived(file);
            }
        }
    }

    pub(super) fn refresh_active(&mut self) {
        let active: Vec<FileId> = self
            .uploads
            .iter()
            .filter(|(_, upload)| upload.state.is_active())
            .map(|(id, _)| id)
            .collect_vec();
        for file in active {
            self.refresh_derived(file);
        }
    }

    /// Returns true if requests may be sent: the network is believed present, or a probe is due.
    pub(super) fn may_send(&self) -> bool {
        self.offline.as_ref().is_none_or(|offline| offline.armed)
    }

    /// The time of the next probe of the network; `None` while online, or when no request is needed.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        let needed = self.totals.active() > 0 || self.cleanup.next_due().is_some();
        self.offline
            .as_ref()
            .filter(|_| needed)
            .map(|offline| offline.probe)
    }

    /// Allows one request when the pause is over, to check whether the network is gone.
    pub(super) fn arm_probe(&mut self, now: Instant) {
        if let Some(offline) = self.offline.as_mut().filter(|offline| offline.probe <= now) {
            offline.armed = true;
            offline.pause = (offline.pause * 2).min(LAST_PROBE);
            offline.probe = now + offline.pause;
        }
    }

    /// Ends the permission for a probe after a request was sent, so that there is one probe at a time.
    pub(super) fn disarm_probe(&mut self) {
        if let Some(offline) = &mut self.offline {
            offline.armed = false;
        }
    }
}
