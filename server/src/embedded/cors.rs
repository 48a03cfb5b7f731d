//! What a bucket's CORS rule does.
//!
//! Owns preflights and the headers of answers, as S3 gives them: without a matching rule a preflight is a 403 that no
//! page can read, and an answer has no CORS headers; with one, error answers are readable too. Refuses nothing else: a
//! request without a matching rule is still carried out, as S3 does, and only its answer is hidden from the page.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, ORIGIN, VARY,
        },
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// The methods of the rule.
const METHODS: [&str; 2] = ["PUT", "POST"];

/// The request headers of the rule; `*` stands for any ending.
const HEADERS: [&str; 6] = [
    "content-type",
    "content-md5",
    "content-disposition",
    "cache-control",
    "if-none-match",
    "x-amz-*",
];

/// The answer headers that a page may read.
const EXPOSED: &str = "ETag, Location, x-amz-checksum-crc64nvme, x-amz-checksum-crc32c, x-amz-checksum-sha256, \
    x-amz-checksum-type, x-amz-version-id, x-amz-request-id, x-amz-id-2";

/// For how many seconds a preflight's answer holds.
const MAX_AGE: &str = "7200";

/// One CORS rule. Its methods, headers and age are those that an upload needs.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The origins it allows; `None` for `*`.
    pub origins: Option<Vec<HeaderValue>>,
}

impl Rule {
    /// The value of `Access-Control-Allow-Origin`, if origin and method match.
    fn allow(&self, origin: &HeaderValue, method: &str) -> Option<HeaderValue> {
        if !METHODS.contains(&method) {
            return None;
        }
        match &self.origins {
            None => Some(HeaderValue::from_static("*")),
            Some(origins) => origins.iter().find(|allowed| *allowed == origin).cloned(),
        }
    }

    fn set(&self, headers: &mut HeaderMap, allowed: HeaderValue) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        if self.origins.is_some() {
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }
}

fn header_allowed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HEADERS
        .iter()
        .any(|allowed| match allowed.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *allowed,
        })
}

/// Answers preflights, and adds to every other answer what the rule grants.
pub async fn answer(
    State(rule): State<Option<Arc<Rule>>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        preflight(rule.as_deref(), origin.as_ref(), request.headers())
    } else {
        let method = request.method().clone();
        let mut response = next.run(request).await;
        if let (Some(rule), Some(origin)) = (&rule, &origin)
            && let Some(allowed) = rule.allow(origin, method.as_str())
        {
            rule.set(response.headers_mut(), allowed);
        }
        response
    };
    if rule.is_some() {
        let vary = HeaderValue::from_static(
            "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        );
        response.headers_mut().append(VARY, vary);
    }
    response
}

fn preflight(rule: Option<&Rule>, origin: Option<&HeaderValue>, headers: &HeaderMap) -> Response {
    let Some(origin) = origin else {
        return error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Insufficient information. Origin request header needed.",
        );
    };
    let Some(method) = headers
        .get(ACCESS_CONTROL_REQUEST_METHOD)
        .and_then(|method| method.to_str().ok())
    else {
        return error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Invalid Access-Control-Request-Method: null",
        );
    };
    let Some(rule) = rule else {
        return error(
            StatusCode::FORBIDDEN,
            "AccessForbidden",
            "CORSResponse: CORS is not enabled for this bucket.",
        );
    };
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let asked_names = asked.map_or(Some(""), |value| value.to_str().ok());
    let headers_match = asked_names.is_some_and(|names| {
        names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .all(header_allowed)
    });
    let Some(allowed) = rule.allow(origin, method).filter(|_| headers_match) else {
        let message = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, \
            request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
            resource's CORS spec.";
        return error(StatusCode::FORBIDDEN, "AccessForbidden", message);
    };
    let mut response = StatusCode::OK.into_response();
    let answer = response.headers_mut();
    rule.set(answer, allowed);
    answer.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("PUT, POST"),
    );
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    if let Some(asked) = asked {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}

/// An error in S3's XML.
fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let headers: [(HeaderName, HeaderValue); 1] =
        [(CONTENT_TYPE, HeaderValue::from_static("application/xml"))];
    (status, headers, Body::from(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wildcard_stands_for_an_ending() {
        assert!(
            header_allowed("Content-Type")
                && header_allowed("x-amz-meta-a")
                && header_allowed("x-amz-")
        );
        assert!(
            !header_allowed("authorization")
                && !header_allowed("content-types")
                && !header_allowed("x-am")
        );
    }
}
