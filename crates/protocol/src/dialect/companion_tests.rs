#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use super::*;

fn site() -> Site {
    Site {
        endpoint: "https://c.example.com/s3/".into(),
        ..Site::default()
    }
}

fn ask(metadata: &BTreeMap<String, String>, prefer_multipart: bool) -> Ask<'_> {
    Ask {
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

fn json(text: &str) -> Reply {
    Reply::json(serde_json::from_str(text).unwrap())
}

fn line(call: &Call) -> String {
    let body = match &call.payload {
        Payload::Json(value) => serde_json::to_string(value).unwrap(),
        _ => String::new(),
    };
    format!("{} {} {body}", call.method, call.url.expose())
        .trim_end()
        .to_owned()
}

const SESSION: &str = r#"{"key":"u-my file.pdf"}"#;

fn upload(session: &Value) -> Upload<'_> {
    Upload {
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
    let ask = ask(&metadata, false);
    let call = Companion
        .create(&site(), &ask, &[])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(
        line(&call),
        "GET https://c.example.com/s3/params?filename=my%20file.pdf&type=application%2Fpdf&metadata%5Balbum%5D=7"
    );
    let reply = json(
        r#"{"method":"POST","url":"https://b.s3.us-east-1.amazonaws.com/","fields":{"success_action_status":"201","key":"u-my file.pdf","Policy":"p"},"expires":800}"#,
    );
    let granted = Companion
        .create(&site(), &ask, &[reply])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(granted.key.as_deref(), Some("u-my file.pdf"));
    assert_eq!(granted.id, None);
    let Plan::Single(signed) = granted.plan else {
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
    let ask = ask(&metadata, true);
    let call = Companion
        .create(&site(), &ask, &[])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(
        line(&call),
        r#"POST https://c.example.com/s3/multipart {"filename":"my file.pdf","type":"application/pdf","metadata":{}}"#
    );
    let reply = json(r#"{"key":"u-my file.pdf","uploadId":"up/1","bucket":"b"}"#);
    let granted = Companion
        .create(&site(), &ask, &[reply])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(granted.id.as_deref(), Some("up/1"));
    assert_eq!(granted.plan, Plan::Multipart { part_size: 5 << 20 });
    assert_eq!(granted.session, serde_json::from_str(SESSION).unwrap());

    let upload = upload(&granted.session);
    let wanted = [1, 2].map(|number| Part {
        number,
        size: 5 << 20,
    });
    let call = Companion
        .sign_parts(&site(), &upload, &wanted, &[])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(
        line(&call),
        "GET https://c.example.com/s3/multipart/up%2F1/batch?key=u-my%20file.pdf&partNumbers=1,2"
    );
    let reply = json(r#"{"presignedUrls":{"1":"https://h/1","2":"https://h/2"}}"#);
    let signed = Companion
        .sign_parts(&site(), &upload, &wanted, &[reply])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(signed.last().unwrap().request.url.expose(), "https://h/2");

    let sent = [1, 2, 3].map(|number| SentPart {
        number,
        etag: format!("\"{number}\""),
    });
    let call = Companion
        .complete(&site(), &upload, Some(&sent), &[])
        .unwrap()
        .call()
        .unwrap();
    let finish = r#"POST https://c.example.com/s3/multipart/up%2F1/complete?key=u-my%20file.pdf {"parts":[{"PartNumber":1,"ETag":"\"1\""},{"PartNumber":2,"ETag":"\"2\""},{"PartNumber":3,"ETag":"\"3\""}]}"#;
    assert_eq!(line(&call), finish);
    let reply = json(r#"{"location":"https://b.s3.amazonaws.com/k"}"#);
    let stored = Companion
        .complete(&site(), &upload, Some(&sent), &[reply])
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
    let call = Companion
        .complete(&site(), &upload, None, &[])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(
        line(&call),
        "GET https://c.example.com/s3/multipart/up%2F1?key=u-my%20file.pdf"
    );
    let call = Companion
        .complete(&site(), &upload, None, &[listed])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(line(&call), finish);

    let call = Companion
        .abort(&site(), &upload, &[])
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(
        line(&call),
        "DELETE https://c.example.com/s3/multipart/up%2F1?key=u-my%20file.pdf"
    );
    assert_eq!(
        Companion.abort(&site(), &upload, &[json("{}")]).unwrap(),
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
        let trouble = Companion.complete(&site(), &upload, None, &[json(listed)]);
        let Err(crate::Trouble::Refused { code, .. }) = trouble else {
            unreachable!("{listed}: {trouble:?}")
        };
        assert_eq!(code.as_deref(), Some("incomplete"), "{listed}");
    }
    let sent = [1, 3].map(|number| SentPart {
        number,
        etag: "e".into(),
    });
    let trouble = Companion.complete(&site(), &upload, Some(&sent), &[]);
    assert!(format!("{trouble:?}").contains("incomplete"), "{trouble:?}");
    // One page of a list is not the whole list.
    let page = r#"{"IsTruncated":true,"Parts":[{"PartNumber":1,"Size":5242880,"ETag":"a"}]}"#;
    for operation in [
        Companion
            .list_parts(&site(), &upload, &[json(page)])
            .is_err(),
        Companion
            .complete(&site(), &upload, None, &[json(page)])
            .is_err(),
    ] {
        assert!(operation);
    }
}

#[test]
fn what_is_not_companion_is_said_to_be_so() {
    let metadata = BTreeMap::new();
    let page = Reply {
        status: 200,
        body: crate::Body::Text("<html>".into(), "text/html".into()),
    };
    for multipart in [false, true] {
        let trouble = Companion
            .create(
                &site(),
                &ask(&metadata, multipart),
                std::slice::from_ref(&page),
            )
            .unwrap_err();
        assert!(format!("{trouble:?}").contains("6 characters of text/html"));
    }
    // The request did not ask for parts.
    let parts = json(r#"{"id":"i","partSize":5242880}"#);
    let trouble = Companion.create(&site(), &ask(&metadata, false), &[parts]);
    assert!(format!("{trouble:?}").contains("partSize"), "{trouble:?}");
    let trouble = Companion
        .create(
            &site(),
            &ask(&metadata, true),
            &[json(r#"{"uploadId":"u"}"#)],
        )
        .unwrap_err();
    assert!(
        format!("{trouble:?}").contains(r#"{\"uploadId\": text}"#),
        "{trouble:?}"
    );
}
