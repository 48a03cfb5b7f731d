//! better-upload, version 3 (`@better-upload/server`) and version 2 (`better-upload/server`).
//! <https://better-upload.com/docs> <https://github.com/Nic13Gamer/better-upload>
//!
//! The endpoint is the address of its handler, `/api/upload`. [`BackendConfig::route`] names one of its routes, which decides
//! whether files are sent in parts. The browser itself completes and aborts a multipart upload, by URLs that are signed
//! with the first answer and never signed again. The URLs of parts are valid as long as the route's
//! `partSignedUrlExpiresIn` says, 25 minutes by default. The page's metadata and extra fields are the route's
//! `clientMetadata`.

use s3_upload_types::CollectVec;

use super::{BackendConfig, Dialect, auto, extra_fields, presigned_parts};
use crate::exchange::join_url;
use crate::grant::is_address;
use crate::native::SentPart;
use crate::{
    ConfirmedObject, CreateParams, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PartToSign, PresignedPart, PresignedRequest, RequestBody, TransferPlan,
};
use crate::{DialectError, UploadContext, Value};

const EXPECTED: &str = r#"JSON like {"files": [{"signedUrl": "https://…", "file": {}}]}"#;
const EXPECTED_PARTS: &str = r#"JSON like {"multipart": {"partSize": 5242880, "files": [{"uploadId": "…", "parts": [{"partNumber": 1, "signedUrl": "https://…"}], "completeSignedUrl": "https://…"}]}}"#;

/// The dialect of better-upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BetterUpload;

impl Dialect for BetterUpload {
    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        let Some(response) = responses.first() else {
            return create_request(config, params).map(Next::Send);
        };
        let answer = response.expect_json(EXPECTED)?;
        let multipart = answer.get("multipart");
        let files = multipart.unwrap_or(answer).get("files");
        let Some(Value::List(files)) = files else {
            return Err(auto::refusal_or_malformed(response, EXPECTED));
        };
        // A route of version 3 may leave files out of the answer.
        let file = files
            .first()
            .ok_or_else(|| refused(response, "ignored", "The server does not take this file."))?;
        let granted = if file.text_of("skip") == Some("completed") {
            let key = object_info(file).text_of("key").map(str::to_owned);
            GrantedUpload {
                key,
                ..GrantedUpload::new(TransferPlan::Stored)
            }
        } else if let Some(multipart) = multipart {
            multipart_grant(response, multipart, file, params)?
        } else {
            single_grant(response, file, params)?
        };
        Ok(Next::Done(granted))
    }

    fn sign_parts(
        &self,
        _config: &BackendConfig,
        upload: &UploadContext,
        parts: &[PartToSign],
        _responses: &[DialectResponse],
    ) -> OperationResult<Vec<PresignedPart>> {
        presigned_parts::requested(upload, parts).map(Next::Done)
    }

    fn complete(
        &self,
        _config: &BackendConfig,
        upload: &UploadContext,
        sent: Option<&[SentPart]>,
        responses: &[DialectResponse],
    ) -> OperationResult<ConfirmedObject> {
        if let Some(response) = responses.first() {
            return Ok(Next::Done(ConfirmedObject {
                key: upload.session.text_of("key").map(str::to_owned),
                etag: presigned_parts::read_completion(response)?,
                ..ConfirmedObject::default()
            }));
        }
        let Some(url) = presigned_parts::session_url(upload, "complete") else {
            return Ok(Next::Done(ConfirmedObject::default()));
        };
        let document =
            presigned_parts::complete_document(&presigned_parts::sent_parts(upload, sent)?);
        let request = DialectRequest::to_store("POST", &url, RequestBody::Text(document));
        Ok(Next::Send(
            request.header("Content-Type", "application/xml"),
        ))
    }

    fn abort(
        &self,
        _config: &BackendConfig,
        upload: &UploadContext,
        responses: &[DialectResponse],
    ) -> OperationResult<()> {
        Ok(
            match (presigned_parts::session_url(upload, "abort"), responses) {
                (Some(url), []) => {
                    Next::Send(DialectRequest::to_store("DELETE", &url, RequestBody::Empty))
                }
                _ => Next::Done(()),
            },
        )
    }
}

