#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeMap;

use super::*;
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::Signed;
use crate::dialect::FieldNames;

/// The presigned URL that the tables abbreviate as `S3`.
const S3: &str = "https://b.s3.eu-central-1.amazonaws.com/k?X-Amz-Expires=120&X-Amz-Signature=5ec";

/// Answers with the expected meaning of each.
const ANSWERS: &str = include_str!("../../../corpus/answers.txt");

fn json(text: &str) -> Reply {
    Reply::json(serde_json::from_str(&text.replace("S3", S3)).unwrap())
}

fn text(text: &str, kind: &str) -> Reply {
    Reply {
        status: 200,
        body: Body::Text(text.replace("S3", S3), kind.to_owned()),
    }
}

/// Describes a grant: the method, the address, the key, and the headers or fields that are not always there.
fn described(reply: &Reply) -> String {
    let granted = match granted(reply, "text/plain") {
        Ok(granted) => granted,
        Err(Trouble::Refused { message, .. }) => return format!("no: {message}"),
        Err(_) => return "not understood".to_owned(),
    };
    let mut said = match &granted.plan {
        Plan::Single(signed) => {
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
        Plan::Multipart { part_size } => format!("parts of {part_size}"),
        Plan::Stored => "nothing".to_owned(),
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
    for reply in [
        text("S3", "text/plain"),
        text("S3\n", ""),
        text(" S3 ", "text/html"),
    ] {
        assert_eq!(described(&reply), "PUT S3");
    }
}

#[test]
fn what_cannot_be_understood_says_what_came_and_no_secret() {
    for (reply, got) in [
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
        let trouble = granted(&reply, "text/plain").unwrap_err();
        let malformed = Trouble::Malformed {
            expected: EXPECTED.to_owned(),
            got: got.to_owned(),
            is_incomplete: matches!(reply.body, Body::Text(..)),
        };
        assert_eq!(trouble, malformed);
        assert!(!format!("{trouble:?}").contains("5ec"));
    }
}

#[test]
fn a_refusal_may_come_with_a_200() {
    for answer in [
        r#"{"error":{"code":"quota","message":"Your plan is full"}}"#,
        r#"{"success":false,"message":"Your plan is full"}"#,
        r#"{"error":"Your plan is full"}"#,
    ] {
        match granted(&json(answer), "text/plain") {
            Err(Trouble::Refused { message, .. }) => assert_eq!(message, "Your plan is full"),
            other => panic!("{answer}: {other:?}"),
        }
    }
}

fn ask(metadata: &BTreeMap<String, String>) -> Ask<'_> {
    Ask {
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

fn first(site: &Site, ask: &Ask) -> (String, String) {
    let call = Auto.create(site, ask, &[]).unwrap().call().unwrap();
    let body = match &call.payload {
        Payload::Json(value) => serde_json::to_string(value).unwrap(),
        Payload::Form(pairs) => urlencoded(
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        ),
        Payload::Text(text) => text.clone(),
        Payload::Empty => String::new(),
    };
    (format!("{} {}", call.method, call.url.expose()), body)
}

#[test]
fn the_first_request_is_native_json() {
    let metadata = BTreeMap::from([("album".to_owned(), "7".to_owned())]);
    let site = Site {
        endpoint: "/uploads".into(),
        ..Site::default()
    };
    let (line, body) = first(&site, &ask(&metadata));
    assert_eq!(line, "POST /uploads");
    assert_eq!(
        body,
        r#"{"name":"a b.txt","type":"text/plain","size":5,"metadata":{"album":"7"},"accepts":["put","post","multipart"],"partSize":8388608}"#
    );
    // The server's own types read the request as well.
    let read: crate::native::CreateRequest = serde_json::from_str(&body).unwrap();
    assert_eq!(read.part_size, Some(8 << 20));

    let large = Ask {
        prefer_multipart: true,
        ..ask(&metadata)
    };
    assert!(
        first(&site, &large)
            .1
            .contains(r#"["multipart","put","post"]"#)
    );
}

#[test]
fn the_first_request_in_the_words_of_a_backend() {
    let metadata = BTreeMap::new();
    let mut site = Site {
        endpoint: "/api/v1/files/presign?v=2".into(),
        fields: FieldNames {
            name: Some("file_name".into()),
            media_type: Some("contentType".into()),
            size: Some(String::new()),
        },
        extra: vec![
            ("bucket_name".into(), "up".into()),
            ("expiration".into(), "300".into()),
            ("zip".into(), "007".into()),
        ],
        ..Site::default()
    };
    let (line, body) = first(&site, &ask(&metadata));
    assert_eq!(line, "POST /api/v1/files/presign?v=2");
    assert_eq!(
        body,
        r#"{"file_name":"a b.txt","contentType":"text/plain","bucket_name":"up","expiration":300,"zip":"007"}"#
    );

    let pairs =
        "file_name=a%20b.txt&contentType=text%2Fplain&bucket_name=up&expiration=300&zip=007";
    site.encoding = Encoding::Query;
    let (line, body) = first(&site, &ask(&metadata));
    assert_eq!(line, format!("GET /api/v1/files/presign?v=2&{pairs}"));
    assert_eq!(body, "");

    site.encoding = Encoding::Form;
    let metadata = BTreeMap::from([("album".to_owned(), "7".to_owned())]);
    let (line, body) = first(&site, &ask(&metadata));
    assert_eq!(line, "POST /api/v1/files/presign?v=2");
    assert_eq!(
        body,
        pairs.replace("&bucket", "&metadata%5Balbum%5D=7&bucket")
    );
}

#[test]
fn parts_are_signed_in_any_shape() {
    let wanted = [3, 4].map(|number| Part { number, size: 5 });
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
    let one = [Part { number: 3, size: 5 }];
    for answer in [
        r#"{"url":"https://h/3","headers":{"a":"b"},"expiresIn":60}"#,
        r#"{"parts":[{"number":3,"url":"https://h/3","headers":{"a":"b"}}],"expiresIn":60}"#,
    ] {
        let signed = parts::parts(&serde_json::from_str(answer).unwrap(), &one, false).unwrap();
        let request = Signed::put("https://h/3").header("a", "b");
        let request = Signed {
            expires_in: Some(60),
            ..request
        };
        assert_eq!(signed, [SignedPart { number: 3, request }], "{answer}");
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
    let part = |number| Part { number, size: 5 };
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
        let value = answer.value("").unwrap();
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
    let upload = Upload {
        id: "i",
        session: &Value::Null,
        size: 5,
        part_size: 5 << 20,
        is_multipart: true,
        age: 0,
    };
    let wanted = [Part { number: 1, size: 5 }];
    let answer = json(r#"{"parts":[{"number":1,"url":"https://h/song#1?X-Amz-Signature=5ec"}]}"#);
    let signed = Auto.sign_parts(&Site::default(), &upload, &wanted, &[answer]);
    let Err(Trouble::Malformed { got, .. }) = signed else {
        panic!("{signed:?}");
    };
    assert!(got.contains("%23"), "{got}");
}

#[test]
fn parts_that_were_signed_ahead_are_not_asked_for() {
    let answer = json(r#"{"id":"i","partSize":5242880,"urls":["https://h/1","https://h/2"]}"#);
    let granted = granted(&answer, "text/plain").unwrap();
    let upload = Upload {
        id: "i",
        session: &granted.session,
        size: 6_000_000,
        is_multipart: true,
        part_size: 5 << 20,
        age: 0,
    };
    let site = Site::default();
    let wanted = [Part { number: 2, size: 5 }];
    let signed = Auto.sign_parts(&site, &upload, &wanted, &[]).unwrap();
    assert_eq!(
        signed.done().unwrap().first().unwrap().request.url.expose(),
        "https://h/2"
    );

    // Parts whose URLs have expired are requested.
    let url = "https://h/1?X-Amz-Expires=900&X-Amz-Signature=5";
    let session: Value =
        serde_json::from_str(&format!(r#"{{"parts":["{url}","{url}&"]}}"#)).unwrap();
    for (age, is_asked) in [(899, false), (900, true)] {
        let upload = Upload {
            session: &session,
            age,
            ..upload
        };
        let next = Auto.sign_parts(&site, &upload, &wanted, &[]).unwrap();
        assert_eq!(next.call().is_some(), is_asked, "{age}");
    }

    let upload = Upload {
        session: &Value::Null,
        id: "a/b c",
        ..upload
    };
    let call = Auto
        .sign_parts(&site, &upload, &wanted, &[])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(call.url.expose(), "/a%2Fb%20c/parts");
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
            [StoredPart {
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
    let all = stored(&json(
        r#"{"key":"k","size":9,"type":"a/b","etag":"e","location":"https://h/k","downloadUrl":"https://h/k?s=1","more":[1]}"#,
    ));
    let all = all.unwrap();
    assert_eq!((all.key.as_deref(), all.size), (Some("k"), Some(9)));
    assert_eq!(all.media_type.as_deref(), Some("a/b"));
    assert_eq!(all.download_url.unwrap().expose(), "https://h/k?s=1");
    for reply in [
        json(r#"{"ok":true}"#),
        json("true"),
        text("OK", "text/plain"),
    ] {
        assert_eq!(stored(&reply).unwrap(), Stored::default());
    }
    let empty = Stored {
        is_empty: true,
        ..Stored::default()
    };
    assert_eq!(stored(&text("", "")).unwrap(), empty);
    assert!(stored(&text("<!doctype html>Sign in", "text/html")).is_err());

    // One place describes the object, and the others do not.
    let part = stored(&json(
        r#"{"ok":true,"quota":{"size":1},"file":{"key":"k","url":"https://h/k","type":"unknown"}}"#,
    ));
    let part = part.unwrap();
    assert_eq!(
        (part.key.as_deref(), part.size, part.media_type),
        (Some("k"), None, None)
    );
    assert_eq!(part.location.unwrap().expose(), "https://h/k");
    // An address with a signature is a link to read the object, and a key is never an address.
    let signed = stored(&json(r#"{"key":"S3","location":"S3"}"#)).unwrap();
    assert_eq!((signed.key, signed.location), (None, None));
    assert_eq!(signed.download_url.unwrap().expose(), S3);
}

#[test]
fn a_confirmation_may_be_a_refusal() {
    for answer in [
        r#"{"success":false,"message":"The file holds a virus"}"#,
        r#"{"error":{"code":"virus","message":"The file holds a virus"}}"#,
    ] {
        match stored(&json(answer)) {
            Err(Trouble::Refused { message, .. }) => assert_eq!(message, "The file holds a virus"),
            other => panic!("{answer}: {other:?}"),
        }
    }
    assert!(matches!(
        stored(&json(r#"{"ok":false}"#)),
        Err(Trouble::Malformed { .. })
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
        let Plan::Single(signed) = granted(&answer, "text/plain").unwrap().plan else {
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
