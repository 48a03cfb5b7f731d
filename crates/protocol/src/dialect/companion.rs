//! Uppy Companion, and Shrine with `uppy-s3_multipart`, which has the same protocol. <https://uppy.io/docs/companion/>
//! <https://github.com/janko/uppy-s3_multipart>
//!
//! The endpoint is the address below which `params` and `multipart` are: `https://companion.example.com/s3`. The client
//! chooses the size of the parts.

use s3_upload_types::CollectVec;

use super::{BackendConfig, Dialect, auto, plan};
use crate::exchange::{escape, join_url, urlencoded};
use crate::grant::is_id;
use crate::native::{ListedPart, SentPart};
use crate::{
    ConfirmedObject, CreateParams, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PartToSign, PresignedPart, RequestBody, TransferPlan,
};
use crate::{UploadContext, Value};

const EXPECTED: &str = r#"JSON like {"method": "POST", "url": "https://…", "fields": {}}"#;
const EXPECTED_ID: &str = r#"JSON like {"uploadId": "…", "key": "…"}"#;
const EXPECTED_URLS: &str = r#"JSON like {"presignedUrls": {"1": "https://…"}}"#;
const EXPECTED_LIST: &str = r#"JSON like [{"PartNumber": 1, "Size": 5242880, "ETag": "…"}]"#;

/// The dialect of Companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion;

