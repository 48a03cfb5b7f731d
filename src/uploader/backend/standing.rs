//! The state of one backend that the requests of all files share.

use std::cell::Cell;

/// The state of one backend.
#[derive(Debug, Default)]
pub struct Standing {
    /// The number of truncated answers in a row.
    pub broken: Cell<u32>,
    /// The time until which the backend is not asked to confirm uploads, in milliseconds since 1970. It answers other
    /// requests of this page, but not these.
    mute_until: Cell<f64>,
}

/// The time in milliseconds for which such requests are skipped. It is limited, since a gateway may have hidden the
/// answers.
const MUTE: f64 = 60_000.0;

impl Standing {
    /// Returns true if the backend is not asked to confirm uploads at this time.
    pub fn is_mute(&self, date: f64) -> bool {
        date < self.mute_until.get()
    }

    /// Records at this time that the backend does not answer such requests.
    pub fn found_mute(&self, date: f64) {
        self.mute_until.set(date + MUTE);
    }
}
