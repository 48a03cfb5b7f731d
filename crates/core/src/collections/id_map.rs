//! A map from ids to values, in the order of the ids.

use core::cmp::Ordering;
use core::fmt;

use super::work;

/// The number of removed entries from which on a map may be compacted.
const COMPACT_FROM: usize = 16;

/// A map from ids to values, in the order of the ids.
///
/// Ids that grow are appended. A lookup is a binary search. A removed entry leaves its place empty until more than
/// half of the places are empty, so that a removal costs no more than a lookup on average.
#[derive(Clone)]
pub struct IdMap<K, V> {
    ids: Vec<K>,
    /// The value of the id at the same place; `None` where it was removed.
    values: Vec<Option<V>>,
    len: usize,
}

impl<K, V> Default for IdMap<K, V> {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            values: Vec::new(),
            len: 0,
        }
    }
}

impl<K: Copy + Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for IdMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Copy + Ord, V> IdMap<K, V> {
    /// The number of ids.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if the map has no id.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of an id.
    pub fn get(&self, id: &K) -> Option<&V> {
        let place = place(&self.ids, id).ok()?;
        self.values.get(place)?.as_ref()
    }

    /// The value of an id, mutable.
    pub fn get_mut(&mut self, id: &K) -> Option<&mut V> {
        let place = place(&self.ids, id).ok()?;
        self.values.get_mut(place)?.as_mut()
    }

    /// True if the map has the id.
    pub fn contains_key(&self, id: &K) -> bool {
        self.get(id).is_some()
    }

    /// Gives a value to an id. Returns the value that the id had before.
    pub fn insert(&mut self, id: K, value: V) -> Option<V> {
        let before = match place(&self.ids, &id) {
            Ok(place) => self.values.get_mut(place)?.replace(value),
            Err(place) => {
                work::count(self.ids.len() - place);
                self.ids.insert(place, id);
                self.values.insert(place, Some(value));
                None
            }
        };
        self.len += usize::from(before.is_none());
        before
    }

    /// Removes an id. Returns its value.
    pub fn remove(&mut self, id: &K) -> Option<V> {
        let place = place(&self.ids, id).ok()?;
        let value = self.values.get_mut(place)?.take()?;
        self.len -= 1;
        let removed = self.ids.len() - self.len;
        if removed >= COMPACT_FROM && removed > self.len {
            self.compact();
        }
        Some(value)
    }

    /// Removes all ids.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Removes the ids whose values are not kept.
    pub fn retain(&mut self, mut keeps: impl FnMut(&V) -> bool) {
        for place in &mut self.values {
            if place.as_ref().is_some_and(|value| !keeps(value)) {
                *place = None;
            }
        }
        self.compact();
    }

    /// The ids and their values, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        let places = self.ids.iter().zip(&self.values);
        let places = places.inspect(|_| work::count(1));
        places.filter_map(|(id, value)| Some((*id, value.as_ref()?)))
    }

    /// The ids in their order.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.iter().map(|(id, _)| id)
    }

    /// The values in the order of their ids.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        let places = self.values.iter().inspect(|_| work::count(1));
        places.flatten()
    }

    /// Removes the empty places.
    fn compact(&mut self) {
        work::count(self.ids.len());
        let mut values = self.values.iter();
        self.ids
            .retain(|_| values.next().is_some_and(Option::is_some));
        self.values.retain(Option::is_some);
        self.len = self.ids.len();
    }
}

impl<K: Copy + Ord, V> FromIterator<(K, V)> for IdMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (id, value) in entries {
            map.insert(id, value);
        }
        map
    }
}

/// The place of an id, or the place at which it would be inserted.
fn place<K: Ord>(ids: &[K], id: &K) -> Result<usize, usize> {
    match ids.last().map(|last| last.cmp(id)) {
        Some(Ordering::Less) => Err(ids.len()),
        Some(Ordering::Equal) => Ok(ids.len() - 1),
        _ => ids.binary_search(id),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::IdMap;

    #[derive(Clone, Debug)]
    enum Change {
        Insert(u64, u8),
        Remove(u64),
        Retain(u8),
        Clear,
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            20 => (0..60_u64, any::<u8>()).prop_map(|(id, value)| Change::Insert(id, value)),
            20 => (0..60_u64).prop_map(Change::Remove),
            1 => any::<u8>().prop_map(Change::Retain),
            1 => Just(Change::Clear),
        ]
    }

    proptest! {
        #[test]
        fn it_behaves_as_a_map_of_the_standard_library(changes in prop::collection::vec(change(), 0..300)) {
            let mut map = IdMap::<u64, u8>::default();
            let mut model = BTreeMap::new();
            for change in changes {
                match change {
                    Change::Insert(id, value) => prop_assert_eq!(map.insert(id, value), model.insert(id, value)),
                    Change::Remove(id) => prop_assert_eq!(map.remove(&id), model.remove(&id)),
                    Change::Retain(least) => {
                        map.retain(|value| *value >= least);
                        model.retain(|_, value| *value >= least);
                    }
                    Change::Clear => {
                        map.clear();
                        model.clear();
                    }
                }
                prop_assert_eq!(map.len(), model.len());
                prop_assert_eq!(map.is_empty(), model.is_empty());
                prop_assert!(map.iter().eq(model.iter().map(|(id, value)| (*id, value))));
                prop_assert!(map.values().eq(model.values()));
                for id in 0..60 {
                    prop_assert_eq!(map.get(&id), model.get(&id));
                    prop_assert_eq!(map.get_mut(&id), model.get_mut(&id));
                }
            }
        }
    }

    #[test]
    fn removed_entries_leave_no_places_behind() {
        let mut map = IdMap::<u64, ()>::default();
        for id in 0..10_000 {
            map.insert(id, ());
            if id >= 100 {
                map.remove(&(id - 100));
            }
        }
        assert_eq!(map.len(), 100);
        assert!(map.ids.len() <= 300, "{}", map.ids.len());
    }
}
