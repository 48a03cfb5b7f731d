//! A map of bounded size that removes the entries that have been unused for longest.
//!
//! Entries are in two generations. When the younger generation is full, it replaces the older one, which is dropped as
//! a whole. Each operation takes constant time, and recently used entries stay. Pure.

use std::{collections::HashMap, hash::Hash};

/// Holds at most twice `generation` entries, and never forgets the `generation` that were used last.
#[derive(Debug)]
pub struct BoundedMap<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Hash + Eq, V> BoundedMap<K, V> {
    /// An empty map.
    pub fn new(generation: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            generation: generation.max(1),
        }
    }

    /// The value of a key, made now if it is not there.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.young.contains_key(&key) && self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        let kept = old.remove(&key);
        self.young
            .entry(key)
            .or_insert_with(|| kept.unwrap_or_else(make))
    }

    /// The value of a key, if it is there.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// The number of entries.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_small_and_keeps_what_is_used() {
        let mut recent = BoundedMap::new(10);
        for round in 0..1000 {
            *recent.entry(round, || 0) += 1;
            *recent.entry(-1, || 0) += 1;
            assert!(recent.len() <= 20);
        }
        assert_eq!(recent.get_mut(&-1), Some(&mut 1000));
        assert_eq!(recent.get_mut(&0), None);
        recent.remove(&-1);
        assert_eq!(recent.get_mut(&-1), None);
    }

    #[test]
    fn the_last_ones_are_never_forgotten() {
        let mut recent = BoundedMap::new(3);
        for round in 0..100 {
            recent.entry(round, || round);
            for last in (round - 2).max(0)..=round {
                assert_eq!(recent.get_mut(&last).copied(), Some(last));
            }
        }
    }
}
