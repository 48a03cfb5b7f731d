//! What is said to the backend that presigns uploads, and what a store answers.
//!
//! Owns the words on the wire: [`native`] is the project's own, spoken by the widget and by `s3-upload-server`;
//! [`dialect`] holds how other backends speak, each as functions from replies to the next request. Refuses to send
//! anything, to know what JSON library is in use, and to decide what happens next.

pub mod dialect;
mod grant;
pub mod native;
pub mod refusal;
mod secret;
pub mod store;
pub mod talk;
mod value;

pub use dialect::{Dialect, Encoding, FieldNames, Site, named};
pub use grant::{Ask, Granted, Part, Plan, Signed, SignedPart, Stored, Upload, is_forbidden};
pub use secret::{SecretFields, SecretUrl, redacted};
pub use talk::{Audience, Body, Call, Next, Payload, Reply, Step, Trouble};
pub use value::Value;
