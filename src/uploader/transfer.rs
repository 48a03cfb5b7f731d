//! Starts the requests that the engine wants, and reports their results.
//!
//! Each request is a task and a guard. A request whose guard is dropped ends, and reports nothing.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use s3_upload_core::concurrency::Connection;
use s3_upload_core::{
    Answer, BackendOperation, FileId, Grant, GrantPlan, RequestId, Step, Transmit, Transport,
    TransportChoice, UploadError,
};

use super::backend::{Backend, Sessions};
use super::backend_client::run_operation;
use super::diagnosis::{BytesSent, Diagnosis, UnansweredSend};
use super::files::Files;
use super::http_client::HttpClient;
use super::network::Disarm;
use super::page_policy;
use super::parsed_response::ParsedResponse;
use super::platform::{LocalFile, Platform};
use super::presign::HostCall;
use super::reachability::Reachability;
use super::remediation::Remediation;
use super::signature_check;
use super::source::FileSource;
use super::store;
use crate::browser::fetch::Follow;
use crate::browser::file::Readable;
use crate::browser::http::{Failure, Response};
use crate::browser::policy::Moment;

/// Ends a request when dropped.
#[must_use = "dropping it cancels the request"]
pub(super) enum RequestGuard<P: Platform> {
    /// By its abort controller.
    Fetch(P::Abort),
    /// By its own abort.
    Xhr { _xhr: P::XhrRequest },
    /// There is nothing to abort, since the request failed before it was sent.
    Nothing,
}

impl<P: Platform> RequestGuard<P> {
    /// The request ended by itself.
    pub fn disarm(self) {
        if let Self::Fetch(abort) = self {
            abort.disarm();
        }
    }
}

/// Receives the progress and the results of requests.
pub(super) trait CompletionSink {
    /// True while the engine waits for the result of a request.
    fn is_wanted(&self, request: RequestId) -> bool;
    /// A request has handed this many bytes to the network.
    fn progressed(&self, request: RequestId, bytes: u64);
    /// A store was reached for the first time.
    fn connected(&self, connection: Connection);
    /// A request ended by itself.
    fn ended(&self, request: RequestId, answer: Result<Answer, UploadError>);
    /// Warns the developer, once for each text.
    fn warn_once(&self, text: &str);
}

/// The state that requests share, and the receiver of their results.
pub(super) struct TransferContext<P: Platform> {
    platform: Rc<P>,
    files: Rc<Files<P::File>>,
    reachability: Rc<Reachability>,
    sessions: Rc<RefCell<Sessions>>,
    sink: Weak<dyn CompletionSink>,
}

impl<P: Platform> Clone for TransferContext<P> {
    fn clone(&self) -> Self {
        Self {
            platform: Rc::clone(&self.platform),
            files: Rc::clone(&self.files),
            reachability: Rc::clone(&self.reachability),
            sessions: Rc::clone(&self.sessions),
            sink: Weak::clone(&self.sink),
        }
    }
}

impl<P: Platform> TransferContext<P> {
    pub fn new(platform: Rc<P>, files: Rc<Files<P::File>>, sink: Weak<dyn CompletionSink>) -> Self {
        Self {
            platform,
            files,
            reachability: Rc::default(),
            sessions: Rc::default(),
            sink,
        }
    }

    /// Loads the diagnosis before the first failure is reported, so that each report has its cause. `None` for a success,
    /// or if it cannot be loaded.
    async fn explanations<T>(
        &self,
        answer: &Result<T, UploadError>,
    ) -> Option<&'static dyn Diagnosis<P>> {
        match answer {
            Ok(_) => None,
            Err(_) => self.platform.diagnosis().await.ok(),
        }
    }
}

/// Starts a request to the backend. The guard must be kept until [`CompletionSink::ended`] is called, which is never
/// before this function has returned.
pub(super) fn call_backend<P: Platform>(
    context: &TransferContext<P>,
    request: RequestId,
    file: FileId,
    operation: BackendOperation,
) -> RequestGuard<P> {
    let is_abort = operation.step() == Step::Abort;
    let (abort, signal) = context.platform.abort_on_drop();
    let settings = context.files.settings_of(file);
    let health = context.reachability.backend(&settings.backend.endpoint);
    let platform = Rc::clone(&context.platform);
    let context = context.clone();
    platform.spawn(async move {
        let source = || context.files.source(file);
        let on_read = || {
            if let Some(sink) = context.sink.upgrade() {
                sink.progressed(request, 0);
            }
        };
        let answer = if let Some(presign) = &settings.presign {
            let call = HostCall {
                presign: presign.clone(),
                operation,
                source: source(),
                metadata: settings.metadata.clone(),
                signal: signal.into(),
            };
            context.platform.run_by_host(call).await
        } else {
            let client = HttpClient {
                backend: Backend {
                    platform: &*context.platform,
                    settings: &settings,
                    signal,
                    health: &health,
                },
                sessions: &context.sessions,
                file,
            };
            run_operation(&client, operation, source, &on_read).await
        };
        let explain = context.explanations(&answer).await;
        if let Some(sink) = context.sink.upgrade() {
            if let Some(warning) = signature_check::answer_warning(&answer) {
                sink.warn_once(warning);
            }
            // Nothing waits for the abort, but parts that stay at the store cost money.
            if let Err(error @ (UploadError::Blocked(_) | UploadError::Unreadable(_))) = &answer
                && is_abort
                && let Some(Remediation { cause, fix }) =
                    explain.and_then(|diagnosis| diagnosis.remediation(error))
            {
                let text = "What was cancelled could not be taken back:";
                sink.warn_once(&format!("{text} {cause} {fix}"));
            }
            // A shared host is known before the first body is sent.
            if let Some(url) = first_url(&answer)
                && let Some(connection) = connection(&context, file, url)
            {
                sink.connected(connection);
            }
            sink.ended(request, answer);
        }
    });
    RequestGuard::Fetch(abort)
}

