//! The state of one backend that the requests of all files share.

use std::cell::Cell;

/// The state of one backend.
#[derive(Debug, Default)]
pub struct BackendHealth {
    /// The number of truncated answers in a row.
    pub truncated_responses: Cell<u32>,
    /// The time until which the backend is not asked to confirm uploads, in milliseconds since 1970. It answers other
    /// requests of this page, but not these.
    skip_confirmation_until: Cell<f64>,
}

/// The time in milliseconds for which such requests are skipped. It is limited, since a gateway may have hidden the
/// answers.
const SKIP_CONFIRMATION_MS: f64 = 60_000.0;

impl BackendHealth {
    /// Returns true if the backend is not asked to confirm uploads at this time.
    pub fn skips_confirmation(&self, date: f64) -> bool {
        date < self.skip_confirmation_until.get()
    }

    /// Records at this time that the backend does not answer such requests.
    pub fn skip_confirmation(&self, date: f64) {
        self.skip_confirmation_until
            .set(date + SKIP_CONFIRMATION_MS);
    }
}
