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

/// All dialects, by the names that the attribute `protocol` has for them.
pub static ALL: &[(&str, &(dyn Dialect + Sync))] = &[
    ("auto", &auto::Auto),
    ("active-storage", &active_storage::ActiveStorage),
    ("better-upload", &better_upload::BetterUpload),
    ("companion", &companion::Companion),
    (
        "django-s3-file-field",
        &django_s3_file_field::DjangoS3FileField,
    ),
    ("next-s3-upload", &next_s3_upload::NextS3Upload),
    ("supabase", &supabase::Supabase),
    ("vapor", &vapor::Vapor),
];

/// Finds a dialect by its name in [`ALL`].
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    let (_, dialect) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(*dialect)
}

#[cfg(test)]
mod tests {
    use super::{ALL, named};

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
        for (name, _) in ALL {
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn every_name_has_its_dialect() {
        for (name, _) in ALL {
            assert!(named(name).is_some(), "{name}");
        }
        assert!(named("Auto").is_none() && named("").is_none());
    }
}
