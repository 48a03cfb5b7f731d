//! The port to the network: requests to the backend and to the store, and the probes of the diagnosis.

use web_sys::AbortSignal;

use crate::browser::address::Address;
use crate::browser::fetch::{Follow, RedirectTarget};
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::browser::policy::Moment;
use crate::browser::probe::Readability;

/// The network, as the uploader needs it.
pub trait Network: 'static {
    /// The signal that aborts requests. The default never aborts.
    type Signal: Signal;
    /// Aborts the requests that have its signal when it is dropped.
    type Abort: Disarm;
    /// Ends a request of [`send`](Self::send) when it is dropped.
    type XhrRequest;
    /// Removes a time limit when it is dropped.
    type TimeLimit;

    /// A guard for requests, and their signal.
    fn abort_on_drop(&self) -> (Self::Abort, Self::Signal);

    /// A time limit, and a signal that aborts after this many milliseconds.
    fn time_limit(&self, milliseconds: u32) -> (Self::TimeLimit, Self::Signal);

    /// Sends a request that follows these redirects only, and reads its whole response. Reports no progress.
    async fn fetch(
        &self,
        request: Request<'_>,
        follow: Follow,
        signal: &Self::Signal,
    ) -> Result<Response, Failure>;

    /// Sends a request. `progress` gets the number of bytes of the body that were handed to the network.
    fn send(
        &self,
        request: Request<'_>,
        progress: Box<dyn Fn(u64)>,
    ) -> Result<
        (
            Self::XhrRequest,
            impl Future<Output = Result<Response, Failure>> + use<Self> + 'static,
        ),
        Failure,
    >;

    /// A text to which the browser adds no Content-Type.
    fn untyped(&self, text: &str) -> Body;

    /// Finds the redirect of an anonymous request without a body.
    async fn find_redirect(&self, method: &str, url: &str, signal: &Self::Signal)
    -> RedirectTarget;

    /// True if a host answers at this address, with a readable response or not.
    async fn is_reachable(&self, url: &str) -> bool;

    /// True if the page's own policy hides all answers to [`is_reachable`](Self::is_reachable).
    async fn requires_corp(&self) -> bool;

    /// Checks if the page may read the response to this request.
    async fn may_read(&self, request: Request<'_>) -> Readability;

    /// Checks if the page may send JSON to this address, and read the response.
    async fn passes_preflight(&self, url: &str, credentials: Credentials) -> Readability;

    /// True if this address answers with a redirect, as far as the page may know.
    async fn redirects(&self, url: &str) -> bool;

    /// False if the browser knows that it is offline.
    fn is_online(&self) -> bool;

    /// The protocol by which a request to this address was made, by its ALPN ID. Empty if the page may not know.
    fn next_hop_protocol(&self, url: &str) -> String;

    /// The moment before a request begins.
    fn policy_moment(&self) -> Moment;

    /// The directive of the page's Content Security Policy that blocked a request to this address since this moment.
    fn policy_violation(&self, address: &Address, since: Moment) -> Option<String>;
}

/// A signal of requests.
pub trait Signal: Clone + Default + Into<Option<AbortSignal>> + 'static {
    /// True if the requests are aborted.
    fn is_aborted(&self) -> bool;
}

/// A guard that can be dropped without an abort.
pub trait Disarm {
    /// Drops the guard without an abort, since the requests have ended.
    fn disarm(self);
}
