//! Tests of a file that is sent in one request.

use s3_upload_core::{
    Answer, Config, Event, FileId, Grant, GrantPlan, Method, Notice, ObjectKey, Receipt, RequestId,
    SignedRequest, Status, StoredObject, UploadError, UploadId,
};

use crate::desk::{Desk, config, etag, found, network, secs, signed, store, url_expired};

#[test]
fn without_an_id_the_stores_answer_is_the_proof() {
    let mut desk = Desk::usual();
    let file = desk.add(5);
    desk.assert_status(file, "preparing");
    let (create, of) = desk.create();
    assert_eq!(of, file);
    desk.grant_single(create, None, Some(300));
    let put = desk.send();
    assert_eq!((put.range.start, put.range.end, put.part), (0, 5, None));
    desk.assert_status(file, "uploading");
    desk.answer(put.request, Answer::Sent(Some(etag(1)).into()));
    let Status::Completed(stored) = desk.status(file) else {
        panic!("{:?}", desk.status(file));
    };
    assert_eq!(stored.etag, Some(etag(1)));
    assert_eq!(stored.location, None);
    desk.quiet();
    assert_eq!(
        desk.notices,
        [
            Notice::Added(file),
            Notice::Started(file),
            Notice::Succeeded(file),
            Notice::Settled {
                succeeded: 1,
                failed: 0
            }
        ]
    );
    assert_eq!(desk.queue.poll_timeout(), None);
}

#[test]
fn with_an_id_the_backend_confirms() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.answer(put.request, Answer::Sent(None.into()));
    desk.assert_status(file, "completing");
    assert_eq!(
        desk.snapshot(file).percent,
        80,
        "not whole before it is confirmed"
    );
    let (complete, parts) = desk.complete();
    assert_eq!(parts, None);
    desk.confirm(complete);
    desk.assert_status(file, "completed");
    assert_eq!(desk.snapshot(file).percent, 100);
    assert_eq!(desk.count(&Notice::Succeeded(file)), 1);
}

#[test]
fn a_file_that_the_store_has_already_is_done() {
    let mut desk = Desk::usual();
    let file = desk.add(5);
    let (create, _) = desk.create();
    let grant = Grant {
        key: Some(ObjectKey::new("k")),
        ..Grant::new(GrantPlan::Stored)
    };
    desk.answer(create, Answer::Granted(grant));
    let Status::Completed(stored) = desk.status(file) else {
        panic!("{:?}", desk.status(file));
    };
    assert_eq!(stored.key.as_deref(), Some("k"));
    assert_eq!(stored.size, None, "nobody looked");
    assert_eq!(desk.snapshot(file).percent, 100);
    assert_eq!(desk.count(&Notice::Succeeded(file)), 1);
    assert_eq!(desk.queue.poll_timeout(), None);
}

#[test]
fn an_empty_file_is_a_file() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(0, None);
    assert!(put.range.is_empty());
    assert_eq!(desk.snapshot(file).percent, 0);
    desk.answer(put.request, Answer::Sent(Some(etag(1)).into()));
    desk.assert_status(file, "completed");
    assert_eq!(desk.snapshot(file).percent, 100);
}

#[test]
fn a_posted_form_is_sent_as_granted() {
    let mut desk = Desk::usual();
    desk.add(5);
    let (create, _) = desk.create();
    let method = Method::Post {
        fields: vec![("key".to_owned(), "a/b".to_owned())],
    };
    desk.answer(
        create,
        Answer::Granted(Grant {
            value: None,
            id: None,
            key: None,
            plan: GrantPlan::Single(SignedRequest {
                method: method.clone(),
                ..signed("bucket", None)
            }),
        }),
    );
    assert_eq!(desk.send().target.method, method);
}

#[test]
fn what_is_known_of_an_object_comes_from_the_grant_and_from_the_store() {
    for (told, key) in [(None, "a/${filename}"), (Some("a/cat.png"), "a/cat.png")] {
        let mut desk = Desk::usual();
        let file = desk.add(5);
        let (create, _) = desk.create();
        let grant = Grant {
            key: Some(ObjectKey::new("a/${filename}")),
            value: Some("signed-id".to_owned()),
            ..Grant::new(GrantPlan::Single(signed("bucket", None)))
        };
        desk.answer(create, Answer::Granted(grant));
        let receipt = Receipt {
            etag: None,
            key: told.map(ObjectKey::new),
        };
        let sent = desk.send().request;
        desk.answer(sent, Answer::Sent(receipt));
        let Status::Completed(stored) = desk.status(file) else {
            panic!("{:?}", desk.status(file));
        };
        assert_eq!(stored.key.as_deref(), Some(key));
        assert_eq!(stored.value.as_deref(), Some("signed-id"));
    }
}

