//! The texts of failures, which are loaded with the uploader's own part of that code.

use crate::ui::text::catalogue::add_failures;
use crate::ui::text::error_text::{FailureParts, set_failure_parts};
use crate::ui::text::failure_catalogue::{self, Table};
use crate::ui::text::failure_text;
use crate::uploader::{LocalBoxFuture, NotLoaded};

/// The texts, and their choice.
pub struct FailureTexts {
    tables: &'static [Table],
    parts: FailureParts,
}

static TEXTS: FailureTexts = FailureTexts {
    tables: failure_catalogue::TABLES,
    parts: failure_text::parts,
};

/// Loads the texts.
#[wasm_split_helpers::wasm_split(lazy, fallible)]
#[allow(clippy::unnecessary_wraps, reason = "the load may fail")]
fn load() -> Result<&'static FailureTexts, NotLoaded> {
    Ok(&TEXTS)
}

/// Loads the texts, and sets them.
pub fn load_failure_texts() -> LocalBoxFuture<'static, ()> {
    Box::pin(async {
        if let Ok(texts) = load().await {
            add_failures(texts.tables);
            set_failure_parts(texts.parts);
        }
    })
}
