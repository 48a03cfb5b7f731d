//! Counts of the requests in flight.

use crate::error::Step;

/// The numbers of requests in flight, one for each limit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestCounts {
    store: usize,
    backend: usize,
    /// The number of requests in `backend` that complete an upload.
    completing: usize,
}

impl RequestCounts {
    pub const fn store(&self) -> usize {
        self.store
    }

    pub const fn backend(&self) -> usize {
        self.backend
    }

    pub const fn completing(&self) -> usize {
        self.completing
    }

    pub fn add(&mut self, step: Step) {
        if step.is_backend() {
            self.backend += 1;
        } else {
            self.store += 1;
        }
        if step == Step::Complete {
            self.completing += 1;
        }
    }

    pub fn remove(&mut self, step: Step) {
        if step.is_backend() {
            decrement(&mut self.backend);
        } else {
            decrement(&mut self.store);
        }
        if step == Step::Complete {
            decrement(&mut self.completing);
        }
    }
}

/// Decrements a count, which is not zero.
fn decrement(count: &mut usize) {
    debug_assert!(*count > 0, "a request ends once");
    *count = count.wrapping_sub(1);
}
