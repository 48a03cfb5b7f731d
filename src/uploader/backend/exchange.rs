//! Sends the requests of one operation in order, with the credentials of the page. Turns each response into a reply or
//! an error.
//!
//! State is kept between attempts. A completion that the store confirmed is not repeated. After a missing response,
//! `NoSuchUpload` means that the object is stored.

use std::cell::RefCell;

use s3_upload_core::{Step, UploadError};
use s3_upload_protocol::answer::{Asked, Content};
use s3_upload_protocol::talk::{self, Audience, Call, Next, Payload, Reply};
use s3_upload_protocol::{Trouble, redacted};

use super::redirect::{self, Redirect};
use super::session::CompletionState;
use super::{Backend, auth_headers, translate, trouble};
use crate::browser::fetch::Follow;
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::uploader::platform::Platform;
use crate::uploader::received::Received;
use crate::uploader::settings::{Headers, NoHeaders};
use crate::uploader::transport::Signal;
use crate::uploader::{diagnose, store};

/// The most requests of one operation. More of them are an endless exchange.
const MOST_CALLS: usize = 16;
/// The most truncated answers in a row that count as accidental.
const MOST_BROKEN: u32 = 4;

impl<P: Platform> Backend<'_, P> {
    /// Sends one request after the other, as the dialect requires. A request that `completion` records is not repeated.
    pub(super) async fn exchange<T>(
        &self,
        step: Step,
        completion: Option<&RefCell<CompletionState>>,
        operation: impl Fn(&[Reply]) -> talk::Step<T>,
    ) -> Result<T, UploadError> {
        if self.settings.site.endpoint.trim().is_empty() {
            let text = "no endpoint is set: give the widget the address of the backend that presigns uploads";
            return Err(UploadError::Configuration(text.to_owned()));
        }
        let mut replies =
            completion.map_or_else(Vec::new, |completion| completion.borrow().replies.clone());
        while replies.len() <= MOST_CALLS {
            match operation(&replies).map_err(|wrong| trouble(step, wrong))? {
                Next::Done(outcome) => return Ok(outcome),
                Next::Call(call) if call.audience == Audience::Store => {
                    replies.push(self.ask_store(step, &call, completion).await?);
                    if let Some(completion) = completion {
                        completion.borrow_mut().replies.clone_from(&replies);
                    }
                }
                Next::Call(call) => replies.push(self.ask(step, &call).await?),
            }
        }
        let circle =
            Trouble::Unsupported("the conversation with the backend does not end".to_owned());
        Err(trouble(step, circle))
    }

    async fn ask(&self, step: Step, call: &Call) -> Result<Reply, UploadError> {
        let renewals = match &self.settings.headers {
            Headers::Refreshable(fresh) => Some(fresh.refresh_count()),
            _ => None,
        };
        let mut response = self.answer_to(step, call, None).await?;
        if response.status == 401 && renewals.is_some() {
            response = self.answer_to(step, call, renewals).await?;
        }
        self.read(step, &response)
    }

    /// Reads the backend's response. The responses to all steps of all dialects pass through this function. A web page
    /// is no answer, even where a dialect ignores the body.
    fn read(&self, step: Step, response: &Received) -> Result<Reply, UploadError> {
        let seen = store::seen(response);
        if seen.is_page_for_answer() {
            return Err(UploadError::WebPage {
                step,
                status: response.status,
            });
        }
        if !response.is_success() {
            return Err(translate::refusal(response));
        }
        if seen.content() == Content::BrokenJson {
            return Err(self.broken(step, response));
        }
        self.standing.broken.set(0);
        Ok(reply(response))
    }

    /// The error of truncated JSON. It counts as a lost answer, unless it repeats each time.
    fn broken(&self, step: Step, response: &Received) -> UploadError {
        let broken = self.standing.broken.get() + 1;
        self.standing.broken.set(broken);
        if broken <= MOST_BROKEN {
            return UploadError::Network { step };
        }
        UploadError::Malformed {
            step,
            expected: "JSON".to_owned(),
            got: response.reply_body().described(),
            is_incomplete: true,
        }
    }

    async fn ask_store(
        &self,
        step: Step,
        call: &Call,
        completion: Option<&RefCell<CompletionState>>,
    ) -> Result<Reply, UploadError> {
        let doubt = |now: bool| {
            completion.is_some_and(|completion| {
                core::mem::replace(&mut completion.borrow_mut().in_doubt, now)
            })
        };
        let was_in_doubt = doubt(true);
        let response = self.answer_to(step, call, None).await?;
        let asked = if step == Step::Abort {
            Asked::Abort
        } else {
            Asked::Complete
        };
        let Err(refused) = store::read(step, asked, &response) else {
            doubt(false);
            return Ok(reply(&response));
        };
        match &refused {
            UploadError::Store(refusal) => {
                // The earlier request, whose response is missing, completed the upload.
                if was_in_doubt && refusal.code.as_deref() == Some("NoSuchUpload") {
                    doubt(false);
                    return Ok(Reply::completed_before());
                }
                doubt(refusal.status >= 500);
            }
            // A web page does not come from the store, so that the doubt stays as it was.
            UploadError::WebPage { .. } => {
                doubt(was_in_doubt);
            }
            // A success without its document is a truncated response, unless it repeats each time.
            UploadError::Network { .. } if bare(completion) > MOST_BROKEN => {
                let got = response.reply_body().described();
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
    async fn answer_to(
        &self,
        step: Step,
        call: &Call,
        refused: Option<u64>,
    ) -> Result<Received, UploadError> {
        let since = self.platform.policy_moment();
        match self.send(call, refused).await {
            Ok(response) => Ok(Received::new(response, self.platform)),
            Err(Unsent::NoHeaders(NoHeaders::Refused(sentence))) => {
                Err(translate::no_headers(sentence))
            }
            Err(Unsent::NoHeaders(NoHeaders::Unreachable)) => Err(UploadError::Network { step }),
            Err(Unsent::Redirected(text)) => Err(UploadError::Configuration(text)),
            Err(Unsent::Failed(Failure::Invalid)) => Err(UploadError::Configuration(format!(
                "the endpoint \"{}\" or a header for it is not valid",
                redacted(self.settings.site.endpoint.trim())
            ))),
            // The cause of a failure is not needed if the request was aborted on purpose.
            Err(Unsent::Failed(Failure::Network)) if self.signal.is_aborted() => {
                Err(UploadError::Network { step })
            }
            Err(Unsent::Failed(Failure::Network)) if call.audience == Audience::Store => {
                Err(diagnose::completion::cause(self.platform, step, call, since).await)
            }
            Err(Unsent::Failed(Failure::Network)) => {
                let credentials = self.settings.credentials;
                let url = call.url.expose();
                Err(diagnose::backend::cause(self.platform, step, url, credentials, since).await)
            }
        }
    }

    pub(super) async fn send(&self, call: &Call, refused: Option<u64>) -> Result<Response, Unsent> {
        let mut headers = call.headers.clone();
        let body = match &call.payload {
            Payload::Empty => Body::Empty,
            Payload::Text(text) => Body::Text(text.clone()),
            Payload::Json(value) => {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                Body::Text(self.platform.write_json(value))
            }
            Payload::Form(pairs) => {
                let kind = "application/x-www-form-urlencoded";
                headers.push(("content-type".to_owned(), kind.to_owned()));
                let pairs = pairs
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                Body::Text(talk::urlencoded(pairs))
            }
        };
        let mut follow = Follow::Anywhere;
        let credentials = match call.audience {
            Audience::Backend => {
                headers.push(("accept".to_owned(), "application/json".to_owned()));
                let own =
                    auth_headers::headers(self.platform, self.settings, call.url.expose(), refused)
                        .await;
                let own = own.map_err(Unsent::NoHeaders)?;
                // Headers that authenticate the person are for this origin only.
                if !own.is_empty() {
                    follow = redirect::allowed(self.platform, call.url.expose());
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
        let body = match (body, &call.payload) {
            (Body::Text(text), Payload::Text(_)) if !has_type(&headers) => {
                self.platform.untyped(&text)
            }
            (body, _) => body,
        };
        let request = |url| Request {
            method: call.method,
            url,
            headers: &headers,
            body: body.clone(),
            credentials,
        };
        let url = call.url.expose();
        let send = |url| self.platform.fetch(request(url), follow, &self.signal);
        match send(url).await {
            Err(Failure::Network) if follow != Follow::Anywhere => {
                match redirect::of(self.platform, call, &self.signal).await {
                    Redirect::Within(url) if follow == Follow::Nowhere => {
                        send(&url).await.map_err(Unsent::Failed)
                    }
                    Redirect::None | Redirect::Within(_) => Err(Unsent::Failed(Failure::Network)),
                    Redirect::Elsewhere(text) => Err(Unsent::Redirected(text)),
                }
            }
            answer => answer.map_err(Unsent::Failed),
        }
    }
}

/// The reason why a request has no response.
pub(super) enum Unsent {
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
fn bare(completion: Option<&RefCell<CompletionState>>) -> u32 {
    completion.map_or(0, |completion| {
        let mut completion = completion.borrow_mut();
        completion.bare += 1;
        completion.bare
    })
}

/// A reply as dialects read it.
fn reply(response: &Received) -> Reply {
    Reply {
        status: response.status,
        body: response.reply_body(),
    }
}
