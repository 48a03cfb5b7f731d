//! Laravel Vapor's signed storage URLs. <https://docs.vapor.build/resources/storage#file-uploads>
//!
//! The endpoint is `/vapor/signed-storage-url`. Vapor makes the key itself, `tmp/` and a UUID. The form submits the
//! whole key, and the page's own code moves the object from there. The backend confirms nothing. Extra fields
//! (`bucket`, `visibility`, `cache_control`, …) are sent unchanged, metadata as `metadata`.

use super::{BackendConfig, Dialect, auto, extra_fields};
use crate::exchange::join_url;
use crate::grant::is_address;
use crate::{
    CreateParams, DialectError, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PresignedRequest, RequestBody, TransferPlan, Value,
};

const EXPECTED: &str =
    r#"JSON like {"uuid": "…", "bucket": "…", "key": "…", "url": "https://…", "headers": {}}"#;

/// The dialect of Vapor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vapor;

impl Dialect for Vapor {
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
    // The server chooses the value of an empty field. Vapor's own client sends these fields as well.
    let mut members: Vec<(String, Value)> = vec![
        ("bucket".to_owned(), "".into()),
        ("content_type".to_owned(), params.media_type.into()),
        ("expires".to_owned(), "".into()),
        ("visibility".to_owned(), "".into()),
    ];
    extra_fields::set_members(&mut members, extra_fields::metadata_member(params));
    extra_fields::set_members(&mut members, extra_fields::extra_members(config));
    let url = join_url(&config.endpoint, "", "");
    let request = DialectRequest::new("POST", url, RequestBody::Json(Value::Object(members)));
    // Without this header, Laravel redirects a person who is not signed in.
    request.header("Accept", "application/json")
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
        .with_headers(auto::read_headers(answer.get("headers")))
        .header("Content-Type", params.media_type);
    Ok(GrantedUpload {
        key: Some(key.to_owned()),
        ..GrantedUpload::new(TransferPlan::Single(signed))
    })
}

#[cfg(test)]
#[path = "vapor_tests.rs"]
mod tests;
