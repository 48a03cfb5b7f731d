//! Newtypes, so that values of similar form are not confused.

use crate::limits::MAX_PARTS;

/// The number of a part in a multipart upload, `1..=10_000`.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

impl PartNumber {
    /// The first part.
    pub const MIN: Self = Self(1);

    /// Returns `None` outside of `1..=10_000`.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 1 && number <= MAX_PARTS {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number, as S3 counts it.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The part number that is `parts` higher, and at most the highest that S3 allows.
    #[must_use]
    pub const fn saturating_add(self, parts: u16) -> Self {
        let number = self.0.saturating_add(parts);
        Self(if number > MAX_PARTS {
            MAX_PARTS
        } else {
            number
        })
    }
}

/// The bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl ByteRange {
    /// The number of bytes.
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// True for the only range of an empty file.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Makes a value from the text, without a change.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// The key of an object in its bucket.
    ObjectKey
}
text! {
    /// The entity tag of an object or part, as S3 sent it, quotes included.
    ETag
}