/// Starts a request to the store. The guard must be kept in the same way as that of [`call_backend`].
pub(super) fn send<P: Platform>(
    context: &TransferContext<P>,
    transmit: Transmit,
) -> RequestGuard<P> {
    let platform = &context.platform;
    let context = context.clone();
    let Some(source) = context.files.source(transmit.file) else {
        return fail_soon(context, transmit.request, UploadError::FileUnreadable);
    };
    let body = match store::body(&transmit, &source) {
        Ok(body) => body,
        Err(error) => return fail_soon(context, transmit.request, error),
    };
    let since = context.platform.policy_moment();
    // After an ambiguous failure of fetch at this store, XHR is used, which shows if bytes were sent.
    let is_fetch_forced = context.files.settings().engine.transport == TransportChoice::Fetch;
    let is_ambiguous = !is_fetch_forced
        && context
            .reachability
            .is_ambiguous(&origin(&*context.platform, &transmit));
    match if is_ambiguous {
        Transport::Xhr
    } else {
        transmit.transport
    } {
        Transport::Fetch => {
            let (abort, signal) = platform.abort_on_drop();
            platform.spawn(async move {
                let request = store::request(&transmit, body);
                let answer = context.platform.fetch(request, Follow::Anywhere, &signal);
                let answer = answer.await;
                let no_response = (BytesSent::Unknown, since);
                finish(context, transmit, source, no_response, answer).await;
            });
            RequestGuard::Fetch(abort)
        }
        Transport::Xhr => {
            let request = transmit.request;
            let bytes_sent = Rc::new(core::cell::Cell::new(0));
            let (seen, listener) = (Rc::clone(&bytes_sent), Weak::clone(&context.sink));
            let progress = move |bytes| {
                seen.set(bytes);
                if let Some(sink) = listener.upgrade() {
                    sink.progressed(request, bytes);
                }
            };
            let sent = platform.send(store::request(&transmit, body), Box::new(progress));
            match sent {
                Ok((xhr, answer)) => {
                    platform.spawn(async move {
                        let answer = answer.await;
                        let bytes_sent = if bytes_sent.get() > 0 {
                            BytesSent::Some
                        } else {
                            BytesSent::None
                        };
                        finish(context, transmit, source, (bytes_sent, since), answer).await;
                    });
                    RequestGuard::Xhr { _xhr: xhr }
                }
                Err(failure) => {
                    let no_response = (BytesSent::None, since);
                    platform.spawn(finish(context, transmit, source, no_response, Err(failure)));
                    RequestGuard::Nothing
                }
            }
        }
    }
}

/// The store's origin.
fn origin(platform: &impl Platform, transmit: &Transmit) -> String {
    platform
        .resolve(transmit.target.url.expose())
        .map(|url| url.origin)
        .unwrap_or_default()
}

/// The connection to a store of which no response was read yet, as far as the browser knows it.
fn connection(
    context: &TransferContext<impl Platform>,
    file: FileId,
    url: &str,
) -> Option<Connection> {
    let platform = &*context.platform;
    let store = platform.resolve(url)?;
    if context.reachability.has_answered(&store.origin) {
        return None;
    }
    let settings = context.files.settings_of(file);
    let backend = platform.resolve(&settings.backend.endpoint);
    Some(Connection::new(
        &platform.next_hop_protocol(&store.href),
        backend.is_some_and(|backend| backend.origin == store.origin),
    ))
}

/// The first address of the store in an answer of the backend.
fn first_url(answer: &Result<Answer, UploadError>) -> Option<&str> {
    let request = match answer.as_ref().ok()? {
        Answer::Granted(Grant {
            plan: GrantPlan::Single(request),
            ..
        }) => request,
        Answer::Signed(parts) => &parts.first()?.request,
        _ => return None,
    };
    Some(request.url.expose())
}

