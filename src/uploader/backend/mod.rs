//! The operations of a backend over HTTP, by its dialect.
//!
//! The dialect defines the requests and reads the responses. The engine decides what a result means for the upload.

mod auth_headers;
mod exchange;
mod health;
mod redirect;
mod session;
mod translate;

use s3_upload_core::CollectVec;
use s3_upload_core::{
    ETag, Grant, PartNumber, SignedPart, Step, StoredObject, StoredPart, UploadError, UploadId,
};
use s3_upload_protocol::exchange::{DialectRequest, RequestBody, join_url};
use s3_upload_protocol::native::SentPart;
use s3_upload_protocol::{
    CreateParams, Dialect, Encoding, FieldNames, PartToSign, Value, check_parts,
};

pub use health::BackendHealth;
pub use session::{Session, Sessions};
pub use translate::{grant, operation_error, signed_parts, stored_object, stored_parts};

use super::backend_client::Completion;
use super::network::Signal;
use super::platform::{LocalFile, NotLoaded, Platform};
use super::settings::{DialectChoice, Settings};
use super::source::FileSource;
use crate::browser::address::Address;

/// The time limit for the doctor's answer, in milliseconds.
const DOCTOR_PATIENCE: u32 = 8_000;

/// A backend, with the settings and the signal of one operation.
pub struct Backend<'a, P: Platform> {
    /// Sends the requests.
    pub platform: &'a P,
    /// The settings that the file was added under.
    pub settings: &'a Settings,
    /// Aborts the requests.
    pub signal: P::Signal,
    /// The state of the backend that all files share.
    pub health: &'a BackendHealth,
}

