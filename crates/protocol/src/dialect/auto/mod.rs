//! The default dialect: it asks in the native protocol, and recognises the answers of most backends.
//!
//! The module writes the requests, and defines the minimal content of each answer. `read` and `parts` recognise members
//! under their many names. The native protocol is in `docs/protocol.md`.

mod names;
mod parts;
mod read;

use s3_upload_types::CollectVec;

use super::{BackendConfig, Dialect, Encoding, extra_fields};
use crate::envelope::{self, Unwrapped};
use crate::exchange::{ResponseBody, escape, join_url, urlencoded};
use crate::grant::{check_parts, unexpired};
use crate::native::{ListedPart, SentPart};
use crate::{
    ConfirmedObject, CreateParams, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PartToSign, PresignedPart, RequestBody, TransferPlan,
};
use crate::{DialectError, UploadContext, Value, refusal};

/// The expected form of the first answer.
pub const EXPECTED: &str = r#"JSON like {"url": "https://…"}"#;
const EXPECTED_PARTS: &str = r#"JSON like {"parts": [{"number": 1, "url": "https://…"}]}"#;
const EXPECTED_LIST: &str = r#"JSON like {"parts": [{"number": 1, "size": 5242880, "etag": "…"}]}"#;
const EXPECTED_OBJECT: &str = r#"JSON like {"key": "…", "size": 5, "type": "…"}"#;

/// The default dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auto;

