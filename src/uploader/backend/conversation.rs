//! One operation's requests, one after the other: each is made, proves who is asking, and its answer becomes a reply or an
//! error.
//!
//! Owns what survives a try: an end that the store has confirmed is not asked for again, and after an answer that never
//! came a "no such upload" means that it is there.

use std::cell::RefCell;

use s3_upload_core::{Step, UploadError};
use s3_upload_protocol::Trouble;
use s3_upload_protocol::talk::{self, Audience, Call, Next, Payload, Reply};
use web_sys::AbortSignal;

use super::session::Ending;
use super::{Backend, identity, reply_body, translate, trouble};
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::browser::{fetch, json};
use crate::uploader::settings::Headers;
use crate::uploader::{diagnose, store};

/// Requests of one operation; more than this is a conversation in a circle.
const MOST_CALLS: usize = 16;

impl Backend<'_> {
    /// Makes one request after the other, as the dialect wants them. What an `ending` has reached already is not done
    /// again.
    pub(super) async fn converse<T>(
        &self,
        step: Step,
        ending: Option<&RefCell<Ending>>,
        operation: impl Fn(&[Reply]) -> talk::Step<T>,
    ) -> Result<T, UploadError> {
        if self.settings.site.endpoint.trim().is_empty() {
            let advice = "no endpoint is set: give the widget the address of the backend that presigns uploads";
            return Err(UploadError::Configuration(advice.to_owned()));
        }
        let mut replies = ending.map_or_else(Vec::new, |ending| ending.borrow().replies.clone());
        while replies.len() <= MOST_CALLS {
            match operation(&replies).map_err(|wrong| trouble(step, wrong))? {
                Next::Done(outcome) => return Ok(outcome),
                Next::Call(call) if call.audience == Audience::Store => {
                    replies.push(self.ask_store(step, &call, ending).await?);
                    if let Some(ending) = ending {
                        ending.borrow_mut().replies.clone_from(&replies);
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
            Headers::Fresh(fresh) => Some(fresh.renewals()),
            _ => None,
        };
        let mut response = self.answer_to(step, call, None).await?;
        if response.status == 401 && renewals.is_some() {
            response = self.answer_to(step, call, renewals).await?;
        }
        if !response.is_success() {
            return Err(translate::refusal(&response));
        }
        Ok(reply(&response))
    }

    async fn ask_store(
        &self,
        step: Step,
        call: &Call,
        ending: Option<&RefCell<Ending>>,
    ) -> Result<Reply, UploadError> {
        let doubt = |now: bool| {
            ending.is_some_and(|ending| core::mem::replace(&mut ending.borrow_mut().in_doubt, now))
        };
        let was_in_doubt = doubt(true);
        let response = self.answer_to(step, call, None).await?;
        let Err(refused) = store::read(&response) else {
            doubt(false);
            return Ok(reply(&response));
        };
        if let UploadError::Store(refusal) = &refused {
            // An answer that never came was not a no.
            if was_in_doubt && refusal.code.as_deref() == Some("NoSuchUpload") {
                doubt(false);
                return Ok(Reply::completed_before());
            }
            doubt(refusal.status >= 500);
        }
        Err(refused)
    }

    /// The answer, whatever it is; `refused`: the last one was a 401, to headers that were given after so many renewals.
    async fn answer_to(
        &self,
        step: Step,
        call: &Call,
        refused: Option<u64>,
    ) -> Result<Response, UploadError> {
        match self.send(call, refused).await {
            Ok(response) => {
                if call.audience == Audience::Backend {
                    self.answered.borrow_mut().insert(step);
                }
                Ok(response)
            }
            Err(Unsent::NoHeaders(sentence)) => Err(translate::no_headers(sentence)),
            Err(Unsent::Failed(Failure::Invalid)) => Err(UploadError::Configuration(format!(
                "the endpoint \"{}\" or a header for it is not valid",
                self.settings.site.endpoint.trim()
            ))),
            // Nobody waits for the cause of what was cut on purpose.
            Err(Unsent::Failed(Failure::Network))
                if self.signal.as_ref().is_some_and(AbortSignal::aborted) =>
            {
                Err(UploadError::Network { step })
            }
            Err(Unsent::Failed(Failure::Network)) if call.audience == Audience::Store => {
                Err(diagnose::ending(step, call, self.policy).await)
            }
            Err(Unsent::Failed(Failure::Network)) => {
                let answered = self.answered.borrow().contains(&step);
                Err(diagnose::backend(
                    step,
                    call.url.expose(),
                    self.settings.credentials,
                    answered,
                    self.policy,
                )
                .await)
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
                Body::Text(json::write(value).ok_or(Unsent::Failed(Failure::Invalid))?)
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
        let credentials = match call.audience {
            Audience::Backend => {
                headers.push(("accept".to_owned(), "application/json".to_owned()));
                let own = identity::headers(self.settings, call.url.expose(), refused).await;
                for (name, value) in own.map_err(Unsent::NoHeaders)? {
                    // The page's own word counts.
                    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
                    headers.push((name, value));
                }
                self.settings.credentials
            }
            Audience::Store => Credentials::Omit,
        };
        // A text without a type would get one from the browser, which a signature need not cover.
        let body = match (body, &call.payload) {
            (Body::Text(text), Payload::Text(_)) if !has_type(&headers) => Body::untyped(&text),
            (body, _) => body,
        };
        let request = Request {
            method: call.method,
            url: call.url.expose(),
            headers: &headers,
            body,
            credentials,
        };
        fetch::send(request, self.signal.clone())
            .await
            .map_err(Unsent::Failed)
    }
}

/// Why a request was not answered.
pub(super) enum Unsent {
    /// The host's function gave none, and said why.
    NoHeaders(String),
    /// The browser did not get an answer.
    Failed(Failure),
}

fn has_type(headers: &[(String, String)]) -> bool {
    headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
}

/// A reply as dialects read it.
fn reply(response: &Response) -> Reply {
    Reply {
        status: response.status,
        body: reply_body(response),
    }
}
