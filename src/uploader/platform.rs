//! The port to the page: addresses, time, tasks and files.
//!
//! The product has one implementation, `BrowserPlatform`, so that generic code is compiled once. Native tests have
//! another one, with a scripted network and virtual time.

use s3_upload_core::{Answer, ByteRange, UploadError};
use s3_upload_protocol::{Dialect, Value};
use web_sys::File;

use super::diagnosis::Diagnosis;
use super::network::Network;
use super::presign::HostCall;
use crate::browser::address::Address;
use crate::browser::file::Readable;
use crate::browser::http::Body;

/// The page, as the uploader needs it.
pub trait Platform: Network + Sized {
    /// A chosen file.
    type File: LocalFile;
    /// Cancels a timer when it is dropped.
    type Timer;
    /// Cancels the callback of a frame when it is dropped.
    type Frame;
    /// Ends the watch of the network when it is dropped.
    type NetworkWatch;
    /// Ends the question before the page is left when it is dropped.
    type LeaveGuard;

    /// Resolves an address against the page.
    fn resolve(&self, url: &str) -> Option<Address>;
    /// Resolves an address against another one.
    fn resolve_at(&self, url: &str, base: &str) -> Option<Address>;
    /// The page's origin.
    fn origin(&self) -> String;
    /// The page's host, without a port.
    fn host(&self) -> String;
    /// True if the page is secure and the address is not.
    fn is_mixed_content(&self, address: &Address) -> bool;
    /// The content of a `<meta>` of the page.
    fn meta(&self, name: &str) -> Option<String>;
    /// The value of a cookie of the page.
    fn cookie(&self, name: &str) -> Option<String>;

    /// Milliseconds on a clock that never goes backward.
    fn now(&self) -> u64;
    /// Milliseconds since 1970, by the device's clock.
    fn date(&self) -> f64;
    /// Parses an HTTP date, to milliseconds since 1970.
    fn parse_date(&self, text: &str) -> Option<f64>;
    /// Calls `callback` after this many milliseconds.
    fn after(&self, milliseconds: u32, callback: impl FnOnce() + 'static) -> Self::Timer;
    /// Calls `callback` before the next frame is drawn.
    fn next_frame(&self, callback: impl Fn() + 'static) -> Self::Frame;
    /// Runs a task.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);

    /// Calls `changed` when the browser goes online or offline.
    fn watch_network(&self, changed: impl Fn(bool) + Clone + 'static) -> Self::NetworkWatch;
    /// Asks the person before the page is left.
    fn ask_before_leaving(&self) -> Self::LeaveGuard;
    /// Warns the developer.
    fn warn(&self, text: &str);

    /// Loads the dialect of this name, if there is one.
    async fn dialect(&self, name: &'static str) -> Result<Option<&'static dyn Dialect>, NotLoaded>;

    /// Loads the code that finds the cause of a failure. Waits some seconds at most.
    async fn diagnosis(&self) -> Result<&'static dyn Diagnosis<Self>, NotLoaded>;
    /// The same code, if it is loaded.
    fn loaded_diagnosis(&self) -> Option<&'static dyn Diagnosis<Self>>;

    /// Runs an operation of a host that presigns with its own code.
    async fn run_by_host(&self, call: HostCall<Self::File>) -> Result<Answer, UploadError>;

    /// A seed for the engine's jitter.
    fn seed(&self) -> u64;
    /// A version 4 UUID.
    fn uuid(&self) -> String;
    /// Writes JSON.
    fn write_json(&self, value: &Value) -> String;
    /// Reads JSON.
    fn read_json(&self, text: &str) -> Option<Value>;
}

/// Code that is loaded when it is first needed was not loaded. The next use tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoaded;

/// A file on the person's disk. Converts to the browser's own file, if it is one.
pub trait LocalFile: Clone + Into<Option<File>> + 'static {
    /// The name, which may be empty.
    fn name(&self) -> String;
    /// The size in bytes.
    fn size(&self) -> u64;
    /// The media type, which may be empty.
    fn media_type(&self) -> String;
    /// The time of its last change, in milliseconds since 1970.
    fn modified(&self) -> f64;
    /// A range of its bytes as a body.
    fn slice(&self, range: ByteRange) -> Option<Body>;
    /// A form of these fields, with a range of its bytes under this name as the last field, `file`.
    fn form(&self, fields: &[(String, String)], range: ByteRange, name: &str) -> Option<Body>;
    /// Reads one byte, to check that the file did not change.
    async fn readable(&self) -> Readable;
    /// The MD5 in base64. `None` if it cannot be read, or if `goes_on` returns false, which is called after each slice.
    async fn md5(&self, goes_on: impl Fn() -> bool) -> Option<String>;
}