impl Dialect for Auto {
    fn has_doctor(&self) -> bool {
        true
    }

    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        match responses {
            [] => Ok(Next::Send(create_request(config, params))),
            [response, ..] => read_grant_response(response, params.media_type).map(Next::Done),
        }
    }

    fn sign_parts(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        wanted: &[PartToSign],
        responses: &[DialectResponse],
    ) -> OperationResult<Vec<PresignedPart>> {
        // Some backends sign all parts with their first answer.
        let ahead = parts::parts(upload.session, wanted, true);
        if let Some(signed) = ahead.and_then(|signed| unexpired(signed, upload.age)) {
            return Ok(Next::Done(signed));
        }
        let Some(response) = responses.first() else {
            let parts = wanted.iter().map(|part| {
                Value::from([
                    ("number", Value::from(u64::from(part.number))),
                    ("size", part.size.into()),
                ])
            });
            let body = Value::from([("parts", Value::List(parts.collect_vec()))]);
            let url = upload_url(config, upload, "/parts");
            return Ok(Next::Send(DialectRequest::new(
                "POST",
                url,
                RequestBody::Json(body),
            )));
        };
        let signed = read_signed_parts(response.expect_json(EXPECTED_PARTS)?, wanted)
            .ok_or_else(|| response.malformed(EXPECTED_PARTS))?;
        check_parts(signed, EXPECTED_PARTS).map(Next::Done)
    }

    fn list_parts(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<Vec<ListedPart>> {
        let Some(response) = responses.first() else {
            let url = upload_url(config, upload, "/parts");
            return Ok(Next::Send(DialectRequest::new(
                "GET",
                url,
                RequestBody::Empty,
            )));
        };
        read_listed_parts(response.expect_json(EXPECTED_LIST)?)
            .map(Next::Done)
            .ok_or_else(|| response.malformed(EXPECTED_LIST))
    }

    fn complete(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        sent: Option<&[SentPart]>,
        responses: &[DialectResponse],
    ) -> OperationResult<ConfirmedObject> {
        let Some(response) = responses.first() else {
            let parts = sent.map(|parts| {
                let part = |part: &SentPart| {
                    Value::from([
                        ("number", Value::from(u64::from(part.number))),
                        ("etag", part.etag.as_str().into()),
                    ])
                };
                (
                    "parts".to_owned(),
                    Value::List(parts.iter().map(part).collect_vec()),
                )
            });
            let body = RequestBody::Json(Value::Object(parts.into_iter().collect_vec()));
            let url = upload_url(config, upload, "/complete");
            return Ok(Next::Send(DialectRequest::new("POST", url, body)));
        };
        read_confirmation(response).map(Next::Done)
    }

    fn abort(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<()> {
        Ok(match responses {
            [] => Next::Send(DialectRequest::new(
                "DELETE",
                upload_url(config, upload, ""),
                RequestBody::Empty,
            )),
            [..] => Next::Done(()),
        })
    }
}

/// Reads an answer to the first request, or the equal value that a page's own function returns.
pub fn read_grant_response(
    response: &DialectResponse,
    media_type: &str,
) -> Result<GrantedUpload, DialectError> {
    let opened = unwrapped(response)?;
    let response = opened.as_ref().unwrap_or(response);
    read_grant(response, media_type)?.checked(EXPECTED)
}

/// Returns a response without its wrappers, or `None` if the body is not JSON. It is an error if the wrapped status is a
/// refusal.
fn unwrapped(response: &DialectResponse) -> Result<Option<DialectResponse>, DialectError> {
    let ResponseBody::Json(answer) = &response.body else {
        return Ok(None);
    };
    let Unwrapped { value, status } = envelope::unwrap_response(answer);
    let status = status.unwrap_or(response.status);
    if status >= 400 {
        let body = match value {
            Value::Text(text) => ResponseBody::Text(text, String::new()),
            value => ResponseBody::Json(value),
        };
        let (code, message) = refusal::read(status, &body);
        return Err(DialectError::Refused {
            status,
            code,
            message: message.unwrap_or_default(),
        });
    }
    Ok(Some(DialectResponse {
        status,
        body: ResponseBody::Json(value),
    }))
}

fn read_grant(response: &DialectResponse, media_type: &str) -> Result<GrantedUpload, DialectError> {
    let answer = match &response.body {
        ResponseBody::Json(Value::Text(text)) | ResponseBody::Text(text, _) => {
            return read::url_only(text, media_type)
                .map(|signed| GrantedUpload::new(TransferPlan::Single(signed)))
                .ok_or_else(|| response.malformed(EXPECTED));
        }
        ResponseBody::Json(answer) => answer,
    };
    if refusal::is_refusal(answer) {
        return Err(refusal_or_malformed(response, EXPECTED));
    }
    match read::grant(answer, media_type) {
        Some(granted) => granted.map_err(|got| DialectError::Malformed {
            expected: EXPECTED.to_owned(),
            got: got.to_owned(),
            is_incomplete: false,
        }),
        None => Err(refusal_or_malformed(response, EXPECTED)),
    }
}

/// Returns the error about a response that is not as expected: a refusal if it has a message, since some backends refuse
/// with a 200.
pub(super) fn refusal_or_malformed(response: &DialectResponse, expected: &str) -> DialectError {
    let (code, message) = match &response.body {
        ResponseBody::Json(answer @ Value::Object(_)) => refusal::from_value(answer),
        _ => (None, None),
    };
    match message {
        Some(message) => DialectError::Refused {
            status: response.status,
            code,
            message,
        },
        None => response.malformed(expected),
    }
}

/// Reads a backend's confirmation. It may have no content but a success.
pub fn read_confirmation(response: &DialectResponse) -> Result<ConfirmedObject, DialectError> {
    let opened = unwrapped(response)?;
    let response = opened.as_ref().unwrap_or(response);
    match &response.body {
        ResponseBody::Json(value) if refusal::is_refusal(value) => {
            Err(refusal_or_malformed(response, EXPECTED_OBJECT))
        }
        ResponseBody::Json(value) => Ok(parts::stored(value)),
        // A page that asks the person to sign in is no confirmation.
        ResponseBody::Text(text, kind)
            if kind == "text/html" || text.trim_start().starts_with('<') =>
        {
            Err(response.malformed(EXPECTED_OBJECT))
        }
        ResponseBody::Text(text, _) => Ok(ConfirmedObject {
            is_empty: text.trim().is_empty(),
            ..ConfirmedObject::default()
        }),
    }
}

/// Reads the headers that are sent with a file.
pub(super) fn read_headers(value: Option<&Value>) -> Vec<(String, String)> {
    read::headers(value)
}

/// Reads signed parts, from an answer or from the value that a page's own function returns.
pub fn read_signed_parts(answer: &Value, wanted: &[PartToSign]) -> Option<Vec<PresignedPart>> {
    parts::parts(&envelope::unwrap_response(answer).value, wanted, false)
}

/// Reads a list of stored parts, from an answer or from the value that a page's own function returns.
pub fn read_listed_parts(answer: &Value) -> Option<Vec<ListedPart>> {
    parts::stored_parts(&envelope::unwrap_response(answer).value)
}

fn upload_url(config: &BackendConfig, upload: &UploadContext, path: &str) -> String {
    join_url(
        &config.endpoint,
        &format!("/{}{path}", escape(upload.id)),
        "",
    )
}

/// Returns the first request.
fn create_request(config: &BackendConfig, params: &CreateParams) -> DialectRequest {
    if config.encoding == Encoding::Json {
        let body = RequestBody::Json(Value::Object(request_members(config, params)));
        return DialectRequest::new("POST", join_url(&config.endpoint, "", ""), body);
    }
    let pairs: Vec<(String, String)> = request_members(config, params)
        .into_iter()
        .flat_map(|(name, value)| match value {
            Value::Object(inner) => inner
                .into_iter()
                .filter_map(|(inner, value)| {
                    Some((format!("{name}[{inner}]"), value.to_form_string()?))
                })
                .collect_vec(),
            value => Vec::from_iter(value.to_form_string().map(|text| (name, text))),
        })
        .collect_vec();
    if config.encoding == Encoding::Form {
        return DialectRequest::new(
            "POST",
            join_url(&config.endpoint, "", ""),
            RequestBody::Form(pairs),
        );
    }
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let url = join_url(&config.endpoint, "", &urlencoded(pairs));
    DialectRequest::new("GET", url, RequestBody::Empty)
}

/// Returns the members of the first request.
fn request_members(config: &BackendConfig, params: &CreateParams) -> Vec<(String, Value)> {
    let names = &config.field_names;
    let own_words = [&names.name, &names.media_type, &names.size]
        .iter()
        .any(|name| name.is_some());
    let told = [
        (&names.name, "name", Value::from(params.name)),
        (&names.media_type, "type", params.media_type.into()),
        (&names.size, "size", params.size.into()),
    ];
    let mut members: Vec<(String, Value)> = told
        .into_iter()
        .map(|(own, usual, value)| (own.as_deref().unwrap_or(usual).to_owned(), value))
        .filter(|(name, _)| !name.is_empty())
        .collect_vec();
    extra_fields::set_members(&mut members, extra_fields::metadata_member(params));
    // A backend with its own names may reject unknown members.
    if config.encoding == Encoding::Json && !own_words {
        members.push((
            "accepts".to_owned(),
            accepted_strategies(params.prefer_multipart),
        ));
        members.push(("partSize".to_owned(), params.part_size.into()));
    }
    // Only JSON distinguishes a number from a text.
    let extra = if config.encoding == Encoding::Json {
        extra_fields::extra_members(config)
    } else {
        let texts = config.extra_fields.iter();
        texts
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect_vec()
    };
    extra_fields::set_members(&mut members, extra);
    members
}

/// Returns the strategies for the file, the preferred one first.
fn accepted_strategies(prefer_multipart: bool) -> Value {
    let order = if prefer_multipart {
        ["multipart", "put", "post"]
    } else {
        ["put", "post", "multipart"]
    };
    Value::List(order.map(Value::from).to_vec())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
