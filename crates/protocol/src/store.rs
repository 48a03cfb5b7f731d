//! The responses of stores: S3's error document and its response to a form, both XML, and the errors of other stores in
//! JSON.
//!
//! Only a few fields are read. The others are left out, since the document of a `SignatureDoesNotMatch` repeats the
//! whole request with its signature.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>

use crate::secret::redacted;
use crate::{Value, envelope, refusal};

/// The fields of an error document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorDocument {
    /// The error code, such as `SignatureDoesNotMatch`; empty if JSON contained none.
    pub code: String,
    /// The message for developers.
    pub message: Option<String>,
    /// The request id, by which the store's operator finds the request.
    pub request_id: Option<String>,
}

impl ErrorDocument {
    /// Reads a body. Returns `None` if it is not S3's error document.
    ///
    /// The fields are plain text elements without attributes, so that no XML parser is needed.
    pub fn parse(body: &str) -> Option<Self> {
        let (_, inside) = body.split_once("<Error")?;
        let code = element_text(inside, "Code")?;
        // The message can quote a header or a policy, but not the signature. Its length is limited nevertheless.
        let message = element_text(inside, "Message").map(|text| shown(&text, 300));
        Some(Self {
            code: shown(&code, 100),
            message,
            request_id: element_text(inside, "RequestId").map(|text| shown(&text, 100)),
        })
    }

    /// Reads JSON that is known to be an error. Returns `None` if it has no code and no message.
    pub fn from_json(value: &Value) -> Option<Self> {
        let value = &envelope::unwrap_response(value).value;
        let nested = value.get("error").or_else(|| value.get("Error"));
        let places = [
            Some(value),
            nested,
            value
                .get("errors")
                .and_then(|errors| errors.items().first()),
        ];
        let named = |names: &[&str]| {
            let mut places = places.iter().flatten();
            places.find_map(|place| {
                names
                    .iter()
                    .find_map(|name| place.get(name)?.to_form_string())
            })
        };
        let (code, message) = refusal::from_value(value);
        let message = message
            .or_else(|| named(&["Message", "message"]))
            .or_else(|| nested.and_then(Value::text).map(str::to_owned));
        let code = named(&["Code"])
            .or(code)
            .or_else(|| named(&["code", "__type", "reason"]))
            .filter(|code| message.as_ref() != Some(code))
            .unwrap_or_default();
        let request_id = named(&["requestId", "RequestId", "request_id"]);
        let error = Self {
            code: shown(&code, 100),
            message: message
                .map(|text| shown(&text, 300))
                .filter(|text| !text.trim().is_empty()),
            request_id: request_id.map(|text| shown(&text, 100)),
        };
        (!error.code.is_empty() || error.message.is_some()).then_some(error)
    }
}

/// The response of S3 to a POST form whose `success_action_status` is 201.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostResponse {
    /// The object's key. A form may leave a part of it to the store by `${filename}`.
    pub key: Option<String>,
    /// The object's entity tag.
    pub etag: Option<String>,
}

impl PostResponse {
    /// Reads a body. Returns `None` if it is not this document.
    pub fn parse(body: &str) -> Option<Self> {
        let (_, inside) = body.split_once("<PostResponse")?;
        Some(Self {
            key: element_text(inside, "Key"),
            etag: element_text(inside, "ETag"),
        })
    }
}

fn shown(text: &str, longest: usize) -> String {
    redacted(text).chars().take(longest).collect()
}

/// Returns the text of the first element of this name, if it is plain text without attributes.
pub(crate) fn element_text(xml: &str, name: &str) -> Option<String> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = after.split_once(&format!("</{name}>"))?;
    Some(unescape(text.trim())).filter(|text| !text.is_empty())
}

