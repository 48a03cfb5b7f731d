//! The requests to S3, and the signatures for browsers.
//!
//! Presigned URLs and POST forms are signed without a request. Every other operation is a request to the store. The
//! decision about an upload is made in `grants`.

mod anonymous_client;
mod client;
mod confirmations;
pub(crate) mod cors_rule;
mod credentials;
mod error;
mod form;
mod multipart;
mod objects;
mod presign;
mod public_bucket;

pub(crate) use anonymous_client::{NoResponse, StoreResponse};
pub use client::{BucketLocation, NewObject, Store};
pub(crate) use confirmations::Confirmation;
pub use confirmations::ConfirmedObjects;
pub(crate) use cors_rule::CorsRequest;
pub use cors_rule::CorsRule;
pub use error::StoreError;
pub use form::{Forms, PresignedForm};
pub use objects::StoredObject;
pub use presign::SignedRequest;
pub(crate) use public_bucket::{BucketCors, PublicBucket};
