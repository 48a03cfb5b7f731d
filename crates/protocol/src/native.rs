//! The native dialect: the wire types that the widget and `s3-upload-server` share.
//!
//! The module has the names and types of the JSON, in camelCase. Unknown fields are ignored and absent options are not
//! written, so that either side may be older than the other. The content (limits, S3's rules) is checked by the code
//! that uses the values.

use std::collections::BTreeMap;

use s3_upload_types::CollectVec;
use serde::{Deserialize, Serialize};

use crate::{SecretFields, SecretUrl, Value};

/// The way in which a file is sent to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// One `PUT` with the file as its body: S3's `PutObject`, up to 5 GiB.
    Put,
    /// One form with a policy and the file: S3's POST object, up to 5 GiB.
    Post,
    /// Parts, each its own `PUT`: S3's multipart upload, up to 10,000 parts.
    Multipart,
    /// A strategy that this side does not know. Another one in the list may be known.
    #[serde(other)]
    Unknown,
}

/// `POST {endpoint}`: the widget asks to upload one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRequest {
    /// The file's name as the person sees it; text, not a path.
    pub name: String,
    /// The MIME type that the widget sends with the bytes. If it is empty, the backend's answer determines the type.
    #[serde(rename = "type", default)]
    pub media_type: String,
    /// The file's size in bytes.
    pub size: u64,
    /// The metadata of the embedding page, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// The strategies that the widget supports for this file, the preferred one first.
    pub accepts: Vec<Strategy>,
    /// The part size in bytes that the widget would choose for a multipart upload. It is a hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
}

/// The answer to a [`CreateRequest`]: the request that sends the file.
///
/// With [`fields`](Self::fields) it describes a POST form, with [`part_size`](Self::part_size) and no
/// [`url`](Self::url) a multipart upload, and otherwise a single request to `url`. The minimal answer is `url` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateResponse {
    /// The backend's name for this upload in later requests. It is opaque, and required for multipart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The object's key in the bucket, if the backend reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The address to which the file is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    /// The method of that request; `PUT` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The exact headers to send with the request, by name. Those that a browser sets itself (`Host`, `Content-Length`)
    /// are not among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The fields of a POST form, to which the file is added last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<SecretFields>,
    /// The number of seconds from now within which a request to the URL may begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// The size in bytes of every part but the last, which has the remaining bytes. The backend's value is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
}

/// `POST {endpoint}/{id}/parts`: the widget asks for the URLs of some parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignPartsRequest {
    /// The parts that the widget sends next.
    pub parts: Vec<PartToSign>,
}

/// One part to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartToSign {
    /// The part's number, 1 to 10,000.
    pub number: u16,
    /// The part's size in bytes.
    pub size: u64,
}

/// The answer to a [`SignPartsRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignPartsResponse {
    /// The signed parts, in the order of the request.
    pub parts: Vec<PartUrl>,
}

/// The request for one part, a `PUT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartUrl {
    /// The part's number, 1 to 10,000.
    pub number: u16,
    /// The address to which the part is sent.
    pub url: SecretUrl,
    /// The exact headers to send with the part, by name, without those that a browser sets itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The number of seconds from now within which a request to the URL may begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// The answer to `GET {endpoint}/{id}/parts`: the parts that the store already holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPartsResponse {
    /// The stored parts, by number.
    pub parts: Vec<ListedPart>,
}

/// One part that the store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedPart {
    /// The part's number, 1 to 10,000.
    pub number: u16,
    /// Its size in bytes.
    pub size: u64,
    /// Its `ETag` as S3 returned it, with the quotes.
    pub etag: String,
}

/// `POST {endpoint}/{id}/complete`: the widget has sent everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteRequest {
    /// The parts of a multipart upload. Absent for a single request, and if the browser could not read the `ETag`s: the
    /// backend then asks the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<SentPart>>,
}

/// One part that the widget has sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentPart {
    /// The part's number, 1 to 10,000.
    pub number: u16,
    /// The `ETag` header of the store's response, with the quotes.
    pub etag: String,
}

/// The answer to a [`CompleteRequest`]: the object as the store holds it. A backend may add fields of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteResponse {
    /// The object's key in the bucket.
    pub key: String,
    /// Its size in bytes, as stored.
    pub size: u64,
    /// Its MIME type, as stored.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its `ETag` as S3 returned it, with the quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its permanent address, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<SecretUrl>,
    /// The URL of a presigned `GET`, if the backend returns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_url: Option<SecretUrl>,
}

/// The answer to `GET {endpoint}/{id}/url`: a new URL of the uploaded object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UrlResponse {
    /// The URL of a presigned `GET`, or of the requested method.
    pub url: SecretUrl,
    /// The number of seconds from now within which a request to the URL may begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// `POST {endpoint}/doctor`: a request to the store got no response, and the widget asks for the reason. The server
