//! Newtypes for what must not be mixed up: a mix-up of two of these would cost data.

use crate::limits::MAX_PARTS;

/// A file in one [`Queue`](crate::Queue). Ids grow in the order of adding and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u64);

/// A request in flight. An answer that carries an id which is no longer in flight is dropped, so
/// that a late answer cannot change a state it no longer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The number of a part in a multipart upload, `1..=10_000`.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

impl PartNumber {
    /// `None` outside of `1..=10_000`.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 1 && number <= MAX_PARTS {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number as S3 knows it.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl ByteRange {
    /// How many bytes it spans.
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it spans nothing, as the one range of an empty file does.
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
            /// Takes the text as it is.
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
    /// The backend's name for one upload, opaque to the widget.
    UploadId
}
text! {
    /// The key of an object in its bucket.
    ObjectKey
}
text! {
    /// The entity tag of an object or part, kept as S3 sent it, quotes included.
    ETag
}
