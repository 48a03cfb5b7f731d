//! Values and data structures that do not depend on uploads.

pub(crate) mod bounded_map;
pub(crate) mod endpoint;
pub(crate) mod hmac_sha256;
pub(crate) mod media_type;
mod secret;
mod size;

pub(crate) use bounded_map::BoundedMap;
pub(crate) use endpoint::{is_endpoint, is_loopback};
pub(crate) use media_type::{UNKNOWN_TYPE, is_active};
pub use secret::Secret;
pub use size::Size;
