//! The classification of responses: success, error, web page, or unreadable.
//!
//! The module decides which responses of a store count as a success, and recognises web pages that came in place of a
//! response, whoever sent them. It does not decide what happens next, and it does not parse JSON: the caller passes the
//! parsed value.

use crate::Value;
use crate::exchange::ResponseBody;
use crate::refusal;
use crate::store::{ErrorDocument, PostResponse};

/// A response as it was received. `Debug` is not implemented, because a body may repeat a signature.
#[derive(Clone, Copy)]
pub struct ResponseView<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The value of the header `Content-Type`; empty if there is none.
    pub kind: &'a str,
    /// The body's text.
    pub body: &'a str,
    /// The body as JSON, if it is JSON.
    pub json: Option<&'a Value>,
    /// True if the response has a header that only stores send: `ETag` or `x-amz-request-id`.
    pub has_store_header: bool,
}

/// The kind of a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Only whitespace.
    Empty,
    /// JSON.
    Json,
    /// Truncated JSON, or text that is declared to be JSON and is not.
    BrokenJson,
    /// A document of S3, judged by its root element.
    StoreXml,
    /// A web page.
    Page,
    /// Anything else.
    Other,
}

/// The operation that a request asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOperation {
    /// The upload of an object or a part by `PUT`.
    Put,
    /// The upload of an object by a POST form, with the form's `success_action_status`.
    Post(Option<u16>),
    /// The completion of a multipart upload.
    Complete,
    /// The abort of a multipart upload.
    Abort,
}

/// The meaning of a store's response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOutcome {
    /// The store did what the request asked for.
    Success(PostResponse),
    /// The store refused, with its error if the response contains one.
    Error(Option<ErrorDocument>),
    /// The response is a web page.
    Page,
    /// The response shows neither a success nor an error: the connection may have ended too early.
    Incomplete,
    /// A success whose body no store sends. The text describes the body.
    Unexpected(String),
}

/// Status 511 is for portals that intercept requests. <https://www.rfc-editor.org/rfc/rfc6585#section-6>
const PORTAL: u16 = 511;

impl ResponseView<'_> {
    /// Returns true if the status is 2xx.
    const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Returns the kind of the body.
    pub fn content(&self) -> Content {
        let body = trimmed(self.body);
        let kind = self.kind.to_ascii_lowercase();
        if body.is_empty() {
            // Google Cloud Storage declares its empty responses as text/html.
            Content::Empty
        } else if self.json.is_some() {
            // PHP declares JSON as text/html unless the script sets another type.
            Content::Json
        } else if is_store_xml(body) {
            Content::StoreXml
        } else if is_page(&kind, body) {
            Content::Page
        } else if kind.contains("json") || body.starts_with(['{', '[']) {
            Content::BrokenJson
        } else {
            Content::Other
        }
    }

    /// Returns true if a web page came in place of the requested response: with a 2xx status, or from a portal. Any
    /// other status determines the meaning of the response, whatever its body is.
    pub fn is_intercepted(&self) -> bool {
        (self.is_success() && self.content() == Content::Page) || self.status == PORTAL
    }
}

/// Returns the meaning of a store's response.
pub fn classify(asked: StoreOperation, seen: &ResponseView) -> StoreOutcome {
    if seen.is_intercepted() {
        return StoreOutcome::Page;
    }
    let content = seen.content();
    // S3 may send an error in the body of a response whose status is 200.
    let error = error_in(content, seen);
    if !seen.is_success() || error.is_some() {
        return StoreOutcome::Error(error);
    }
    let yes = || StoreOutcome::Success(PostResponse::parse(seen.body).unwrap_or_default());
    let odd = || StoreOutcome::Unexpected(describe(seen));
    match (asked, content) {
        (StoreOperation::Complete, Content::StoreXml) if has_root(seen.body, COMPLETED) => yes(),
        // S3 sends the status and whitespace first, and the connection may end before the document.
        // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
        (StoreOperation::Complete, Content::Empty | Content::BrokenJson | Content::Other) => {
            StoreOutcome::Incomplete
        }
        (StoreOperation::Post(wanted), _) if !is_status_of_form(wanted, seen.status) => odd(),
        (StoreOperation::Abort, _)
        | (StoreOperation::Put | StoreOperation::Post(_), Content::Empty | Content::StoreXml) => {
            yes()
        }
        (StoreOperation::Put | StoreOperation::Post(_), Content::Json)
            if seen.json.is_some_and(names_object) =>
        {
            yes()
        }
        (StoreOperation::Put, Content::Json | Content::Other) if seen.has_store_header => yes(),
        _ => odd(),
    }
}

/// Returns the `success_action_status` of a form. <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
pub fn status_of_form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<u16> {
    let mut fields = fields.into_iter();
    let found = fields.find(|(name, _)| name.eq_ignore_ascii_case("success_action_status"));
    found?.1.trim().parse().ok()
}

/// Returns true if a form names an address to which the browser is redirected after a success. A script cannot read the
/// page at that address unless the page's server allows it by CORS.
pub fn form_redirects(fields: &[(String, String)]) -> bool {
    fields.iter().any(|(name, value)| {
        let names = ["success_action_redirect", "redirect"];
        names.iter().any(|known| name.eq_ignore_ascii_case(known)) && !value.trim().is_empty()
    })
}