impl<P: Platform> Backend<'_, P> {
    /// Creates an upload. `reading` is called at intervals while the file is read for its digest.
    pub(in crate::uploader) async fn create(
        &self,
        source: &FileSource<P::File>,
        (prefer_multipart, part_size): (bool, u64),
        reading: impl Fn(),
    ) -> Result<(Grant, Session), UploadError> {
        let dialect = self.dialect(Step::Create).await?;
        let info = &source.info;
        let md5 = if dialect.needs_md5() {
            Some(self.md5(source, reading).await?)
        } else {
            None
        };
        let uuid = self.platform.uuid();
        let name = info.upload_name();
        let params = CreateParams {
            name: &name,
            media_type: &info.content_type,
            size: info.size,
            metadata: &self.settings.metadata,
            prefer_multipart,
            part_size,
            md5: md5.as_deref(),
            uuid: &uuid,
        };
        let config = &self.settings.backend;
        let granted = self
            .exchange(Step::Create, None, |responses| {
                dialect.create(config, &params, responses)
            })
            .await?;
        let granted = granted
            .checked("a URL that arrives as it was signed")
            .map_err(|wrong| operation_error(Step::Create, wrong))?;
        let session = Session::of(&granted, info.size, self.platform.date());
        let grant = grant(granted, &self.resolver());
        Ok((grant, session))
    }

    /// The MD5 of a file. The file is read once, and the digest is kept.
    async fn md5(
        &self,
        source: &FileSource<P::File>,
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
        let wanted: Vec<PartToSign> = parts
            .iter()
            .map(|(number, size)| PartToSign {
                number: number.get(),
                size: *size,
            })
            .collect_vec();
        let upload = session.upload(id, self.platform.date());
        let (config, dialect) = (&self.settings.backend, self.dialect(Step::SignParts).await?);
        let signed = self
            .exchange(Step::SignParts, None, |responses| {
                dialect.sign_parts(config, &upload, &wanted, responses)
            })
            .await?;
        let signed = check_parts(signed, "URLs that arrive as they were signed")
            .map_err(|wrong| operation_error(Step::SignParts, wrong))?;
        Ok(signed_parts(signed, &self.resolver()))
    }

    /// Lists the parts that the store holds.
    pub(in crate::uploader) async fn list_parts(
        &self,
        id: &UploadId,
        session: &Session,
    ) -> Result<Vec<StoredPart>, UploadError> {
        let upload = session.upload(id, self.platform.date());
        let (config, dialect) = (&self.settings.backend, self.dialect(Step::ListParts).await?);
        let parts = self
            .exchange(Step::ListParts, None, |responses| {
                dialect.list_parts(config, &upload, responses)
            })
            .await?;
        Ok(stored_parts(parts))
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
            parts.iter().map(sent).collect_vec()
        });
        let unconfirmed = || {
            Ok(Completion::Unconfirmed(
                session.with_grant_values(StoredObject::default()),
            ))
        };
        if !session.is_multipart() && self.health.skips_confirmation(self.platform.date()) {
            return unconfirmed();
        }
        let upload = session.upload(id, self.platform.date());
        let (config, dialect) = (&self.settings.backend, self.dialect(Step::Complete).await?);
        let confirmed = self
            .exchange(Step::Complete, Some(&session.completion), |responses| {
                dialect.complete(config, &upload, sent.as_deref(), responses)
            })
            .await;
        if !matches!(confirmed, Err(UploadError::Unreadable(_))) {
            session.completion.borrow_mut().unreadable = (0, 0.0);
        }
        match confirmed {
            Ok(object) if session.is_multipart() && object.is_empty => unconfirmed(),
            Ok(object) => session.confirmed(object).map(Completion::Confirmed),
            Err(error) if session.is_multipart() => Err(error),
            Err(error) if is_unsupported_endpoint(&error) => unconfirmed(),
            Err(UploadError::Unreadable(unreadable)) => {
                if session.is_permanently_unreadable(self.platform.date())
                    && self.is_readable().await
                {
                    self.health.skip_confirmation(self.platform.date());
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
        let config = &self.settings.backend;
        let (method, body) = match config.encoding {
            Encoding::Json => ("POST", RequestBody::Json(Value::Object(Vec::new()))),
            Encoding::Form => ("POST", RequestBody::Form(Vec::new())),
            Encoding::Query => ("GET", RequestBody::Empty),
        };
        let request = DialectRequest::new(method, join_url(&config.endpoint, "", ""), body);
        self.send(&request, None).await.is_ok()
    }

    /// Aborts a multipart upload, or deletes the object.
    pub(in crate::uploader) async fn abort(
        &self,
        id: &UploadId,
        session: &Session,
    ) -> Result<(), UploadError> {
        let upload = session.upload(id, self.platform.date());
        let (config, dialect) = (&self.settings.backend, self.dialect(Step::Abort).await?);
        let aborted = self
            .exchange(Step::Abort, None, |responses| {
                dialect.abort(config, &upload, responses)
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

    /// Asks the backend's doctor for the faults that block the page's requests to the store. `None` if the backend has
    /// no doctor, or does not respond.
    pub(in crate::uploader) async fn ask_doctor(&self, question: Value) -> Option<Value> {
        let config = &self.settings.backend;
        let speaks_native = self.settings.presign.is_none()
            && matches!(self.settings.dialect, DialectChoice::Of(dialect) if dialect.has_doctor())
            && config.encoding == Encoding::Json
            && config.field_names == FieldNames::default();
        if !speaks_native {
            return None;
        }
        let (_limit, signal) = self.platform.time_limit(DOCTOR_PATIENCE);
        let limited = Backend { signal, ..*self };
        let url = join_url(&config.endpoint, "/doctor", "");
        let request = DialectRequest::new("POST", url, RequestBody::Json(question));
        let response = limited.send(&request, None).await.ok()?;
        let answer = self.platform.read_json(&response.body);
        answer.filter(|_| response.is_success())
    }

    /// The dialect of the backend. It is loaded if it is not there yet.
    async fn dialect(&self, step: Step) -> Result<&'static dyn Dialect, UploadError> {
        let name = match self.settings.dialect {
            DialectChoice::Of(dialect) => return Ok(dialect),
            DialectChoice::Named(name) => name,
        };
        match self.platform.dialect(name).await {
            Ok(Some(dialect)) => Ok(dialect),
            Ok(None) => Err(UploadError::Configuration(format!(
                "no dialect has the name \"{name}\""
            ))),
            // The network is the usual cause, and the upload waits for it as it waits for the backend.
            Err(NotLoaded) => Err(UploadError::Network { step }),
        }
    }

    /// A function that resolves addresses against that of the backend.
    fn resolver(&self) -> impl Fn(&str) -> Option<Address> {
        let endpoint = self.settings.backend.endpoint.trim();
        let base = self.platform.resolve(endpoint);
        let base = base.map_or_else(|| endpoint.to_owned(), |url| url.href);
        move |url| self.platform.resolve_at(url, &base)
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
