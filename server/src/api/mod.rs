//! The JSON of the API: request bodies, answers and errors.

mod error;
mod json;
mod json_response;

pub use error::{ApiError, ErrorCode};
pub(crate) use json::Json;
pub(crate) use json_response::json;
