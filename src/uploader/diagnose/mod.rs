//! Finds the reason why a request got no response, since a browser reports only that it failed.
//!
//! A rule or a policy is named only on proof. Without proof the error states the observation: no host answers, the page
//! may not read the response, or the connection broke while it works for other requests.

mod backend;
mod completion;
mod doctor;
mod hint;
mod redirect;
mod store;
mod unreadable;

use s3_upload_core::{Step, Transmit, UploadError};
use s3_upload_protocol::DialectRequest;

use super::diagnosis::{Diagnosis, Redirect, SendCause, UnansweredSend};
use super::future::LocalBoxFuture;
use super::platform::Platform;
use super::remediation::{Remediation, remediation};
use crate::browser::address::Address;
use crate::browser::http::Credentials;

/// The one implementation of [`Diagnosis`].
#[derive(Debug)]
pub(super) struct Diagnose;

impl<P: Platform> Diagnosis<P> for Diagnose {
    fn of_send<'a>(&self, failed: UnansweredSend<'a, P>) -> LocalBoxFuture<'a, SendCause> {
        Box::pin(store::cause(failed))
    }

    fn of_backend<'a>(
        &self,
        platform: &'a P,
        step: Step,
        address: Address,
        credentials: Credentials,
    ) -> LocalBoxFuture<'a, UploadError> {
        Box::pin(backend::cause(platform, step, address, credentials))
    }

    fn of_completion<'a>(
        &self,
        platform: &'a P,
        step: Step,
        address: Address,
        request: &'a DialectRequest,
    ) -> LocalBoxFuture<'a, UploadError> {
        Box::pin(completion::cause(platform, step, address, request))
    }

    fn redirect<'a>(
        &self,
        platform: &'a P,
        request: &'a DialectRequest,
        signal: &'a P::Signal,
    ) -> LocalBoxFuture<'a, Redirect> {
        Box::pin(redirect::of(platform, request, signal))
    }

    fn with_hint(&self, error: UploadError, transmit: &Transmit) -> UploadError {
        hint::with_hint(error, transmit)
    }

    fn remediation(&self, error: &UploadError) -> Option<Remediation> {
        remediation(error)
    }
}
