//! How a file is cut into parts. Parts tile the file exactly, whatever its size.

use crate::ids::{ByteRange, PartNumber};
use crate::limits::{MAX_PART_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE};

/// The part size asked for when nothing is known, in bytes.
pub const DEFAULT_PART_SIZE: u64 = 8 * MIB;
/// No part is made larger for speed's sake, in bytes: a cut costs at most this much.
const LARGEST_FAST_PART: u64 = 64 * MIB;
/// How long a part should take at the measured speed, in seconds: long enough to make its
/// preflight cheap, short enough that a cut costs little.
const PART_SECONDS: u64 = 4;

/// A file of `size` bytes in parts of `part_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    part_size: u64,
    count: u16,
}

impl Plan {
    /// `None` when S3 would refuse the parts: below 5 MiB (unless one part holds the file), above
    /// 5 GiB, or more than 10,000 of them.
    pub fn new(size: u64, part_size: u64) -> Option<Self> {
        if part_size == 0 || part_size > MAX_PART_SIZE {
            return None;
        }
        let count = u16::try_from(size.div_ceil(part_size).max(1)).ok()?;
        if count > MAX_PARTS || (count > 1 && part_size < MIN_PART_SIZE) {
            return None;
        }
        Some(Self {
            size,
            part_size,
            count,
        })
    }

    /// How many parts; at least one, as S3 wants even for an empty file.
    pub const fn count(self) -> u16 {
        self.count
    }

    /// The bytes of a part; `None` for a number beyond the last part.
    pub fn range(self, number: PartNumber) -> Option<ByteRange> {
        if number.get() > self.count {
            return None;
        }
        let start = u64::from(number.get() - 1) * self.part_size;
        Some(ByteRange {
            start,
            end: self.size.min(start + self.part_size),
        })
    }

    /// All part numbers, ascending.
    pub fn numbers(self) -> impl Iterator<Item = PartNumber> {
        (1..=self.count).filter_map(PartNumber::new)
    }
}

/// The part size to ask the backend for: whole MiB, enough for 10,000 parts to suffice, and about
/// four seconds of the measured speed (bytes per second) when there is one.
pub fn part_size_for(size: u64, speed: Option<u64>, wish: Option<u64>) -> u64 {
    let least = size.div_ceil(u64::from(MAX_PARTS)).max(MIN_PART_SIZE);
    let wanted = wish.unwrap_or_else(|| {
        speed.map_or(DEFAULT_PART_SIZE, |speed| {
            speed
                .saturating_mul(PART_SECONDS)
                .clamp(DEFAULT_PART_SIZE, LARGEST_FAST_PART)
        })
    });
    wanted
        .max(least)
        .div_ceil(MIB)
        .saturating_mul(MIB)
        .min(MAX_PART_SIZE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
    use super::*;
    use crate::limits::{GIB, MAX_OBJECT_SIZE};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_tile_the_file_exactly(size in 0..=MAX_OBJECT_SIZE, speed in prop::option::of(0..10 * GIB)) {
            let part_size = part_size_for(size, speed, None);
            prop_assert_eq!(part_size % MIB, 0);
            prop_assert!(part_size >= DEFAULT_PART_SIZE);
            let plan = Plan::new(size, part_size).unwrap();
            prop_assert!(plan.count() >= 1 && plan.count() <= MAX_PARTS);
            let mut next = 0;
            for number in plan.numbers() {
                let range = plan.range(number).unwrap();
                prop_assert_eq!(range.start, next);
                prop_assert!(range.len() == part_size || number.get() == plan.count());
                next = range.end;
            }
            prop_assert_eq!(next, size);
        }
    }

    #[test]
    fn parts_that_s3_refuses_are_no_plan() {
        assert_eq!(Plan::new(10 * MIB, 5 * MIB - 1), None);
        assert_eq!(Plan::new(10 * GIB, 0), None);
        assert_eq!(Plan::new(100 * GIB, 5 * MIB), None);
        assert!(Plan::new(3, 5).is_some());
        assert_eq!(Plan::new(0, 8 * MIB).unwrap().count(), 1);
        assert_eq!(
            Plan::new(1, 8 * MIB)
                .unwrap()
                .range(PartNumber::new(2).unwrap()),
            None
        );
    }

    #[test]
    fn a_wish_is_kept_where_s3_allows_it() {
        assert_eq!(part_size_for(GIB, None, Some(5 * MIB)), 5 * MIB);
        assert_eq!(part_size_for(GIB, None, Some(1)), 5 * MIB);
        assert_eq!(part_size_for(GIB, Some(20 * MIB), None), 64 * MIB);
        assert_eq!(part_size_for(GIB, Some(1), None), 8 * MIB);
    }
}
