#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use super::*;

fn config() -> BackendConfig {
    BackendConfig {
        endpoint: "https://c.example.com/s3/".into(),
        ..BackendConfig::default()
    }
}

fn params(metadata: &BTreeMap<String, String>, prefer_multipart: bool) -> CreateParams<'_> {
    CreateParams {
        name: "my file.pdf",
        media_type: "application/pdf",
        size: 12 << 20,
        metadata,
        prefer_multipart,
        part_size: 5 << 20,
        md5: None,
        uuid: "u",
    }
}

fn json(text: &str) -> DialectResponse {
    DialectResponse::json(serde_json::from_str(text).unwrap())
}

fn line(request: &DialectRequest) -> String {
    let body = match &request.body {
        RequestBody::Json(value) => serde_json::to_string(value).unwrap(),
        _ => String::new(),
    };
    format!("{} {} {body}", request.method, request.url.expose())
        .trim_end()
        .to_owned()
}

const SESSION: &str = r#"{"key":"u-my file.pdf"}"#;

fn upload(session: &Value) -> UploadContext<'_> {
    UploadContext {
        id: "up/1",
        session,
        size: 12 << 20,
        is_multipart: true,
        part_size: 5 << 20,
        age: 0,
    }
}

#[test]
fn one_request_by_form() {
    let metadata = BTreeMap::from([("album".to_owned(), "7".to_owned())]);
    let params = params(&metadata, false);
    let request = Companion
        .create(&config(), &params, &[])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(
        line(&request),
        "GET https://c.example.com/s3/params?filename=my%20file.pdf&type=application%2Fpdf&metadata%5Balbum%5D=7"
    );
    let response = json(
        r#"{"method":"POST","url":"https://b.s3.us-east-1.amazonaws.com/","fields":{"success_action_status":"201","key":"u-my file.pdf","Policy":"p"},"expires":800}"#,
    );
    let granted = Companion
        .create(&config(), &params, &[response])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(granted.key.as_deref(), Some("u-my file.pdf"));
    assert_eq!(granted.id, None);
    let TransferPlan::Single(signed) = granted.plan else {
        unreachable!("it is one request")
    };
    assert_eq!(signed.expires_in, Some(800));
    let names: Vec<_> = signed
        .fields
        .as_ref()
        .unwrap()
        .expose()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["success_action_status", "key", "Policy"]);
}