/// Returns true for the status that the form asks for, and for those that stores send which ignore
/// `success_action_status`.
const fn is_status_of_form(wanted: Option<u16>, status: u16) -> bool {
    matches!(status, 200 | 201 | 204) || matches!(wanted, Some(wanted) if wanted == status)
}

const COMPLETED: &str = "CompleteMultipartUploadResult";

/// The root elements of S3's documents.
const ROOTS: &[&str] = &[
    "Error",
    "PostResponse",
    COMPLETED,
    "CopyPartResult",
    "CopyObjectResult",
];

/// Returns a body without the byte order mark and the whitespace that may precede a document.
fn trimmed(body: &str) -> &str {
    body.trim_start_matches('\u{FEFF}').trim()
}

/// Returns a body without XML declarations and comments at its beginning.
fn without_prolog(mut body: &str) -> &str {
    loop {
        let end = if body.starts_with("<?") {
            "?>"
        } else if body.starts_with("<!--") {
            "-->"
        } else {
            return body;
        };
        let Some((_, rest)) = body.split_once(end) else {
            return body;
        };
        body = rest.trim_start();
    }
}

fn is_store_xml(body: &str) -> bool {
    ROOTS.iter().any(|root| has_root(body, root))
}

/// Returns true if the root element has this name.
fn has_root(body: &str, root: &str) -> bool {
    without_prolog(trimmed(body))
        .strip_prefix('<')
        .and_then(|rest| rest.strip_prefix(root))
        .is_some_and(|rest| rest.starts_with(['>', '/', ' ', '\t', '\r', '\n']))
}

/// The names of tags with which HTML begins.
/// <https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type>
const TAGS: &[&str] = &[
    "html", "head", "body", "script", "iframe", "h1", "div", "font", "table", "a", "style",
    "title", "b", "br", "p", "meta", "link", "center", "noscript", "form",
];

fn is_page(kind: &str, body: &str) -> bool {
    let declared = ["text/html", "application/xhtml"]
        .iter()
        .any(|page| kind.trim_start().starts_with(page));
    let start: String = without_prolog(body).chars().take(40).collect();
    let start = start.to_ascii_lowercase();
    let is_tag = |tag: &str| {
        start
            .strip_prefix('<')
            .and_then(|rest| rest.strip_prefix(tag))
            .is_some_and(|rest| rest.starts_with(['>', '/', ' ', '\t', '\r', '\n']))
    };
    // An unterminated comment is part of a page, since S3's documents have no comments.
    declared
        || start.starts_with("<!doctype html")
        || start.starts_with("<!--")
        || TAGS.iter().any(|tag| is_tag(tag))
}

/// Returns the store's error, from S3's XML or from JSON.
fn error_in(content: Content, seen: &ResponseView) -> Option<ErrorDocument> {
    match (content, seen.json) {
        (Content::Json, Some(json)) if !seen.is_success() || describes_failure(json) => {
            ErrorDocument::from_json(json)
                .or_else(|| seen.is_success().then(ErrorDocument::default))
        }
        (Content::Json | Content::Page | Content::Empty, _) => None,
        _ => ErrorDocument::parse(seen.body),
    }
}

/// Returns true if JSON describes a failure: by its members, or by a status of its own.
fn describes_failure(json: &Value) -> bool {
    let is_failure = |name: &str| {
        json.get(name)
            .and_then(Value::as_u64)
            .is_some_and(|status| (300..600).contains(&status))
    };
    refusal::is_refusal(json)
        || ["statusCode", "status", "code", "HttpCode"]
            .iter()
            .any(|name| is_failure(name))
}

/// The members by which JSON responses of stores name an object: Supabase, Google's JSON API, Backblaze, Vercel Blob,
/// Bunny and others.
const OBJECT_MEMBERS: &[&str] = &[
    "key",
    "id",
    "fileid",
    "objectid",
    "publicid",
    "hash",
    "filehash",
    "etag",
    "md5",
    "md5hash",
    "path",
    "pathname",
    "location",
    "bucket",
    "fullpath",
    "objectname",
    "filekey",
];

/// Returns true if JSON names a stored object or states a success.
fn names_object(json: &Value) -> bool {
    let mut places = vec![json];
    // One level of nesting, as in `{"data": {…}}`.
    places.extend(json.members().iter().map(|(_, value)| value));
    let names_object = |place: &&Value| {
        place.members().iter().any(|(name, value)| {
            let name = name.replace(['_', '-'], "").to_ascii_lowercase();
            OBJECT_MEMBERS.contains(&name.as_str())
                && value.to_form_string().is_some_and(|text| !text.is_empty())
        })
    };
    let is_true = |name: &str| json.get(name) == Some(&Value::Bool(true));
    let word = json.text_of("status").or_else(|| json.text_of("Status"));
    let is_word = |word: &str| {
        ["ok", "success"]
            .iter()
            .any(|yes| word.eq_ignore_ascii_case(yes))
    };
    places.iter().any(names_object)
        || ["success", "ok"].iter().any(|name| is_true(name))
        || word.is_some_and(is_word)
        || json
            .get("HttpCode")
            .and_then(Value::as_u64)
            .is_some_and(|code| code < 300)
}

fn describe(seen: &ResponseView) -> String {
    let body = if let Some(json) = seen.json {
        json.shape()
    } else {
        let kind = seen.kind.split(';').next().unwrap_or_default().trim();
        ResponseBody::Text(seen.body.to_owned(), kind.to_ascii_lowercase()).describe()
    };
    format!("{body} with status {}", seen.status)
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