#[test]
fn a_url_that_grew_old_in_the_queue_is_not_used() {
    let mut desk = Desk::new(Config {
        max_lanes: Some(1),
        ..config()
    });
    let (_, first) = desk.drive_to_put(5, None);
    let second = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, None, Some(20));
    desk.quiet();
    // Of the lifetime of 20 s the last two are a margin.
    desk.pass(secs(18));
    desk.took(&first);
    let (create, of) = desk.create();
    assert_eq!(of, second);
    assert!(desk.sends().is_empty());
    desk.grant_single(create, None, Some(20));
    assert_eq!(desk.send().file, second);
    assert_eq!(desk.snapshot(second).attempts, 0);
}

#[test]
fn an_expired_url_is_replaced_at_no_attempt_but_not_for_ever() {
    let mut desk = Desk::usual();
    let (file, mut put) = desk.drive_to_put(5, None);
    for _ in 0..3 {
        desk.fail(put.request, url_expired());
        assert_eq!(desk.snapshot(file).attempts, 0);
        let (create, _) = desk.create();
        desk.grant_single(create, None, Some(300));
        put = desk.send();
    }
    desk.fail(put.request, url_expired());
    assert_eq!(desk.status(file), Status::Failed(UploadError::Expired));
    assert_eq!(desk.count(&Notice::Failed(file)), 1);
    desk.quiet();
}

#[test]
fn before_what_may_be_there_is_sent_again_under_a_new_key_the_backend_is_asked() {
    let mut desk = Desk::usual();
    let (file, mut put) = desk.drive_to_put(1_000, Some("u1"));
    for _ in 0..3 {
        desk.fail(put.request, network());
        desk.sleep(secs(300));
        let (complete, _) = desk.complete();
        assert!(desk.snapshot(file).percent < 99, "nothing arrived yet");
        desk.fail(complete, crate::desk::backend(409, "not_stored"));
        let (create, _) = desk.create();
        desk.grant_single(create, Some("u2"), Some(300));
        put = desk.send();
    }
    desk.fail(put.request, network());
    desk.sleep(secs(300));
    let (complete, _) = desk.complete();
    let there = StoredObject {
        size: Some(1_000),
        ..StoredObject::default()
    };
    desk.answer(complete, Answer::Confirmed(there));
    desk.assert_status(file, "completed");
}

#[test]
fn a_yes_that_nobody_looked_for_is_no_proof_of_what_only_may_be_there() {
    for answer in [
        Answer::Unconfirmed(StoredObject::default()),
        Answer::Confirmed(StoredObject::default()),
    ] {
        let mut desk = Desk::usual();
        let (file, put) = desk.drive_to_put(1_000, Some("u1"));
        desk.fail(put.request, network());
        desk.sleep(secs(300));
        let (complete, _) = desk.complete();
        desk.answer(complete, answer.clone());
        let (create, _) = desk.create();
        desk.grant_single(create, Some("u2"), Some(300));
        let put = desk.send();
        desk.took(&put);
        // The object that the store accepted is stored, whatever the backend answers.
        let (complete, _) = desk.complete();
        desk.answer(complete, answer);
        desk.assert_status(file, "completed");
    }
}

#[test]
fn without_a_word_of_the_backend_the_stores_counts() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    let receipt = Receipt {
        etag: Some(etag(1)),
        key: Some(ObjectKey::new("told")),
    };
    desk.answer(put.request, Answer::Sent(receipt));
    let (complete, _) = desk.complete();
    let known = StoredObject {
        location: Some("https://b/k".to_owned()),
        ..StoredObject::default()
    };
    desk.answer(complete, Answer::Unconfirmed(known));
    let Status::Completed(stored) = desk.status(file) else {
        panic!("{:?}", desk.status(file));
    };
    assert_eq!(stored.key.as_deref(), Some("told"));
    assert_eq!(stored.etag, Some(etag(1)));
    assert_eq!(stored.location.as_deref(), Some("https://b/k"));
}

#[test]
fn an_object_that_our_own_try_made_is_ours() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.fail(put.request, network());
    desk.pass(secs(1));
    let again = desk.send();
    desk.fail(again.request, store(412, "PreconditionFailed"));
    let (complete, _) = desk.complete();
    desk.answer(complete, found(5));
    desk.assert_status(file, "completed");
}

