//! What is said to the backend that presigns uploads.
//!
//! Owns the words on the wire: what a request and an answer look like. [`native`] is the project's own dialect, spoken
//! by the widget and by `s3-upload-server`. Refuses to send anything, to know what JSON library is in use, and to
//! decide what happens next.

pub mod native;
mod secret;
pub mod store;

pub use secret::{SecretFields, SecretUrl};
