//! The settings of an uploader: where the backend is, how it is spoken to, and the engine's own.

use std::collections::BTreeMap;
use std::rc::Rc;

use s3_upload_core::Config;
use s3_upload_protocol::dialect::auto::Auto;
pub use s3_upload_protocol::{Dialect, Encoding, FieldNames, Site};

pub use super::headers::{Fresh, HeaderList, HeaderSource, Headers};
use super::presign::Presign;
pub use crate::browser::http::Credentials;

/// What a host may set. The defaults need only a [`site`](Self::site) with its endpoint.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The backend's address, and what it wants to be told.
    pub site: Site,
    /// How the backend speaks; see [`named`](s3_upload_protocol::named) for those that there are.
    pub dialect: &'static dyn Dialect,
    /// The host's own way to presign, in place of a backend.
    pub presign: Option<Rc<dyn Presign>>,
    /// Headers that prove to the backend who is asking.
    pub headers: Headers,
    /// Where the token against cross-site request forgery is, if the backend wants one.
    pub csrf: Csrf,
    /// Whether cookies go to the backend. None ever go to the store.
    pub credentials: Credentials,
    /// Told to the backend with each file.
    pub metadata: BTreeMap<String, String>,
    /// The engine's settings: limits, lanes, transport, patience.
    pub engine: Config,
}

impl Settings {
    /// The defaults for a backend at this address, absolute or relative to the page.
    pub fn new(endpoint: impl Into<String>) -> Self {
        let site = Site {
            endpoint: endpoint.into(),
            ..Site::default()
        };
        Self {
            site,
            ..Self::default()
        }
    }

    /// Whether there is somebody to ask.
    pub(super) fn has_backend(&self) -> bool {
        !self.site.endpoint.is_empty() || self.presign.is_some()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            site: Site::default(),
            dialect: &Auto,
            presign: None,
            headers: Headers::default(),
            csrf: Csrf::default(),
            credentials: Credentials::default(),
            metadata: BTreeMap::new(),
            engine: Config::default(),
        }
    }
}

/// Where a page keeps its token against cross-site request forgery. It is sent to the page's own origin, and elsewhere
/// only together with cookies, without which there is nothing to forge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csrf {
    /// The name of a `<meta>` whose content is the token.
    pub meta: Option<String>,
    /// The name of a cookie that holds the token.
    pub cookie: Option<String>,
    /// The header that carries the token; the usual one of the frameworks when absent.
    pub header: Option<String>,
}
