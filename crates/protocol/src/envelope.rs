//! HTTP responses that are nested in the body of another response: the value that a client library resolved to, or the
//! value that a function returned to an API gateway.
//!
//! The module recognises such a wrapper and unwraps it. It takes only the status and the body from a wrapper: the
//! `headers` in it are those of the response, and its `config` describes the request.

use s3_upload_types::CollectVec;

use crate::grant::is_address;
use crate::secret::has_signature;
use crate::{Value, base64, json};

/// The maximum depth of nesting. Deeper wrappers stay as they are.
const MAX_DEPTH: u8 = 5;

/// A response without its wrappers.
#[derive(Debug)]
pub struct Unwrapped {
    /// The body of the innermost wrapper, or the response itself.
    pub value: Value,
    /// The status of the innermost wrapper that has one.
    pub status: Option<u16>,
}

/// Unwraps a response and the values that are nested in it.
pub fn unwrap_response(answer: &Value) -> Unwrapped {
    let mut status = None;
    let value = unwrap_value(answer, MAX_DEPTH, &mut status);
    Unwrapped { value, status }
}

fn unwrap_value(value: &Value, depth: u8, status: &mut Option<u16>) -> Value {
    let Some(depth) = depth.checked_sub(1) else {
        return value.clone();
    };
    if let Some(inner) = body_of_wrapper(value) {
        *status = status_of(value).or(*status);
        return unwrap_value(&inner, depth, status);
    }
    let Value::Object(members) = value else {
        return value.clone();
    };
    *status = refused_status(value).or(*status);
    let members = members.iter().map(|(name, value)| {
        let is_kept = VERBATIM_MEMBERS
            .iter()
            .any(|kept| name.eq_ignore_ascii_case(kept));
        let text = value.text().filter(|_| is_body(name));
        let value = match text.and_then(json::read) {
            Some(read) => unwrap_value(&read, depth, &mut None),
            // The status of a nested wrapper applies to that wrapper only.
            None if !is_kept => unwrap_value(value, depth, &mut None),
            None => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(members.collect_vec())
}

/// The members whose content is sent to the store unchanged.
const VERBATIM_MEMBERS: &[&str] = &["fields", "headers", "metadata", "formData", "postParams"];

fn is_body(name: &str) -> bool {
    name == "body" || name == "data"
}

/// Returns the body of a wrapper, or `None` if the value is no wrapper.
fn body_of_wrapper(value: &Value) -> Option<Value> {
    let (name, body) = value
        .members()
        .iter()
        .find(|(name, body)| is_body(name) && *body != Value::Null)?;
    let address = |is_it: fn(&str) -> bool| {
        let mut members = value.members().iter();
        members.any(|(_, value)| {
            value
                .text()
                .is_some_and(|text| is_address(text) && is_it(text))
        })
    };
    let text = body.text().map(|text| decoded(value, text));
    let read = text.as_deref().and_then(json::read);
    let is_json = read.is_some() || !body.members().is_empty();
    let has = |name: &&str| value.get(name).is_some();
    // <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    let is_gateways = has(&"statusCode") && name == "body";
    // <https://axios-http.com/docs/res_schema>
    let is_clients =
        status_of(value).is_some() && ["headers", "statusText", "config"].iter().any(has);
    let is_bare = has(&"headers") && name == "body" && is_json && !address(|_| true);
    if !(is_gateways || is_clients || is_bare) || address(has_signature) {
        return None;
    }
    let plain = || text.map_or_else(|| body.clone(), Value::Text);
    Some(read.unwrap_or_else(plain))
}

fn decoded(wrapper: &Value, text: &str) -> String {
    let is_base64 = wrapper.get("isBase64Encoded") == Some(&Value::Bool(true));
    is_base64
        .then(|| base64::decode(text.trim()))
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| text.to_owned())
}

fn status_of(wrapper: &Value) -> Option<u16> {
    ["statusCode", "status"]
        .iter()
        .find_map(|name| wrapper.get(name).and_then(Value::as_u64))
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (100..600).contains(status))
}

/// Returns the status of an error that a gateway or a framework returned without a body, such as
/// `{"statusCode":503,"error":"Service Unavailable"}`. A `status` without a `statusCode` may be a member of the
/// backend's own.
fn refused_status(answer: &Value) -> Option<u16> {
    let is_signed = |(_, value): &(String, Value)| value.text().is_some_and(has_signature);
    answer.get("statusCode")?;
    status_of(answer).filter(|status| *status >= 400 && !answer.members().iter().any(is_signed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn opened(text: &str) -> (String, Option<u16>) {
        let opened = unwrap_response(&serde_json::from_str(text).unwrap());
        (serde_json::to_string(&opened.value).unwrap(), opened.status)
    }

    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    #[test]
    fn wrappers_are_opened() {
        for (wrapped, status) in [
            (r#"{"url":"u"}"#, None),
            (
                r#"{"status":200,"statusText":"OK","headers":{"a":"b"},"config":{"url":"/sign"},"data":{"url":"u"}}"#,
                Some(200),
            ),
            (
                r#"{"statusCode":201,"headers":{"a":"b"},"body":"{\"url\":\"u\"}"}"#,
                Some(201),
            ),
            (
                r#"{"statusCode":200,"body":"eyJ1cmwiOiJ1In0=","isBase64Encoded":true}"#,
                Some(200),
            ),
            (r#"{"statusCode":"200","body":{"url":"u"}}"#, Some(200)),
            (r#"{"headers":{"a":"b"},"body":{"url":"u"}}"#, None),
            (
                r#"{"status":200,"headers":{},"url":"https://h/sign","ok":true,"body":{"url":"u"}}"#,
                Some(200),
            ),
            (
                r#"{"status":200,"headers":{},"data":{"statusCode":413,"body":"{\"url\":\"u\"}"}}"#,
                Some(413),
            ),
        ] {
            assert_eq!(
                opened(wrapped),
                (r#"{"url":"u"}"#.to_owned(), status),
                "{wrapped}"
            );
        }
    }

    /// The status of an object without a body is the status of the response.
    #[test]
    fn an_error_without_a_body_has_its_status() {
        for (answer, status) in [
            (r#"{"statusCode":503}"#, Some(503)),
            (
                r#"{"statusCode":"503","error":"Service Unavailable"}"#,
                Some(503),
            ),
            (
                r#"{"status":200,"headers":{},"data":{"statusCode":502,"message":"m"}}"#,
                Some(502),
            ),
            (r#"{"statusCode":200,"key":"k"}"#, None),
            (r#"{"status":503,"error":"e"}"#, None),
            (
                r#"{"statusCode":503,"url":"https://h/k?X-Amz-Signature=a"}"#,
                None,
            ),
            (r#"{"parts":[{"statusCode":503}]}"#, None),
        ] {
            assert_eq!(opened(answer).1, status, "{answer}");
        }
    }

    #[test]
    fn what_is_no_wrapper_stays() {
        for plain in [
            r#"{"data":{"url":"u"},"error":null}"#,
            r#"{"status":"ok","data":{"url":"u"}}"#,
            r#"{"url":"https://h/k","method":"PUT","headers":{"a":"b"},"body":{"c":"d"}}"#,
            r#"{"status":200,"headers":{"a":"b"},"data":{"c":"d"},"url":"https://h/k?X-Amz-Signature=a"}"#,
            r#"{"url":"https://h/","fields":{"key":"k","data":"[1]"}}"#,
            r#"{"statusCode":404,"message":"m","error":"e"}"#,
            r#"{"key":"k","data":"[x"}"#,
        ] {
            let value: Value = serde_json::from_str(plain).unwrap();
            assert!(unwrap_response(&value).value == value, "{plain}");
        }
        for (wrapped, opened_up) in [
            (
                r#"{"success":true,"data":"{\"url\":\"u\"}"}"#,
                r#"{"success":true,"data":{"url":"u"}}"#,
            ),
            (
                r#"{"result":{"statusCode":200,"headers":{},"body":"{\"url\":\"u\"}"}}"#,
                r#"{"result":{"url":"u"}}"#,
            ),
        ] {
            assert_eq!(opened(wrapped), (opened_up.to_owned(), None));
        }
    }
}
