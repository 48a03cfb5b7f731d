#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;

const POST_RESPONSE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<PostResponse><Location>https://b.test/k</Location><Bucket>b</Bucket><Key>k</Key><ETag>"e"</ETag></PostResponse>"#;
const COMPLETED: &str = r#"<?xml version="1.0"?>
<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ETag>"e-2"</ETag></CompleteMultipartUploadResult>"#;
const ERROR: &str = "  \n<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>Again.</Message></Error>";

fn verdict(asked: StoreOperation, status: u16, kind: &str, body: &str) -> StoreOutcome {
    verdict_with(asked, status, kind, body, false)
}

fn verdict_with(
    asked: StoreOperation,
    status: u16,
    kind: &str,
    body: &str,
    has_store_header: bool,
) -> StoreOutcome {
    let json: Option<Value> = serde_json::from_str(body).ok();
    classify(
        asked,
        &ResponseView {
            status,
            kind,
            body,
            json: json.as_ref(),
            has_store_header,
        },
    )
}

const PLACES: [StoreOperation; 3] = [
    StoreOperation::Put,
    StoreOperation::Post(Some(201)),
    StoreOperation::Post(None),
];

#[test]
fn a_stores_yes() {
    for asked in PLACES {
        for (status, kind, body) in [
            (200, "", ""),
            (204, "", ""),
            (201, "application/xml", ""),
            (200, "text/html; charset=UTF-8", ""),
            (200, "text/html", " \r\n"),
            (201, "application/xml", POST_RESPONSE),
            (200, "text/xml", POST_RESPONSE),
            (200, "application/json", r#"{"Key":"b/k","Id":"7"}"#),
            (200, "text/html", r#"{"key":"k"}"#),
            (
                200,
                "application/json",
                r#"{"kind":"storage#object","name":"k","bucket":"b"}"#,
            ),
            (
                201,
                "application/json",
                r#"{"HttpCode":201,"Message":"File uploaded."}"#,
            ),
            (200, "application/json", r#"{"Status":"OK"}"#),
        ] {
            let verdict = verdict(asked, status, kind, body);
            assert!(
                matches!(verdict, StoreOutcome::Success(_)),
                "{asked:?} {status} {kind} {body}: {verdict:?}"
            );
        }
    }
    let StoreOutcome::Success(told) = verdict(
        StoreOperation::Post(Some(201)),
        201,
        "application/xml",
        POST_RESPONSE,
    ) else {
        unreachable!("it is a yes")
    };
    assert_eq!(told.key.as_deref(), Some("k"));
}

#[test]
fn a_web_page_is_never_a_yes() {
    let all = [
        StoreOperation::Put,
        StoreOperation::Post(Some(201)),
        StoreOperation::Post(Some(200)),
        StoreOperation::Post(None),
        StoreOperation::Complete,
        StoreOperation::Abort,
    ];
    for asked in all {
        for (kind, body) in [
            ("text/html", "<!DOCTYPE html><title>Sign in</title>"),
            ("text/html; charset=utf-8", "Sign in, please"),
            ("TEXT/HTML", "OK"),
            ("", "<html><body>Welcome</body></html>"),
            ("application/octet-stream", "\u{FEFF}\n <!doctype HTML>"),
            ("text/plain", "<!-- portal -->\n<HTML>"),
            (
                "application/xml",
                "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"><html/>",
            ),
            ("application/xhtml+xml", "<x/>"),
            ("", "<script>location = '/login'</script>"),
            ("", "<meta http-equiv=\"refresh\" content=\"0;url=/login\">"),
        ] {
            for has_store_header in [false, true] {
                let verdict = verdict_with(asked, 200, kind, body, has_store_header);
                assert_eq!(verdict, StoreOutcome::Page, "{asked:?} {kind} {body}");
            }
        }
    }
    assert_eq!(
        verdict(StoreOperation::Put, 511, "", ""),
        StoreOutcome::Page
    );
}

/// <https://www.rfc-editor.org/rfc/rfc6585#section-6>
#[test]
fn a_page_with_another_status_is_what_the_status_says() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    for status in [403, 404, 413, 500, 502, 503, 522] {
        assert_eq!(
            verdict(StoreOperation::Put, status, "text/html", page),
            StoreOutcome::Error(None),
            "{status}"
        );
    }
}

#[test]
fn a_no_is_read_in_xml_and_in_json() {
    let no = |code: &str, message: &str| {
        StoreOutcome::Error(Some(ErrorDocument {
            code: code.to_owned(),
            message: Some(message.to_owned()),
            request_id: None,
        }))
    };
    for asked in [
        StoreOperation::Put,
        StoreOperation::Post(None),
        StoreOperation::Complete,
    ] {
        for status in [200, 500] {
            assert_eq!(
                verdict(asked, status, "application/xml", ERROR),
                no("InternalError", "Again.")
            );
        }
        let json =
            r#"{"statusCode":"403","error":"Unauthorized","message":"The signature has expired"}"#;
        assert_eq!(
            verdict(asked, 400, "application/json", json),
            no("Unauthorized", "The signature has expired")
        );
        assert_eq!(
            verdict(asked, 200, "application/json", json),
            no("Unauthorized", "The signature has expired")
        );
        for body in [
            r#"{"success":false,"key":"k"}"#,
            r#"{"status":401,"id":"k"}"#,
        ] {
            let verdict = verdict(asked, 200, "application/json", body);
            assert!(
                matches!(verdict, StoreOutcome::Error(Some(_))),
                "{body}: {verdict:?}"
            );
        }
    }
}

#[test]
fn what_no_store_says_is_no_yes() {
    for asked in PLACES {
        for (status, kind, body) in [
            (200, "text/plain", "OK"),
            (200, "application/json", "{\"key\": \"k"),
            (200, "application/json", "{}"),
            (200, "application/json", "null"),
            (200, "application/json", r#"{"message":"Please sign in"}"#),
            (200, "application/xml", "<WISPAccessGatewayParam/>"),
        ] {
            let verdict = verdict(asked, status, kind, body);
            assert!(
                matches!(verdict, StoreOutcome::Unexpected(_)),
                "{asked:?} {status} {kind} {body}: {verdict:?}"
            );
        }
    }
    // A header that only stores send proves the response as well as a body does.
    let verdict = verdict_with(StoreOperation::Put, 200, "text/plain", "OK", true);
    assert!(matches!(verdict, StoreOutcome::Success(_)));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
#[test]
fn a_form_is_answered_with_a_status_of_forms() {
    assert!(matches!(
        verdict(StoreOperation::Post(Some(201)), 202, "", ""),
        StoreOutcome::Unexpected(_)
    ));
    assert!(matches!(
        verdict(StoreOperation::Post(Some(201)), 200, "", ""),
        StoreOutcome::Success(_)
    ));
    let fields = [("Key", "k"), ("success_action_status", " 201 ")];
    assert_eq!(status_of_form(fields), Some(201));
    assert_eq!(status_of_form([("key", "k")]), None);
    assert_eq!(status_of_form([("success_action_status", "ok")]), None);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
#[test]
fn the_end_of_an_upload_in_parts_needs_its_document() {
    assert!(matches!(
        verdict(StoreOperation::Complete, 200, "application/xml", COMPLETED),
        StoreOutcome::Success(_)
    ));
    let short = "<CompleteMultipartUploadResult/>";
    assert!(matches!(
        verdict(StoreOperation::Complete, 200, "", short),
        StoreOutcome::Success(_)
    ));
    for body in ["", " \n  ", "upstream reset"] {
        assert_eq!(
            verdict(StoreOperation::Complete, 200, "application/xml", body),
            StoreOutcome::Incomplete,
            "{body}"
        );
    }
    assert!(matches!(
        verdict(
            StoreOperation::Complete,
            200,
            "application/json",
            r#"{"key":"k"}"#
        ),
        StoreOutcome::Unexpected(_)
    ));
    assert!(matches!(
        verdict(
            StoreOperation::Complete,
            200,
            "application/xml",
            POST_RESPONSE
        ),
        StoreOutcome::Unexpected(_)
    ));
    assert!(matches!(
        verdict(StoreOperation::Abort, 204, "", ""),
        StoreOutcome::Success(_)
    ));
}

#[test]
fn what_is_odd_is_described_without_what_it_says() {
    let StoreOutcome::Unexpected(text) = verdict(
        StoreOperation::Put,
        200,
        "text/plain",
        "https://h/k?X-Amz-Signature=5ec",
    ) else {
        unreachable!("no store says so")
    };
    assert_eq!(text, "31 characters of text/plain with status 200");
}

/// <https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type>
#[test]
fn the_kinds_of_bodies() {
    for (kind, body, content) in [
        ("", "", Content::Empty),
        ("application/json", "{\"a\":1}", Content::Json),
        ("application/json", "{\"a\":", Content::BrokenJson),
        ("text/plain", "[1, 2", Content::BrokenJson),
        (
            "application/problem+json; charset=utf-8",
            "oops",
            Content::BrokenJson,
        ),
        ("text/html", "{\"a\":", Content::Page),
        (
            "text/html",
            "<Error><Code>SlowDown</Code></Error>",
            Content::StoreXml,
        ),
        ("", "<b>", Content::Page),
        ("", "<bucket>", Content::Other),
        ("text/plain", "ok", Content::Other),
    ] {
        let json: Option<Value> = serde_json::from_str(body).ok();
        let seen = ResponseView {
            status: 200,
            kind,
            body,
            json: json.as_ref(),
            has_store_header: false,
        };
        assert_eq!(seen.content(), content, "{kind} {body}");
    }
}

#[test]
fn a_form_that_redirects() {
    let fields = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert!(form_redirects(&fields(
        "success_action_redirect",
        "https://app.test/done"
    )));
    assert!(form_redirects(&fields(
        "Success_Action_Redirect",
        "https://app.test/done"
    )));
    assert!(!form_redirects(&fields("success_action_redirect", "")));
    assert!(!form_redirects(&fields("key", "redirect")));
}
