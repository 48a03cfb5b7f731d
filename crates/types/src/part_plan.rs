//! The division of a file into parts. The parts cover the file exactly, whatever its size.
//!
//! The rules are S3's: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>

use crate::ids::{ByteRange, PartNumber};
use crate::limits::{MAX_PART_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE};

/// The part size of an upload for which no size was asked, and the largest one that is asked for before a speed was
/// measured, in bytes.
pub const DEFAULT_PART_SIZE: u64 = 8 * MIB;
/// The largest part size that is asked for before a speed was measured if all parts are sent at once, in bytes. A file of
/// six such parts could also be sent in one request.
const ONE_ROUND_PART: u64 = 10 * MIB;
/// The largest part size that is chosen for the speed, in bytes. A cancelled request loses at most this much.
const LARGEST_FAST_PART: u64 = 64 * MIB;
/// The longest duration of a part at the measured speed, in seconds. It is long enough for a small overhead by
/// the preflight, and short enough that a cancellation costs little.
const PART_SECONDS: u64 = 4;

/// A plan for a file of `size` bytes in parts of `part_size` bytes; the last part has the rest. An empty file is one
/// empty part.
///
/// The size stays the same for the whole upload, although S3 takes parts of different sizes: R2 refuses them, and a plan
/// that the server can compute needs no state. A change of the speed counts for the next upload.
/// <https://developers.cloudflare.com/r2/objects/upload-objects/>
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

/// The part size to ask the backend for: whole MiB, and large enough for at most 10,000 parts.
///
/// Each request costs a round trip whatever its size, so that the parts are as few as possible: they take at most four
/// seconds at the measured `speed` of one request (bytes per second), and fill whole rounds of requests on all `lanes`.
pub fn part_size_for(size: u64, lanes: u8, speed: Option<u64>, wish: Option<u64>) -> u64 {
    let least = size.div_ceil(u64::from(MAX_PARTS)).max(MIN_PART_SIZE);
    let wanted = wish.unwrap_or_else(|| {
        let lanes = u64::from(lanes.max(1));
        let longest = match speed {
            Some(speed) => speed
                .saturating_mul(PART_SECONDS)
                .clamp(MIN_PART_SIZE, LARGEST_FAST_PART),
            None if size <= ONE_ROUND_PART * lanes => ONE_ROUND_PART,
            None => DEFAULT_PART_SIZE,
        };
        let rounds = size.div_ceil(longest * lanes).max(1);
        size.div_ceil(rounds * lanes)
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
        /// <https://developers.cloudflare.com/r2/objects/upload-objects/>
        #[test]
        fn parts_tile_the_file_exactly(size in 0..=MAX_OBJECT_SIZE, lanes in 0..=64_u8, speed in prop::option::of(0..10 * GIB)) {
            let part_size = part_size_for(size, lanes, speed, None);
            prop_assert_eq!(part_size % MIB, 0);
            prop_assert!(part_size >= MIN_PART_SIZE);
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
        assert_eq!(part_size_for(GIB, 6, None, Some(5 * MIB)), 5 * MIB);
        assert_eq!(part_size_for(GIB, 6, None, Some(1)), 5 * MIB);
    }

    #[test]
    fn parts_fill_whole_rounds_of_the_lanes() {
        let chosen = |size: u64, lanes, speed: Option<u64>| {
            let part_size = part_size_for(size * MIB, lanes, speed.map(|speed| speed * MIB), None);
            let plan = PartPlan::new(size * MIB, part_size).unwrap();
            (part_size / MIB, plan.count())
        };
        assert_eq!(chosen(60, 6, None), (10, 6));
        assert_eq!(
            chosen(61, 6, None),
            (6, 11),
            "a seventh part of 10 MiB is a second round"
        );
        assert_eq!(chosen(96, 6, None), (8, 12));
        assert_eq!(chosen(120, 6, None), (7, 18));
        assert_eq!(chosen(20, 6, None), (5, 4), "S3 takes no smaller ones");
        assert_eq!(chosen(100, 1, None), (8, 13));
        assert_eq!(chosen(0, 6, None), (5, 1));
    }

    #[test]
    fn parts_follow_the_speed_up_and_down() {
        let chosen = |speed: u64| part_size_for(GIB, 6, Some(speed), None) / MIB;
        assert_eq!(chosen(1), 5);
        assert_eq!(chosen(MIB), 5);
        assert_eq!(chosen(2 * MIB), 8);
        assert_eq!(chosen(4 * MIB), 16);
        // Three rounds of six parts, of at most 64 MiB.
        assert_eq!(chosen(20 * MIB), 57);
        assert_eq!(chosen(u64::MAX), 57);
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