impl Dialect for Companion {
    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        let Some(response) = responses.first() else {
            return Ok(Next::Send(if params.prefer_multipart {
                multipart_request(config, params)
            } else {
                params_request(config, params)
            }));
        };
        if params.prefer_multipart {
            read_multipart_grant(response, params.part_size).map(Next::Done)
        } else {
            response.expect_json(EXPECTED)?;
            match auto::read_grant_response(response, params.media_type)? {
                granted @ GrantedUpload {
                    plan: TransferPlan::Single(_),
                    ..
                } => Ok(Next::Done(GrantedUpload {
                    // Companion cannot confirm the upload, so that the store's response is final.
                    id: None,
                    ..granted
                })),
                _ => Err(response.malformed(EXPECTED)),
            }
        }
    }

    fn sign_parts(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        parts: &[PartToSign],
        responses: &[DialectResponse],
    ) -> OperationResult<Vec<PresignedPart>> {
        let Some(response) = responses.first() else {
            let numbers: Vec<String> = parts
                .iter()
                .map(|part| part.number.to_string())
                .collect_vec();
            let query = format!("{}&partNumbers={}", key(upload), numbers.join(","));
            let url = join_url(&config.endpoint, &path(upload, "/batch"), &query);
            return Ok(Next::Send(DialectRequest::new(
                "GET",
                url,
                RequestBody::Empty,
            )));
        };
        auto::read_signed_parts(response.expect_json(EXPECTED_URLS)?, parts)
            .map(Next::Done)
            .ok_or_else(|| response.malformed(EXPECTED_URLS))
    }

    fn list_parts(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<Vec<ListedPart>> {
        let Some(response) = responses.first() else {
            let url = join_url(&config.endpoint, &path(upload, ""), &key(upload));
            return Ok(Next::Send(DialectRequest::new(
                "GET",
                url,
                RequestBody::Empty,
            )));
        };
        auto::read_listed_parts(response.expect_json(EXPECTED_LIST)?)
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
        // Companion requires the entity tag of every part. If the browser could not read them, the parts are listed
        // first.
        match (sent, responses) {
            (Some(sent), []) => {
                let sent = plan::check_sent(upload, sent)?;
                let parts = sent.iter().map(|part| (part.number, part.etag.as_str()));
                Ok(Next::Send(complete_request(config, upload, parts)))
            }
            (None, []) => Ok(match self.list_parts(config, upload, &[])? {
                Next::Send(request) => Next::Send(request),
                Next::Done(_) => Next::Done(ConfirmedObject::default()),
            }),
            (None, [listed]) => {
                let listed = auto::read_listed_parts(listed.expect_json(EXPECTED_LIST)?)
                    .ok_or_else(|| listed.malformed(EXPECTED_LIST))?;
                let listed = plan::check_listed(upload, listed)?;
                let parts = listed.iter().map(|part| (part.number, part.etag.as_str()));
                Ok(Next::Send(complete_request(config, upload, parts)))
            }
            (_, [.., response]) => {
                let key = upload.session.text_of("key").map(str::to_owned);
                let stored = auto::read_confirmation(response)?;
                Ok(Next::Done(ConfirmedObject {
                    key: stored.key.or(key),
                    ..stored
                }))
            }
        }
    }

    fn abort(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<()> {
        Ok(match responses {
            [] => {
                let url = join_url(&config.endpoint, &path(upload, ""), &key(upload));
                Next::Send(DialectRequest::new("DELETE", url, RequestBody::Empty))
            }
            [..] => Next::Done(()),
        })
    }
}

fn params_request(config: &BackendConfig, params: &CreateParams) -> DialectRequest {
    let metadata = metadata(config, params);
    let metadata: Vec<(String, &String)> = metadata
        .iter()
        .map(|(name, value)| (format!("metadata[{name}]"), value))
        .collect_vec();
    let pairs = [("filename", params.name), ("type", params.media_type)];
    let more = metadata
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let query = urlencoded(pairs.into_iter().chain(more));
    DialectRequest::new(
        "GET",
        join_url(&config.endpoint, "/params", &query),
        RequestBody::Empty,
    )
}

fn multipart_request(config: &BackendConfig, params: &CreateParams) -> DialectRequest {
    let metadata = metadata(config, params)
        .into_iter()
        .map(|(name, value)| (name, value.into()));
    let body = Value::from([
        ("filename", Value::from(params.name)),
        ("type", params.media_type.into()),
        ("metadata", Value::Object(metadata.collect_vec())),
    ]);
    DialectRequest::new(
        "POST",
        join_url(&config.endpoint, "/multipart", ""),
        RequestBody::Json(body),
    )
}

fn metadata(config: &BackendConfig, params: &CreateParams) -> Vec<(String, String)> {
    let own = params.metadata.iter();
    let own = own.map(|(name, value)| (name.clone(), value.clone()));
    own.chain(config.extra_fields.iter().cloned()).collect_vec()
}

fn read_multipart_grant(
    response: &DialectResponse,
    part_size: u64,
) -> Result<GrantedUpload, crate::DialectError> {
    let answer = response.expect_json(EXPECTED_ID)?;
    let id = answer.text_of("uploadId").filter(|id| is_id(id));
    let (Some(id), Some(key)) = (id, answer.text_of("key")) else {
        return Err(response.malformed(EXPECTED_ID));
    };
    Ok(GrantedUpload {
        id: Some(id.to_owned()),
        key: Some(key.to_owned()),
        session: Value::from([("key", key)]),
        ..GrantedUpload::new(TransferPlan::Multipart { part_size })
    })
}

fn complete_request<'a>(
    config: &BackendConfig,
    upload: &UploadContext,
    parts: impl Iterator<Item = (u16, &'a str)>,
) -> DialectRequest {
    let parts = parts.map(|(number, etag)| {
        Value::from([
            ("PartNumber", Value::from(u64::from(number))),
            ("ETag", etag.into()),
        ])
    });
    let body = Value::from([("parts", Value::List(parts.collect_vec()))]);
    let url = join_url(&config.endpoint, &path(upload, "/complete"), &key(upload));
    DialectRequest::new("POST", url, RequestBody::Json(body))
}

fn path(upload: &UploadContext, rest: &str) -> String {
    format!("/multipart/{}{rest}", escape(upload.id))
}

fn key(upload: &UploadContext) -> String {
    urlencoded([("key", upload.session.text_of("key").unwrap_or_default())])
}

#[cfg(test)]
#[path = "companion_tests.rs"]
mod tests;