/// sends requests to the store itself, and reads the responses that a browser's rules hide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorRequest {
    /// The page's origin, such as `https://app.example.com`.
    pub origin: String,
    /// The store's origin in the URL that was signed, as the browser saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The method of the request: `PUT` or `POST`.
    pub method: String,
    /// The names of the request's headers.
    #[serde(default)]
    pub headers: Vec<String>,
}

/// The answer to a [`DoctorRequest`]: the findings, the likeliest cause first. It is empty if the server finds no
/// problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorResponse {
    /// The problems that the server found.
    #[serde(default)]
    pub findings: Vec<DoctorFinding>,
}

impl From<DoctorRequest> for Value {
    fn from(request: DoctorRequest) -> Self {
        let mut members = vec![("origin".to_owned(), Self::from(request.origin))];
        if let Some(store) = request.store {
            members.push(("store".to_owned(), Self::from(store)));
        }
        let headers = request.headers.into_iter().map(Self::from).collect_vec();
        members.push(("method".to_owned(), Self::from(request.method)));
        members.push(("headers".to_owned(), Self::List(headers)));
        Self::Object(members)
    }
}

impl From<Value> for DoctorResponse {
    /// Reads the answer. A finding that lacks a member is left out.
    fn from(answer: Value) -> Self {
        let finding = |finding: &Value| {
            let text = |name| finding.text_of(name).map(str::to_owned);
            Some(DoctorFinding {
                code: text("code")?,
                message: text("message")?,
                fix: text("fix")?,
            })
        };
        let findings = answer.get("findings").map_or(&[][..], Value::items);
        Self {
            findings: findings.iter().filter_map(finding).collect_vec(),
        }
    }
}

/// A problem between the page and the store, described for developers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorFinding {
    /// A stable name: `cors_missing` (no rule at all), `cors_origin`, `cors_method`, `cors_headers`, `cors_expose` (the
    /// rule lacks this), `region` (the store redirects), `no_such_bucket`, `internal_host` (only the server can reach
    /// the URL's host), `store_unreachable`. Two are advice and make no request fail: `cors_expose` and `cors_max_age`
    /// (browsers do not cache preflights).
    pub code: String,
    /// The problem, in a sentence.
    pub message: String,
    /// The change that solves it, exact enough to be copied.
    pub fix: String,
}

/// The body of any 4xx or 5xx answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// The error.
    pub error: ErrorBody,
}

/// The reason why the backend refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A stable name for scripts, such as `too_large`.
    pub code: String,
    /// A sentence that may be shown to the person who uploads.
    pub message: String,
}

