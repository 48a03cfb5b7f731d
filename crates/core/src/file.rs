//! What the engine knows of a file: never its bytes.

/// The type that is signed and sent for a file whose type the browser does not know.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file's description, fixed at the moment it was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// The name as the person's system gave it. It is shown, and told to the backend; it is
    /// never part of a key by the widget's doing.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// The one MIME type of this file: for signing *and* for sending.
    pub content_type: String,
}

impl FileInfo {
    /// `content_type` may be empty, as `File.type` is when the browser knows none
    /// (<https://w3c.github.io/FileAPI/#dfn-type>); it becomes [`UNKNOWN_TYPE`] then.
    pub fn new(name: impl Into<String>, size: u64, content_type: &str) -> Self {
        let content_type = content_type.trim();
        let content_type = if content_type.is_empty() {
            UNKNOWN_TYPE
        } else {
            content_type
        };
        Self {
            name: name.into(),
            size,
            content_type: content_type.to_owned(),
        }
    }
}
