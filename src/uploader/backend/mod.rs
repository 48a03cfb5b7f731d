//! Talks to the backend over HTTP: makes the requests that a dialect wants, and hands it the replies.
//!
//! Refuses to decide anything: what is said is the dialect's part, what an answer means for the upload the engine's.

mod identity;
mod session;
mod translate;

use std::cell::RefCell;
use std::collections::BTreeSet;

use s3_upload_core::{
    Answer, Blocked, ETag, PartNumber, PresignedUrl, Step, StoredObject, UploadError, UploadId,
};
use s3_upload_protocol::native::{self, SentPart};
use s3_upload_protocol::talk::{self, Audience, Body as ReplyBody, Call, Next, Payload, Reply};
use s3_upload_protocol::{Ask, Encoding, FieldNames, Part, Trouble, Value};
use web_sys::AbortSignal;

use session::Ending;
pub use session::{Session, Sessions};
pub use translate::{grant, listed, signed_parts, stored, trouble};

use super::diagnose;
use super::driver::Source;
use super::settings::{Headers, Settings};
use super::store;
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::browser::policy::PolicyWatch;
use crate::browser::{digest, fetch, json, page, random};

/// Requests of one operation; more than this is a conversation in a circle.
const MOST_CALLS: usize = 16;

/// One conversation with the backend.
pub struct Backend<'a> {
    /// The settings that the file was added under.
    pub settings: &'a Settings,
    /// Aborts the requests.
    pub signal: Option<AbortSignal>,
    /// The steps to which this backend ever let the page read an answer.
    pub answered: &'a RefCell<BTreeSet<Step>>,
    /// To find out what blocked it.
    pub policy: &'a PolicyWatch,
}