impl ErrorResponse {
    /// Builds the body from its code and its message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: ErrorBody {
                code: code.into(),
                message: message.into(),
            },
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::*;

    /// Asserts that the value serializes to exactly this JSON, and that the JSON deserializes to the value.
    fn exact<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
    }

    #[test]
    fn create_request() {
        let mut request = CreateRequest {
            name: "cat.png".into(),
            media_type: "image/png".into(),
            size: 5,
            metadata: None,
            accepts: vec![Strategy::Put, Strategy::Post, Strategy::Multipart],
            part_size: None,
        };
        exact(
            &request,
            r#"{"name":"cat.png","type":"image/png","size":5,"accepts":["put","post","multipart"]}"#,
        );
        request.metadata = Some(BTreeMap::from([("album".into(), "7".into())]));
        request.accepts = vec![Strategy::Multipart];
        request.part_size = Some(8 << 20);
        exact(
            &request,
            r#"{"name":"cat.png","type":"image/png","size":5,"metadata":{"album":"7"},"accepts":["multipart"],"partSize":8388608}"#,
        );
    }

    #[test]
    fn create_answers() {
        exact(
            &CreateResponse {
                url: Some("https://h/k?s=1".into()),
                ..Default::default()
            },
            r#"{"url":"https://h/k?s=1"}"#,
        );
        exact(
            &CreateResponse {
                id: Some("i".into()),
                key: Some("k".into()),
                url: Some("https://h/k".into()),
                method: Some("PUT".into()),
                headers: BTreeMap::from([("content-type".into(), "image/png".into())]),
                expires_in: Some(300),
                ..Default::default()
            },
            r#"{"id":"i","key":"k","url":"https://h/k","method":"PUT","headers":{"content-type":"image/png"},"expiresIn":300}"#,
        );
        exact(
            &CreateResponse {
                url: Some("https://h/".into()),
                fields: Some(SecretFields::new(vec![("key".into(), "k".into())])),
                ..Default::default()
            },
            r#"{"url":"https://h/","fields":{"key":"k"}}"#,
        );
        exact(
            &CreateResponse {
                id: Some("i".into()),
                part_size: Some(8_388_608),
                ..Default::default()
            },
            r#"{"id":"i","partSize":8388608}"#,
        );
    }

    #[test]
    fn parts() {
        exact(
            &SignPartsRequest {
                parts: vec![PartToSign { number: 1, size: 9 }],
            },
            r#"{"parts":[{"number":1,"size":9}]}"#,
        );
        exact(
            &SignPartsResponse {
                parts: vec![PartUrl {
                    number: 1,
                    url: "https://h/k?partNumber=1".into(),
                    headers: BTreeMap::new(),
                    expires_in: Some(300),
                }],
            },
            r#"{"parts":[{"number":1,"url":"https://h/k?partNumber=1","expiresIn":300}]}"#,
        );
        exact(
            &ListPartsResponse {
                parts: vec![ListedPart {
                    number: 2,
                    size: 9,
                    etag: "\"e\"".into(),
                }],
            },
            r#"{"parts":[{"number":2,"size":9,"etag":"\"e\""}]}"#,
        );
    }

    #[test]
    fn complete() {
        exact(&CompleteRequest::default(), "{}");
        exact(
            &CompleteRequest {
                parts: Some(vec![SentPart {
                    number: 1,
                    etag: "\"e\"".into(),
                }]),
            },
            r#"{"parts":[{"number":1,"etag":"\"e\""}]}"#,
        );
        let mut answer = CompleteResponse {
            key: "k".into(),
            size: 9,
            media_type: "text/plain".into(),
            etag: None,
            location: None,
            download_url: None,
        };
        exact(&answer, r#"{"key":"k","size":9,"type":"text/plain"}"#);
        answer.etag = Some("\"e\"".into());
        answer.location = Some("https://h/k".into());
        answer.download_url = Some("https://h/k?s=1".into());
        exact(
            &answer,
            r#"{"key":"k","size":9,"type":"text/plain","etag":"\"e\"","location":"https://h/k","downloadUrl":"https://h/k?s=1"}"#,
        );
    }

    #[test]
    fn url() {
        exact(
            &UrlResponse {
                url: "https://h/k?s=1".into(),
                expires_in: Some(300),
            },
            r#"{"url":"https://h/k?s=1","expiresIn":300}"#,
        );
    }

    #[test]
    fn doctor() {
        exact(
            &DoctorRequest {
                origin: "https://app.example.com".into(),
                store: Some("https://s3.example.com".into()),
                method: "PUT".into(),
                headers: vec!["content-type".into()],
            },
            r#"{"origin":"https://app.example.com","store":"https://s3.example.com","method":"PUT","headers":["content-type"]}"#,
        );
        let asked = DoctorRequest {
            origin: "https://app.example.com".into(),
            method: "PUT".into(),
            ..DoctorRequest::default()
        };
        let written = serde_json::to_value(Value::from(asked.clone())).unwrap();
        assert_eq!(written, serde_json::to_value(&asked).unwrap());
        let finding = r#"{"code":"cors_origin","message":"m","fix":"f"}"#;
        let text = format!(r#"{{"findings":[{finding},{{"code":"region"}},5]}}"#);
        let answer = DoctorResponse::from(serde_json::from_str::<Value>(&text).unwrap());
        let read = serde_json::to_string(&answer.findings).unwrap();
        assert_eq!(read, format!("[{finding}]"));
        exact(
            &DoctorResponse {
                findings: vec![DoctorFinding {
                    code: "cors_origin".into(),
                    message: "m".into(),
                    fix: "f".into(),
                }],
            },
            r#"{"findings":[{"code":"cors_origin","message":"m","fix":"f"}]}"#,
        );
    }

    #[test]
    fn refusal() {
        exact(
            &ErrorResponse::new("too_large", "Too large."),
            r#"{"error":{"code":"too_large","message":"Too large."}}"#,
        );
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let answer: CreateResponse =
            serde_json::from_str(r#"{"url":"u","later":[1,{"a":null}]}"#).unwrap();
        assert_eq!(answer.url.unwrap().expose(), "u");
    }

    #[test]
    fn an_unknown_strategy_is_passed_over() {
        let request: CreateRequest =
            serde_json::from_str(r#"{"name":"a","size":1,"accepts":["carrier-pigeon","put"]}"#)
                .unwrap();
        assert_eq!(request.accepts, [Strategy::Unknown, Strategy::Put]);
    }

    #[test]
    fn nothing_prints_a_signature() {
        let answer: CreateResponse = serde_json::from_str(
            r#"{"url":"https://h/k?X-Amz-Signature=5ec","fields":{"x-amz-signature":"5ec"}}"#,
        )
        .unwrap();
        let parts: SignPartsResponse = serde_json::from_str(
            r#"{"parts":[{"number":1,"url":"https://h/k?X-Amz-Signature=5ec"}]}"#,
        )
        .unwrap();
        let done: CompleteResponse = serde_json::from_str(
            r#"{"key":"k","size":1,"type":"t","location":"https://h/k?s=5ec","downloadUrl":"https://h/k?s=5ec"}"#,
        )
        .unwrap();
        assert!(!format!("{answer:?}{parts:?}{done:#?}").contains("5ec"));
    }
}
