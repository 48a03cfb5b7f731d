//! Supabase Storage, which the browser itself asks for a signed URL.
//! <https://supabase.com/docs/reference/javascript/storage-from-createsigneduploadurl>
//!
//! The endpoint is `https://….supabase.co/storage/v1/object/upload/sign/`, followed by the bucket and optionally a
//! folder, since policies often require a folder for each person. The key is that folder, a UUID, and the file's name
//! in the characters that Supabase accepts. Metadata is not supported. The token that the page sends and the bucket's
//! policies decide who may upload. The backend confirms nothing. A site whose own function returns the result of
//! `createSignedUploadUrl` needs no dialect.

use super::{BackendConfig, Dialect, auto, extra_fields};
use crate::exchange::join_url;
use crate::grant::{is_absolute, is_address};
use crate::{
    CreateParams, DialectError, DialectRequest, DialectResponse, GrantedUpload, Next,
    OperationResult, PresignedRequest, RequestBody, TransferPlan, Value,
};

const EXPECTED: &str = r#"JSON like {"url": "/object/upload/sign/…?token=…"}"#;
/// The path at which the Storage API signs uploads, below its own address.
const SIGN: &str = "/object/upload/sign/";
/// The value that Supabase's own client sends. Without this header, the object may not be cached.
const CACHING: &str = "max-age=3600";
/// The maximum number of characters of a name in a key.
const LONGEST_NAME: usize = 80;

/// The dialect of Supabase Storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supabase;

impl Dialect for Supabase {
    fn create(
        &self,
        config: &BackendConfig,
        params: &CreateParams,
        responses: &[DialectResponse],
    ) -> OperationResult<GrantedUpload> {
        let endpoint = Endpoint::of(&config.endpoint)?;
        let name = object_name(params);
        let Some(response) = responses.first() else {
            let body = Value::Object(extra_fields::extra_members(config));
            let url = join_url(&config.endpoint, &format!("/{name}"), "");
            return Ok(Next::Send(DialectRequest::new(
                "POST",
                url,
                RequestBody::Json(body),
            )));
        };
        read_grant(response, params, &endpoint, &name).map(Next::Done)
    }
}

/// The parts of an endpoint.
struct Endpoint<'a> {
    /// The address of the Storage API.
    api: &'a str,
    /// The folder in the bucket, with a `/` at its end, or an empty text.
    folder: String,
}

impl<'a> Endpoint<'a> {
    fn of(endpoint: &'a str) -> Result<Self, DialectError> {
        let error = || {
            let text = "Supabase's endpoint is https://….supabase.co/storage/v1/object/upload/sign/ and the bucket";
            DialectError::Unsupported(text.to_owned())
        };
        let address = endpoint.trim().split('?').next().unwrap_or_default();
        let (api, rest) = address.split_once(SIGN).ok_or_else(error)?;
        let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(error());
        }
        let folder = folder.trim_end_matches('/');
        let folder = percent_encoding::percent_decode_str(folder).decode_utf8_lossy();
        let end = if folder.is_empty() { "" } else { "/" };
        Ok(Self {
            api,
            folder: format!("{folder}{end}"),
        })
    }
}

/// Returns a UUID, followed by the file's name in the characters that a key may have.
/// <https://github.com/supabase/storage>, `isValidKey`
fn object_name(params: &CreateParams) -> String {
    let safe = |text: &str| {
        let mut plain = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || c == '_' {
                plain.push(c);
            } else if !plain.is_empty() && !plain.ends_with('-') {
                plain.push('-');
            }
            if plain.len() >= LONGEST_NAME {
                break;
            }
        }
        plain.trim_end_matches('-').to_owned()
    };
    let (stem, extension) = params.name.rsplit_once('.').unwrap_or((params.name, ""));
    let (stem, extension) = (safe(stem), safe(extension));
    let between = if stem.is_empty() { "" } else { "/" };
    let dot = if extension.is_empty() { "" } else { "." };
    format!("{}{between}{stem}{dot}{extension}", params.uuid)
}

fn read_grant(
    response: &DialectResponse,
    params: &CreateParams,
    endpoint: &Endpoint,
    name: &str,
) -> Result<GrantedUpload, DialectError> {
    let answer = response.expect_json(EXPECTED)?;
    let Some(url) = answer.text_of("url").filter(|url| is_address(url)) else {
        return Err(auto::refusal_or_malformed(response, EXPECTED));
    };
    // The URL is relative to the address of the API.
    let url = if is_absolute(url) {
        url.to_owned()
    } else {
        format!("{}{url}", endpoint.api)
    };
    let signed = PresignedRequest::put(&url)
        .header("Content-Type", params.media_type)
        .header("Cache-Control", CACHING);
    Ok(GrantedUpload {
        key: Some(format!("{}{name}", endpoint.folder)),
        ..GrantedUpload::new(TransferPlan::Single(signed))
    })
}

#[cfg(test)]
#[path = "supabase_tests.rs"]
mod tests;
