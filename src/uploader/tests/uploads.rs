//! Uploads from the first request to the last: the driver, its transfers and the requests to the backend.

use s3_upload_core::{Status, TransportChoice, UploadError, WaitReason};

use super::file::TestFile;
use super::{MIB, Page, STORE, settings};

const CONFIRMED: &str = r#"{"key":"k","size":300,"etag":"\"e\""}"#;

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
#[test]
fn a_file_is_created_sent_and_confirmed() {
    let mut page = Page::new();
    let file = page.add(300);
    let create = page.latest("POST /uploads");
    assert!(create.body.contains(r#""name":"a.txt""#), "{}", create.body);
    page.grant();
    let put = page.latest("PUT");
    assert_eq!(put.line, format!("PUT {STORE}/b/k?X-Amz-Signature=5"));
    assert_eq!(put.body, "0..300");
    assert_eq!(page.status(file), Status::Uploading);
    page.answer(&put, 200, "");
    assert_eq!(page.status(file), Status::Completing);
    page.answer(&page.latest("POST /uploads/u1/complete"), 200, CONFIRMED);
    let Status::Completed(stored) = page.status(file) else {
        panic!("{:?}", page.status(file));
    };
    assert_eq!(stored.key.as_deref(), Some("k"));
    assert_eq!(*page.events.borrow(), ["start", "success", "complete"]);
}

#[test]
fn an_upload_that_is_created_after_the_cancel_is_aborted_and_not_sent() {
    let mut page = Page::new();
    let file = page.add(100 * MIB);
    let create = page.latest("POST /uploads");
    page.cancel(file);
    assert!(
        !create.is_aborted(),
        "its answer names what is to be aborted"
    );
    page.grant_parts();
    assert_eq!(page.status(file), Status::Cancelled);
    assert_eq!(
        page.world.network.lines(),
        ["POST /uploads", "DELETE /uploads/u1"]
    );
}

#[test]
fn the_answer_to_a_create_that_was_given_up_changes_nothing() {
    let mut page = Page::new();
    let file = page.add(300);
    let first = page.latest("POST /uploads");
    first.ignore_abort();
    let stall_time = page.driver.settings().engine.stall_time;
    page.world
        .pass(u64::try_from(stall_time.as_millis()).unwrap() + 1);
    assert!(first.is_aborted());
    page.world.pass(10_000);
    assert_eq!(page.count("POST /uploads"), 2);
    let late = format!(r#"{{"id":"u0","url":"{STORE}/b/late?X-Amz-Signature=5"}}"#);
    page.answer(&first, 200, &late);
    assert_eq!(page.status(file), Status::Preparing);
    assert_eq!(page.count("PUT"), 0);
    page.grant();
    assert_eq!(page.count("PUT"), 1);
    assert!(page.latest("PUT").line.contains("/b/k?"));
}

#[test]
fn a_create_that_is_answered_during_an_outage_goes_on_and_lets_another_one_out() {
    let mut page = Page::new();
    let patient = page.add(300);
    let late = page.latest("POST /uploads");
    page.world.network.is_reachable.set(false);
    let other = page.add(400);
    page.cut(&page.latest("POST /uploads"));
    page.world.pass(1_000);
    page.cut(&page.latest("POST /uploads"));
    let Status::Waiting { reason, remaining } = page.status(other) else {
        panic!("{:?}", page.status(other));
    };
    assert!(matches!(reason, WaitReason::Outage { .. }), "{reason:?}");
    assert!(remaining.as_millis() > 500, "{remaining:?}");
    assert_eq!(page.count("POST /uploads"), 3);
    let url = format!(r#"{{"url":"{STORE}/b/late?X-Amz-Signature=5"}}"#);
    page.answer(&late, 200, &url);
    assert_eq!(page.status(patient), Status::Uploading);
    assert_eq!(page.count("PUT"), 1);
    // The other file does not wait for the time of the next probe.
    page.world.pass(100);
    assert_eq!(page.count("POST /uploads"), 4);
}

#[test]
fn a_put_that_was_cut_after_all_its_bytes_is_confirmed_before_it_is_sent_again() {
    for is_stored in [true, false] {
        let mut page = Page::new();
        let file = page.add(300);
        page.grant();
        let put = page.latest("PUT");
        put.moved(300);
        page.cut(&put);
        page.world.pass(10_000);
        assert_eq!(page.count("PUT"), 1, "the backend is asked first");
        let complete = page.latest("POST /uploads/u1/complete");
        if is_stored {
            page.answer(&complete, 200, CONFIRMED);
            assert!(matches!(page.status(file), Status::Completed(_)));
        } else {
            page.answer(&complete, 409, r#"{"error":{"code":"not_stored"}}"#);
            page.world.pass(10_000);
            assert_eq!(page.count("PUT"), 2);
        }
    }
}

#[test]
fn a_put_that_was_cut_half_way_is_sent_again_without_a_question() {
    let mut page = Page::new();
    page.add(300);
    page.grant();
    let put = page.latest("PUT");
    put.moved(100);
    page.cut(&put);
    page.world.pass(10_000);
    assert_eq!(page.count("PUT"), 2);
    assert_eq!(page.count("POST /uploads/u1/complete"), 0);
}

#[test]
fn a_cancel_aborts_the_request_in_flight_and_the_upload() {
    let mut page = Page::new();
    let file = page.add(100 * MIB);
    page.grant_parts();
    page.sign_parts();
    let puts = page.world.network.requests("PUT");
    assert!(!puts.is_empty(), "{:?}", page.world.network.lines());
    puts[0].moved(MIB);
    page.cancel(file);
    for put in &puts {
        assert!(put.is_aborted(), "{}", put.line);
    }
    assert_eq!(page.count("DELETE /uploads/u1"), 1);
    // The error that the browser reports for an aborted request is not a failure.
    page.cut(&puts[0]);
    assert_eq!(page.status(file), Status::Cancelled);
    assert_eq!(page.count("PUT"), puts.len());
    assert_eq!(*page.events.borrow(), ["start", "cancel"]);
}

#[test]
fn a_request_that_ended_is_not_aborted() {
    let mut page = Page::new();
    page.add(300);
    let create = page.latest("POST /uploads");
    page.grant();
    assert!(!create.is_aborted());
}

#[test]
fn an_uploader_that_is_dropped_aborts_what_is_in_flight() {
    let mut page = Page::new();
    page.add(300);
    page.grant();
    let put = page.latest("PUT");
    drop(page.driver);
    page.world.run();
    assert!(put.is_aborted());
}

#[test]
fn parts_are_signed_sent_and_put_together() {
    let mut page = Page::new();
    let file = page.add(100 * MIB);
    page.grant_parts();
    for part in 1..=13 {
        if page.count("PUT") < part {
            page.sign_parts();
        }
        let put = page.world.network.requests("PUT")[part - 1].clone();
        page.answer_with(&put, 200, &[("etag", &format!("\"{part}\""))]);
    }
    let last = page.world.network.requests("PUT")[12].clone();
    assert_eq!(last.body, "100663296..104857600");
    let complete = page.latest("POST /uploads/u1/complete");
    let parts = r#"{"parts":[{"number":1,"etag":"\"1\""},{"number":2,"#;
    assert!(complete.body.starts_with(parts), "{}", complete.body);
    page.answer(&complete, 200, r#"{"key":"k"}"#);
    assert!(matches!(page.status(file), Status::Completed(_)));
}

#[test]
fn after_an_unclear_failure_of_fetch_the_next_request_shows_its_progress() {
    let mut settings = settings();
    settings.engine.transport = TransportChoice::Auto;
    let mut page = Page::with(settings);
    page.add(300);
    let url = format!(r#"{{"url":"{STORE}/b/k?X-Amz-Signature=5"}}"#);
    page.answer(&page.latest("POST /uploads"), 200, &url);
    let put = page.latest("PUT");
    assert!(!put.reports_progress());
    page.cut(&put);
    page.world.pass(10_000);
    page.answer(&page.latest("POST /uploads"), 200, &url);
    assert_eq!(page.count("PUT"), 2);
    assert!(page.latest("PUT").reports_progress());
}

#[test]
fn a_file_that_changed_before_it_is_sent_is_not_sent() {
    let mut page = Page::new();
    let source = TestFile::new("a.txt", 300);
    let file = page.add_file(source.clone());
    source.size.set(301);
    page.grant();
    assert_eq!(page.count("PUT"), 0);
    assert_eq!(page.error(file), UploadError::FileChanged);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
#[test]
fn a_form_carries_its_fields_and_the_file() {
    let mut page = Page::new();
    page.add(300);
    let form =
        format!(r#"{{"url":"{STORE}/b","method":"POST","fields":{{"key":"k","policy":"p"}}}}"#);
    page.answer(&page.latest("POST /uploads"), 200, &form);
    let post = page.latest(&format!("POST {STORE}"));
    assert_eq!(post.body, "key,policy,file=a.txt 0..300");
}

/// <https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-nexthopprotocol>
#[test]
fn the_protocol_of_the_first_response_sets_the_number_of_requests() {
    for (protocol, most) in [("", 6), ("http/1.1", 6), ("h2", 12), ("h3", 12)] {
        let mut page = Page::new();
        page.add(100 * MIB);
        page.grant_parts();
        page.sign_parts();
        assert_eq!(page.count("PUT"), 6, "{protocol}");
        // The browser measures a request when it has ended.
        let network = &page.world.network;
        network.next_hop_protocol.replace(protocol.to_owned());
        let put = page.latest("PUT");
        page.answer_with(&put, 200, &[("etag", "\"e\"")]);
        page.sign_parts();
        assert_eq!(page.count("PUT"), most + 1, "{protocol}");
    }
}

#[test]
fn a_store_at_the_backends_origin_leaves_it_a_connection() {
    let mut page = Page::new();
    page.add(100 * MIB);
    let body = r#"{"id":"u1","key":"k","partSize":8388608}"#;
    page.answer(&page.latest("POST /uploads"), 200, body);
    let sign = page.latest("POST /uploads/u1/parts");
    let parts = |part: u32| {
        format!(r#"{{"number":{part},"url":"/store/k?partNumber={part}&X-Amz-Signature=5"}}"#)
    };
    let parts: Vec<String> = (1..=13).map(parts).collect();
    page.answer(&sign, 200, &format!(r#"{{"parts":[{}]}}"#, parts.join(",")));
    let puts = page.world.network.requests("PUT");
    assert_eq!(puts.len(), 5);
    for (answered, put) in puts.iter().enumerate() {
        page.answer_with(put, 200, &[("etag", "\"e\"")]);
        assert_eq!(page.count("PUT"), 6 + answered, "five are in flight");
    }
}
