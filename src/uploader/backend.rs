//! Talks to the backend in the native dialect: one function per request, from the engine's words
//! to the wire's and back. Refuses to decide anything: what an answer means is the engine's part.

use core::time::Duration;
use std::cell::Cell;
use std::collections::BTreeMap;

use s3_upload_core::{
    Answer, BackendRefusal, ETag, FileInfo, Grant, GrantPlan, Method, ObjectKey, PartNumber,
    PresignedUrl, SignedPart, SignedRequest, Step, StoredObject, StoredPart, UploadError, UploadId,
};
use s3_upload_protocol::native;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

use super::diagnose;
use super::settings::Settings;
use crate::browser::http::{Body, Failure, Request, Response};
use crate::browser::policy::PolicyWatch;
use crate::browser::{fetch, json};

/// One conversation with the backend.
pub struct Backend<'a> {
    /// The settings at the moment of the request.
    pub settings: &'a Settings,
    /// Aborts the request.
    pub signal: Option<AbortSignal>,
    /// Whether this backend ever let the page read an answer.
    pub answered: &'a Cell<bool>,
    /// To find out what blocked it.
    pub policy: &'a PolicyWatch,
}

impl Backend<'_> {
    /// Asks for an upload.
    pub async fn create(
        &self,
        info: &FileInfo,
        prefer_multipart: bool,
        part_size: u64,
    ) -> Result<Answer, UploadError> {
        let accepts = if prefer_multipart {
            vec![
                native::Strategy::Multipart,
                native::Strategy::Put,
                native::Strategy::Post,
            ]
        } else {
            vec![
                native::Strategy::Put,
                native::Strategy::Post,
                native::Strategy::Multipart,
            ]
        };
        let metadata = &self.settings.metadata;
        let request = native::CreateRequest {
            name: info.name.clone(),
            media_type: info.content_type.clone(),
            size: info.size,
            metadata: (!metadata.is_empty()).then(|| metadata.clone()),
            accepts,
            part_size: Some(part_size),
        };
        let answer: native::CreateAnswer =
            self.ask(Step::Create, "POST", "", Some(&request)).await?;
        grant(answer, info).map(Answer::Granted)
    }

    /// Asks for URLs of parts.
    pub async fn sign_parts(
        &self,
        id: &UploadId,
        parts: &[(PartNumber, u64)],
    ) -> Result<Answer, UploadError> {
        let parts = parts
            .iter()
            .map(|(number, size)| native::PartToSign {
                number: number.get(),
                size: *size,
            })
            .collect();
        let request = native::SignPartsRequest { parts };
        let path = format!("/{}/parts", escape(id));
        let answer: native::SignPartsAnswer = self
            .ask(Step::SignParts, "POST", &path, Some(&request))
            .await?;
        let parts = answer.parts.into_iter().filter_map(|part| {
            Some(SignedPart {
                number: PartNumber::new(part.number)?,
                request: SignedRequest {
                    method: Method::Put,
                    url: PresignedUrl::new(part.url.expose()),
                    headers: allowed(part.headers),
                    expires_in: part.expires_in.map(Duration::from_secs),
                },
            })
        });
        Ok(Answer::Signed(parts.collect()))
    }

    /// Asks which parts the store holds.
    pub async fn list_parts(&self, id: &UploadId) -> Result<Answer, UploadError> {
        let path = format!("/{}/parts", escape(id));
        let answer: native::ListPartsAnswer =
            self.ask(Step::ListParts, "GET", &path, None::<&()>).await?;
        let parts = answer.parts.into_iter().filter_map(|part| {
            Some(StoredPart {
                number: PartNumber::new(part.number)?,
                size: part.size,
                etag: ETag::new(part.etag),
            })
        });
        Ok(Answer::Listed(parts.collect()))
    }

    /// Asks to complete or to confirm.
    pub async fn complete(
        &self,
        id: &UploadId,
        parts: Option<&[(PartNumber, ETag)]>,
    ) -> Result<Answer, UploadError> {
        let parts = parts.map(|parts| {
            let sent = |(number, etag): &(PartNumber, ETag)| native::SentPart {
                number: number.get(),
                etag: etag.as_str().to_owned(),
            };
            parts.iter().map(sent).collect()
        });
        let path = format!("/{}/complete", escape(id));
        let request = native::CompleteRequest { parts };
        let answer: native::CompleteAnswer = self
            .ask(Step::Complete, "POST", &path, Some(&request))
            .await?;
        Ok(Answer::Confirmed(StoredObject {
            key: Some(answer.key),
            size: Some(answer.size),
            content_type: Some(answer.media_type),
            etag: answer.etag.map(ETag::new),
            location: answer.location.map(|url| url.expose().to_owned()),
            download_url: answer.download_url.map(|url| url.expose().to_owned()),
        }))
    }

    /// Asks to abort or to delete.
    pub async fn abort(&self, id: &UploadId) -> Result<Answer, UploadError> {
        let response = self
            .send(Step::Abort, "DELETE", &format!("/{}", escape(id)), None)
            .await?;
        // What is not there any more needs no abort.
        if response.is_success() || response.status == 404 {
            Ok(Answer::Aborted)
        } else {
            Err(refusal(&response))
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        step: Step,
        method: &str,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, UploadError> {
        let body = match body {
            Some(value) => Some(json::write(value).ok_or_else(|| {
                UploadError::Configuration(
                    "the request to the backend cannot be written as JSON".to_owned(),
                )
            })?),
            None => None,
        };
        let response = self.send(step, method, path, body).await?;
        if !response.is_success() {
            return Err(refusal(&response));
        }
        json::read(&response.body).map_err(|error| malformed(step, &response, &error))
    }

    async fn send(
        &self,
        step: Step,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<Response, UploadError> {
        let endpoint = self.settings.endpoint.trim().trim_end_matches('/');
        if endpoint.is_empty() {
            let advice = "no endpoint is set: give the widget the address of the backend that presigns uploads";
            return Err(UploadError::Configuration(advice.to_owned()));
        }
        // A query of the endpoint's own stays at the end.
        let (address, query) = endpoint.split_once('?').unwrap_or((endpoint, ""));
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{query}", address.trim_end_matches('/'));
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let request = Request {
            method,
            url: &url,
            headers: &headers,
            body: body.map_or(Body::Empty, Body::Text),
            credentials: self.settings.credentials,
        };
        match fetch::send(request, self.signal.clone()).await {
            Ok(response) => {
                self.answered.set(true);
                Ok(response)
            }
            Err(Failure::Invalid) => Err(UploadError::Configuration(format!(
                "the endpoint \"{endpoint}\" is not a valid address"
            ))),
            // Nobody waits for the cause of what was cut on purpose.
            Err(Failure::Network) if self.signal.as_ref().is_some_and(AbortSignal::aborted) => {
                Err(UploadError::Network { step })
            }
            Err(Failure::Network) => Err(diagnose::backend(
                step,
                endpoint,
                self.settings.credentials,
                self.answered.get(),
                self.policy,
            )
            .await),
        }
    }
}

/// An id is opaque, and may hold anything.
fn escape(id: &UploadId) -> String {
    js_sys::encode_uri_component(id.as_str()).into()
}

fn grant(answer: native::CreateAnswer, info: &FileInfo) -> Result<Grant, UploadError> {
    let malformed = |got: &str| {
        let (expected, got) = (EXPECTED.to_owned(), got.to_owned());
        UploadError::Malformed {
            step: Step::Create,
            expected,
            got,
        }
    };
    let (id, key) = (answer.id.map(UploadId::new), answer.key.map(ObjectKey::new));
    let plan = match (answer.url, answer.part_size) {
        (Some(url), _) => {
            let said = answer
                .method
                .as_deref()
                .unwrap_or("PUT")
                .to_ascii_uppercase();
            let method = match answer.fields {
                Some(fields) => Method::Post {
                    fields: fields
                        .expose()
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect(),
                },
                None if said == "PUT" => Method::Put,
                None => {
                    return Err(malformed(
                        "JSON with another method than PUT, and without the \"fields\" of a form",
                    ));
                }
            };
            let mut headers = allowed(answer.headers);
            // One type per file: what was told to the backend is what is sent.
            if method == Method::Put
                && !headers
                    .iter()
                    .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                headers.push(("Content-Type".to_owned(), info.content_type.clone()));
            }
            GrantPlan::Single(SignedRequest {
                method,
                url: PresignedUrl::new(url.expose()),
                headers,
                expires_in: answer.expires_in.map(Duration::from_secs),
            })
        }
        (None, Some(part_size)) => GrantPlan::Multipart { part_size },
        (None, None) => return Err(malformed("JSON with neither \"url\" nor \"partSize\"")),
    };
    Ok(Grant { id, key, plan })
}

/// What a page may send of the headers that the backend names; the rest the browser sends by itself.
fn allowed(headers: BTreeMap<String, String>) -> Vec<(String, String)> {
    headers
        .into_iter()
        .filter(|(name, _)| !is_forbidden(name))
        .collect()
}

/// Headers that a page cannot set; the browser sends them by itself.
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
fn is_forbidden(name: &str) -> bool {
    ["host", "content-length", "connection", "expect"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

const EXPECTED: &str = "JSON like {\"url\": \"https://…\"}";

fn malformed(step: Step, response: &Response, error: &json::ReadError) -> UploadError {
    let expected = if step == Step::Create {
        EXPECTED
    } else {
        "JSON as the documentation shows it"
    };
    let got = match error {
        json::ReadError::Shape(detail) => format!("JSON of another shape ({detail})"),
        json::ReadError::NotJson if response.body.trim().is_empty() => {
            format!("an empty answer with status {}", response.status)
        }
        json::ReadError::NotJson => {
            let kind = response.header("content-type").unwrap_or("no Content-Type");
            format!(
                "{} characters of {}",
                response.body.chars().count(),
                kind.split(';').next().unwrap_or(kind)
            )
        }
    };
    UploadError::Malformed {
        step,
        expected: expected.to_owned(),
        got,
    }
}

fn refusal(response: &Response) -> UploadError {
    let said = json::read::<native::Refusal>(&response.body)
        .ok()
        .map(|refusal| refusal.error);
    let (code, message) = said.map_or((None, None), |error| {
        (Some(error.code), Some(error.message))
    });
    UploadError::Backend(BackendRefusal {
        status: response.status,
        code: code.filter(|code| !code.is_empty()),
        message: message.filter(|message| !message.is_empty()),
        retry_after: retry_after(response),
    })
}

/// `Retry-After` in seconds or as a date. <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be positive"
)]
pub fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let millis = js_sys::Date::parse(value) - js_sys::Date::now();
    (millis > 0.0).then(|| Duration::from_millis(millis as u64))
}
