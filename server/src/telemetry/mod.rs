//! Logs and metrics.

mod logging;
mod metrics;

pub use logging::{LogFormat, subscriber};
pub use metrics::Metrics;
pub(crate) use metrics::store_error;
