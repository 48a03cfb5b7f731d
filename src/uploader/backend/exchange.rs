//! Sends the requests of one operation in order, with the credentials of the page. Turns each response into a reply or
//! an error.
//!
//! State is kept between attempts. A completion that the store confirmed is not repeated. After a missing response,
//! `NoSuchUpload` means that the object is stored.

use std::cell::RefCell;

use s3_upload_core::{Step, UploadError};
use s3_upload_protocol::exchange::{
    self, Audience, DialectRequest, DialectResponse, Next, RequestBody,
};
use s3_upload_protocol::response::{Content, StoreOperation};
use s3_upload_protocol::{DialectError, redacted};

use super::redirect;
use super::session::CompletionState;
use super::{Backend, auth_headers, operation_error, translate};
use crate::browser::fetch::Follow;
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::browser::policy::Moment;
use crate::uploader::diagnosis::Redirect;
use crate::uploader::network::Signal;
use crate::uploader::parsed_response::ParsedResponse;
use crate::uploader::platform::{NotLoaded, Platform};
use crate::uploader::settings::{Headers, NoHeaders};
use crate::uploader::{page_policy, store};

/// The most requests of one operation. More of them are an endless exchange.
const MAX_REQUESTS: usize = 16;
/// The most truncated answers in a row that count as accidental.
const MAX_TRUNCATED: u32 = 4;

/// Returns the request that follows these responses. `None` if the operation is done.
type NextRequest<'a> =
    dyn FnMut(&[DialectResponse]) -> Result<Option<DialectRequest>, DialectError> + 'a;

