#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeMap;

use super::*;
use crate::Signed;
use crate::dialect::FieldNames;

/// What stands for a presigned URL in the tables.
const S3: &str = "https://b.s3.eu-central-1.amazonaws.com/k?X-Amz-Expires=120&X-Amz-Signature=5ec";

fn json(text: &str) -> Reply {
    Reply::json(serde_json::from_str(&text.replace("S3", S3)).unwrap())
}

fn text(text: &str, kind: &str) -> Reply {
    Reply {
        status: 200,
        body: Body::Text(text.replace("S3", S3), kind.to_owned()),
    }
}

/// A grant in a few words: how, where to, the key, and the headers or fields that are not always there.
fn described(reply: &Reply) -> String {
    let granted = match granted(reply, "text/plain") {
        Ok(granted) => granted,
        Err(trouble) => return format!("{trouble:?}"),
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
    };
    if let Some(id) = &granted.id {
        said = said + " id " + id;
    }
    if let Some(key) = &granted.key {
        said = said + " key " + key;
    }
    said
}

/// Answers of backends in the wild, most of them from the survey, and what each means.
#[rustfmt::skip]
const SHAPES: &[(&str, &str)] = &[
    // the native dialect
    (r#"{"url":"S3"}"#, "PUT S3"),
    (r#"{"id":"i","key":"k","url":"S3","method":"PUT","headers":{"if-none-match":"*"},"expiresIn":300}"#, "PUT S3 if-none-match=* for 300 id i key k"),
    (r#"{"id":"i","url":"https://h/","fields":{"key":"k","policy":"p"}}"#, "POST https://h/ key=k policy=p id i key k"),
    (r#"{"id":"i","key":"k","partSize":8388608}"#, "parts of 8388608 id i key k"),
    // names of the address
    (r#"{"uploadUrl":"S3"}"#, "PUT S3"),
    (r#"{"uploadURL":"S3","Key":"k"}"#, "PUT S3 key k"),
    (r#"{"upload_url":"S3"}"#, "PUT S3"),
    (r#"{"signedUrl":"S3"}"#, "PUT S3"),
    (r#"{"signed_url":"S3"}"#, "PUT S3"),
    (r#"{"signedURL":"S3"}"#, "PUT S3"),
    (r#"{"presignedUrl":"S3"}"#, "PUT S3"),
    (r#"{"presigned_url":"S3","object_key":"k"}"#, "PUT S3 key k"),
    (r#"{"PresignedUrl":"S3","ObjectKey":"k"}"#, "PUT S3 key k"),
    (r#"{"preSignedUrl":"S3"}"#, "PUT S3"),
    (r#"{"presigned_put_url":"S3"}"#, "PUT S3"),
    (r#"{"signedRequest":"S3","url":"https://b.s3.amazonaws.com/k"}"#, "PUT S3"),
    (r#"{"putUrl":"S3","getUrl":"https://h/get?X-Amz-Signature=1"}"#, "PUT S3"),
    (r#"{"upload-url":"S3"}"#, "PUT S3"),
    (r#"{"href":"S3"}"#, "PUT S3"),
    (r#"{"uri":"S3"}"#, "PUT S3"),
    (r#"{"urls":["S3"]}"#, "PUT S3"),
    (r#"{"link":"S3"}"#, "PUT S3"),
    (r#"{"s3":"S3","downloadUrl":"https://h/get?X-Amz-Signature=1"}"#, "PUT S3"),
    // next to another address
    (r#"{"url":"https://cdn.example.com/k","presignedUrl":"S3"}"#, "PUT S3"),
    (r#"{"signedUrl":"S3","publicUrl":"/s3/uploads/k","filename":"k.txt","fileKey":"k"}"#, "PUT S3 key k"),
    (r#"{"uploadUrl":"S3","fileUrl":"https://h/k"}"#, "PUT S3"),
    // nested
    (r#"{"data":{"url":"S3"}}"#, "PUT S3"),
    (r#"{"upload":{"url":"S3"}}"#, "PUT S3"),
    (r#"{"success":true,"data":{"uploadUrl":"S3","key":"k"}}"#, "PUT S3 key k"),
    (r#"{"data":{"signedUrl":"S3","token":"t","path":"a/k"},"error":null}"#, "PUT S3 key a/k"),
    (r#"{"data":{"upload":{"url":"S3"}}}"#, "PUT S3"),
    (r#"{"key":"k","presigned":{"url":"S3","headers":{"a":"b"}}}"#, "PUT S3 a=b key k"),
    (r#"[{"url":"S3","key":"k","name":"n","customId":null}]"#, "PUT S3 key k"),
    (r#"{"files":[{"signedUrl":"S3","file":{"objectKey":"k"}}]}"#, "PUT S3 key k"),
    (r#"{"success":true,"results":[{"success":true,"file":{"name":"n"},"presignedUrl":"S3","key":"k"}]}"#, "PUT S3 key k"),
    // a bare text
    (r#""S3""#, "PUT S3"),
    (r#"" S3 ""#, "PUT S3"),
    // forms
    (r#"{"url":"https://h/","fields":{"key":"k","AWSAccessKeyId":"a","policy":"p","signature":"s"}}"#, "POST https://h/ key=k AWSAccessKeyId=a policy=p signature=s key k"),
    (r#"{"method":"POST","url":"https://h/","fields":{"success_action_status":"201","key":"k"},"expires":800}"#, "POST https://h/ success_action_status=201 key=k for 800 key k"),
    (r#"{"method":"post","url":"https://h/","fields":{"key":"k"},"headers":{}}"#, "POST https://h/ key=k key k"),
    (r#"{"presignedUrl":"https://h/","formData":{"key":"k"},"fileUrl":"https://h/k"}"#, "POST https://h/ key=k key k"),
    (r#"{"url":"https://h/","postParams":{"key":"k"}}"#, "POST https://h/ key=k key k"),
    (r#"{"url":"https://h/","form_fields":{"key":"k","n":201,"t":true,"no":null}}"#, "POST https://h/ key=k n=201 t=true key k"),
    (r#"{"url":"https://h/","fields":[{"name":"key","value":"k"},{"name":"policy","value":"p"}]}"#, "POST https://h/ key=k policy=p key k"),
    (r#"{"url":"https://h/","fields":[["key","k"],["policy","p"]]}"#, "POST https://h/ key=k policy=p key k"),
    (r#"{"url":"https://h/","fields":[{"key":"key","value":"k"}]}"#, "POST https://h/ key=k key k"),
    (r#"{"data":{"url":"https://h/","fields":{"key":"k"}}}"#, "POST https://h/ key=k key k"),
    (r#"{"action":"https://h/","inputs":{"key":"k","action":"none"}}"#, "POST https://h/ key=k action=none key k"),
    (r#"{"aws_payload":{"form_action":"https://h/","key":"k","policy":"p","success_action_status":201},"private_access_url":"https://h/k?x=1"}"#, "POST https://h/ key=k policy=p success_action_status=201 key k"),
    (r#"{"url":"https://h/","policy":"p","key":"k","x-amz-signature":"s"}"#, "POST https://h/ policy=p key=k x-amz-signature=s key k"),
    // PUT with a list of fields that is empty
    (r#"{"method":"PUT","url":"S3","fields":[]}"#, "PUT S3"),
    (r#"{"method":"put","url":"S3","fields":{},"headers":{}}"#, "PUT S3"),
    // headers
    (r#"{"url":"S3","headers":{"Content-Type":"image/png","x-amz-acl":"private"}}"#, "PUT S3 Content-Type=image/png x-amz-acl=private"),
    (r#"{"url":"S3","headers":{"Host":["b.s3.amazonaws.com"],"x-amz-acl":["private"],"Content-Length":"5"}}"#, "PUT S3 x-amz-acl=private"),
    (r#"{"url":"S3","headers":{"x-amz-meta-size":5,"x-amz-meta-ok":true,"x":null}}"#, "PUT S3 x-amz-meta-size=5 x-amz-meta-ok=true"),
    (r#"{"url":"S3","headers":[{"name":"x-amz-acl","value":"private"}]}"#, "PUT S3 x-amz-acl=private"),
    (r#"{"url":"S3","headers":[["x-amz-acl","private"]]}"#, "PUT S3 x-amz-acl=private"),
    (r#"{"url":"S3","headers":[]}"#, "PUT S3"),
    (r#"{"url":"S3","headers":{"Cache-Control":["no-cache","no-store"]}}"#, "PUT S3 Cache-Control=no-cache, no-store"),
    (r#"{"signedUrl":"S3","upload_headers":{"x-amz-acl":"private"}}"#, "PUT S3 x-amz-acl=private"),
    // the key and the id
    (r#"{"url":"S3","s3_key":"k"}"#, "PUT S3 key k"),
    (r#"{"url":"S3","file_key":"k"}"#, "PUT S3 key k"),
    (r#"{"url":"S3","fileKey":"k","path":"p"}"#, "PUT S3 key k"),
    (r#"{"url":"S3","id":42}"#, "PUT S3 id 42"),
    (r#"{"url":"S3","id":""}"#, "PUT S3"),
    // expiry
    (r#"{"url":"S3","expires_in":"60"}"#, "PUT S3 for 60"),
    (r#"{"url":"S3","expiresAt":"2026-01-01T00:00:00Z"}"#, "PUT S3"),
    (r#"{"url":"S3","expires":1767225600}"#, "PUT S3"),
    // libraries
    (r#"{"key":"next/k","bucket":"b","region":"r","endpoint":null,"url":"S3"}"#, "PUT S3 key next/k"),
    (r#"{"uuid":"u","bucket":"b","key":"tmp/u","url":"S3","headers":{"Host":["h"],"x-amz-acl":["private"],"Content-Type":"text/plain"}}"#, "PUT S3 x-amz-acl=private key tmp/u"),
    // other stores
    (r#"{"url":"https://storage.googleapis.com/b/k?X-Goog-Expires=900&X-Goog-Signature=a","headers":{"x-goog-content-length-range":"0,100"}}"#, "PUT https://storage.googleapis.com/b/k?X-Goog-Expires=900&X-Goog-Signature=a x-goog-content-length-range=0,100 for 900"),
    (r#"{"sasUrl":"https://a.blob.core.windows.net/c/k?sv=1&sig=x"}"#, "PUT https://a.blob.core.windows.net/c/k?sv=1&sig=x x-ms-blob-type=BlockBlob"),
    (r#"{"url":"https://a.blob.core.windows.net/c/k?sig=x","headers":{"X-MS-Blob-Type":"AppendBlob"}}"#, "PUT https://a.blob.core.windows.net/c/k?sig=x X-MS-Blob-Type=AppendBlob"),
    (r#"{"url":"/object/upload/sign/b/k?token=t"}"#, "PUT /object/upload/sign/b/k?token=t"),
    // parts
    (r#"{"upload_id":"u","s3_key":"k","part_size":5242880,"urls":["https://h/1","https://h/2"]}"#, "parts of 5242880 id u key k"),
    (r#"{"uploadId":"u","key":"k","chunkSize":"5242880"}"#, "parts of 5242880 id u key k"),
    (r#"{"data":{"id":"i","partSize":5242880}}"#, "parts of 5242880 id i"),
];

#[test]
fn any_answer_that_a_person_could_mean() {
    assert!(SHAPES.len() >= 60, "{}", SHAPES.len());
    for (answer, meaning) in SHAPES {
        assert_eq!(described(&json(answer)), *meaning, "{answer}");
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
        (text("", "text/plain"), "an empty answer with status 200"),
        (
            text("<!doctype html><p>5ec", "text/html"),
            "21 characters of text/html",
        ),
        (text("S3 and more", ""), "88 characters of no Content-Type"),
    ] {
        let trouble = granted(&reply, "text/plain").unwrap_err();
        let expected = EXPECTED.to_owned();
        let got = got.to_owned();
        assert_eq!(trouble, Trouble::Malformed { expected, got });
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
    // And it is what the server's own types read.
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
        let signed = read::parts(&serde_json::from_str(answer).unwrap(), &wanted).unwrap();
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
        let signed = read::parts(&serde_json::from_str(answer).unwrap(), &one).unwrap();
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
            read::parts(&serde_json::from_str(answer).unwrap(), &wanted),
            None
        );
    }
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
    };
    let site = Site::default();
    let wanted = [Part { number: 2, size: 5 }];
    let signed = Auto.sign_parts(&site, &upload, &wanted, &[]).unwrap();
    assert_eq!(
        signed.done().unwrap().first().unwrap().request.url.expose(),
        "https://h/2"
    );

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
        let parts = read::stored_parts(&serde_json::from_str(answer).unwrap()).unwrap();
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
    assert_eq!(read::stored_parts(&Value::Null), Some(Vec::new()));
    assert_eq!(
        read::stored_parts(&serde_json::from_str(r#"{"parts":[]}"#).unwrap()),
        Some(Vec::new())
    );
    for answer in [
        "{}",
        r#"[{"number":1}]"#,
        r#"[{"number":70000,"size":1,"etag":"e"}]"#,
    ] {
        assert_eq!(
            read::stored_parts(&serde_json::from_str(answer).unwrap()),
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
        text("", ""),
        text("OK", "text/plain"),
    ] {
        assert_eq!(stored(&reply).unwrap(), Stored::default());
    }
    assert!(stored(&text("<!doctype html>Sign in", "text/html")).is_err());
}