impl Backend<'_> {
    /// Asks for an upload. `reading` is called now and then while the file is read for it.
    pub async fn create(
        &self,
        source: &Source,
        (prefer_multipart, part_size): (bool, u64),
        reading: impl Fn(),
    ) -> Result<(Answer, Session), UploadError> {
        let dialect = self.settings.dialect;
        let info = &source.info;
        let md5 = if dialect.needs_md5() {
            Some(self.md5(source, reading).await?)
        } else {
            None
        };
        let uuid = random::uuid();
        let ask = Ask {
            name: &info.name,
            media_type: &info.content_type,
            size: info.size,
            metadata: &self.settings.metadata,
            prefer_multipart,
            part_size,
            md5: md5.as_deref(),
            uuid: &uuid,
        };
        let site = &self.settings.site;
        let granted = self
            .converse(Step::Create, None, |replies| {
                dialect.create(site, &ask, replies)
            })
            .await?;
        let session = Session::of(&granted, info.size);
        let grant = grant(granted, &self.endpoint());
        Ok((Answer::Granted(grant), session))
    }

    /// The digest of a file, which is read once, however often it is asked for.
    async fn md5(&self, source: &Source, reading: impl Fn()) -> Result<String, UploadError> {
        if let Some(known) = source.md5.get() {
            return Ok(known.clone());
        }
        let goes_on = || {
            reading();
            !self.signal.as_ref().is_some_and(AbortSignal::aborted)
        };
        let digest = digest::md5_base64(&source.file, goes_on)
            .await
            .ok_or(UploadError::FileUnreadable)?;
        Ok(source.md5.get_or_init(|| digest).clone())
    }

    /// Asks for URLs of parts.
    pub async fn sign_parts(
        &self,
        id: &UploadId,
        session: &Session,
        parts: &[(PartNumber, u64)],
    ) -> Result<Answer, UploadError> {
        let wanted: Vec<Part> = parts
            .iter()
            .map(|(number, size)| Part {
                number: number.get(),
                size: *size,
            })
            .collect();
        let upload = session.upload(id);
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let signed = self
            .converse(Step::SignParts, None, |replies| {
                dialect.sign_parts(site, &upload, &wanted, replies)
            })
            .await?;
        Ok(Answer::Signed(signed_parts(signed, &self.endpoint())))
    }

    /// Asks which parts the store holds.
    pub async fn list_parts(
        &self,
        id: &UploadId,
        session: &Session,
    ) -> Result<Answer, UploadError> {
        let upload = session.upload(id);
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let parts = self
            .converse(Step::ListParts, None, |replies| {
                dialect.list_parts(site, &upload, replies)
            })
            .await?;
        Ok(Answer::Listed(listed(parts)))
    }

    /// Asks to complete or to confirm.
    pub async fn complete(
        &self,
        id: &UploadId,
        session: &Session,
        parts: Option<&[(PartNumber, ETag)]>,
    ) -> Result<Answer, UploadError> {
        let sent: Option<Vec<SentPart>> = parts.map(|parts| {
            let sent = |(number, etag): &(PartNumber, ETag)| SentPart {
                number: number.get(),
                etag: etag.as_str().to_owned(),
            };
            parts.iter().map(sent).collect()
        });
        let upload = session.upload(id);
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let confirmed = self
            .converse(Step::Complete, Some(&session.ending), |replies| {
                dialect.complete(site, &upload, sent.as_deref(), replies)
            })
            .await;
        match confirmed {
            Ok(object) => Ok(Answer::Confirmed(session.complete(stored(object)))),
            Err(error) if !session.is_multipart() && knows_no_such_question(&error) => Ok(
                Answer::Unconfirmed(session.complete(StoredObject::default())),
            ),
            Err(error) => Err(error),
        }
    }

    /// Asks to abort or to delete.
    pub async fn abort(&self, id: &UploadId, session: &Session) -> Result<Answer, UploadError> {
        let upload = session.upload(id);
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let aborted = self
            .converse(Step::Abort, None, |replies| {
                dialect.abort(site, &upload, replies)
            })
            .await;
        match aborted {
            Ok(()) => Ok(Answer::Aborted),
            // What is not there any more needs no abort.
            Err(UploadError::Backend(refusal)) if refusal.status == 404 => Ok(Answer::Aborted),
            Err(UploadError::Store(refusal)) if refusal.status == 404 => Ok(Answer::Aborted),
            Err(error) => Err(error),
        }
    }

    /// Asks the backend what keeps the page from its store, if it is one that may know.
    pub async fn doctor(&self, question: native::DoctorRequest) -> Vec<native::Finding> {
        let site = &self.settings.site;
        let speaks_native = self.settings.presign.is_none()
            && self.settings.dialect.has_doctor()
            && site.encoding == Encoding::Json
            && site.fields == FieldNames::default();
        let Some(body) = json::write(&question).filter(|_| speaks_native) else {
            return Vec::new();
        };
        let url = talk::below(&site.endpoint, "/doctor", "");
        let call = Call::new("POST", url, Payload::Text(body));
        let call = call.header("content-type", "application/json");
        let Ok(response) = self.send(&call, None).await else {
            return Vec::new();
        };
        json::read::<native::DoctorAnswer>(&response.body)
            .ok()
            .filter(|_| response.is_success())
            .map(|answer| answer.findings)
            .unwrap_or_default()
    }

    /// Makes one request after the other, as the dialect wants them. What an `ending` has reached already is not done
    /// again.
    async fn converse<T>(
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
                Err(diagnose::ending(step, call.method, call.url.expose(), self.policy).await)
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

    async fn send(&self, call: &Call, refused: Option<u64>) -> Result<Response, Unsent> {
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

    fn endpoint(&self) -> String {
        let endpoint = self.settings.site.endpoint.trim();
        page::resolve(endpoint).map_or_else(|| endpoint.to_owned(), |url| url.href())
    }
}

/// An `id` can be the backend's own, which knows of no such question: nothing is at that address, or nothing there that
/// this page may ask.
fn knows_no_such_question(error: &UploadError) -> bool {
    match error {
        UploadError::Backend(refusal) => {
            matches!(refusal.status, 404 | 405 | 501)
                && !refusal.code.as_deref().is_some_and(speaks_of_uploads)
        }
        UploadError::Blocked(Blocked::Cors { .. }) => true,
        _ => false,
    }
}

/// Whether a code says that the upload is not there, and not that the address is unknown.
fn speaks_of_uploads(code: &str) -> bool {
    [
        "unknown_upload",
        "no_such_upload",
        "not_stored",
        "NoSuchUpload",
        "NoSuchKey",
    ]
    .contains(&code)
}

/// Why a request was not answered.
enum Unsent {
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

fn reply_body(response: &Response) -> ReplyBody {
    if let Ok(value) = json::read::<Value>(&response.body) {
        return ReplyBody::Json(value);
    }
    let kind = response.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ReplyBody::Text(response.body.clone(), kind.to_ascii_lowercase())
}

/// An address that a backend gave, which may be relative to the backend's own.
fn resolved(url: &str, endpoint: &str) -> PresignedUrl {
    let whole = page::resolve_at(url, endpoint);
    PresignedUrl::new(whole.map_or_else(|| url.to_owned(), |whole| whole.href()))
}
