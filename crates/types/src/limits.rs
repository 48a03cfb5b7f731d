//! The limits of S3, by name.
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>

/// 1 KiB in bytes.
pub const KIB: u64 = 1024;
/// 1 MiB in bytes.
pub const MIB: u64 = 1024 * KIB;
/// 1 GiB in bytes.
pub const GIB: u64 = 1024 * MIB;

/// The smallest part, in bytes. The last part alone may be smaller.
pub const MIN_PART_SIZE: u64 = 5 * MIB;
/// The largest part, in bytes.
pub const MAX_PART_SIZE: u64 = 5 * GIB;
/// The highest part number, and so the most parts of an upload.
pub const MAX_PARTS: u16 = 10_000;
/// The largest object that one PUT or POST can make, in bytes.
pub const MAX_SINGLE_SIZE: u64 = 5 * GIB;
/// The largest object, in bytes (50 TB since December 2025).
pub const MAX_OBJECT_SIZE: u64 = 50 * 1000 * 1000 * 1000 * 1000;
