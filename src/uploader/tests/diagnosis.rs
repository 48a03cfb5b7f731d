//! The diagnosis of requests to the store without a response.

use s3_upload_core::{Blocked, Status, Step, UploadError};

use super::file::TestFile;
use super::{Page, STORE, settings};
use crate::browser::file::Readable;
use crate::browser::probe::Readability;

/// A page whose PUT failed before a byte was sent, and the file.
fn failed_put(prepare: impl FnOnce(&Page, &TestFile)) -> (Page, s3_upload_core::FileId) {
    let mut page = Page::new();
    let source = TestFile::new("a.txt", 300);
    let file = page.add_file(source.clone());
    page.grant();
    prepare(&page, &source);
    page.cut(&page.latest("PUT"));
    (page, file)
}

#[test]
fn a_cors_rule_is_named_if_the_doctor_proves_it() {
    let (page, file) = failed_put(|page, _| page.world.network.seen.set(Readability::Hidden));
    assert_eq!(
        *page.world.network.probes.borrow(),
        [
            format!("no-cors HEAD {STORE}/b/k"),
            format!("cors PUT {STORE}/b/k?tagging Content-Type"),
        ]
    );
    let doctor = page.latest("POST /uploads/doctor");
    assert!(doctor.body.contains(STORE), "{}", doctor.body);
    let finding = r#"{"findings":[
        {"code":"cors_expose","message":"advice","fix":"none"},
        {"code":"cors_origin","message":"The rule lacks the origin.","fix":"Add the origin."}
    ]}"#;
    page.answer(&doctor, 200, finding);
    // The request is retried once, since the rule may have been changed meanwhile.
    assert!(matches!(page.awaited_error(file), UploadError::Blocked(_)));
    page.world.pass(10_000);
    assert_eq!(page.count("PUT"), 2);
    page.cut(&page.latest("PUT"));
    page.answer(&page.latest("POST /uploads/doctor"), 200, finding);
    let UploadError::Blocked(Blocked::Cors {
        page: origin,
        host,
        finding,
    }) = page.error(file)
    else {
        panic!("{:?}", page.error(file));
    };
    assert_eq!(
        (origin.as_str(), host.as_str()),
        ("https://app.test", STORE)
    );
    assert_eq!(finding.unwrap().code, "cors_origin");
    let warnings = page.world.warnings.borrow();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("Add the origin."), "{warnings:?}");
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>
#[test]
fn s3_is_sent_an_unsigned_change_of_tags_which_it_refuses() {
    let signed = "X-Amz-Signature=5";
    let of_s3 = r#""method":"POST","fields":{"key":"k","x-amz-signature":"5"}"#;
    let of_another = r#""method":"POST","fields":{"key":"k","signature":"5"}"#;
    for (grant, probe) in [
        (
            format!(r#"{{"url":"{STORE}/b/k?{signed}","headers":{{"x-amz-meta-a":"1"}}}}"#),
            format!("cors PUT {STORE}/b/k?tagging x-amz-meta-a Content-Type"),
        ),
        (
            format!(r#"{{"url":"{STORE}/b",{of_s3}}}"#),
            format!("cors POST {STORE}/b?tagging"),
        ),
        (
            format!(r#"{{"url":"{STORE}/b",{of_another}}}"#),
            format!("cors HEAD {STORE}/b"),
        ),
        (
            format!(r#"{{"url":"{STORE}/b/k?sig=5","headers":{{"x-a":"1"}}}}"#),
            format!("cors HEAD {STORE}/b/k"),
        ),
    ] {
        let mut page = Page::new();
        page.add(300);
        page.answer(&page.latest("POST /uploads"), 200, &grant);
        let send = page.world.network.requests("P").pop().unwrap();
        assert!(send.line.contains(STORE), "{}", send.line);
        page.cut(&send);
        let probes = page.world.network.probes.borrow();
        assert_eq!(probes.last(), Some(&probe), "{grant}");
    }
}

#[test]
fn a_cors_rule_is_not_named_without_a_finding() {
    let (page, file) = failed_put(|page, _| page.world.network.seen.set(Readability::Hidden));
    let doctor = page.latest("POST /uploads/doctor");
    page.answer(&doctor, 200, r#"{"findings":[]}"#);
    let error = page.awaited_error(file);
    assert!(matches!(error, UploadError::Unreadable(_)), "{error:?}");
    assert_eq!(*page.world.warnings.borrow(), Vec::<String>::new());
}

#[test]
fn a_doctor_that_does_not_answer_is_given_up() {
    let (page, file) = failed_put(|page, _| page.world.network.seen.set(Readability::Hidden));
    let doctor = page.latest("POST /uploads/doctor");
    page.world.pass(7_999);
    assert_eq!(page.status(file), Status::Uploading);
    page.world.pass(2);
    assert!(doctor.is_aborted());
    let error = page.awaited_error(file);
    assert!(matches!(error, UploadError::Unreadable(_)), "{error:?}");
}

#[test]
fn a_host_that_nobody_answers_at_is_not_asked_further() {
    let (page, file) = failed_put(|page, _| page.world.network.is_reachable.set(false));
    assert_eq!(
        page.awaited_error(file),
        UploadError::Network { step: Step::Send }
    );
    assert_eq!(
        *page.world.network.probes.borrow(),
        [format!("no-cors HEAD {STORE}/b/k")]
    );
    assert_eq!(page.count("POST /uploads/doctor"), 0);
}

#[test]
fn a_policy_of_the_page_is_named_without_a_probe() {
    let (page, file) = failed_put(|page, _| {
        STORE.clone_into(&mut page.world.network.blocked.borrow_mut());
    });
    let expected = UploadError::Blocked(Blocked::Csp {
        directive: "connect-src".to_owned(),
        host: STORE.to_owned(),
    });
    assert_eq!(page.error(file), expected);
    assert_eq!(*page.world.network.probes.borrow(), Vec::<String>::new());
}

#[test]
fn a_file_that_changed_is_named_first() {
    let (page, file) = failed_put(|_, source| source.readable.set(Readable::Changed));
    assert_eq!(page.error(file), UploadError::FileChanged);
    assert_eq!(*page.world.network.probes.borrow(), Vec::<String>::new());
}

#[test]
fn bytes_that_were_sent_prove_the_rule_and_the_doctor_is_not_asked() {
    let (page, file) = failed_put(|page, _| {
        page.world.network.seen.set(Readability::Hidden);
        page.latest("PUT").moved(100);
    });
    let error = page.awaited_error(file);
    assert!(matches!(error, UploadError::Unreadable(_)), "{error:?}");
    assert_eq!(page.count("POST /uploads/doctor"), 0);
}

#[test]
fn a_backend_of_another_origin_is_probed_and_one_of_the_pages_own_is_not() {
    for (endpoint, probes) in [
        ("/uploads", vec![]),
        (
            "https://api.test/uploads",
            vec![
                "no-cors HEAD https://api.test/uploads",
                "cors HEAD https://api.test/uploads",
            ],
        ),
    ] {
        let mut settings = settings();
        endpoint.clone_into(&mut settings.backend.endpoint);
        let mut page = Page::with(settings);
        let file = page.add(300);
        page.world.network.seen.set(Readability::Hidden);
        page.cut(&page.latest("POST "));
        let error = page.awaited_error(file);
        let is_unreadable = matches!(error, UploadError::Unreadable(_));
        assert_eq!(is_unreadable, !probes.is_empty(), "{error:?}");
        assert_eq!(*page.world.network.probes.borrow(), probes);
    }
}
