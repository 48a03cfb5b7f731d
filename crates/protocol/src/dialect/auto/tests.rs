#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeMap;

use super::*;
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::PresignedRequest;
use crate::dialect::FieldNames;

/// The presigned URL that the tables abbreviate as `S3`.
const S3: &str = "https://b.s3.eu-central-1.amazonaws.com/k?X-Amz-Expires=120&X-Amz-Signature=5ec";

/// Answers with the expected meaning of each.
const ANSWERS: &str = include_str!("../../../corpus/answers.txt");

fn json(text: &str) -> DialectResponse {
    DialectResponse::json(serde_json::from_str(&text.replace("S3", S3)).unwrap())
}

fn text(text: &str, kind: &str) -> DialectResponse {
    DialectResponse {
        status: 200,
        body: ResponseBody::Text(text.replace("S3", S3), kind.to_owned()),
    }
}

/// Describes a grant: the method, the address, the key, and the headers or fields that are not always there.
fn described(response: &DialectResponse) -> String {
    let granted = match read_grant_response(response, "text/plain") {
        Ok(granted) => granted,
        Err(DialectError::Refused { message, .. }) => return format!("no: {message}"),
        Err(_) => return "not understood".to_owned(),
    };
    let mut said = match &granted.plan {
        TransferPlan::Single(signed) => {
            let url = signed.url.expose().replace(S3, "S3");
            let (how, pairs) = match &signed.fields {
                Some(fields) => ("POST", fields.expose()),
                None => ("PUT", signed.headers.as_slice()),
            };
            let more = pairs
                .iter()
                .filter(|pair| *pair != &("Content-Type".to_owned(), "text/plain".to_owned()))
                .map(|(name, value)| format!(" {name}={value}"));
            let more: String = more.collect();
            let life = signed.expires_in.filter(|life| *life != 120);
            format!(
                "{how} {url}{more}{}",
                life.map_or(String::new(), |life| format!(" for {life}"))
            )
        }
        TransferPlan::Multipart { part_size } => format!("parts of {part_size}"),
        TransferPlan::Stored => "nothing".to_owned(),
    };
    if let Some(id) = &granted.id {
        said = said + " id " + id;
    }
    if let Some(key) = &granted.key {
        said = said + " key " + key;
    }
    said
}

#[test]
fn any_answer_that_a_person_could_mean() {
    let lines = ANSWERS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    assert!(lines.len() >= 2 * 60, "{}", lines.len());
    for pair in lines.chunks(2) {
        let [answer, meaning] = pair else {
            panic!("{pair:?}")
        };
        let meaning = meaning.strip_prefix("  = ").unwrap();
        assert_eq!(described(&json(answer)), meaning, "{answer}");
    }
}

#[test]
fn an_address_may_come_as_plain_text() {
    for response in [
        text("S3", "text/plain"),
        text("S3\n", ""),
        text(" S3 ", "text/html"),
    ] {
        assert_eq!(described(&response), "PUT S3");
    }
}

