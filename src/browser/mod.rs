//! The browser's APIs, with one small file for each.
//!
//! Each file wraps one web API as a function, or as a guard that ends the operation when it is dropped. No policy is
//! here: uploads, retries and messages belong to higher layers.

pub mod address;
pub mod clock;
pub mod console;
pub mod digest;
pub mod fetch;
pub mod file;
pub mod form;
pub mod frame;
pub mod http;
pub mod network;
pub mod page;
pub mod policy;
pub mod probe;
pub mod random;
pub mod timing;
pub mod xhr;
