//! What S3 says in XML: its error document, and its answer to a form.
//!
//! Owns the few fields that are read of them. Refuses the rest: the document of a
//! `SignatureDoesNotMatch` repeats the whole request, signature included.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>

use crate::secret::redacted;

/// What is read of an error document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreError {
    /// As `SignatureDoesNotMatch`.
    pub code: String,
    /// A sentence for developers.
    pub message: Option<String>,
    /// What the store's operator needs to find the request.
    pub request_id: Option<String>,
}

impl StoreError {
    /// Reads a body; `None` when it is not S3's error document.
    ///
    /// The fields are plain text elements without attributes, so that no XML parser is needed.
    pub fn parse(body: &str) -> Option<Self> {
        let (_, inside) = body.split_once("<Error")?;
        let code = element(inside, "Code")?;
        // The message can quote a header or a policy, never the signature; a cautious bound all the same.
        let message = element(inside, "Message").map(|text| shown(&text, 300));
        Some(Self {
            code: shown(&code, 100),
            message,
            request_id: element(inside, "RequestId").map(|text| shown(&text, 100)),
        })
    }
}

/// What S3 answers to a POST form with `success_action_status` 201.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostAnswer {
    /// The object's key, which a form may have left to the store by `${filename}`.
    pub key: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
}

impl PostAnswer {
    /// Reads a body; `None` when it is not this document.
    pub fn parse(body: &str) -> Option<Self> {
        let (_, inside) = body.split_once("<PostResponse")?;
        Some(Self {
            key: element(inside, "Key"),
            etag: element(inside, "ETag"),
        })
    }
}

fn shown(text: &str, longest: usize) -> String {
    redacted(text).chars().take(longest).collect()
}

/// The text of the first element of this name, if it is plain text without attributes.
pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = after.split_once(&format!("</{name}>"))?;
    Some(unescape(text.trim())).filter(|text| !text.is_empty())
}

/// XML's five named entities, and characters by number, as stores written in Go have them. In one
/// pass, so that nothing is unescaped twice; what is neither stays as it is.
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

/// The text of the first element of this name, if it is plain text without attributes.
pub(crate) fn text_of(xml: &str, name: &str) -> Option<String> {
    element(xml, name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_needed_and_no_more() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The &quot;signature&quot; &amp;lt; no match</Message>
<AWSAccessKeyId>AKIA</AWSAccessKeyId><SignatureProvided>abcdef</SignatureProvided><RequestId>7</RequestId></Error>"#;
        let error = StoreError::parse(body).unwrap();
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
        let answer = PostAnswer::parse(body).unwrap();
        assert_eq!(answer.key.as_deref(), Some("a&b"));
        assert_eq!(answer.etag.as_deref(), Some("\"e\""));
        assert_eq!(PostAnswer::parse("<Error><Key>k</Key></Error>"), None);
        assert_eq!(PostAnswer::parse(""), None);
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
            assert_eq!(StoreError::parse(body), None, "{body}");
        }
    }

    #[test]
    fn a_namespace_does_not_matter() {
        let body = "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Code>SlowDown</Code></Error>";
        assert_eq!(StoreError::parse(body).unwrap().code, "SlowDown");
    }
}
