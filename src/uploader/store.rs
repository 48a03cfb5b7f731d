//! The requests that send bytes to the store, and the meaning of its responses. The requests carry no cookies.

use s3_upload_core::{
    ETag, FileInfo, Method, ObjectKey, Receipt, Step, StoreRefusal, Transmit, UploadError,
};
use s3_upload_protocol::answer::{self, Asked, Seen, Verdict};
use s3_upload_protocol::store::StoreError;

use super::platform::LocalFile;
use super::received::Received;
use super::source::Source;
use crate::browser::http::{Body, Credentials, Request};

/// The body of a request to the store. The file is checked again, since the bytes that are sent must be those that were
/// signed.
pub fn body(transmit: &Transmit, source: &Source<impl LocalFile>) -> Result<Body, UploadError> {
    let file = &source.file;
    if file.size() != source.info.size || file.modified().total_cmp(&source.modified).is_ne() {
        return Err(UploadError::FileChanged);
    }
    let body = match &transmit.target.method {
        Method::Put => file.slice(transmit.range),
        Method::Post { fields } => file.form(fields, transmit.range, &told_name(file)),
    };
    body.ok_or(UploadError::FileUnreadable)
}

fn told_name(file: &impl LocalFile) -> String {
    FileInfo::new(file.name(), 0, &file.media_type()).told_name()
}

/// The request for either transport.
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

/// Returns true if the store redirects the browser after it accepted this form.
pub fn form_redirects(transmit: &Transmit) -> bool {
    match &transmit.target.method {
        Method::Put => false,
        Method::Post { fields } => answer::redirects(fields),
    }
}

/// The operation that the request asks of the store.
pub fn asked(transmit: &Transmit) -> Asked {
    match &transmit.target.method {
        Method::Put => Asked::Put,
        Method::Post { fields } => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
            Asked::Post(answer::status_of_form(fields))
        }
    }
}

/// Translates the store's response to a receipt or an error of the engine.
pub fn read(step: Step, asked: Asked, response: &Received) -> Result<Receipt, UploadError> {
    let refusal = |error: Option<StoreError>| {
        let error = error.unwrap_or_default();
        let request_id = || response.header("x-amz-request-id").map(str::to_owned);
        UploadError::Store(StoreRefusal {
            status: response.status,
            code: Some(error.code).filter(|code| !code.is_empty()),
            message: error.message,
            request_id: error.request_id.or_else(request_id),
            retry_after: response.retry_after,
            hint: None,
        })
    };
    match answer::of_store(asked, &seen(response)) {
        // The response to a POST form has the values as XML too, which CORS does not hide.
        Verdict::Yes(told) => Ok(Receipt {
            etag: response
                .header("etag")
                .map(str::to_owned)
                .or(told.etag)
                .map(ETag::new),
            key: told.key.map(ObjectKey::new),
        }),
        Verdict::No(error) => Err(refusal(error)),
        Verdict::Page => Err(UploadError::WebPage {
            step,
            status: response.status,
        }),
        Verdict::Doubt => Err(UploadError::Network { step }),
        Verdict::Odd(got) => Err(UploadError::Malformed {
            step,
            expected: "an answer of a store: nothing, or S3's XML".to_owned(),
            got,
            is_incomplete: response.json.is_none(),
        }),
    }
}

/// The response in the type of the protocol crate.
pub fn seen(response: &Received) -> Seen<'_> {
    let is_there = |name: &str| response.header(name).is_some();
    Seen {
        status: response.status,
        kind: response.header("content-type").unwrap_or_default(),
        body: &response.body,
        json: response.json.as_ref(),
        has_store_header: ["etag", "x-amz-request-id"]
            .iter()
            .any(|name| is_there(name)),
    }
}
