//! Newtypes for ids. Confusing two of them would lose data.

pub use s3_upload_types::{ByteRange, ETag, ObjectKey, PartNumber};

/// The id of a file in one [`Queue`](crate::Queue). Ids grow in the order of adding and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u64);

/// The id of a request. An answer with the id of a request that is no longer in flight is ignored, so that a late
/// answer cannot change a state to which it no longer belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The backend's id of an upload. It is opaque to the widget.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(String);

impl UploadId {
    /// Makes an id from the text, without a change.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for UploadId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}
