//! Talks to the backend over HTTP: one operation after the other, as a dialect knows them.
//!
//! Refuses to decide anything: what is said is the dialect's part, what an answer means for the upload the engine's.

mod conversation;
mod identity;
mod session;
mod translate;

use std::cell::RefCell;
use std::collections::BTreeSet;

use s3_upload_core::{
    Answer, Blocked, ETag, PartNumber, PresignedUrl, Step, StoredObject, UploadError, UploadId,
};
use s3_upload_protocol::native::{self, SentPart};
use s3_upload_protocol::talk::{self, Body as ReplyBody, Call, Payload};
use s3_upload_protocol::{Ask, Encoding, FieldNames, Part, Value};
use web_sys::AbortSignal;

pub use session::{Session, Sessions};
pub use translate::{grant, listed, signed_parts, stored, trouble};

use super::driver::Source;
use super::settings::Settings;
use crate::browser::http::Response;
use crate::browser::policy::PolicyWatch;
use crate::browser::{digest, json, page, random};

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
