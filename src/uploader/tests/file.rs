//! A file of a test.

use std::cell::Cell;
use std::rc::Rc;

use s3_upload_core::ByteRange;
use web_sys::File;

use crate::browser::file::Readable;
use crate::browser::http::Body;
use crate::uploader::platform::LocalFile;

/// A file without bytes. Its body is the range that is sent, as text.
#[derive(Clone)]
pub struct TestFile {
    pub name: &'static str,
    pub size: Rc<Cell<u64>>,
    pub readable: Rc<Cell<Readable>>,
}

impl TestFile {
    pub fn new(name: &'static str, size: u64) -> Self {
        Self {
            name,
            size: Rc::new(Cell::new(size)),
            readable: Rc::new(Cell::new(Readable::Yes)),
        }
    }
}

impl From<TestFile> for Option<File> {
    fn from(_: TestFile) -> Self {
        None
    }
}

impl LocalFile for TestFile {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn size(&self) -> u64 {
        self.size.get()
    }

    fn media_type(&self) -> String {
        "text/plain".to_owned()
    }

    fn modified(&self) -> f64 {
        1_700_000_000_000.0
    }

    fn slice(&self, range: ByteRange) -> Option<Body> {
        Some(Body::Text(format!("{}..{}", range.start, range.end)))
    }

    fn form(&self, fields: &[(String, String)], range: ByteRange, name: &str) -> Option<Body> {
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(",");
        Some(Body::Text(format!(
            "{names},file={name} {}..{}",
            range.start, range.end
        )))
    }

    async fn readable(&self) -> Readable {
        self.readable.get()
    }

    async fn md5(&self, _goes_on: impl Fn() -> bool) -> Option<String> {
        None
    }
}
