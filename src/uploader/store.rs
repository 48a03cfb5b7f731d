//! Sends bytes to the store: one signed request by fetch or by XHR, and what the store's answer
//! says. No cookie ever goes along.

use s3_upload_core::{ETag, Method, ObjectKey, Receipt, StoreRefusal, Transmit, UploadError};
use s3_upload_protocol::store::{PostAnswer, StoreError};
use web_sys::{Blob, File, FormData};

use core::time::Duration;

use crate::browser::file;
use crate::browser::http::{Body, Credentials, Request, Response};

/// The headers and the body of a request to the store. The file is looked at again: what is sent
/// must be what was signed.
pub fn body(
    transmit: &Transmit,
    source: &File,
    size: u64,
    modified: f64,
) -> Result<Body, UploadError> {
    if file::size(source) != size || source.last_modified().total_cmp(&modified).is_ne() {
        return Err(UploadError::FileChanged);
    }
    let bytes = file::slice(source, transmit.range.start, transmit.range.end)
        .ok_or(UploadError::FileUnreadable)?;
    match &transmit.target.method {
        Method::Put => Ok(Body::Blob(bytes)),
        Method::Post { fields } => form(fields, &bytes, &source.name())
            .map(Body::Form)
            .ok_or(UploadError::FileUnreadable),
    }
}

/// S3 ignores whatever comes after `file`, and puts the file's name in the place of a `${filename}`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
fn form(fields: &[(String, String)], bytes: &Blob, name: &str) -> Option<FormData> {
    let form = FormData::new().ok()?;
    for (name, value) in fields {
        form.append_with_str(name, value).ok()?;
    }
    form.append_with_blob_and_filename("file", bytes, name)
        .ok()?;
    Some(form)
}

/// The request, ready for either transport.
pub fn request(transmit: &Transmit, body: Body) -> Request<'_> {
    Request {
        method: match transmit.target.method {
            Method::Put => "PUT",
            Method::Post { .. } => "POST",
        },
        url: transmit.target.url.expose(),
        headers: &transmit.target.headers,
        body,
        credentials: Credentials::Omit,
    }
}

/// What the store's answer means.
pub fn read(response: &Response) -> Result<Receipt, UploadError> {
    // S3 can put an error into an answer that began as a success.
    let error = StoreError::parse(&response.body);
    if response.is_success() && error.is_none() {
        // A POST form is answered in XML, whatever CORS exposes.
        let told = PostAnswer::parse(&response.body).unwrap_or_default();
        return Ok(Receipt {
            etag: response
                .header("etag")
                .map(str::to_owned)
                .or(told.etag)
                .map(ETag::new),
            key: told.key.map(ObjectKey::new),
        });
    }
    let (code, message, request_id) = match error {
        Some(error) => (Some(error.code), error.message, error.request_id),
        None => (
            None,
            None,
            response.header("x-amz-request-id").map(str::to_owned),
        ),
    };
    Err(UploadError::Store(StoreRefusal {
        status: response.status,
        code,
        message,
        request_id,
        retry_after: retry_after(response),
        hint: None,
    }))
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