fn fail_soon<P: Platform>(
    context: TransferContext<P>,
    request: RequestId,
    error: UploadError,
) -> RequestGuard<P> {
    let platform = Rc::clone(&context.platform);
    platform.spawn(async move {
        let answer = Err(error);
        context.explanations(&answer).await;
        if let Some(sink) = context.sink.upgrade() {
            sink.ended(request, answer);
        }
    });
    RequestGuard::Nothing
}

/// Reports the result of a request to the store.
async fn finish<P: Platform>(
    context: TransferContext<P>,
    transmit: Transmit,
    source: FileSource<P::File>,
    (bytes_sent, since): (BytesSent, Moment),
    answer: Result<Response, Failure>,
) {
    let Some(sink) = context
        .sink
        .upgrade()
        .filter(|sink| sink.is_wanted(transmit.request))
    else {
        return;
    };
    let platform = &*context.platform;
    let host = origin(platform, &transmit);
    let answer = match answer {
        Ok(response) => {
            let response = ParsedResponse::new(response, platform);
            if let Some(connection) =
                connection(&context, transmit.file, transmit.target.url.expose())
            {
                sink.connected(connection);
            }
            context.reachability.record_response(host);
            let read = store::read(Step::Send, store::operation_of(&transmit), &response);
            if let Some(warning) = signature_check::warning(&transmit, &read) {
                sink.warn_once(warning);
            }
            read.map(Answer::Sent)
        }
        Err(Failure::Invalid) => Err(UploadError::Malformed {
            step: if transmit.part.is_some() {
                Step::SignParts
            } else {
                Step::Create
            },
            expected: "an absolute URL and valid headers".to_owned(),
            got: "a URL or a header that the browser refuses".to_owned(),
            is_incomplete: false,
        }),
        Err(Failure::Network) => {
            let settings = context.files.settings_of(transmit.file);
            let health = context.reachability.backend(&settings.backend.endpoint);
            let backend = Backend {
                platform,
                settings: &settings,
                signal: P::Signal::default(),
                health: &health,
            };
            let sent = (&transmit, bytes_sent, since);
            Err(cause(&context, sink.as_ref(), sent, &source.file, &backend).await)
        }
    };
    let explain = context.explanations(&answer).await;
    let answer = answer.map_err(|error| {
        let error = match explain {
            Some(diagnosis) => diagnosis.with_hint(error, &transmit),
            None => error,
        };
        redirect_error(&context, sink.as_ref(), &transmit, error)
    });
    sink.ended(transmit.request, answer);
}

/// Finds the reason why the store did not respond.
async fn cause<P: Platform>(
    context: &TransferContext<P>,
    sink: &dyn CompletionSink,
    (transmit, bytes_sent, since): (&Transmit, BytesSent, Moment),
    file: &P::File,
    backend: &Backend<'_, P>,
) -> UploadError {
    let platform = backend.platform;
    match file.readable().await {
        Readable::Yes => {}
        Readable::Changed => return UploadError::FileChanged,
        Readable::No => return UploadError::FileUnreadable,
    }
    let url = transmit.target.url.expose();
    let address = match page_policy::sent_to(platform, Step::Send, url, since) {
        Ok(address) => address,
        Err(error) => return error,
    };
    let Ok(diagnosis) = platform.diagnosis().await else {
        return UploadError::Network { step: Step::Send };
    };
    let host = address.origin.clone();
    let found = diagnosis
        .of_send(UnansweredSend {
            platform,
            transmit,
            address,
            bytes_sent,
            answered: context.reachability.has_answered(&host),
            ask_doctor: &|question| Box::pin(backend.ask_doctor(question)),
        })
        .await;
    if bytes_sent == BytesSent::Unknown && matches!(found.error, UploadError::CutOff { .. }) {
        context.reachability.record_ambiguous(host);
    }
    if let Some(warning) = found.warning {
        sink.warn_once(warning);
    }
    found.error
}

/// Replaces the error of a form after which the store redirects the browser, since the page cannot read that response.
/// If no backend can tell that the file is stored, the error is final. Otherwise the developer is warned.
fn redirect_error(
    context: &TransferContext<impl Platform>,
    sink: &dyn CompletionSink,
    transmit: &Transmit,
    error: UploadError,
) -> UploadError {
    let is_unread = matches!(
        error,
        UploadError::Unreadable(_) | UploadError::CutOff { .. } | UploadError::WebPage { .. }
    );
    if !is_unread || !store::form_redirects(transmit) {
        return error;
    }
    if context.sessions.borrow().has_id(transmit.file) {
        sink.warn_once(signature_check::FORM_REDIRECT);
        return error;
    }
    UploadError::Configuration(signature_check::FORM_REDIRECT.to_owned())
}
