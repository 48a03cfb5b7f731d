//! The settings of an uploader: the backend's address, its dialect, and the engine's settings.

use std::collections::BTreeMap;

use s3_upload_core::Config;
use s3_upload_protocol::dialect::auto::Auto;
pub use s3_upload_protocol::{BackendConfig, Dialect, Encoding, FieldNames};

pub use super::headers::{HeaderList, HeaderSource, Headers, NoHeaders, RefreshableHeaders};
use super::presign::PresignChoice;
pub use crate::browser::http::Credentials;

/// The settings that a host may change. The defaults need only a [`backend`](Self::backend) with its endpoint.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The backend's address, and the fields of requests to it.
    pub backend: BackendConfig,
    /// The dialect of the backend.
    pub dialect: DialectChoice,
    /// The host's own implementation of presigning, in place of a backend.
    pub presign: Option<PresignChoice>,
    /// Headers that authenticate the person to the backend.
    pub headers: Headers,
    /// The source of the token against cross-site request forgery, if the backend requires one.
    pub csrf: Csrf,
    /// The credentials mode of requests to the backend. Cookies are never sent to the store.
    pub credentials: Credentials,
    /// Metadata that is sent to the backend with each file.
    pub metadata: BTreeMap<String, String>,
    /// The engine's settings: limits, concurrency, transport and time limits.
    pub engine: Config,
}

impl Settings {
    /// The defaults for a backend at this address, absolute or relative to the page.
    pub fn new(endpoint: impl Into<String>) -> Self {
        let backend = BackendConfig {
            endpoint: endpoint.into(),
            ..BackendConfig::default()
        };
        Self {
            backend,
            ..Self::default()
        }
    }

    /// Returns true if there is an endpoint or a host that presigns.
    pub(super) fn has_backend(&self) -> bool {
        !self.backend.endpoint.is_empty() || self.presign.is_some()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            backend: BackendConfig::default(),
            dialect: DialectChoice::Of(&Auto),
            presign: None,
            headers: Headers::default(),
            csrf: Csrf::default(),
            credentials: Credentials::default(),
            metadata: BTreeMap::new(),
            engine: Config::default(),
        }
    }
}

/// The dialect of a backend.
#[derive(Clone, Copy, Debug)]
pub enum DialectChoice {
    /// This dialect, which may be the host's own.
    Of(&'static dyn Dialect),
    /// The dialect of this name in [`NAMES`](s3_upload_protocol::dialect::NAMES). The element loads its code before the
    /// first request.
    Named(&'static str),
}

/// The source of the page's token against cross-site request forgery. The token is sent to the page's own origin. To
/// other origins it is sent only together with cookies, without which a forged request has no effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csrf {
    /// The name of a `<meta>` whose content is the token.
    pub meta: Option<String>,
    /// The name of a cookie that holds the token.
    pub cookie: Option<String>,
    /// The header that carries the token. Without it, the usual header of the frameworks is used.
    pub header: Option<String>,
}
