//! Dialects: the protocols of the backends that sites already have.
//!
//! A dialect is one module that writes requests ([`DialectRequest`](crate::DialectRequest)) and reads responses. It is a pure function of its
//! arguments: it sends nothing. [`Auto`](auto::Auto), the default, recognises most shapes of responses. Each named
//! dialect is for one server.
//!
//! `docs/dialects.md` shows how a dialect is added.

pub mod active_storage;
pub mod auto;
pub mod better_upload;
pub mod companion;
mod config;
pub mod django_s3_file_field;
mod extra_fields;
pub mod next_s3_upload;
mod operations;
mod plan;
mod presigned_parts;
pub mod supabase;
pub mod vapor;

#[cfg(test)]
mod recorded;

pub use config::{BackendConfig, CsrfPlace, Encoding, FieldNames};
pub use operations::Dialect;
pub(crate) use operations::unsupported;

/// The names of all dialects, as the attribute `protocol` has them, and the place of the CSRF token in pages of the
/// frameworks that use each. The table refers to no dialect, so that a page which uses none of them need not load them.
pub static NAMES: &[(&str, CsrfPlace)] = &[
    ("auto", CsrfPlace::NONE),
    // Rails' layouts have the element.
    ("active-storage", CsrfPlace::meta("csrf-token")),
    ("better-upload", CsrfPlace::NONE),
    ("companion", CsrfPlace::NONE),
    // Django's middleware sets the cookie.
    ("django-s3-file-field", CsrfPlace::cookie("csrftoken")),
    ("next-s3-upload", CsrfPlace::NONE),
    ("supabase", CsrfPlace::NONE),
    // Laravel's layouts have the element, and its middleware sets the cookie.
    (
        "vapor",
        CsrfPlace {
            meta: Some("csrf-token"),
            cookie: Some("XSRF-TOKEN"),
        },
    ),
];

/// Finds a dialect by its name in [`NAMES`].
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    Some(match name {
        "auto" => &auto::Auto,
        "active-storage" => &active_storage::ActiveStorage,
        "better-upload" => &better_upload::BetterUpload,
        "companion" => &companion::Companion,
        "django-s3-file-field" => &django_s3_file_field::DjangoS3FileField,
        "next-s3-upload" => &next_s3_upload::NextS3Upload,
        "supabase" => &supabase::Supabase,
        "vapor" => &vapor::Vapor,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, named};

    /// Each quote in the guide is text of the source.
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
        for (name, _) in NAMES {
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn every_name_has_its_dialect() {
        for (name, _) in NAMES {
            assert!(named(name).is_some(), "{name}");
        }
        assert!(named("Auto").is_none() && named("").is_none());
    }
}
