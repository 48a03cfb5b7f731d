//! The port to the code that finds the cause of a failure, and says how a developer removes it. The code is loaded when
//! the first request fails.

use s3_upload_core::{Step, Transmit, UploadError};
use s3_upload_protocol::{DialectRequest, Value};

use super::future::LocalBoxFuture;
use super::network::Network;
use super::remediation::Remediation;
use crate::browser::address::Address;
use crate::browser::http::Credentials;

/// The bytes of a request to the store that were sent after the preflight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesSent {
    /// At least one.
    Some,
    /// None.
    None,
    /// Unknown, since fetch does not report it.
    Unknown,
}

/// A request that sends bytes, to which the store did not respond.
pub struct UnansweredSend<'a, P> {
    /// The page.
    pub platform: &'a P,
    /// The request.
    pub transmit: &'a Transmit,
    /// Its address.
    pub address: Address,
    /// The bytes that were sent.
    pub bytes_sent: BytesSent,
    /// True if the page has read a response of this store.
    pub answered: bool,
    /// Asks the backend's doctor. `None` if the backend has none, or does not respond.
    pub ask_doctor: &'a dyn Fn(Value) -> LocalBoxFuture<'a, Option<Value>>,
}

/// The cause of a request without a response.
#[derive(Debug)]
pub struct SendCause {
    /// The error.
    pub error: UploadError,
    /// A warning for the developer.
    pub warning: Option<&'static str>,
}

/// The redirect of a request that did not follow it.
#[derive(Debug)]
pub enum Redirect {
    /// There is no redirect.
    None,
    /// To this address of the same origin.
    Within(String),
    /// To another or an unknown origin. Holds the advice for the developer.
    Elsewhere(String),
}

/// Finds causes. `P` is the page. Its own policies have allowed the requests.
pub trait Diagnosis<P: Network> {
    /// Finds the reason why the store did not respond to a request that sends bytes.
    fn of_send<'a>(&self, failed: UnansweredSend<'a, P>) -> LocalBoxFuture<'a, SendCause>;

    /// Finds the reason why the backend did not respond at this address.
    fn of_backend<'a>(
        &self,
        platform: &'a P,
        step: Step,
        address: Address,
        credentials: Credentials,
    ) -> LocalBoxFuture<'a, UploadError>;

    /// Finds the reason why the store did not respond to a request that ends a multipart upload.
    fn of_completion<'a>(
        &self,
        platform: &'a P,
        step: Step,
        address: Address,
        request: &'a DialectRequest,
    ) -> LocalBoxFuture<'a, UploadError>;

    /// Finds the redirect of a request to the backend that failed, and that followed none.
    fn redirect<'a>(
        &self,
        platform: &'a P,
        request: &'a DialectRequest,
        signal: &'a P::Signal,
    ) -> LocalBoxFuture<'a, Redirect>;

    /// Adds the cause that the signed request shows to a store's refusal.
    fn with_hint(&self, error: UploadError, transmit: &Transmit) -> UploadError;

    /// The cause of an error and its remedy. `None` if only the person can act.
    fn remediation(&self, error: &UploadError) -> Option<Remediation>;
}
