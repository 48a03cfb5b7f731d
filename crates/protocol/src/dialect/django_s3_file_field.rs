//! django-s3-file-field. <https://github.com/kitware-resonant/django-s3-file-field>
//!
//! The endpoint is the address at which a site includes `s3_file_field.urls`, such as `/api/s3-upload/`.
//! [`BackendConfig::route`] is the field's id, such as `library.Paper.scan`. The extra field `field_id` may be used instead.
//! Every file is sent in parts, whose size the server chooses. The form submits the signed `field_value`. The server
//! has no abort, so that a lifecycle rule of the bucket has to remove incomplete uploads. Metadata is not supported.

use s3_upload_types::CollectVec;

use super::{BackendConfig, Dialect, auto, extra_fields, presigned_parts};
use crate::exchange::join_url;
use crate::grant::is_address;
use crate::native::SentPart;
use crate::{
    ConfirmedObject, CreateParams, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PartToSign, PresignedPart, RequestBody, SecretUrl,
};
use crate::{DialectError, UploadContext, Value};

const EXPECTED: &str = r#"JSON like {"object_key": "…", "upload_id": "…", "parts": [{"part_number": 1, "size": 5, "upload_url": "https://…"}], "upload_signature": "…"}"#;
const EXPECTED_END: &str = r#"JSON like {"complete_url": "https://…", "body": "…"}"#;
const EXPECTED_VALUE: &str = r#"JSON like {"field_value": "…"}"#;

/// The dialect of django-s3-file-field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DjangoS3FileField;

impl Dialect for DjangoS3FileField {
    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        match responses {
            [] => create_request(config, params).map(Next::Send),
            [response, ..] => read_grant(response, params).map(Next::Done),
        }
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

    /// The server writes S3's document, the browser sends it, and the server checks that the object exists.
    fn complete(
        &self,
        config: &BackendConfig,
        upload: &UploadContext,
        sent: Option<&[SentPart]>,
        responses: &[DialectResponse],
    ) -> OperationResult<ConfirmedObject> {
        let signature = || {
            (
                "upload_signature",
                upload.session.text_of("signature").unwrap_or_default(),
            )
        };
        Ok(match responses {
            [] => {
                let parts = presigned_parts::sent_parts(upload, sent)?;
                let parts = parts
                    .iter()
                    .map(|part| sent_part(upload, part))
                    .collect_vec();
                let (name, signature) = signature();
                let body = Value::from([
                    (name, Value::from(signature)),
                    ("upload_id", upload.id.into()),
                    ("parts", Value::List(parts)),
                ]);
                Next::Send(post_json(config, "/upload-complete/", body))
            }
            [written] => {
                let answer = written.expect_json(EXPECTED_END)?;
                let url = answer.text_of("complete_url").filter(|url| is_address(url));
                let (Some(url), Some(document)) = (url, answer.text_of("body")) else {
                    return Err(auto::refusal_or_malformed(written, EXPECTED_END));
                };
                let document = RequestBody::Text(document.to_owned());
                Next::Send(DialectRequest::to_store(
                    "POST",
                    &SecretUrl::from(url),
                    document,
                ))
            }
            [_, completed] => {
                presigned_parts::read_completion(completed)?;
                Next::Send(post_json(config, "/finalize/", Value::from([signature()])))
            }
            [_, completed, finalized, ..] => {
                let answer = finalized.expect_json(EXPECTED_VALUE)?;
                let value = answer
                    .text_of("field_value")
                    .ok_or_else(|| auto::refusal_or_malformed(finalized, EXPECTED_VALUE))?;
                Next::Done(ConfirmedObject {
                    key: upload.session.text_of("key").map(str::to_owned),
                    value: Some(value.to_owned()),
                    etag: presigned_parts::read_completion(completed)?,
                    ..ConfirmedObject::default()
                })
            }
        })
    }
}

/// Returns a request to the backend. Every path ends with `/`, since Django redirects other paths, and a redirect loses
/// the body.
fn post_json(config: &BackendConfig, path: &str, body: Value) -> DialectRequest {
    DialectRequest::new(
        "POST",
        join_url(&config.endpoint, path, ""),
        RequestBody::Json(body),
    )
}

fn create_request(
    config: &BackendConfig,
    params: &CreateParams,
) -> Result<DialectRequest, DialectError> {
    let field = config.route.as_deref().unwrap_or_default();
    let mut members = vec![
        ("field_id".to_owned(), Value::from(field)),
        ("file_name".to_owned(), params.name.into()),
        ("file_size".to_owned(), params.size.into()),
        ("content_type".to_owned(), params.media_type.into()),
    ];
    extra_fields::set_members(&mut members, extra_fields::extra_members(config));
    let members = Value::Object(members);
    if members.text_of("field_id").is_none() {
        let text = "django-s3-file-field asks for a field of a model: `route` must be its id, as library.Paper.scan";
        return Err(DialectError::Unsupported(text.to_owned()));
    }
    Ok(post_json(config, "/upload-initialize/", members))
}

fn read_grant(
    response: &DialectResponse,
    params: &CreateParams,
) -> Result<GrantedUpload, DialectError> {
    let answer = response.expect_json(EXPECTED)?;
    let parts = answer.get("parts").map_or(&[][..], Value::items);
    let url_of = |(at, part): (usize, &Value)| {
        let number = part.get("part_number").and_then(Value::as_u64)?;
        let url = part.text_of("upload_url").filter(|url| is_address(url))?;
        (usize::try_from(number).ok()? == at + 1).then(|| url.into())
    };
    let urls: Option<Vec<Value>> = parts.iter().enumerate().map(url_of).collect();
    // All parts but the last have the size of the first.
    let part_size = parts.first().and_then(|part| part.get("size")?.as_u64());
    let (Some(urls), Some(part_size), Some(id), Some(signature)) = (
        urls,
        part_size,
        answer.text_of("upload_id"),
        answer.text_of("upload_signature"),
    ) else {
        return Err(auto::refusal_or_malformed(response, EXPECTED));
    };
    let key = answer.text_of("object_key");
    let size = part_size.to_string();
    let more = [
        ("signature", Some(signature)),
        ("key", key),
        ("partSize", Some(size.as_str())),
    ];
    presigned_parts::grant(id, key, params.size, part_size, urls, &more).map_err(|got| {
        DialectError::Malformed {
            expected: EXPECTED.to_owned(),
            got,
            is_incomplete: false,
        }
    })
}

fn sent_part(upload: &UploadContext, part: &SentPart) -> Value {
    let part_size = upload.session.get("partSize").and_then(Value::as_u64);
    let part_size = part_size.unwrap_or_default();
    let start = u64::from(part.number)
        .saturating_sub(1)
        .saturating_mul(part_size);
    let size = upload.size.saturating_sub(start).min(part_size);
    Value::from([
        ("part_number", Value::from(u64::from(part.number))),
        ("size", size.into()),
        ("etag", part.etag.as_str().into()),
    ])
}

#[cfg(test)]
#[path = "django_s3_file_field_tests.rs"]
mod tests;
