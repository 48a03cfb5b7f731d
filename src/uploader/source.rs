//! A chosen file, and its properties at the time when it was added.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use s3_upload_core::FileInfo;
/// A file, and its properties at the time when it was added.
#[derive(Clone)]
pub struct FileSource<F> {
    /// The file itself.
    pub file: F,
    /// Its name, size and media type.
    pub info: FileInfo,
    /// The time of the file's last change, in milliseconds since 1970.
    pub modified: f64,
    /// The file's MD5 in base64. Empty until a dialect needs it.
    pub md5: Rc<OnceCell<String>>,
}

/// An added file that is offered to the queue in a later task.
#[derive(Debug)]
pub struct ArrivingFile<F> {
    /// The file itself.
    pub file: F,
    /// True while a file of the same call may replace files in a final state.
    pub replacing: Rc<Cell<bool>>,
}
