//! A `collect` whose code is small in wasm.

/// Collects into a vector by code that the compiler emits once for each type of item.
///
/// [`Iterator::collect`] is emitted for each chain of adapters. This one costs an indirect call for each item, and
/// reserves no memory in advance.
pub trait CollectVec: Iterator {
    /// The items of the iterator, in order.
    fn collect_vec(mut self) -> Vec<Self::Item>
    where
        Self: Sized,
    {
        collect_from(&mut self)
    }
}

impl<I: Iterator> CollectVec for I {}

#[inline(never)]
fn collect_from<T>(items: &mut dyn Iterator<Item = T>) -> Vec<T> {
    let mut collected = Vec::new();
    for item in items {
        collected.push(item);
    }
    collected
}

#[cfg(test)]
mod tests {
    use super::CollectVec;

    #[test]
    fn it_collects_what_collect_collects() {
        let evens = || (0..100_u32).filter(|number| number % 2 == 0);
        assert_eq!(evens().collect_vec(), evens().collect::<Vec<_>>());
        assert_eq!(core::iter::empty::<u8>().collect_vec(), Vec::<u8>::new());
    }
}