/// Replaces XML's five named entities, and numeric character references, which stores written in Go send. It takes a
/// single pass, so that nothing is unescaped twice. Anything else stays as it is.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let read = after
            .split_once(';')
            .and_then(|(name, tail)| Some((character(name)?, tail)));
        let (character, tail) = read.unwrap_or(('&', after));
        plain.push(character);
        rest = tail;
    }
    plain + rest
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// Returns the text of the first element of this name, if it is plain text without attributes.
pub(crate) fn text_of(xml: &str, name: &str) -> Option<String> {
    element_text(xml, name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn in_json(body: &str) -> Option<ErrorDocument> {
        ErrorDocument::from_json(&serde_json::from_str(body).unwrap())
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>
    #[test]
    fn reads_what_is_needed_and_no_more() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The &quot;signature&quot; &amp;lt; no match</Message>
<AWSAccessKeyId>AKIA</AWSAccessKeyId><SignatureProvided>abcdef</SignatureProvided><RequestId>7</RequestId></Error>"#;
        let error = ErrorDocument::parse(body).unwrap();
        assert_eq!(error.code, "SignatureDoesNotMatch");
        assert_eq!(
            error.message.as_deref(),
            Some("The \"signature\" &lt; no match")
        );
        assert_eq!(error.request_id.as_deref(), Some("7"));
        assert!(!format!("{error:?}").contains("abcdef"));
    }

    #[test]
    fn the_answer_to_a_form_is_read() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<PostResponse><Location>https://b.s3.amazonaws.com/a%26b</Location><Bucket>b</Bucket><Key>a&amp;b</Key><ETag>"e"</ETag></PostResponse>"#;
        let answer = PostResponse::parse(body).unwrap();
        assert_eq!(answer.key.as_deref(), Some("a&b"));
        assert_eq!(answer.etag.as_deref(), Some("\"e\""));
        assert_eq!(PostResponse::parse("<Error><Key>k</Key></Error>"), None);
        assert_eq!(PostResponse::parse(""), None);
    }

    #[test]
    fn entities_are_read_once() {
        for (escaped, plain) in [
            (
                "&lt;a&gt; &apos;b&apos; &quot;c&quot; &amp; d",
                "<a> 'b' \"c\" & d",
            ),
            ("&#34;a&#39; &#x22;b&#X27; &#128230;", "\"a' \"b' \u{1F4E6}"),
            ("&amp;#34; &amp;lt; &#38;lt;", "&#34; &lt; &lt;"),
            (
                "a & b; &nbsp; &#; &#x; &#xD800; &#99999999999; &",
                "a & b; &nbsp; &#; &#x; &#xD800; &#99999999999; &",
            ),
        ] {
            assert_eq!(unescape(escaped), plain);
        }
    }

    #[test]
    fn other_bodies_are_not_s3s() {
        for body in [
            "",
            "<html><body>Bad gateway</body></html>",
            "{\"error\":1}",
            "<Error></Error>",
            "<Error><Code>",
        ] {
            assert_eq!(ErrorDocument::parse(body), None, "{body}");
        }
    }

    #[test]
    fn errors_in_json_are_read() {
        for (body, code, message) in [
            (
                r#"{"error":{"code":"quota","message":"Full"}}"#,
                "quota",
                "Full",
            ),
            (r#"{"message":"Full"}"#, "", "Full"),
            (r#"{"error":"Full"}"#, "", "Full"),
            (
                r#"{"error":"The bucket is full"}"#,
                "",
                "The bucket is full",
            ),
            (
                r#"{"Code":"AccessDenied","Message":"Full","RequestId":"7"}"#,
                "AccessDenied",
                "Full",
            ),
            (
                r#"{"Error":{"Code":"SlowDown","Message":"Full"}}"#,
                "SlowDown",
                "Full",
            ),
            (
                r#"{"statusCode":"413","error":"Payload too large","message":"Full"}"#,
                "Payload too large",
                "Full",
            ),
            (
                r#"{"success":false,"errors":[{"code":10002,"message":"Full"}],"messages":[]}"#,
                "10002",
                "Full",
            ),
            (
                r#"{"error":{"code":403,"message":"Full","errors":[{"reason":"forbidden"}]}}"#,
                "403",
                "Full",
            ),
            (
                r#"{"__type":"AccessDenied","message":"Full"}"#,
                "AccessDenied",
                "Full",
            ),
            (r#"{"title":"Full","status":507}"#, "", "Full"),
            (r#"{"code":"InvalidKey"}"#, "InvalidKey", ""),
        ] {
            let error = in_json(body).unwrap();
            assert_eq!(error.code, code, "{body}");
            assert_eq!(error.message.unwrap_or_default(), message, "{body}");
        }
        let body = r#"{"message":"https://h/k?X-Amz-Signature=5ec \u202Ef"}"#;
        let error = in_json(body).unwrap();
        assert_eq!(error.message.as_deref(), Some("https://h/k?… f"));
        for body in ["{}", "[]", "{\"a\":1}"] {
            assert_eq!(in_json(body), None, "{body}");
        }
    }

    #[test]
    fn a_namespace_does_not_matter() {
        let body = "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Code>SlowDown</Code></Error>";
        assert_eq!(ErrorDocument::parse(body).unwrap().code, "SlowDown");
    }
}
