//! The uploader's part of the code that is loaded when it is first needed.

use s3_upload_core::{Answer, UploadError};
use s3_upload_protocol::{Dialect, named};
use web_sys::File;

use crate::browser::digest;
use crate::uploader::diagnose::Diagnose;
use crate::uploader::diagnosis::Diagnosis;
use crate::uploader::future::LocalBoxFuture;
use crate::uploader::host_client;
use crate::uploader::platform::Platform;
use crate::uploader::presign::HostCall;

/// The code, for a platform.
pub(super) trait LazyCode<P: Platform> {
    /// The dialect of this name, if there is one.
    fn dialect(&self, name: &str) -> Option<&'static dyn Dialect>;

    /// The code that finds the cause of a failure.
    fn diagnosis(&self) -> &'static dyn Diagnosis<P>;

    /// Runs an operation of a host that presigns with its own code.
    fn run_by_host(
        &self,
        call: HostCall<File>,
    ) -> LocalBoxFuture<'static, Result<Answer, UploadError>>;

    /// The MD5 of a file in base64.
    fn md5<'a>(
        &self,
        file: &'a File,
        goes_on: &'a dyn Fn() -> bool,
    ) -> LocalBoxFuture<'a, Option<String>>;
}

/// The one implementation.
pub(super) struct Code;

impl<P: Platform<File = File>> LazyCode<P> for Code {
    fn dialect(&self, name: &str) -> Option<&'static dyn Dialect> {
        named(name)
    }

    fn diagnosis(&self) -> &'static dyn Diagnosis<P> {
        &Diagnose
    }

    fn run_by_host(
        &self,
        call: HostCall<File>,
    ) -> LocalBoxFuture<'static, Result<Answer, UploadError>> {
        Box::pin(host_client::run(call))
    }

    fn md5<'a>(
        &self,
        file: &'a File,
        goes_on: &'a dyn Fn() -> bool,
    ) -> LocalBoxFuture<'a, Option<String>> {
        Box::pin(digest::md5_base64(file, goes_on))
    }
}