impl<P: Platform> Backend<'_, P> {
    /// Sends one request after the other, as the dialect requires. A request that `completion` records is not repeated.
    pub(super) async fn exchange<T>(
        &self,
        step: Step,
        completion: Option<&RefCell<CompletionState>>,
        operation: impl Fn(&[DialectResponse]) -> exchange::OperationResult<T>,
    ) -> Result<T, UploadError> {
        let mut outcome = None;
        let mut next_request = |responses: &[DialectResponse]| match operation(responses)? {
            Next::Send(request) => Ok(Some(request)),
            Next::Done(done) => {
                outcome = Some(done);
                Ok(None)
            }
        };
        self.send_all(step, completion, &mut next_request).await?;
        outcome.ok_or_else(|| {
            let text = "the exchange with the backend does not end".to_owned();
            operation_error(step, DialectError::Unsupported(text))
        })
    }

    /// Sends requests until there is no next one, or until there are too many. It is not generic, since the compiler
    /// emits the code of this loop for each type.
    async fn send_all(
        &self,
        step: Step,
        completion: Option<&RefCell<CompletionState>>,
        next_request: &mut NextRequest<'_>,
    ) -> Result<(), UploadError> {
        if self.settings.backend.endpoint.trim().is_empty() {
            let text = "no endpoint is set: give the widget the address of the backend that presigns uploads";
            return Err(UploadError::Configuration(text.to_owned()));
        }
        let mut responses =
            completion.map_or_else(Vec::new, |completion| completion.borrow().responses.clone());
        while responses.len() <= MAX_REQUESTS {
            let next = next_request(&responses).map_err(|wrong| operation_error(step, wrong))?;
            let Some(request) = next else { break };
            if request.audience == Audience::Store {
                responses.push(self.request_store(step, &request, completion).await?);
                if let Some(completion) = completion {
                    completion.borrow_mut().responses.clone_from(&responses);
                }
            } else {
                responses.push(self.request_backend(step, &request).await?);
            }
        }
        Ok(())
    }

    async fn request_backend(
        &self,
        step: Step,
        request: &DialectRequest,
    ) -> Result<DialectResponse, UploadError> {
        let renewals = match &self.settings.headers {
            Headers::Refreshable(fresh) => Some(fresh.refresh_count()),
            _ => None,
        };
        let mut response = self.send_and_diagnose(step, request, None).await?;
        if response.status == 401 && renewals.is_some() {
            response = self.send_and_diagnose(step, request, renewals).await?;
        }
        self.read(step, &response)
    }

    /// Reads the backend's response. The responses to all steps of all dialects pass through this function. A web page
    /// is no answer, even where a dialect ignores the body.
    fn read(&self, step: Step, response: &ParsedResponse) -> Result<DialectResponse, UploadError> {
        let seen = store::response_view(response);
        if seen.is_intercepted() {
            return Err(UploadError::WebPage {
                step,
                status: response.status,
            });
        }
        if !response.is_success() {
            return Err(translate::refusal(response));
        }
        if seen.content() == Content::BrokenJson {
            return Err(self.truncated(step, response));
        }
        self.health.truncated_responses.set(0);
        Ok(dialect_response(response))
    }

    /// The error of truncated JSON. It counts as a lost answer, unless it repeats each time.
    fn truncated(&self, step: Step, response: &ParsedResponse) -> UploadError {
        let broken = self.health.truncated_responses.get() + 1;
        self.health.truncated_responses.set(broken);
        if broken <= MAX_TRUNCATED {
            return UploadError::Network { step };
        }
        UploadError::Malformed {
            step,
            expected: "JSON".to_owned(),
            got: response.dialect_body().describe(),
            is_incomplete: true,
        }
    }

    async fn request_store(
        &self,
        step: Step,
        request: &DialectRequest,
        completion: Option<&RefCell<CompletionState>>,
    ) -> Result<DialectResponse, UploadError> {
        let doubt = |now: bool| {
            completion.is_some_and(|completion| {
                core::mem::replace(&mut completion.borrow_mut().in_doubt, now)
            })
        };
        let was_in_doubt = doubt(true);
        let response = self.send_and_diagnose(step, request, None).await?;
        let asked = if step == Step::Abort {
            StoreOperation::Abort
        } else {
            StoreOperation::Complete
        };
        let Err(refused) = store::read(step, asked, &response) else {
            doubt(false);
            return Ok(dialect_response(&response));
        };
        match &refused {
            UploadError::Store(refusal) => {
                // The earlier request, whose response is missing, completed the upload.
                if was_in_doubt && refusal.code.as_deref() == Some("NoSuchUpload") {
                    doubt(false);
                    return Ok(DialectResponse::already_completed());
                }
                doubt(refusal.status >= 500);
            }
            // A web page does not come from the store, so that the doubt stays as it was.
            UploadError::WebPage { .. } => {
                doubt(was_in_doubt);
            }
            // A success without its document is a truncated response, unless it repeats each time.
            UploadError::Network { .. } if count_without_document(completion) > MAX_TRUNCATED => {
                let got = response.dialect_body().describe();
                return Err(UploadError::Malformed {
                    step,
                    expected: "S3's <CompleteMultipartUploadResult>".to_owned(),
                    got: format!("{got} with status {}", response.status),
                    is_incomplete: response.json.is_none(),
                });
            }
            _ => {}
        }
        Err(refused)
    }

    /// The response, with any status. `refused` is `Some` if the last response was a 401 to headers that were given
    /// after this number of renewals.
    async fn send_and_diagnose(
        &self,
        step: Step,
        request: &DialectRequest,
        refused: Option<u64>,
    ) -> Result<ParsedResponse, UploadError> {
        let since = self.platform.policy_moment();
        match self.send(request, refused).await {
            Ok(response) => Ok(ParsedResponse::new(response, self.platform)),
            Err(SendError::NoHeaders(NoHeaders::Refused(sentence))) => {
                Err(translate::headers_refused(sentence))
            }
            Err(SendError::NoHeaders(NoHeaders::Unreachable)) => Err(UploadError::Network { step }),
            Err(SendError::Redirected(text)) => Err(UploadError::Configuration(text)),
            Err(SendError::Failed(Failure::Invalid)) => Err(UploadError::Configuration(format!(
                "the endpoint \"{}\" or a header for it is not valid",
                redacted(self.settings.backend.endpoint.trim())
            ))),
            // The cause of a failure is not needed if the request was aborted on purpose.
            Err(SendError::Failed(Failure::Network)) if self.signal.is_aborted() => {
                Err(UploadError::Network { step })
            }
            Err(SendError::Failed(Failure::Network)) => Err(self.cause(step, request, since).await),
        }
    }

    /// Finds the redirect of a request that failed.
    async fn redirect(&self, request: &DialectRequest) -> Redirect {
        match self.platform.diagnosis().await {
            Ok(diagnosis) => {
                let found = diagnosis.redirect(self.platform, request, &self.signal);
                found.await
            }
            Err(NotLoaded) => Redirect::None,
        }
    }

    /// Finds the reason why a request got no response.
    async fn cause(&self, step: Step, request: &DialectRequest, since: Moment) -> UploadError {
        let platform = self.platform;
        let address = match page_policy::sent_to(platform, step, request.url.expose(), since) {
            Ok(address) => address,
            Err(error) => return error,
        };
        let Ok(diagnosis) = platform.diagnosis().await else {
            return UploadError::Network { step };
        };
        if request.audience == Audience::Store {
            diagnosis
                .of_completion(platform, step, address, request)
                .await
        } else {
            let credentials = self.settings.credentials;
            diagnosis
                .of_backend(platform, step, address, credentials)
                .await
        }
    }

    pub(super) async fn send(
        &self,
        request: &DialectRequest,
        refused: Option<u64>,
    ) -> Result<Response, SendError> {
        let mut headers = request.headers.clone();
        let body = match &request.body {
            RequestBody::Empty => Body::Empty,
            RequestBody::Text(text) => Body::Text(text.clone()),
            RequestBody::Json(value) => {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                Body::Text(self.platform.write_json(value))
            }
            RequestBody::Form(pairs) => {
                let kind = "application/x-www-form-urlencoded";
                headers.push(("content-type".to_owned(), kind.to_owned()));
                let pairs = pairs
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                Body::Text(exchange::urlencoded(pairs))
            }
        };
        let mut follow = Follow::Anywhere;
        let credentials = match request.audience {
            Audience::Backend => {
                headers.push(("accept".to_owned(), "application/json".to_owned()));
                let own = auth_headers::headers(
                    self.platform,
                    self.settings,
                    request.url.expose(),
                    refused,
                )
                .await;
                let own = own.map_err(SendError::NoHeaders)?;
                // Headers that authenticate the person are for this origin only.
                if !own.is_empty() {
                    follow = redirect::allowed(self.platform, request.url.expose());
                }
                for (name, value) in own {
                    // The page's own header has precedence.
                    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
                    headers.push((name, value));
                }
                self.settings.credentials
            }
            Audience::Store => Credentials::Omit,
        };
        // The browser adds a type to a text without one, and the signature may not cover it.
        let body = match (body, &request.body) {
            (Body::Text(text), RequestBody::Text(_)) if !has_type(&headers) => {
                self.platform.untyped(&text)
            }
            (body, _) => body,
        };
        let http_request = |url| Request {
            method: request.method,
            url,
            headers: &headers,
            body: body.clone(),
            credentials,
        };
        let url = request.url.expose();
        let send = |url| self.platform.fetch(http_request(url), follow, &self.signal);
        match send(url).await {
            Err(Failure::Network) if follow != Follow::Anywhere => {
                match self.redirect(request).await {
                    Redirect::Within(url) if follow == Follow::Nowhere => {
                        send(&url).await.map_err(SendError::Failed)
                    }
                    Redirect::None | Redirect::Within(_) => {
                        Err(SendError::Failed(Failure::Network))
                    }
                    Redirect::Elsewhere(text) => Err(SendError::Redirected(text)),
                }
            }
            answer => answer.map_err(SendError::Failed),
        }
    }
}

/// The reason why a request has no response.
pub(super) enum SendError {
    /// The host's function gave no headers.
    NoHeaders(NoHeaders),
    /// The browser got no response.
    Failed(Failure),
    /// The request was redirected to another origin, which must not get the page's headers.
    Redirected(String),
}

fn has_type(headers: &[(String, String)]) -> bool {
    headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
}

/// Counts one more success without its document. Returns the number in a row.
fn count_without_document(completion: Option<&RefCell<CompletionState>>) -> u32 {
    completion.map_or(0, |completion| {
        let mut completion = completion.borrow_mut();
        completion.without_document += 1;
        completion.without_document
    })
}

/// A reply as dialects read it.
fn dialect_response(response: &ParsedResponse) -> DialectResponse {
    DialectResponse {
        status: response.status,
        body: response.dialect_body(),
    }
}