#[test]
fn parts_from_beginning_to_end() {
    let metadata = BTreeMap::new();
    let params = params(&metadata, true);
    let request = Companion
        .create(&config(), &params, &[])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(
        line(&request),
        r#"POST https://c.example.com/s3/multipart {"filename":"my file.pdf","type":"application/pdf","metadata":{}}"#
    );
    let response = json(r#"{"key":"u-my file.pdf","uploadId":"up/1","bucket":"b"}"#);
    let granted = Companion
        .create(&config(), &params, &[response])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(granted.id.as_deref(), Some("up/1"));
    assert_eq!(granted.plan, TransferPlan::Multipart { part_size: 5 << 20 });
    assert_eq!(granted.session, serde_json::from_str(SESSION).unwrap());

    let upload = upload(&granted.session);
    let wanted = [1, 2].map(|number| PartToSign {
        number,
        size: 5 << 20,
    });
    let request = Companion
        .sign_parts(&config(), &upload, &wanted, &[])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(
        line(&request),
        "GET https://c.example.com/s3/multipart/up%2F1/batch?key=u-my%20file.pdf&partNumbers=1,2"
    );
    let response = json(r#"{"presignedUrls":{"1":"https://h/1","2":"https://h/2"}}"#);
    let signed = Companion
        .sign_parts(&config(), &upload, &wanted, &[response])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(signed.last().unwrap().request.url.expose(), "https://h/2");

    let sent = [1, 2, 3].map(|number| SentPart {
        number,
        etag: format!("\"{number}\""),
    });
    let request = Companion
        .complete(&config(), &upload, Some(&sent), &[])
        .unwrap()
        .request()
        .unwrap();
    let finish = r#"POST https://c.example.com/s3/multipart/up%2F1/complete?key=u-my%20file.pdf {"parts":[{"PartNumber":1,"ETag":"\"1\""},{"PartNumber":2,"ETag":"\"2\""},{"PartNumber":3,"ETag":"\"3\""}]}"#;
    assert_eq!(line(&request), finish);
    let response = json(r#"{"location":"https://b.s3.amazonaws.com/k"}"#);
    let stored = Companion
        .complete(&config(), &upload, Some(&sent), &[response])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(stored.key.as_deref(), Some("u-my file.pdf"));
    assert_eq!(
        stored.location.unwrap().expose(),
        "https://b.s3.amazonaws.com/k"
    );

    // Entity tags that the browser could not read are requested first.
    let listed = json(
        r#"[{"PartNumber":1,"Size":5242880,"ETag":"\"1\""},{"PartNumber":2,"Size":5242880,"ETag":"\"2\""},{"PartNumber":3,"Size":2097152,"ETag":"\"3\""}]"#,
    );
    let request = Companion
        .complete(&config(), &upload, None, &[])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(
        line(&request),
        "GET https://c.example.com/s3/multipart/up%2F1?key=u-my%20file.pdf"
    );
    let request = Companion
        .complete(&config(), &upload, None, &[listed])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(line(&request), finish);

    let request = Companion
        .abort(&config(), &upload, &[])
        .unwrap()
        .request()
        .unwrap();
    assert_eq!(
        line(&request),
        "DELETE https://c.example.com/s3/multipart/up%2F1?key=u-my%20file.pdf"
    );
    assert_eq!(
        Companion.abort(&config(), &upload, &[json("{}")]).unwrap(),
        Next::Done(())
    );
}

#[test]
fn a_list_that_is_not_the_whole_file_completes_nothing() {
    let session = serde_json::from_str(SESSION).unwrap();
    let upload = upload(&session);
    for listed in [
        // One of three parts is missing.
        r#"[{"PartNumber":1,"Size":5242880,"ETag":"a"},{"PartNumber":3,"Size":2097152,"ETag":"c"}]"#,
        r#"[{"PartNumber":1,"Size":5242880,"ETag":"a"},{"PartNumber":2,"Size":5242880,"ETag":"b"}]"#,
        // One part is too short.
        r#"[{"PartNumber":1,"Size":5242880,"ETag":"a"},{"PartNumber":2,"Size":5242879,"ETag":"b"},{"PartNumber":3,"Size":2097152,"ETag":"c"}]"#,
        "[]",
    ] {
        let error = Companion.complete(&config(), &upload, None, &[json(listed)]);
        let Err(crate::DialectError::Refused { code, .. }) = error else {
            unreachable!("{listed}: {error:?}")
        };
        assert_eq!(code.as_deref(), Some("incomplete"), "{listed}");
    }
    let sent = [1, 3].map(|number| SentPart {
        number,
        etag: "e".into(),
    });
    let error = Companion.complete(&config(), &upload, Some(&sent), &[]);
    assert!(format!("{error:?}").contains("incomplete"), "{error:?}");
    // One page of a list is not the whole list.
    let page = r#"{"IsTruncated":true,"Parts":[{"PartNumber":1,"Size":5242880,"ETag":"a"}]}"#;
    for operation in [
        Companion
            .list_parts(&config(), &upload, &[json(page)])
            .is_err(),
        Companion
            .complete(&config(), &upload, None, &[json(page)])
            .is_err(),
    ] {
        assert!(operation);
    }
}

#[test]
fn what_is_not_companion_is_said_to_be_so() {
    let metadata = BTreeMap::new();
    let page = DialectResponse {
        status: 200,
        body: crate::ResponseBody::Text("<html>".into(), "text/html".into()),
    };
    for multipart in [false, true] {
        let error = Companion
            .create(
                &config(),
                &params(&metadata, multipart),
                std::slice::from_ref(&page),
            )
            .unwrap_err();
        assert!(format!("{error:?}").contains("6 characters of text/html"));
    }
    // The request did not ask for parts.
    let parts = json(r#"{"id":"i","partSize":5242880}"#);
    let error = Companion.create(&config(), &params(&metadata, false), &[parts]);
    assert!(format!("{error:?}").contains("partSize"), "{error:?}");
    let error = Companion
        .create(
            &config(),
            &params(&metadata, true),
            &[json(r#"{"uploadId":"u"}"#)],
        )
        .unwrap_err();
    assert!(
        format!("{error:?}").contains(r#"{\"uploadId\": text}"#),
        "{error:?}"
    );
}
