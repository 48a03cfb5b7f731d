//! Dialects: how the backends that sites already have speak of uploads.
//!
//! A dialect is one module that writes requests ([`Call`](crate::Call)) and reads replies. It is a pure function of what
//! it is given; [`Auto`](auto::Auto), the default, reads most answers that a person could mean, and the named ones know
//! one server each. Refuses to send anything and to decide what happens next.
//!
//! `docs/dialects.md` shows how one is added.

pub mod active_storage;
mod ahead;
pub mod auto;
pub mod better_upload;
pub mod companion;
pub mod django_s3_file_field;
pub mod next_s3_upload;
pub mod supabase;
mod told;
pub mod vapor;

#[cfg(test)]
mod recorded;

use core::fmt;

use crate::native::{SentPart, StoredPart};
use crate::{Ask, Granted, Next, Part, Reply, SignedPart, Step, Stored, Trouble, Upload};

/// What a page says about its backend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// The address of the backend, absolute or relative to the page.
    pub endpoint: String,
    /// Which of a backend's upload routes; only some dialects have them.
    pub route: Option<String>,
    /// How the first request is written; only [`Auto`](auto::Auto) leaves a choice.
    pub encoding: Encoding,
    /// What the backend calls the file's name, type and size, if not `name`, `type` and `size`.
    pub fields: FieldNames,
    /// More fields of the first request, by name.
    pub extra: Vec<(String, String)>,
}

/// How the first request of the default dialect is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `POST` with JSON.
    #[default]
    Json,
    /// `POST` with a form's body.
    Form,
    /// `GET` with a query.
    Query,
}

/// The backend's own names for what it is told. An empty one leaves its value out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// For the file's name.
    pub name: Option<String>,
    /// For its MIME type.
    pub media_type: Option<String>,
    /// For its size in bytes.
    pub size: Option<String>,
}

/// Where a page has its token against cross-site request forgery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CsrfPlace {
    /// The name of a `<meta>`.
    pub meta: Option<&'static str>,
    /// The name of a cookie.
    pub cookie: Option<&'static str>,
}

/// How one kind of backend speaks.
///
/// Each operation is a function of the replies so far: with none it says the first request, with each further reply the
/// next one or what the operation came to. Replies have a 2xx status.
pub trait Dialect: fmt::Debug {
    /// Whether it answers `POST {endpoint}/doctor`: the project's own conversation.
    fn has_doctor(&self) -> bool {
        false
    }

    /// Where the frameworks that speak so keep their token against forged requests.
    fn csrf(&self) -> CsrfPlace {
        CsrfPlace::default()
    }

    /// Whether [`Ask::md5`] must be there.
    fn needs_md5(&self) -> bool {
        false
    }

    /// Asks for an upload.
    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted>;

    /// Has parts signed, by ascending number.
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

    /// Asks which parts the store holds.
    fn list_parts(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<Vec<StoredPart>> {
        let _ = (site, upload, replies);
        Err(unsupported("the list of the parts that arrived"))
    }

    /// Completes a multipart upload, or confirms a single one. Without `sent` the backend has to ask the store for the
    /// parts. Never asked for without a [`Granted::id`].
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

    /// Aborts the multipart upload, or deletes the object. Never asked for without a [`Granted::id`].
    fn abort(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<()> {
        let _ = (site, upload, replies);
        Ok(Next::Done(()))
    }
}

/// The dialect of a name, as the attribute `protocol` has it.
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    Some(match name {
        "active-storage" => &active_storage::ActiveStorage,
        "auto" => &auto::Auto,
        "better-upload" => &better_upload::BetterUpload,
        "companion" => &companion::Companion,
        "django-s3-file-field" => &django_s3_file_field::DjangoS3FileField,
        "next-s3-upload" => &next_s3_upload::NextS3Upload,
        "supabase" => &supabase::Supabase,
        "vapor" => &vapor::Vapor,
        _ => return None,
    })
}

/// The names of all dialects.
pub const NAMES: &[&str] = &[
    "auto",
    "active-storage",
    "better-upload",
    "companion",
    "django-s3-file-field",
    "next-s3-upload",
    "supabase",
    "vapor",
];

/// The error about something that a dialect's backend does not offer.
pub(crate) fn unsupported(what: &str) -> Trouble {
    Trouble::Unsupported(format!("this kind of backend does not offer {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the guide shows is what stands in the source.
    #[test]
    fn the_guide_quotes_a_real_dialect() {
        let guide = include_str!("../../../../docs/dialects.md");
        let source = include_str!("vapor.rs");
        let blocks: Vec<&str> = guide.split("```rust\n").skip(1).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let quote = block.split("```").next().unwrap_or_default();
            assert!(source.contains(quote), "{quote}");
        }
        for name in NAMES {
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn every_name_has_its_dialect() {
        for name in NAMES {
            assert!(named(name).is_some(), "{name}");
        }
        assert!(named("Auto").is_none() && named("").is_none());
    }
}
