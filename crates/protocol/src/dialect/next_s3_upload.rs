//! next-s3-upload, by its presigned uploads. <https://next-s3-upload.codingvalue.com>
//!
//! The endpoint is its route, `/api/s3-upload`. The backend confirms nothing. Extra fields stand beside its own,
//! metadata is sent as `metadata`, and the route's `key` function reads both.

use s3_upload_types::CollectVec;

use super::{BackendConfig, Dialect, auto, extra_fields};
use crate::exchange::{escape, join_url};
use crate::grant::{is_absolute, is_address};
use crate::secret::has_signature;
use crate::{
    CreateParams, DialectError, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PresignedRequest, RequestBody, TransferPlan, Value,
};

const EXPECTED: &str =
    r#"JSON like {"key": "…", "bucket": "…", "region": "…", "url": "https://…"}"#;
/// The value of `Cache-Control` for which the route signs the URL. The URL does not contain the value.
const CACHING: &str = "max-age=630720000";

/// The dialect of next-s3-upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextS3Upload;

impl Dialect for NextS3Upload {
    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        Ok(match responses {
            [] => Next::Send(create_request(config, params)),
            [response, ..] => Next::Done(read_grant(response, params)?),
        })
    }
}

fn create_request(config: &BackendConfig, params: &CreateParams) -> DialectRequest {
    let mut members: Vec<(String, Value)> = vec![
        ("filename".to_owned(), params.name.into()),
        ("filetype".to_owned(), params.media_type.into()),
        (
            "_nextS3".to_owned(),
            Value::from([("strategy", "presigned")]),
        ),
    ];
    extra_fields::set_members(&mut members, extra_fields::metadata_member(params));
    extra_fields::set_members(&mut members, extra_fields::extra_members(config));
    let url = join_url(&config.endpoint, "", "");
    DialectRequest::new("POST", url, RequestBody::Json(Value::Object(members)))
}

fn read_grant(
    response: &DialectResponse,
    params: &CreateParams,
) -> Result<GrantedUpload, DialectError> {
    let answer = response.expect_json(EXPECTED)?;
    let url = answer.text_of("url").filter(|url| is_address(url));
    let (Some(url), Some(key)) = (url, answer.text_of("key")) else {
        return Err(auto::refusal_or_malformed(response, EXPECTED));
    };
    let signed = PresignedRequest::put(url)
        .header("Content-Type", params.media_type)
        .header("Cache-Control", CACHING);
    Ok(GrantedUpload {
        key: Some(key.to_owned()),
        location: location(answer, key),
        ..GrantedUpload::new(TransferPlan::Single(signed))
    })
}

/// Returns the object's address, as next-s3-upload's own client writes it.
fn location(answer: &Value, key: &str) -> Option<String> {
    let name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        answer
            .text_of(name)
            .filter(|text| text.chars().all(is_part))
    };
    let bucket = name("bucket")?;
    let segments: Vec<String> = key.split('/').map(escape).collect_vec();
    let path = segments.join("/");
    let is_host = |endpoint: &str| is_absolute(endpoint) && !endpoint.contains(['?', '#', '@']);
    let address = match answer.text_of("endpoint") {
        Some(endpoint) if is_host(endpoint) => {
            format!("{}/{bucket}/{path}", endpoint.trim_end_matches('/'))
        }
        Some(_) => return None,
        None => format!(
            "https://{bucket}.s3.{}.amazonaws.com/{path}",
            name("region")?
        ),
    };
    (!has_signature(key)).then_some(address)
}

#[cfg(test)]
#[path = "next_s3_upload_tests.rs"]
mod tests;