fn create_request(
    config: &BackendConfig,
    params: &CreateParams,
) -> Result<DialectRequest, DialectError> {
    let Some(route) = config.route.as_deref().filter(|route| !route.is_empty()) else {
        let text = "better-upload has routes with names: `route` must be the name of one";
        return Err(DialectError::Unsupported(text.to_owned()));
    };
    let file = Value::from([
        ("name", Value::from(params.name)),
        ("size", params.size.into()),
        ("type", params.media_type.into()),
    ]);
    let mut metadata = match extra_fields::metadata_member(params) {
        Some((_, Value::Object(members))) => members,
        _ => Vec::new(),
    };
    extra_fields::set_members(&mut metadata, extra_fields::extra_members(config));
    let mut members = vec![("route".to_owned(), Value::from(route))];
    if !metadata.is_empty() {
        members.push(("metadata".to_owned(), Value::Object(metadata)));
    }
    members.push(("files".to_owned(), Value::List(vec![file])));
    let url = join_url(&config.endpoint, "", "");
    Ok(DialectRequest::new(
        "POST",
        url,
        RequestBody::Json(Value::Object(members)),
    ))
}

/// Returns the description of the object: `objectInfo` in version 3, and `objectKey` and others in version 2, under the
/// names of version 3.
fn object_info(file: &Value) -> Value {
    let file = file.get("file").unwrap_or(&Value::Null);
    if let Some(info) = file.get("objectInfo") {
        return info.clone();
    }
    let old = ["objectKey", "objectMetadata", "objectCacheControl"];
    let named = old.into_iter().zip(["key", "metadata", "cacheControl"]);
    let members = named.filter_map(|(old, new)| Some((new.to_owned(), file.get(old)?.clone())));
    Value::Object(members.collect_vec())
}

/// Returns the grant of a single request. Every header is signed, so that each must be sent unchanged.
fn single_grant(
    response: &DialectResponse,
    file: &Value,
    params: &CreateParams,
) -> Result<GrantedUpload, DialectError> {
    let url = file.text_of("signedUrl").filter(|url| is_address(url));
    let url = url.ok_or_else(|| response.malformed(EXPECTED))?;
    let info = object_info(file);
    let media_type = file.get("file").and_then(|file| file.text_of("type"));
    let mut signed =
        PresignedRequest::put(url).header("Content-Type", media_type.unwrap_or(params.media_type));
    if let Some(caching) = info.text_of("cacheControl") {
        signed = signed.header("Cache-Control", caching);
    }
    for (name, value) in auto::read_headers(info.get("metadata")) {
        signed = signed.header(&format!("x-amz-meta-{name}"), value);
    }
    signed = signed.with_headers(auto::read_headers(file.get("headers")));
    Ok(GrantedUpload {
        key: info.text_of("key").map(str::to_owned),
        ..GrantedUpload::new(TransferPlan::Single(signed))
    })
}

fn multipart_grant(
    response: &DialectResponse,
    multipart: &Value,
    file: &Value,
    params: &CreateParams,
) -> Result<GrantedUpload, DialectError> {
    let malformed = || response.malformed(EXPECTED_PARTS);
    let parts = file.get("parts").map(Value::items).ok_or_else(malformed)?;
    if parts.is_empty() && params.size == 0 {
        let text = "The server cannot take an empty file in parts.";
        return Err(refused(response, "empty_file", text));
    }
    let url_of = |(at, part): (usize, &Value)| {
        let number = part.get("partNumber").and_then(Value::as_u64)?;
        let url = part.text_of("signedUrl").filter(|url| is_address(url))?;
        (usize::try_from(number).ok()? == at + 1).then(|| url.into())
    };
    let urls: Option<Vec<Value>> = parts.iter().enumerate().map(url_of).collect();
    let part_size = multipart.get("partSize").and_then(Value::as_u64);
    let end = |name: &str| file.text_of(name).filter(|url| is_address(url));
    let (Some(urls), Some(part_size), Some(id), Some(complete)) = (
        urls,
        part_size,
        file.text_of("uploadId"),
        end("completeSignedUrl"),
    ) else {
        return Err(malformed());
    };
    let info = object_info(file);
    let key = info.text_of("key");
    let more = [
        ("complete", Some(complete)),
        ("abort", end("abortSignedUrl")),
        ("key", key),
    ];
    presigned_parts::grant(id, key, params.size, part_size, urls, &more).map_err(|got| {
        DialectError::Malformed {
            expected: EXPECTED_PARTS.to_owned(),
            got,
            is_incomplete: false,
        }
    })
}

fn refused(response: &DialectResponse, code: &str, message: &str) -> DialectError {
    DialectError::Refused {
        status: response.status,
        code: Some(code.to_owned()),
        message: message.to_owned(),
    }
}

#[cfg(test)]
#[path = "better_upload_tests.rs"]
mod tests;
