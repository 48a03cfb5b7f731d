//! Ordered collections whose code is small in wasm.
//!
//! Each type of key and value makes the compiler emit `BTreeMap` anew, about 9 KiB a time. The order is kept in code that
//! is not generic here.

mod id_map;
mod sorted_set;
pub(crate) mod work;

pub use id_map::IdMap;
pub(crate) use sorted_set::SortedSet;

use crate::ids::FileId;

/// A value that is a pair of numbers, in the order of the pair.
pub(crate) trait Pair: Copy {
    /// The pair.
    fn pair(self) -> (u64, u64);
    /// The value with this pair; `None` if no value has it.
    fn of(pair: (u64, u64)) -> Option<Self>;
}

impl Pair for FileId {
    fn pair(self) -> (u64, u64) {
        (0, self.0)
    }

    fn of((_, number): (u64, u64)) -> Option<Self> {
        Some(Self(number))
    }
}