#[test]
fn what_cannot_be_understood_says_what_came_and_no_secret() {
    for (response, got) in [
        (json("{}"), "{}"),
        (json("null"), "null"),
        (json("[]"), "[]"),
        (json("5"), "number"),
        (
            json(r#"{"link":"https://example.com/x?secret=5ec"}"#),
            r#"{"link": text}"#,
        ),
        (json(r#"{"a":"S3","b":"S3"}"#), r#"{"a": text, "b": text}"#),
        (json(r#"{"url":"nothing"}"#), r#"{"url": text}"#),
        (json(r#"{"url":"javascript:alert(1)"}"#), r#"{"url": text}"#),
        (json(r#""nothing""#), "text"),
        (
            json(r#"{"url":"S3","method":"POST"}"#),
            "JSON with another method than PUT, and without the \"fields\" of a form",
        ),
        (
            json(r#"{"partSize":5242880}"#),
            "JSON with a part size but without an \"id\"",
        ),
        (
            json(r#"{"url":"https://h/b/song#1.png?X-Amz-Signature=5ec"}"#),
            "a URL whose signature stands after a \"#\", which browsers do not send: the # of the key must be written as %23",
        ),
        (
            json(r#""https://h/b/what?.png?X-Amz-Signature=5ec""#),
            "a URL with two \"?\", of which the first begins the query: the ? of the key must be written as %3F",
        ),
        (text("", "text/plain"), "an empty answer with status 200"),
        (
            text("<!doctype html><p>5ec", "text/html"),
            "21 characters of text/html",
        ),
        (text("S3 and more", ""), "88 characters of no Content-Type"),
    ] {
        let error = read_grant_response(&response, "text/plain").unwrap_err();
        let malformed = DialectError::Malformed {
            expected: EXPECTED.to_owned(),
            got: got.to_owned(),
            is_incomplete: matches!(response.body, ResponseBody::Text(..)),
        };
        assert_eq!(error, malformed);
        assert!(!format!("{error:?}").contains("5ec"));
    }
}

#[test]
fn a_refusal_may_come_with_a_200() {
    for answer in [
        r#"{"error":{"code":"quota","message":"Your plan is full"}}"#,
        r#"{"success":false,"message":"Your plan is full"}"#,
        r#"{"error":"Your plan is full"}"#,
    ] {
        match read_grant_response(&json(answer), "text/plain") {
            Err(DialectError::Refused { message, .. }) => assert_eq!(message, "Your plan is full"),
            other => panic!("{answer}: {other:?}"),
        }
    }
}

fn params(metadata: &BTreeMap<String, String>) -> CreateParams<'_> {
    CreateParams {
        name: "a b.txt",
        media_type: "text/plain",
        size: 5,
        metadata,
        prefer_multipart: false,
        part_size: 8 << 20,
        md5: None,
        uuid: "u",
    }
}

fn first(config: &BackendConfig, params: &CreateParams) -> (String, String) {
    let request = Auto.create(config, params, &[]).unwrap().request().unwrap();
    let body = match &request.body {
        RequestBody::Json(value) => serde_json::to_string(value).unwrap(),
        RequestBody::Form(pairs) => urlencoded(
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        ),
        RequestBody::Text(text) => text.clone(),
        RequestBody::Empty => String::new(),
    };
    (format!("{} {}", request.method, request.url.expose()), body)
}

#[test]
fn the_first_request_is_native_json() {
    let metadata = BTreeMap::from([("album".to_owned(), "7".to_owned())]);
    let config = BackendConfig {
        endpoint: "/uploads".into(),
        ..BackendConfig::default()
    };
    let (line, body) = first(&config, &params(&metadata));
    assert_eq!(line, "POST /uploads");
    assert_eq!(
        body,
        r#"{"name":"a b.txt","type":"text/plain","size":5,"metadata":{"album":"7"},"accepts":["put","post","multipart"],"partSize":8388608}"#
    );
    // The server's own types read the request as well.
    let read: crate::native::CreateRequest = serde_json::from_str(&body).unwrap();
    assert_eq!(read.part_size, Some(8 << 20));

    let large = CreateParams {
        prefer_multipart: true,
        ..params(&metadata)
    };
    assert!(
        first(&config, &large)
            .1
            .contains(r#"["multipart","put","post"]"#)
    );
}

#[test]
fn the_first_request_in_the_words_of_a_backend() {
    let metadata = BTreeMap::new();
    let mut config = BackendConfig {
        endpoint: "/api/v1/files/presign?v=2".into(),
        field_names: FieldNames {
            name: Some("file_name".into()),
            media_type: Some("contentType".into()),
            size: Some(String::new()),
        },
        extra_fields: vec![
            ("bucket_name".into(), "up".into()),
            ("expiration".into(), "300".into()),
            ("zip".into(), "007".into()),
        ],
        ..BackendConfig::default()
    };
    let (line, body) = first(&config, &params(&metadata));
    assert_eq!(line, "POST /api/v1/files/presign?v=2");
    assert_eq!(
        body,
        r#"{"file_name":"a b.txt","contentType":"text/plain","bucket_name":"up","expiration":300,"zip":"007"}"#
    );

    let pairs =
        "file_name=a%20b.txt&contentType=text%2Fplain&bucket_name=up&expiration=300&zip=007";
    config.encoding = Encoding::Query;
    let (line, body) = first(&config, &params(&metadata));
    assert_eq!(line, format!("GET /api/v1/files/presign?v=2&{pairs}"));
    assert_eq!(body, "");

    config.encoding = Encoding::Form;
    let metadata = BTreeMap::from([("album".to_owned(), "7".to_owned())]);
    let (line, body) = first(&config, &params(&metadata));
    assert_eq!(line, "POST /api/v1/files/presign?v=2");
    assert_eq!(
        body,
        pairs.replace("&bucket", "&metadata%5Balbum%5D=7&bucket")
    );
}

#[test]
fn parts_are_signed_in_any_shape() {
    let wanted = [3, 4].map(|number| PartToSign { number, size: 5 });
    for answer in [
        r#"{"parts":[{"number":3,"url":"https://h/3"},{"number":4,"url":"https://h/4"}]}"#,
        r#"{"parts":[{"partNumber":4,"signedUrl":"https://h/4"},{"partNumber":3,"signedUrl":"https://h/3"}]}"#,
        r#"{"data":{"parts":[{"part_number":3,"upload_url":"https://h/3"},{"part_number":"4","upload_url":"https://h/4"}]}}"#,
        r#"[{"PartNumber":3,"url":"https://h/3"},{"PartNumber":4,"url":"https://h/4"}]"#,
        r#"{"presignedUrls":{"3":"https://h/3","4":"https://h/4"}}"#,
        r#"{"urls":["https://h/3","https://h/4"]}"#,
        r#"["https://h/3","https://h/4"]"#,
        r#"["https://h/1","https://h/2","https://h/3","https://h/4","https://h/5"]"#,
    ] {
        let signed = parts::parts(&serde_json::from_str(answer).unwrap(), &wanted, false).unwrap();
        let urls: Vec<_> = signed
            .iter()
            .map(|part| (part.number, part.request.url.expose()))
            .collect();
        assert_eq!(urls, [(3, "https://h/3"), (4, "https://h/4")], "{answer}");
    }
    let one = [PartToSign { number: 3, size: 5 }];
    for answer in [
        r#"{"url":"https://h/3","headers":{"a":"b"},"expiresIn":60}"#,
        r#"{"parts":[{"number":3,"url":"https://h/3","headers":{"a":"b"}}],"expiresIn":60}"#,
    ] {
        let signed = parts::parts(&serde_json::from_str(answer).unwrap(), &one, false).unwrap();
        let request = PresignedRequest::put("https://h/3").header("a", "b");
        let request = PresignedRequest {
            expires_in: Some(60),
            ..request
        };
        assert_eq!(signed, [PresignedPart { number: 3, request }], "{answer}");
    }
    for answer in [
        "{}",
        r#"{"parts":[{"number":3,"url":"https://h/3"}]}"#,
        r#"{"parts":5}"#,
    ] {
        assert_eq!(
            parts::parts(&serde_json::from_str(answer).unwrap(), &wanted, false),
            None
        );
    }
}

#[test]
fn no_part_is_sent_to_where_another_one_belongs() {
    let part = |number| PartToSign { number, size: 5 };
    for (answer, wanted) in [
        (r#"{"presignedUrls":{"2":"S3"}}"#, vec![part(1)]),
        (r#"{"2":"S3"}"#, vec![part(1)]),
        (r#"{"number":2,"url":"S3"}"#, vec![part(1)]),
        (r#"{"partNumber":"2","signedUrl":"S3"}"#, vec![part(1)]),
        (
            r#"{"url":"https://h/k?partNumber=2&uploadId=u"}"#,
            vec![part(1)],
        ),
        (
            r#"["https://h/k?partNumber=1","https://h/k?partNumber=2"]"#,
            vec![part(3), part(4)],
        ),
        (
            r#"{"parts":[{"number":2,"url":"S3"},{"url":"S3"}]}"#,
            vec![part(1), part(2)],
        ),
    ] {
        let answer = json(answer);
        let value = answer.expect_json("").unwrap();
        assert_eq!(parts::parts(value, &wanted, false), None, "{wanted:?}");
    }
    // Two of four parts came with the first answer. The others are requested.
    let ahead = serde_json::from_str(r#"{"parts":["https://h/1","https://h/2"]}"#).unwrap();
    assert!(parts::parts(&ahead, &[part(1), part(2)], true).is_some());
    assert_eq!(parts::parts(&ahead, &[part(3), part(4)], true), None);
    assert_eq!(parts::parts(&ahead, &[part(2), part(3)], true), None);
    // A point in time is not a duration.
    let late = serde_json::from_str(r#"{"url":"https://h/1","expires":1767225600}"#).unwrap();
    let signed = parts::parts(&late, &[part(1)], false).unwrap();
    assert_eq!(signed.first().unwrap().request.expires_in, None);
}

#[test]
fn a_part_whose_signature_would_not_be_sent_is_named() {
    let upload = UploadContext {
        id: "i",
        session: &Value::Null,
        size: 5,
        part_size: 5 << 20,
        is_multipart: true,
        age: 0,
    };
    let wanted = [PartToSign { number: 1, size: 5 }];
    let answer = json(r#"{"parts":[{"number":1,"url":"https://h/song#1?X-Amz-Signature=5ec"}]}"#);
    let signed = Auto.sign_parts(&BackendConfig::default(), &upload, &wanted, &[answer]);
    let Err(DialectError::Malformed { got, .. }) = signed else {
        panic!("{signed:?}");
    };
    assert!(got.contains("%23"), "{got}");
}

#[test]
fn parts_that_were_signed_ahead_are_not_asked_for() {
    let answer = json(r#"{"id":"i","partSize":5242880,"urls":["https://h/1","https://h/2"]}"#);
    let granted = read_grant_response(&answer, "text/plain").unwrap();
    let upload = UploadContext {
        id: "i",
        session: &granted.session,
        size: 6_000_000,
        is_multipart: true,
        part_size: 5 << 20,
        age: 0,
    };
    let config = BackendConfig::default();
    let wanted = [PartToSign { number: 2, size: 5 }];
    let signed = Auto.sign_parts(&config, &upload, &wanted, &[]).unwrap();
    assert_eq!(
        signed.done().unwrap().first().unwrap().request.url.expose(),
        "https://h/2"
    );

    // Parts whose URLs have expired are requested.
    let url = "https://h/1?X-Amz-Expires=900&X-Amz-Signature=5";
    let session: Value =
        serde_json::from_str(&format!(r#"{{"parts":["{url}","{url}&"]}}"#)).unwrap();
    for (age, is_asked) in [(899, false), (900, true)] {
        let upload = UploadContext {
            session: &session,
            age,
            ..upload
        };
        let next = Auto.sign_parts(&config, &upload, &wanted, &[]).unwrap();
        assert_eq!(next.request().is_some(), is_asked, "{age}");
    }

    let upload = UploadContext {
        session: &Value::Null,
        id: "a/b c",
        ..upload
    };
    let request = Auto
        .sign_parts(&config, &upload, &wanted, &[])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(request.url.expose(), "/a%2Fb%20c/parts");
}

#[test]
fn stored_parts_in_any_shape() {
    for answer in [
        r#"{"parts":[{"number":1,"size":9,"etag":"\"e\""}]}"#,
        r#"[{"PartNumber":1,"Size":9,"ETag":"\"e\"","LastModified":"2026"}]"#,
        r#"{"Parts":[{"PartNumber":"1","Size":"9","ETag":"\"e\""}]}"#,
    ] {
        let parts = parts::stored_parts(&serde_json::from_str(answer).unwrap()).unwrap();
        let etag = "\"e\"".to_owned();
        assert_eq!(
            parts,
            [ListedPart {
                number: 1,
                size: 9,
                etag
            }],
            "{answer}"
        );
    }
    assert_eq!(parts::stored_parts(&Value::Null), Some(Vec::new()));
    assert_eq!(
        parts::stored_parts(&serde_json::from_str(r#"{"parts":[]}"#).unwrap()),
        Some(Vec::new())
    );
    // S3's SDKs return an empty list like this.
    let none = r#"{"Bucket":"b","Key":"k","UploadId":"u","IsTruncated":false}"#;
    assert_eq!(
        parts::stored_parts(&serde_json::from_str(none).unwrap()),
        Some(Vec::new())
    );
    for answer in [
        "{}",
        r#"[{"number":1}]"#,
        r#"[{"number":0,"size":1,"etag":"e"}]"#,
        r#"[{"number":10001,"size":1,"etag":"e"}]"#,
        r#"[{"number":70000,"size":1,"etag":"e"}]"#,
    ] {
        assert_eq!(
            parts::stored_parts(&serde_json::from_str(answer).unwrap()),
            None,
            "{answer}"
        );
    }
}

#[test]
fn a_confirmation_may_say_much_or_nothing() {
    let all = read_confirmation(&json(
        r#"{"key":"k","size":9,"type":"a/b","etag":"e","location":"https://h/k","downloadUrl":"https://h/k?s=1","more":[1]}"#,
    ));
    let all = all.unwrap();
    assert_eq!((all.key.as_deref(), all.size), (Some("k"), Some(9)));
    assert_eq!(all.media_type.as_deref(), Some("a/b"));
    assert_eq!(all.download_url.unwrap().expose(), "https://h/k?s=1");
    for response in [
        json(r#"{"ok":true}"#),
        json("true"),
        text("OK", "text/plain"),
    ] {
        assert_eq!(
            read_confirmation(&response).unwrap(),
            ConfirmedObject::default()
        );
    }
    let empty = ConfirmedObject {
        is_empty: true,
        ..ConfirmedObject::default()
    };
    assert_eq!(read_confirmation(&text("", "")).unwrap(), empty);
    assert!(read_confirmation(&text("<!doctype html>Sign in", "text/html")).is_err());

    // One place describes the object, and the others do not.
    let part = read_confirmation(&json(
        r#"{"ok":true,"quota":{"size":1},"file":{"key":"k","url":"https://h/k","type":"unknown"}}"#,
    ));
    let part = part.unwrap();
    assert_eq!(
        (part.key.as_deref(), part.size, part.media_type),
        (Some("k"), None, None)
    );
    assert_eq!(part.location.unwrap().expose(), "https://h/k");
    // An address with a signature is a link to read the object, and a key is never an address.
    let signed = read_confirmation(&json(r#"{"key":"S3","location":"S3"}"#)).unwrap();
    assert_eq!((signed.key, signed.location), (None, None));
    assert_eq!(signed.download_url.unwrap().expose(), S3);
}

#[test]
fn a_confirmation_may_be_a_refusal() {
    for answer in [
        r#"{"success":false,"message":"The file holds a virus"}"#,
        r#"{"error":{"code":"virus","message":"The file holds a virus"}}"#,
    ] {
        match read_confirmation(&json(answer)) {
            Err(DialectError::Refused { message, .. }) => {
                assert_eq!(message, "The file holds a virus");
            }
            other => panic!("{answer}: {other:?}"),
        }
    }
    assert!(matches!(
        read_confirmation(&json(r#"{"ok":false}"#)),
        Err(DialectError::Malformed { .. })
    ));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
#[test]
fn a_form_tells_the_type_that_its_policy_speaks_of() {
    let policy =
        |conditions: &str| BASE64_STANDARD.encode(format!(r#"{{"conditions":[{conditions}]}}"#));
    for (conditions, more, told) in [
        (
            r#"["starts-with","$Content-Type","text/"]"#,
            "",
            Some("text/plain"),
        ),
        (r#"{"content-type":"text/plain"}"#, "", Some("text/plain")),
        (
            r#"["eq","$Content-Type","image/png"]"#,
            r#","content-type":"image/png""#,
            Some("image/png"),
        ),
        (r#"{"key":"k"}"#, "", None),
    ] {
        let policy = policy(conditions);
        let answer = json(&format!(
            r#"{{"url":"https://h/","fields":{{"key":"k","policy":"{policy}"{more}}}}}"#
        ));
        let TransferPlan::Single(signed) = read_grant_response(&answer, "text/plain").unwrap().plan
        else {
            panic!("{conditions}");
        };
        let fields = signed.fields.unwrap();
        let types: Vec<&str> = fields
            .expose()
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(types, Vec::from_iter(told), "{conditions}");
    }
}
