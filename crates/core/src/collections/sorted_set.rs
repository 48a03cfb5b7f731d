//! A set of pairs of numbers, in their order.

use core::fmt;
use core::marker::PhantomData;

use super::{Pair, work};

/// The largest number of pairs in a chunk.
const CHUNK: usize = 128;

/// A set in the order of its values' pairs.
///
/// An insertion and a removal move at most one chunk of pairs and the list of the chunks.
pub(crate) struct SortedSet<K> {
    pairs: Pairs,
    value: PhantomData<K>,
}

/// The pairs in their order, in chunks that are never empty.
#[derive(Default)]
struct Pairs(Vec<Vec<(u64, u64)>>);

impl<K> Default for SortedSet<K> {
    fn default() -> Self {
        Self {
            pairs: Pairs::default(),
            value: PhantomData,
        }
    }
}

impl<K: Pair + fmt::Debug> fmt::Debug for SortedSet<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<K: Pair> SortedSet<K> {
    pub fn is_empty(&self) -> bool {
        self.pairs.0.is_empty()
    }

    pub fn len(&self) -> usize {
        work::count(self.pairs.0.len());
        self.pairs.0.iter().map(Vec::len).sum()
    }

    /// Returns true if the value was not in the set.
    pub fn insert(&mut self, value: K) -> bool {
        self.pairs.insert(value.pair())
    }

    /// Returns true if the value was in the set.
    pub fn remove(&mut self, value: &K) -> bool {
        self.pairs.remove(value.pair())
    }

    pub fn first(&self) -> Option<K> {
        self.iter().next()
    }

    /// The first value that is this one or above it.
    pub fn from(&self, value: K) -> Option<K> {
        self.pairs.next(value.pair(), true).and_then(K::of)
    }

    /// The first value above this one.
    pub fn after(&self, value: K) -> Option<K> {
        self.pairs.next(value.pair(), false).and_then(K::of)
    }

    pub fn iter(&self) -> impl Iterator<Item = K> {
        let pairs = self.pairs.0.iter().flatten().copied();
        pairs.inspect(|_| work::count(1)).filter_map(K::of)
    }
}

impl Pairs {
    /// The chunk that has this pair, or that would have it, and the pair's place in it. `None` if there is no chunk.
    fn place(&self, pair: (u64, u64)) -> Option<(usize, Result<usize, usize>)> {
        let is_before = |chunk: &Vec<_>| chunk.first().is_some_and(|first| *first <= pair);
        // Most pairs are appended to the last chunk, or taken from the first.
        let above = match self.0.get(1) {
            Some(second) if !is_before(second) => 0,
            _ if self.0.last().is_some_and(is_before) => self.0.len(),
            _ => self.0.partition_point(is_before),
        };
        let chunk = above.saturating_sub(1);
        Some((chunk, self.0.get(chunk)?.binary_search(&pair)))
    }

    fn insert(&mut self, pair: (u64, u64)) -> bool {
        let Some((index, place)) = self.place(pair) else {
            self.0.push(vec![pair]);
            return true;
        };
        let (Err(place), Some(chunk)) = (place, self.0.get_mut(index)) else {
            return false;
        };
        work::count(chunk.len() - place);
        if chunk.len() < CHUNK {
            chunk.insert(place, pair);
            return true;
        }
        // A chunk to which values are appended stays full. Any other chunk is split in half.
        let mut upper = chunk.split_off(if place == CHUNK { CHUNK } else { CHUNK / 2 });
        match place.checked_sub(chunk.len()) {
            Some(place) => upper.insert(place, pair),
            None => chunk.insert(place, pair),
        }
        work::count(self.0.len() - index);
        self.0.insert(index + 1, upper);
        true
    }

    fn remove(&mut self, pair: (u64, u64)) -> bool {
        let Some((index, Ok(place))) = self.place(pair) else {
            return false;
        };
        if let Some(chunk) = self.0.get_mut(index) {
            work::count(chunk.len() - place);
            chunk.remove(place);
            if chunk.is_empty() {
                work::count(self.0.len() - index);
                self.0.remove(index);
            }
        }
        true
    }

    /// The first pair above this one. A pair that is in the set is returned itself if `may_equal`.
    fn next(&self, pair: (u64, u64), may_equal: bool) -> Option<(u64, u64)> {
        let (index, place) = self.place(pair)?;
        let next = match place {
            Ok(place) if may_equal => place,
            Ok(place) => place + 1,
            Err(place) => place,
        };
        let here = self.0.get(index)?.get(next);
        here.or_else(|| self.0.get(index + 1)?.first()).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::Pair;
    use super::SortedSet;

    impl Pair for (u64, u64) {
        fn pair(self) -> (u64, u64) {
            self
        }

        fn of(pair: (u64, u64)) -> Option<Self> {
            Some(pair)
        }
    }

    proptest! {
        #[test]
        fn it_behaves_as_a_set_of_the_standard_library(
            changes in prop::collection::vec((any::<bool>(), 0..4_u64, 0..300_u64), 0..2000),
        ) {
            let mut set = SortedSet::<(u64, u64)>::default();
            let mut model = BTreeSet::new();
            for (inserts, high, low) in changes {
                let pair = (high, low);
                if inserts {
                    prop_assert_eq!(set.insert(pair), model.insert(pair));
                } else {
                    prop_assert_eq!(set.remove(&pair), model.remove(&pair));
                }
                let above = (core::ops::Bound::Excluded(pair), core::ops::Bound::Unbounded);
                prop_assert_eq!(set.after(pair), model.range(above).next().copied());
                prop_assert_eq!(set.from(pair), model.range(pair..).next().copied());
                prop_assert_eq!(set.first(), model.first().copied());
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert_eq!(set.is_empty(), model.is_empty());
            prop_assert!(set.iter().eq(model.iter().copied()));
        }
    }

    #[test]
    fn what_is_appended_fills_its_chunks() {
        let mut set = SortedSet::<(u64, u64)>::default();
        for low in 0..1280 {
            set.insert((0, low));
        }
        assert_eq!(set.pairs.0.len(), 10);
    }
}
