//! The division of a file into parts. The parts cover the file exactly, whatever its size.
//!
//! The rules are S3's: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>

use crate::ids::{ByteRange, PartNumber};
use crate::limits::{MAX_PART_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE};

/// The part size to ask for when no speed was measured, in bytes.
pub const DEFAULT_PART_SIZE: u64 = 8 * MIB;
/// The largest part size that is chosen for the speed, in bytes. A cancelled request loses at most this much.
const LARGEST_FAST_PART: u64 = 64 * MIB;
/// The duration that a part should have at the measured speed, in seconds. It is long enough for a small overhead by
/// the preflight, and short enough that a cancellation costs little.
const PART_SECONDS: u64 = 4;

/// A plan for a file of `size` bytes in parts of `part_size` bytes; the last part has the rest. An empty file is one
/// empty part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlan {
    size: u64,
    part_size: u64,
    count: u16,
}

impl PartPlan {
    /// Returns `None` when S3 would refuse the parts: below 5 MiB (unless one part holds the file), above
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

    /// Chooses a part size for a file of `size` bytes: the hint if S3 accepts it, else 8 MiB or as much more as 10,000
    /// parts need. Returns `None` for a file that is larger than S3's largest object.
    pub fn choose(size: u64, hint: Option<u64>) -> Option<Self> {
        let fits = |part: &u64| {
            (MIN_PART_SIZE..=MAX_PART_SIZE).contains(part)
                && part.is_multiple_of(MIB)
                && size.div_ceil(*part) <= u64::from(MAX_PARTS)
        };
        let needed = size.div_ceil(u64::from(MAX_PARTS)).div_ceil(MIB) * MIB;
        let part_size = hint
            .filter(fits)
            .unwrap_or_else(|| needed.max(DEFAULT_PART_SIZE));
        Self::new(size, part_size)
    }

    /// The size of every part but the last, in bytes.
    pub const fn part_size(self) -> u64 {
        self.part_size
    }

    /// The size of a part in bytes. Returns `None` for a number that is no part of the file.
    pub fn size_of(self, number: u16) -> Option<u64> {
        self.range(PartNumber::new(number)?).map(ByteRange::len)
    }

    /// True if these numbers, ascending, are all the parts.
    pub fn is_whole(self, numbers: impl IntoIterator<Item = u16>) -> bool {
        let mut expected = 1..=self.count;
        let mut numbers = numbers.into_iter();
        numbers.all(|number| expected.next() == Some(number)) && expected.next().is_none()
    }

    /// The number of parts; at least one, which S3 requires even for an empty file.
    pub const fn count(self) -> u16 {
        self.count
    }

    /// The bytes of a part. Returns `None` for a number beyond the last part.
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

/// The part size to ask the backend for: whole MiB, large enough for at most 10,000 parts, and about four seconds of
/// the measured speed (bytes per second) when there is one.
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
            let plan = PartPlan::new(size, part_size).unwrap();
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

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
    #[test]
    fn parts_that_s3_refuses_are_no_plan() {
        assert_eq!(PartPlan::new(10 * MIB, 5 * MIB - 1), None);
        assert_eq!(PartPlan::new(10 * GIB, 0), None);
        assert_eq!(PartPlan::new(100 * GIB, 5 * MIB), None);
        assert!(PartPlan::new(3, 5).is_some());
        assert_eq!(PartPlan::new(0, 8 * MIB).unwrap().count(), 1);
        assert_eq!(
            PartPlan::new(1, 8 * MIB)
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

    #[test]
    fn the_hint_is_taken_if_s3_takes_it() {
        let chosen = |size, hint| PartPlan::choose(size, Some(hint)).unwrap().part_size();
        assert_eq!(chosen(100 * MIB, 5 * MIB), 5 * MIB);
        assert_eq!(chosen(100 * MIB, 16 * MIB), 16 * MIB);
        assert_eq!(chosen(100 * MIB, 4 * MIB), DEFAULT_PART_SIZE, "too small");
        assert_eq!(
            chosen(100 * MIB, 5 * MIB + 1),
            DEFAULT_PART_SIZE,
            "not whole MiB"
        );
        assert_eq!(
            chosen(100 * MIB, 6 * 1024 * MIB),
            DEFAULT_PART_SIZE,
            "too large"
        );
        assert_eq!(
            chosen(50_001 * MIB, 5 * MIB),
            DEFAULT_PART_SIZE,
            "too many parts"
        );
    }

    #[test]
    fn large_files_get_larger_parts() {
        assert_eq!(
            PartPlan::choose(80_000 * MIB, None).unwrap().part_size(),
            8 * MIB
        );
        assert_eq!(
            PartPlan::choose(80_000 * MIB + 1, None)
                .unwrap()
                .part_size(),
            9 * MIB
        );
        let largest = PartPlan::choose(MAX_OBJECT_SIZE, None).unwrap();
        assert_eq!((largest.part_size(), largest.count()), (4769 * MIB, 9999));
    }

    #[test]
    fn the_sizes_of_all_parts_make_the_file() {
        for (size, count) in [
            (0, 1),
            (1, 1),
            (8 * MIB, 1),
            (8 * MIB + 1, 2),
            (17 * MIB, 3),
        ] {
            let plan = PartPlan::choose(size, None).unwrap();
            assert_eq!(plan.count(), count);
            let numbers = 1..=count;
            assert_eq!(
                numbers.clone().filter_map(|n| plan.size_of(n)).sum::<u64>(),
                size
            );
            assert!(plan.is_whole(numbers));
            assert_eq!(plan.size_of(0), None);
            assert_eq!(plan.size_of(count + 1), None);
        }
        let plan = PartPlan::new(17 * MIB, 8 * MIB).unwrap();
        assert!(
            !plan.is_whole([1, 2]) && !plan.is_whole([1, 3, 2]) && !plan.is_whole([1, 2, 3, 4])
        );
        assert!(!plan.is_whole([1, 1, 2]) && !plan.is_whole([]));
    }
}
