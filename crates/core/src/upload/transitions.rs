//! The transitions of an upload: each consumes the state, and returns the next one with its effect.
//!
//! A transition sees the state only, and sends nothing. [`Upload::transition`] applies it; the
//! [queue](crate::queue) carries out its effect.

use super::{SentState, State, Transfer, Upload};
use crate::error::UploadError;
use crate::snapshot::WaitReason;
use crate::time::Instant;

/// The consequence of an object that exists already under the key of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExistingObject {
    /// The backend verifies the object, since a try of the upload may have stored it.
    Verify,
    /// The file is sent once more.
    Restart,
    /// The upload fails.
    Fail,
}

impl State {
    /// The pause of a person or a page.
    pub fn paused(self) -> Self {
        Self::Paused(self.into_transfer())
    }

    /// The end of a pause or of a wait.
    pub fn active(self) -> Self {
        Self::resumed(self.into_transfer())
    }

    /// The retry after a failure.
    pub fn retried(self) -> Self {
        Self::resumed(match self {
            Self::Failed { transfer, error } => transfer.for_retry(&error),
            other => other.into_transfer(),
        })
    }

    /// The failure with this error.
    pub fn failed(self, error: UploadError) -> Self {
        Self::Failed {
            transfer: self.into_transfer(),
            error,
        }
    }

    /// The cancellation. The effect is the transfer to abort.
    pub fn cancelled(self) -> (Self, Transfer) {
        (Self::Cancelled, self.into_transfer())
    }

    /// A new start without the transfer. The effect is the transfer to abort.
    pub fn requeued(self) -> (Self, Transfer) {
        (Self::Queued { held: false }, self.into_transfer())
    }

    /// The sending of bytes.
    pub fn uploading(self) -> Self {
        Self::Uploading(self.into_transfer())
    }

    /// The request to complete or to confirm the upload.
    pub fn completing(self) -> Self {
        Self::Completing(self.into_transfer())
    }

    /// A wait until this time.
    pub fn waiting(self, until: Instant, reason: WaitReason) -> Self {
        Self::Waiting {
            transfer: self.into_transfer(),
            until,
            reason,
        }
    }

    /// A new URL for a single upload, because the old one is of no use any more. If the object may be stored already,
    /// the backend is asked to verify that first, since a second object would leave the first one orphaned.
    pub fn with_new_url(self) -> Self {
        match self.into_transfer() {
            Transfer::Single(mut single) if single.can_verify() => {
                single.sent = SentState::Verifying;
                Self::Completing(Transfer::Single(single))
            }
            _ => Self::Queued { held: false },
        }
    }

    /// The sending of a single upload whose object is not stored, by the same URL if that is still valid.
    pub fn resent(self, now: Instant, cannot_verify: bool) -> Self {
        match self.into_transfer() {
            Transfer::Single(mut single) if single.signed.is_valid(now) => {
                single.cannot_verify |= cannot_verify;
                single.sent = if cannot_verify {
                    SentState::Unknown
                } else {
                    SentState::NotSent
                };
                Self::Uploading(Transfer::Single(single))
            }
            _ => Self::Queued { held: false },
        }
    }

    /// An object exists already. `may_restart` is true if the one allowed restart is left.
    pub fn with_existing_object(self, may_restart: bool) -> (Self, ExistingObject) {
        match self.into_transfer() {
            Transfer::Single(mut single) if single.can_verify() => {
                // The object may be another upload's.
                single.sent = SentState::Verifying;
                let next = Self::Completing(Transfer::Single(single));
                (next, ExistingObject::Verify)
            }
            // The object may be the upload's own, since a browser repeats a request whose connection broke, and no
            // backend can verify it. The file is sent once more, under another key if the backend makes one.
            Transfer::Single(_) if may_restart => {
                (Self::Queued { held: false }, ExistingObject::Restart)
            }
            transfer => (Self::resumed(transfer), ExistingObject::Fail),
        }
    }

    /// The request for the store's list, if it is `allowed`. The effect is true if the list is requested.
    pub fn relisted(self, allowed: bool) -> (Self, bool) {
        match self.into_transfer() {
            Transfer::Multipart(mut multi) if allowed => {
                multi.needs_list = true;
                (Self::Uploading(Transfer::Multipart(multi)), true)
            }
            transfer => (Self::resumed(transfer), false),
        }
    }
}

impl Upload {
    /// Replaces the state by the next one, and returns the effect of the transition.
    pub fn transition<E>(&mut self, next: impl FnOnce(State) -> (State, E)) -> E {
        // Nothing sees the placeholder, since `next` has no access to the upload.
        let state = core::mem::replace(&mut self.state, State::Cancelled);
        let (state, effect) = next(state);
        self.state = state;
        effect
    }

    /// Replaces the state by the next one of a transition without an effect.
    pub fn change_state(&mut self, next: impl FnOnce(State) -> State) {
        self.transition(|state| (next(state), ()));
    }
}