#[test]
fn an_object_that_a_failed_try_met_is_ours_only_if_the_backend_looked() {
    for answer in [
        Answer::Unconfirmed(StoredObject::default()),
        Answer::Confirmed(StoredObject::default()),
        found(999),
    ] {
        let mut desk = Desk::usual();
        let (file, put) = desk.drive_to_put(5, Some("u1"));
        // None of the file arrived, and the object under this key belongs to another upload.
        desk.fail(put.request, store(503, ""));
        desk.pass(secs(1));
        let again = desk.send();
        desk.fail(again.request, store(412, "PreconditionFailed"));
        let (complete, _) = desk.complete();
        desk.answer(complete, answer);
        desk.assert_status(file, "uploading");
        let again = desk.send();
        desk.fail(again.request, store(412, "PreconditionFailed"));
        let (create, _) = desk.create();
        desk.grant_single(create, Some("u2"), Some(300));
        let fresh = desk.send();
        desk.took(&fresh);
        let (complete, _) = desk.complete();
        desk.confirm(complete);
        desk.assert_status(file, "completed");
    }
}

/// Drives a new file to the request that verifies it: its connection broke after all bytes had been sent.
fn drive_to_question(desk: &mut Desk) -> (FileId, RequestId) {
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.event(Event::Progress(put.request, 5));
    desk.fail(put.request, network());
    desk.pass(secs(1));
    let (complete, _) = desk.complete();
    (file, complete)
}

#[test]
fn a_refusal_to_say_whether_the_object_is_there_is_no_end() {
    for (status, code) in [
        (404, "NoSuchKey"),
        (404, ""),
        (400, "bad_request"),
        (409, "incomplete"),
        (422, ""),
        (403, ""),
    ] {
        let mut desk = Desk::usual();
        let (file, complete) = drive_to_question(&mut desk);
        desk.fail(complete, crate::desk::backend(status, code));
        let put = desk.send();
        desk.took(&put);
        let (complete, _) = desk.complete();
        desk.confirm(complete);
        desk.assert_status(file, "completed");
    }
}

#[test]
fn a_backend_that_fails_over_what_it_does_not_find_is_not_asked_for_ever() {
    let mut desk = Desk::usual();
    let (file, mut complete) = drive_to_question(&mut desk);
    for _ in 0..2 {
        desk.fail(complete, crate::desk::backend(500, ""));
        desk.pass(secs(30));
        complete = desk.complete().0;
    }
    desk.fail(complete, crate::desk::backend(500, ""));
    let put = desk.send();
    desk.took(&put);
    desk.pass(secs(30));
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn an_object_that_our_own_try_may_have_made_is_sent_once_more_when_nobody_can_tell() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, network());
    desk.pass(secs(1));
    let again = desk.send();
    desk.fail(again.request, store(412, "PreconditionFailed"));
    let (create, _) = desk.create();
    desk.grant_single(create, None, Some(300));
    let fresh = desk.send();
    desk.took(&fresh);
    desk.assert_status(file, "completed");
}

#[test]
fn an_object_that_the_browsers_own_second_try_met_is_sent_once_more() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.fail(put.request, store(412, "PreconditionFailed"));
    let (create, _) = desk.create();
    desk.grant_single(create, None, Some(300));
    let fresh = desk.send();
    desk.took(&fresh);
    desk.assert_status(file, "completed");
}

#[test]
fn an_object_of_somebody_else_is_not_ours() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.fail(put.request, store(412, "PreconditionFailed"));
    let (create, _) = desk.create();
    desk.grant_single(create, Some("u2"), Some(300));
    let again = desk.send();
    desk.fail(again.request, store(412, "PreconditionFailed"));
    desk.assert_status(file, "failed");
    desk.quiet();
}

#[test]
fn what_the_backend_cannot_find_is_sent_again_once() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.took(&put);
    let (complete, _) = desk.complete();
    desk.fail(complete, crate::desk::backend(409, "not_stored"));
    let (create, _) = desk.create();
    desk.grant_single(create, Some("u2"), Some(300));
    let put = desk.send();
    desk.took(&put);
    let (complete, _) = desk.complete();
    desk.fail(complete, crate::desk::backend(409, "not_stored"));
    desk.assert_status(file, "failed");
}

#[test]
fn a_multipart_grant_without_an_id_is_malformed() {
    let mut desk = Desk::usual();
    let file = desk.add(5);
    let (create, _) = desk.create();
    desk.answer(
        create,
        Answer::Granted(Grant {
            value: None,
            id: None,
            key: None,
            plan: GrantPlan::Multipart {
                part_size: crate::desk::PART,
            },
        }),
    );
    assert!(matches!(
        desk.status(file),
        Status::Failed(UploadError::Malformed { .. })
    ));
    desk.quiet();
}

#[test]
fn a_plan_that_s3_refuses_is_taken_back() {
    let mut desk = Desk::usual();
    let file = desk.add(50_000_000);
    let (create, _) = desk.create();
    desk.answer(
        create,
        Answer::Granted(Grant {
            value: None,
            id: Some(UploadId::new("u1")),
            key: None,
            plan: GrantPlan::Multipart { part_size: 1_000 },
        }),
    );
    desk.assert_status(file, "failed");
    assert_eq!(desk.abort().1, UploadId::new("u1"));
}
