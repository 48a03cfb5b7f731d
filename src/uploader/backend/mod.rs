//! The operations of a backend over HTTP, by its dialect.
//!
//! The dialect defines the requests and reads the responses. The engine decides what a result means for the upload.

mod auth_headers;
mod exchange;
mod redirect;
mod session;
mod standing;
mod translate;

use s3_upload_core::{
    ETag, Grant, PartNumber, SignedPart, Step, StoredObject, StoredPart, UploadError, UploadId,
};
use s3_upload_protocol::native::{self, SentPart};
use s3_upload_protocol::talk::{self, Call, Payload};
use s3_upload_protocol::{Ask, Encoding, FieldNames, Part, Value, checked, redacted};

pub use session::{Session, Sessions};
pub use standing::Standing;
pub use translate::{grant, listed, signed_parts, stored, trouble};

use super::backend_client::Completion;
use super::platform::{LocalFile, Platform};
use super::settings::Settings;
use super::source::Source;
use super::transport::Signal;
use crate::browser::address::Address;

/// A backend, with the settings and the signal of one operation.
pub struct Backend<'a, P: Platform> {
    /// Sends the requests.
    pub platform: &'a P,
    /// The settings that the file was added under.
    pub settings: &'a Settings,
    /// Aborts the requests.
    pub signal: P::Signal,
    /// The state of the backend that all files share.
    pub standing: &'a Standing,
}

