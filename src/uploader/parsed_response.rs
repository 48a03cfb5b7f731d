//! A response, with the values that the page's own parsers read from it.

use core::ops::Deref;
use core::time::Duration;

use s3_upload_protocol::Value;
use s3_upload_protocol::exchange::ResponseBody;

use super::platform::Platform;
use crate::browser::http::Response;

/// A response, with its body as JSON and the delay that it requests.
pub struct ParsedResponse {
    response: Response,
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// `Retry-After` in seconds or as a date. <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
    pub retry_after: Option<Duration>,
}

impl ParsedResponse {
    /// Reads a response.
    pub fn new(response: Response, platform: &impl Platform) -> Self {
        Self {
            json: platform.read_json(&response.body),
            retry_after: retry_after(&response, platform),
            response,
        }
    }

    /// The body as JSON, or else as text with its media type: as dialects read it.
    pub fn dialect_body(&self) -> ResponseBody {
        if let Some(value) = &self.json {
            return ResponseBody::Json(value.clone());
        }
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        ResponseBody::Text(self.body.clone(), kind.to_ascii_lowercase())
    }
}

impl Deref for ParsedResponse {
    type Target = Response;

    fn deref(&self) -> &Response {
        &self.response
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be positive"
)]
fn retry_after(response: &Response, platform: &impl Platform) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let millis = platform.parse_date(value)? - platform.date();
    (millis > 0.0).then(|| Duration::from_millis(millis as u64))
}
