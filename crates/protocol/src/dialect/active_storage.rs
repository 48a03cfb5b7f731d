//! Rails' Active Storage, by its direct uploads.
//! <https://guides.rubyonrails.org/active_storage_overview.html#direct-uploads>
//!
//! The endpoint is `rails_direct_uploads_path`, `/rails/active_storage/direct_uploads`. The file's MD5 is sent to the
//! backend before the upload, and is part of the signature. The form submits the blob's `signed_id`. The backend
//! confirms nothing: a blob is attached when a record is saved with it. The page's metadata becomes that of the blob,
//! and extra fields stand beside `blob`.

use super::{BackendConfig, Dialect, auto, extra_fields};
use crate::exchange::join_url;
use crate::grant::is_address;
use crate::{
    CreateParams, DialectError, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PresignedRequest, RequestBody, TransferPlan, Value,
};

const EXPECTED: &str =
    r#"JSON like {"signed_id": "…", "direct_upload": {"url": "https://…", "headers": {}}}"#;

/// The dialect of Active Storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveStorage;

impl Dialect for ActiveStorage {
    fn needs_md5(&self) -> bool {
        true
    }

    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        match responses {
            [] => create_request(config, params).map(Next::Send),
            [response, ..] => read_grant(response).map(Next::Done),
        }
    }
}

fn create_request(
    config: &BackendConfig,
    params: &CreateParams,
) -> Result<DialectRequest, DialectError> {
    let Some(md5) = params.md5 else {
        let text = "Active Storage has to be told the file's MD5";
        return Err(DialectError::Unsupported(text.to_owned()));
    };
    let mut blob = vec![
        ("filename".to_owned(), Value::from(params.name)),
        ("content_type".to_owned(), params.media_type.into()),
        ("byte_size".to_owned(), params.size.into()),
        ("checksum".to_owned(), md5.into()),
    ];
    extra_fields::set_members(&mut blob, extra_fields::metadata_member(params));
    let mut members = vec![("blob".to_owned(), Value::Object(blob))];
    extra_fields::set_members(&mut members, extra_fields::extra_members(config));
    let url = join_url(&config.endpoint, "", "");
    let request = DialectRequest::new("POST", url, RequestBody::Json(Value::Object(members)));
    // Without this header, an authentication filter of the controller may answer with a sign-in page.
    Ok(request.header("Accept", "application/json"))
}

fn read_grant(response: &DialectResponse) -> Result<GrantedUpload, DialectError> {
    let answer = response.expect_json(EXPECTED)?;
    let direct = answer.get("direct_upload").unwrap_or(&Value::Null);
    let url = direct.text_of("url").filter(|url| is_address(url));
    let (Some(url), Some(signed_id)) = (url, answer.text_of("signed_id")) else {
        return Err(auto::refusal_or_malformed(response, EXPECTED));
    };
    // Only these headers are sent. Google's signature, for example, does not include Content-Type.
    let signed = PresignedRequest::put(url).with_headers(auto::read_headers(direct.get("headers")));
    Ok(GrantedUpload {
        key: answer.text_of("key").map(str::to_owned),
        value: Some(signed_id.to_owned()),
        ..GrantedUpload::new(TransferPlan::Single(signed))
    })
}

#[cfg(test)]
#[path = "active_storage_tests.rs"]
mod tests;
