//! The host's decision about each file, before it is queued.

use std::pin::Pin;
use std::rc::Rc;

use s3_upload_core::FileInfo;
use web_sys::File;

/// Decides if a file is added. The future resolves to `false` to keep the file out.
pub type BeforeAdd<F = File> = Rc<dyn Fn(F, FileInfo) -> Pin<Box<dyn Future<Output = bool>>>>;
