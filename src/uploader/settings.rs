//! The settings of an uploader: where the backend is and how it is asked, and the engine's own.

use std::collections::BTreeMap;

use s3_upload_core::Config;

pub use crate::browser::http::Credentials;

/// What a host may set. The defaults need only an `endpoint`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The backend's address, absolute or relative to the page, without a slash at its end.
    pub endpoint: String,
    /// The engine's settings: limits, lanes, transport, patience.
    pub engine: Config,
    /// Whether cookies go to the backend. None ever go to the store.
    pub credentials: Credentials,
    /// Told to the backend with each file.
    pub metadata: BTreeMap<String, String>,
}