impl<P: Platform> Backend<'_, P> {
    /// Creates an upload. `reading` is called at intervals while the file is read for its digest.
    pub(in crate::uploader) async fn create(
        &self,
        source: &Source<P::File>,
        (prefer_multipart, part_size): (bool, u64),
        reading: impl Fn(),
    ) -> Result<(Grant, Session), UploadError> {
        let dialect = self.settings.dialect;
        let info = &source.info;
        let md5 = if dialect.needs_md5() {
            Some(self.md5(source, reading).await?)
        } else {
            None
        };
        let uuid = self.platform.uuid();
        let name = info.told_name();
        let ask = Ask {
            name: &name,
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
            .exchange(Step::Create, None, |replies| {
                dialect.create(site, &ask, replies)
            })
            .await?;
        let granted = granted
            .checked("a URL that arrives as it was signed")
            .map_err(|wrong| trouble(Step::Create, wrong))?;
        let session = Session::of(&granted, info.size, self.platform.date());
        let grant = grant(granted, &self.resolver());
        Ok((grant, session))
    }

    /// The MD5 of a file. The file is read once, and the digest is kept.
    async fn md5(
        &self,
        source: &Source<P::File>,
        reading: impl Fn(),
    ) -> Result<String, UploadError> {
        if let Some(known) = source.md5.get() {
            return Ok(known.clone());
        }
        let goes_on = || {
            reading();
            !self.signal.is_aborted()
        };
        let digest = source
            .file
            .md5(goes_on)
            .await
            .ok_or(UploadError::FileUnreadable)?;
        Ok(source.md5.get_or_init(|| digest).clone())
    }

    /// Requests the URLs of parts.
    pub(in crate::uploader) async fn sign_parts(
        &self,
        id: &UploadId,
        session: &Session,
        parts: &[(PartNumber, u64)],
    ) -> Result<Vec<SignedPart>, UploadError> {
        let wanted: Vec<Part> = parts
            .iter()
            .map(|(number, size)| Part {
                number: number.get(),
                size: *size,
            })
            .collect();
        let upload = session.upload(id, self.platform.date());
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let signed = self
            .exchange(Step::SignParts, None, |replies| {
                dialect.sign_parts(site, &upload, &wanted, replies)
            })
            .await?;
        let signed = checked(signed, "URLs that arrive as they were signed")
            .map_err(|wrong| trouble(Step::SignParts, wrong))?;
        Ok(signed_parts(signed, &self.resolver()))
    }

    /// Lists the parts that the store holds.
    pub(in crate::uploader) async fn list_parts(
        &self,
        id: &UploadId,
        session: &Session,
    ) -> Result<Vec<StoredPart>, UploadError> {
        let upload = session.upload(id, self.platform.date());
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let parts = self
            .exchange(Step::ListParts, None, |replies| {
                dialect.list_parts(site, &upload, replies)
            })
            .await?;
        Ok(listed(parts))
    }

    /// Completes a multipart upload, or confirms a single one.
    pub(in crate::uploader) async fn complete(
        &self,
        id: &UploadId,
        session: &Session,
        parts: Option<&[(PartNumber, ETag)]>,
    ) -> Result<Completion, UploadError> {
        let sent: Option<Vec<SentPart>> = parts.map(|parts| {
            let sent = |(number, etag): &(PartNumber, ETag)| SentPart {
                number: number.get(),
                etag: etag.as_str().to_owned(),
            };
            parts.iter().map(sent).collect()
        });
        let unconfirmed = || {
            Ok(Completion::Unconfirmed(
                session.complete(StoredObject::default()),
            ))
        };
        if !session.is_multipart() && self.standing.is_mute(self.platform.date()) {
            return unconfirmed();
        }
        let upload = session.upload(id, self.platform.date());
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let confirmed = self
            .exchange(Step::Complete, Some(&session.completion), |replies| {
                dialect.complete(site, &upload, sent.as_deref(), replies)
            })
            .await;
        if !matches!(confirmed, Err(UploadError::Unreadable(_))) {
            session.completion.borrow_mut().unread = (0, 0.0);
        }
        match confirmed {
            Ok(object) if session.is_multipart() && object.is_empty => unconfirmed(),
            Ok(object) => session.confirmed(object).map(Completion::Confirmed),
            Err(error) if session.is_multipart() => Err(error),
            Err(error) if is_unsupported_endpoint(&error) => unconfirmed(),
            Err(UploadError::Unreadable(unreadable)) => {
                if session.is_unread_for_long(self.platform.date()) && self.is_readable().await {
                    self.standing.found_mute(self.platform.date());
                    return unconfirmed();
                }
                Err(UploadError::Unreadable(unreadable))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns true if the page can read a response of the backend at its own address now. The request is empty and has
    /// the method of the backend's requests, since many backends allow no other method there.
    async fn is_readable(&self) -> bool {
        let site = &self.settings.site;
        let (method, payload) = match site.encoding {
            Encoding::Json => ("POST", Payload::Json(Value::Object(Vec::new()))),
            Encoding::Form => ("POST", Payload::Form(Vec::new())),
            Encoding::Query => ("GET", Payload::Empty),
        };
        let call = Call::new(method, talk::below(&site.endpoint, "", ""), payload);
        self.send(&call, None).await.is_ok()
    }

    /// Aborts a multipart upload, or deletes the object.
    pub(in crate::uploader) async fn abort(
        &self,
        id: &UploadId,
        session: &Session,
    ) -> Result<(), UploadError> {
        let upload = session.upload(id, self.platform.date());
        let (site, dialect) = (&self.settings.site, self.settings.dialect);
        let aborted = self
            .exchange(Step::Abort, None, |replies| {
                dialect.abort(site, &upload, replies)
            })
            .await;
        match aborted {
            Ok(()) => Ok(()),
            // An upload that does not exist any more needs no abort.
            Err(UploadError::Backend(refusal)) if refusal.status == 404 => Ok(()),
            Err(UploadError::Store(refusal)) if refusal.status == 404 => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks the backend's doctor for the faults that block the page's requests to the store. Empty if the backend has
    /// no doctor.
    pub(in crate::uploader) async fn doctor(
        &self,
        question: native::DoctorRequest,
    ) -> Vec<native::Finding> {
        let site = &self.settings.site;
        let speaks_native = self.settings.presign.is_none()
            && self.settings.dialect.has_doctor()
            && site.encoding == Encoding::Json
            && site.fields == FieldNames::default();
        if !speaks_native {
            return Vec::new();
        }
        let url = talk::below(&site.endpoint, "/doctor", "");
        let call = Call::new("POST", url, Payload::Json(question.into()));
        let Ok(response) = self.send(&call, None).await else {
            return Vec::new();
        };
        let answer = self.platform.read_json(&response.body);
        let answer = answer.filter(|_| response.is_success());
        let findings = native::DoctorAnswer::from(answer.unwrap_or_default()).findings;
        findings.into_iter().map(shown).collect()
    }

    /// A function that resolves addresses against that of the backend.
    fn resolver(&self) -> impl Fn(&str) -> Option<Address> {
        let endpoint = self.settings.site.endpoint.trim();
        let base = self.platform.resolve(endpoint);
        let base = base.map_or_else(|| endpoint.to_owned(), |url| url.href);
        move |url| self.platform.resolve_at(url, &base)
    }
}

/// A finding whose texts are redacted for the developer.
fn shown(finding: native::Finding) -> native::Finding {
    native::Finding {
        message: redacted(&finding.message),
        fix: redacted(&finding.fix),
        ..finding
    }
}

/// Returns true if the backend has no endpoint for the completion. Its `id` may be meant for its own use. An unreadable
/// response does not prove this, since a gateway's error page is unreadable as well.
fn is_unsupported_endpoint(error: &UploadError) -> bool {
    match error {
        UploadError::Backend(refusal) => {
            matches!(refusal.status, 404 | 405 | 501)
                && !refusal.code.as_deref().is_some_and(is_upload_code)
        }
        _ => false,
    }
}

/// Returns true if a code tells that the upload does not exist, and not that the address is unknown.
fn is_upload_code(code: &str) -> bool {
    [
        "unknown_upload",
        "no_such_upload",
        "not_stored",
        "NoSuchUpload",
        "NoSuchKey",
    ]
    .contains(&code)
}
