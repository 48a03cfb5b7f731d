//! The effect of a bucket's CORS rules.
//!
//! Answers preflights and adds headers as S3 does. Without a matching rule a preflight is a 403 that no page can read,
//! and an answer has no CORS headers. With a rule, error answers are readable too. A request without a matching rule is
//! still carried out; only its answer is hidden from the page.

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

use crate::store::{CorsRequest, CorsRule};

/// Answers preflights, and adds to every other answer the headers of the first matching rule.
pub async fn answer(
    State(rules): State<Arc<[CorsRule]>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        preflight(&rules, request.headers())
    } else {
        let method = request.method().clone();
        let mut response = next.run(request).await;
        if let Some(origin) = origin.as_ref().and_then(|origin| origin.to_str().ok())
            && let Some((rule, pattern)) = rules.iter().find_map(|rule| {
                let pattern = rule.origin(origin)?;
                rule.method(method.as_str()).then_some((rule, pattern))
            })
        {
            grant(response.headers_mut(), rule, pattern, origin);
        }
        response
    };
    if !rules.is_empty() {
        let vary = HeaderValue::from_static(
            "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        );
        response.headers_mut().append(VARY, vary);
    }
    response
}

/// The headers that answers of both kinds have. Only a rule for `*` itself is answered by `*`.
fn grant(headers: &mut HeaderMap, rule: &CorsRule, pattern: &str, origin: &str) {
    let mut set = |name: HeaderName, value: &str| {
        // A text that is no header value is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if pattern == "*" {
        set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        set(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if !rule.expose_headers.is_empty() {
        set(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            &rule.expose_headers.join(", "),
        );
    }
}

fn preflight(rules: &[CorsRule], headers: &HeaderMap) -> Response {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(ORIGIN) else {
        return error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Insufficient information. Origin request header needed.",
        );
    };
    let Some(method) = text(ACCESS_CONTROL_REQUEST_METHOD) else {
        return error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Invalid Access-Control-Request-Method: null",
        );
    };
    if rules.is_empty() {
        return error(
            StatusCode::FORBIDDEN,
            "AccessForbidden",
            "CORSResponse: CORS is not enabled for this bucket.",
        );
    }
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let names: Option<Vec<String>> = wanted.map_or(Some(Vec::new()), |value| {
        let names = value.to_str().ok()?.split(',').map(str::trim);
        Some(
            names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    });
    let granting = names.as_deref().and_then(|headers| {
        let cors_request = CorsRequest {
            origin,
            method,
            headers,
        };
        let rule = rules.iter().find(|rule| rule.grants(&cors_request))?;
        Some((rule, rule.origin(origin)?))
    });
    let Some((rule, pattern)) = granting else {
        let message = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, \
            request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
            resource's CORS spec.";
        return error(StatusCode::FORBIDDEN, "AccessForbidden", message);
    };
    let mut response = StatusCode::OK.into_response();
    let answer = response.headers_mut();
    grant(answer, rule, pattern, origin);
    if let Ok(methods) = HeaderValue::from_str(&rule.allowed_methods.join(", ")) {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    if let Some(seconds) = rule.max_age_seconds {
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
    }
    if let Some(wanted) = wanted {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
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
