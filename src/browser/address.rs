//! An absolute address, in the terms of the URL standard.

use web_sys::Url;

/// The components of an absolute address. The type is not `Debug`, since the query may hold a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The whole address.
    pub href: String,
    /// `https://store.example:9000`
    pub origin: String,
    /// `https:`
    pub protocol: String,
    /// The host without the port.
    pub hostname: String,
    /// `/bucket/key`
    pub pathname: String,
    /// The query with its question mark. Empty if there is none.
    pub search: String,
}

impl Address {
    /// The address without its query, which may be signed.
    pub fn bare(&self) -> String {
        format!("{}{}", self.origin, self.pathname)
    }
}

impl From<Url> for Address {
    fn from(url: Url) -> Self {
        Self {
            href: url.href(),
            origin: url.origin(),
            protocol: url.protocol(),
            hostname: url.hostname(),
            pathname: url.pathname(),
            search: url.search(),
        }
    }
}
