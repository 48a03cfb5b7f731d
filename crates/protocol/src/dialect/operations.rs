//! The interface of a dialect: five operations of a backend that presigns uploads.

use core::fmt;

use super::config::{CsrfPlace, Site};
use crate::native::{SentPart, StoredPart};
use crate::{Ask, Granted, Next, Part, Reply, SignedPart, Step, Stored, Trouble, Upload};

/// The protocol of one kind of backend.
///
/// Each operation is a function of the replies so far: without one it returns the first request, with each further
/// reply the next request or the operation's result. Replies have a 2xx status.
pub trait Dialect: fmt::Debug {
    /// True if the backend answers `POST {endpoint}/doctor`, which only the project's own protocol has.
    fn has_doctor(&self) -> bool {
        false
    }

    /// The place of the CSRF token in pages of the frameworks that use this protocol.
    fn csrf(&self) -> CsrfPlace {
        CsrfPlace::default()
    }

    /// True if [`Ask::md5`] is required.
    fn needs_md5(&self) -> bool {
        false
    }

    /// Asks for an upload.
    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted>;

    /// Asks for the URLs of parts, by ascending number.
    fn sign_parts(
        &self,
        site: &Site,
        upload: &Upload,
        parts: &[Part],
        replies: &[Reply],
    ) -> Step<Vec<SignedPart>> {
        let _ = (site, upload, parts, replies);
        Err(unsupported("large files in parts"))
    }

    /// Asks for the list of the parts that the store holds.
    fn list_parts(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<Vec<StoredPart>> {
        let _ = (site, upload, replies);
        Err(unsupported("the list of the parts that arrived"))
    }

    /// Completes a multipart upload, or confirms a single one. Without `sent` the backend has to ask the store for the
    /// parts. A dialect that passes on a list rejects one that is not the whole file. Never called without a
    /// [`Granted::id`].
    fn complete(
        &self,
        site: &Site,
        upload: &Upload,
        sent: Option<&[SentPart]>,
        replies: &[Reply],
    ) -> Step<Stored> {
        let _ = (site, upload, sent, replies);
        Ok(Next::Done(Stored::default()))
    }

    /// Aborts the multipart upload, or deletes the object. Never called without a [`Granted::id`].
    fn abort(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<()> {
        let _ = (site, upload, replies);
        Ok(Next::Done(()))
    }
}

/// The error about an operation that a dialect's backend does not offer.
pub(crate) fn unsupported(what: &str) -> Trouble {
    Trouble::Unsupported(format!("this kind of backend does not offer {what}"))
}
