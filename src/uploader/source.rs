//! A chosen file, and its properties at the time when it was added.

use std::cell::OnceCell;
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
