//! Whether there is a network: what the browser says, and what the answers say.
//!
//! While it is believed gone nothing goes out but a probe now and then, because the browser's word
//! is not reliable. Refuses to count that against any upload.

use core::time::Duration;

use super::Queue;
use crate::error::UploadError;
use crate::event::Answer;
use crate::ids::{FileId, RequestId};
use crate::snapshot::WaitReason;
use crate::time::Instant;

/// While offline, the first try to reach the network all the same; doubled up to a minute.
const FIRST_PROBE: Duration = Duration::from_secs(5);
const LAST_PROBE: Duration = Duration::from_mins(1);

/// The network is believed gone.
#[derive(Debug)]
pub(super) struct Offline {
    pub probe: Instant,
    pause: Duration,
    /// One request may go out to see whether it is true.
    armed: bool,
    /// The last request that was made before: whatever it still hands to the network proves
    /// nothing, because the system buffers it.
    last: RequestId,
}

/// Whether somebody out there must have answered.
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
            self.touch_active();
        }
    }

    /// Bytes of this request moved: proof of a network if it was made after that was gone.
    pub(super) fn moved_while_offline(&mut self, request: RequestId) {
        if self
            .offline
            .as_ref()
            .is_some_and(|offline| request > offline.last)
        {
            self.came_online();
        }
    }

    /// The network is back: whatever waited for it, or for a retry after it broke, goes on now.
    pub(super) fn came_online(&mut self) {
        self.offline = None;
        let waiting: Vec<FileId> = self.gates.iter().map(|(_, file)| *file).collect();
        for file in waiting {
            let Some(upload) = self.uploads.get_mut(&file) else {
                continue;
            };
            if let Some((until, reason)) = &upload.patience.gate
                && match reason {
                    WaitReason::Offline => true,
                    WaitReason::Backoff(error) => error.is_ambiguous(),
                }
            {
                self.gates.remove(&(*until, file));
                upload.open_gate();
                self.touch(file);
            }
        }
        self.touch_active();
    }

    fn touch_active(&mut self) {
        let active: Vec<FileId> = self
            .uploads
            .iter()
            .filter(|(_, upload)| upload.state.is_active())
            .map(|(id, _)| *id)
            .collect();
        for file in active {
            self.touch(file);
        }
    }

    /// Whether requests may go out: online, or to see whether it is true that we are not.
    pub(super) fn may_send(&self) -> bool {
        self.offline.as_ref().is_none_or(|offline| offline.armed)
    }

    /// When the network is tried next; `None` when it is there, or nothing needs it.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        let needed = self.tally.active() > 0 || self.errands.next_due().is_some();
        self.offline
            .as_ref()
            .filter(|_| needed)
            .map(|offline| offline.probe)
    }

    /// Lets one request out when it is time to see whether the network is really gone.
    pub(super) fn arm_probe(&mut self, now: Instant) {
        if let Some(offline) = self.offline.as_mut().filter(|offline| offline.probe <= now) {
            offline.armed = true;
            offline.pause = (offline.pause * 2).min(LAST_PROBE);
            offline.probe = now + offline.pause;
        }
    }

    /// A request went out: one probe at a time.
    pub(super) fn disarm_probe(&mut self) {
        if let Some(offline) = &mut self.offline {
            offline.armed = false;
        }
    }
}
