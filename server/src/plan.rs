//! How a file is cut into parts.
//!
//! Owns S3's limits on sizes and numbers, the choice of a part size, and the check that parts make up a file. Pure.

/// One mebibyte.
pub const MIB: u64 = 1024 * 1024;
/// The most that one `PUT`, or one part, may carry.
pub const MAX_PUT: u64 = 5 * 1024 * MIB;
/// The least that a part may carry, unless it is the last.
pub const MIN_PART: u64 = 5 * MIB;
/// The highest part number.
pub const MAX_PARTS: u64 = 10_000;
/// The part size for files that do not need a larger one.
pub const USUAL_PART: u64 = 8 * MIB;
/// The largest object: 50 TB, which is a little less than [`MAX_PARTS`] of the largest parts.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
pub const MAX_OBJECT: u64 = 50 * 1_000_000_000_000;

/// The parts of one file: all of one size but the last, which has the rest. An empty file is one empty part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    part_size: u64,
}

impl Plan {
    /// Chooses a part size for a file of `size` bytes; the hint is taken if S3 would take it.
    pub fn choose(size: u64, hint: Option<u64>) -> Self {
        let fits = |part: &u64| {
            (MIN_PART..=MAX_PUT).contains(part)
                && part.is_multiple_of(MIB)
                && size.div_ceil(*part) <= MAX_PARTS
        };
        let needed = size.div_ceil(MAX_PARTS).div_ceil(MIB) * MIB;
        Self {
            size,
            part_size: hint.filter(fits).unwrap_or_else(|| needed.max(USUAL_PART)),
        }
    }

    /// The plan that was made before.
    pub fn known(size: u64, part_size: u64) -> Self {
        Self {
            size,
            part_size: part_size.max(1),
        }
    }

    /// The size of every part but the last, in bytes.
    pub fn part_size(&self) -> u64 {
        self.part_size
    }

    /// How many parts there are.
    pub fn count(&self) -> u64 {
        self.size.div_ceil(self.part_size).max(1)
    }

    /// The size of one part in bytes; `None` if there is no such part.
    pub fn size_of(&self, number: u16) -> Option<u64> {
        let number = u64::from(number);
        if number == 0 || number > self.count() {
            return None;
        }
        Some(
            self.part_size
                .min(self.size - (number - 1) * self.part_size),
        )
    }

    /// Whether these numbers, ascending, are all the parts.
    pub fn is_whole(&self, numbers: impl IntoIterator<Item = u16>) -> bool {
        let mut expected = 1..=self.count();
        numbers
            .into_iter()
            .all(|number| expected.next() == Some(u64::from(number)))
            && expected.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_is_taken_if_s3_takes_it() {
        let chosen = |size, hint| Plan::choose(size, Some(hint)).part_size();
        assert_eq!(chosen(100 * MIB, 5 * MIB), 5 * MIB);
        assert_eq!(chosen(100 * MIB, 16 * MIB), 16 * MIB);
        assert_eq!(chosen(100 * MIB, 4 * MIB), USUAL_PART, "too small");
        assert_eq!(chosen(100 * MIB, 5 * MIB + 1), USUAL_PART, "not whole MiB");
        assert_eq!(chosen(100 * MIB, 6 * 1024 * MIB), USUAL_PART, "too large");
        assert_eq!(chosen(50_001 * MIB, 5 * MIB), USUAL_PART, "too many parts");
    }

    #[test]
    fn large_files_get_larger_parts() {
        assert_eq!(Plan::choose(80_000 * MIB, None).part_size(), 8 * MIB);
        assert_eq!(Plan::choose(80_000 * MIB + 1, None).part_size(), 9 * MIB);
        let largest = Plan::choose(MAX_OBJECT, None);
        assert_eq!((largest.part_size(), largest.count()), (4769 * MIB, 9999));
    }

    #[test]
    fn parts_tile_the_file() {
        for (size, count) in [
            (0, 1),
            (1, 1),
            (8 * MIB, 1),
            (8 * MIB + 1, 2),
            (17 * MIB, 3),
        ] {
            let plan = Plan::choose(size, None);
            assert_eq!(plan.count(), count);
            let numbers = 1..=u16::try_from(count).unwrap_or(0);
            assert_eq!(
                numbers.clone().filter_map(|n| plan.size_of(n)).sum::<u64>(),
                size
            );
            assert!(plan.is_whole(numbers));
            assert_eq!(plan.size_of(0), None);
            assert_eq!(plan.size_of(u16::try_from(count + 1).unwrap_or(0)), None);
        }
        let plan = Plan::known(17 * MIB, 8 * MIB);
        assert!(
            !plan.is_whole([1, 2]) && !plan.is_whole([1, 3, 2]) && !plan.is_whole([1, 2, 3, 4])
        );
        assert!(!plan.is_whole([1, 1, 2]) && !plan.is_whole([]));
    }
}
