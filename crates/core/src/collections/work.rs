//! The work of the collections, which tests count: each entry that is visited or moved.

#[cfg(test)]
use core::cell::Cell;

#[cfg(test)]
std::thread_local! {
    static ENTRIES: Cell<u64> = const { Cell::new(0) };
}

/// Counts entries. It does nothing outside of tests.
#[inline]
pub(super) fn count(entries: usize) {
    #[cfg(test)]
    ENTRIES.set(ENTRIES.get() + entries as u64);
    #[cfg(not(test))]
    let _ = entries;
}

/// The entries of this thread since the last call.
#[cfg(test)]
pub(crate) fn take() -> u64 {
    ENTRIES.take()
}
