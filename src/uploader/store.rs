//! The requests that send bytes to the store, and the meaning of its responses. The requests carry no cookies.

use s3_upload_core::{
    ETag, FileInfo, Method, ObjectKey, Receipt, Step, StoreRefusal, Transmit, UploadError,
};
use s3_upload_protocol::response::{self, ResponseView, StoreOperation, StoreOutcome};
use s3_upload_protocol::store::ErrorDocument;

use super::parsed_response::ParsedResponse;
use super::platform::LocalFile;
use super::source::FileSource;
use crate::browser::http::{Body, Credentials, Request};

/// The body of a request to the store. The file is checked again, since the bytes that are sent must be those that were
/// signed.
pub fn body(transmit: &Transmit, source: &FileSource<impl LocalFile>) -> Result<Body, UploadError> {
    let file = &source.file;
    if file.size() != source.info.size || file.modified().total_cmp(&source.modified).is_ne() {
        return Err(UploadError::FileChanged);
    }
    let body = match &transmit.target.method {
        Method::Put => file.slice(transmit.range),
        Method::Post { fields } => file.form(fields, transmit.range, &upload_name(file)),
    };
    body.ok_or(UploadError::FileUnreadable)
}

fn upload_name(file: &impl LocalFile) -> String {
    FileInfo::new(file.name(), 0, &file.media_type()).upload_name()
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
        Method::Post { fields } => response::form_redirects(fields),
    }
}

/// The operation that the request asks of the store.
pub fn operation_of(transmit: &Transmit) -> StoreOperation {
    match &transmit.target.method {
        Method::Put => StoreOperation::Put,
        Method::Post { fields } => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
            StoreOperation::Post(response::status_of_form(fields))
        }
    }
}

/// Translates the store's response to a receipt or an error of the engine.
pub fn read(
    step: Step,
    asked: StoreOperation,
    response: &ParsedResponse,
) -> Result<Receipt, UploadError> {
    let refusal = |error: Option<ErrorDocument>| {
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
    match response::classify(asked, &response_view(response)) {
        // The response to a POST form has the values as XML too, which CORS does not hide.
        StoreOutcome::Success(document) => Ok(Receipt {
            etag: response
                .header("etag")
                .map(str::to_owned)
                .or(document.etag)
                .map(ETag::new),
            key: document.key.map(ObjectKey::new),
        }),
        StoreOutcome::Error(error) => Err(refusal(error)),
        StoreOutcome::Page => Err(UploadError::WebPage {
            step,
            status: response.status,
        }),
        StoreOutcome::Incomplete => Err(UploadError::Network { step }),
        StoreOutcome::Unexpected(got) => Err(UploadError::Malformed {
            step,
            expected: "an answer of a store: nothing, or S3's XML".to_owned(),
            got,
            is_incomplete: response.json.is_none(),
        }),
    }
}

/// The response in the type of the protocol crate.
pub fn response_view(response: &ParsedResponse) -> ResponseView<'_> {
    let is_there = |name: &str| response.header(name).is_some();
    ResponseView {
        status: response.status,
        kind: response.header("content-type").unwrap_or_default(),
        body: &response.body,
        json: response.json.as_ref(),
        has_store_header: ["etag", "x-amz-request-id"]
            .iter()
            .any(|name| is_there(name)),
    }
}
