//! The options of a widget's presentation.

use s3_upload_core::Constraints;

/// The options of a widget's presentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayOptions {
    /// The limits that are shown. The uploader enforces them.
    pub constraints: Constraints,
    /// True if more than one file can be chosen at a time.
    pub multiple: bool,
    /// True if no file can be added.
    pub disabled: bool,
}
