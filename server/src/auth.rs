//! Who calls: the client of a request, as the authentication found it.
//!
//! Owns what the rest of the server may know of a client. A layer that authenticates adds it to the request's extensions.

/// The client of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its stable name, such as a token's subject.
    pub id: String,
    /// The tenant that it belongs to, if any: a part of its files' keys.
    pub tenant: Option<String>,
}
