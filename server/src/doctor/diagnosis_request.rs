//! A request for a diagnosis, checked.

use s3_upload_protocol::native::DoctorRequest;

use crate::{api::ApiError, primitives::is_endpoint, store::CorsRequest};

/// The most headers of one request.
const MAX_HEADERS: usize = 16;

/// The request of a page that the store should have allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DiagnosisRequest {
    origin: String,
    pub(super) store: Option<String>,
    method: String,
    headers: Vec<String>,
}

impl DiagnosisRequest {
    /// Checks the texts of a request, which become headers of a request to the store and parts of an answer.
    pub fn read(request: DoctorRequest) -> Result<Self, ApiError> {
        let is_origin = |text: &str| is_endpoint(text) && !text.ends_with('/');
        // A page from a file or in a sandbox has the origin `null`.
        if !is_origin(&request.origin) && request.origin != "null" {
            return Err(ApiError::invalid(
                "`origin` is not a page's origin such as https://app.example.com.",
            ));
        }
        let method = request.method;
        if !["GET", "HEAD", "PUT", "POST", "DELETE"].contains(&&*method) {
            return Err(ApiError::invalid(
                "`method` is none of PUT, POST, GET, HEAD and DELETE.",
            ));
        }
        let is_name = |name: &String| {
            (1..=64).contains(&name.len())
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if request.headers.len() > MAX_HEADERS || !request.headers.iter().all(is_name) {
            return Err(ApiError::invalid(format!(
                "`headers` should be at most {MAX_HEADERS} names of headers."
            )));
        }
        let names = request.headers.iter().map(|name| name.to_ascii_lowercase());
        // The browser sets these itself, and no rule applies to them.
        let mut headers: Vec<String> = names
            .filter(|name| !matches!(&**name, "host" | "content-length"))
            .collect();
        headers.sort_unstable();
        headers.dedup();
        Ok(Self {
            origin: request.origin,
            store: request.store.filter(|store| is_origin(store)),
            method,
            headers,
        })
    }

    /// The page's origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn cors_request(&self) -> CorsRequest<'_> {
        CorsRequest {
            origin: &self.origin,
            method: &self.method,
            headers: &self.headers,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn wire_request(origin: &str, method: &str, headers: &[&str]) -> DoctorRequest {
        DoctorRequest {
            origin: origin.to_owned(),
            store: Some("javascript:alert(1)".to_owned()),
            method: method.to_owned(),
            headers: headers.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_question_is_checked_word_by_word() {
        let headers = ["X-B", "content-type", "x-b", "Content-Length"];
        let request =
            DiagnosisRequest::read(wire_request("https://a.example", "PUT", &headers)).unwrap();
        assert_eq!(request.headers, ["content-type", "x-b"]);
        assert_eq!(request.store, None, "that is no origin");
        assert!(DiagnosisRequest::read(wire_request("null", "POST", &[])).is_ok());
        for wrong in [
            wire_request("", "PUT", &[]),
            wire_request("https://a.example/", "PUT", &[]),
            wire_request("https://a.example/x", "PUT", &[]),
            wire_request("https://a.example\r\nx: y", "PUT", &[]),
            wire_request("file:///x", "PUT", &[]),
            wire_request("https://a.example", "put", &[]),
            wire_request("https://a.example", "TRACE", &[]),
            wire_request("https://a.example", "PUT", &["a b"]),
            wire_request("https://a.example", "PUT", &[""]),
            wire_request("https://a.example", "PUT", &["x"; 17]),
        ] {
            assert_eq!(
                DiagnosisRequest::read(wrong).unwrap_err().code,
                "invalid_request"
            );
        }
    }
}
