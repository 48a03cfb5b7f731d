//! What a browser can do, one small file per ability.
//!
//! Each wraps one web API into a plain function or a guard that ends it when dropped. Refuses any
//! policy: nothing here knows what an upload is, when to try again, or what to tell a person.

pub mod clock;
pub mod console;
pub mod digest;
pub mod fetch;
pub mod file;
pub mod frame;
pub mod http;
pub mod json;
pub mod network;
pub mod page;
pub mod policy;
pub mod random;
pub mod xhr;
