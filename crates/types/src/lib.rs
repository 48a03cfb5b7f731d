//! The types of S3, and the names of HTTP and DNS, that the engine, the protocol and the server share.
//!
//! The crate has no I/O and makes no decision about an upload.
//!
//! ```
//! use s3_upload_types::{PartNumber, PartPlan, SecretUrl, limits::MIB};
//!
//! let plan = PartPlan::new(20 * MIB, 8 * MIB).expect("S3 accepts these parts");
//! assert_eq!(plan.count(), 3);
//! let last = plan.range(PartNumber::MIN.saturating_add(2)).expect("the third part");
//! assert_eq!((last.start, last.len()), (16 * MIB, 4 * MIB));
//!
//! let url = SecretUrl::new("https://bucket.example/key?X-Amz-Signature=5ec");
//! assert_eq!(url.to_string(), "https://bucket.example/key?…");
//! ```

mod collect;
mod ids;
pub mod limits;
mod names;
mod part_plan;
mod secret_url;

pub use collect::CollectVec;
pub use ids::{ByteRange, ETag, ObjectKey, PartNumber};
pub use names::{INTERNAL_HOST_SUFFIXES, is_token};
pub use part_plan::{DEFAULT_PART_SIZE, PartPlan, part_size_for};
pub use secret_url::SecretUrl;
