//! Tests of a file that is sent in parts.

use core::time::Duration;

use s3_upload_core::{
    Answer, BackendOperation, Command, Config, Event, Instant, Notice, RequestId, Status, Step,
    StoredObject, StoredPart, Transmit, UploadError, limits::MAX_SINGLE_SIZE,
};

use crate::desk::{
    Desk, PART, backend, config, etag, found, is_operation, listed, network, number, one,
    part_range, secs, store, url_expired,
};

#[test]
fn parts_tile_the_file_and_are_completed_with_their_tags() {
    let mut desk = Desk::usual();
    let size = 4 * PART + 17;
    let file = desk.add(size);
    let (create, _) = desk.create();
    desk.grant_parts(create, "u1");
    let (sign, wanted) = desk.sign();
    assert_eq!(
        wanted.iter().map(|(_, bytes)| *bytes).sum::<u64>(),
        size,
        "two rounds of three lanes hold all five parts"
    );
    desk.sign_all(sign, &wanted, 300);
    let mut ranges = Vec::new();
    loop {
        let sends = desk.sends();
        if sends.is_empty() {
            break;
        }
        assert!(sends.len() <= 3);
        for sent in &sends {
            assert_eq!(sent.target.url.expose().split('?').next().unwrap(), {
                format!("https://store.test/part{}", sent.part.unwrap().get())
            });
            ranges.push(sent.range);
            desk.took(sent);
        }
    }
    let mut next = 0;
    for range in &ranges {
        assert_eq!(range.start, next);
        next = range.end;
    }
    assert_eq!(next, size);
    let (complete, tags) = desk.complete();
    let expected: Vec<_> = (1..=5).map(|n| (number(n), etag(n))).collect();
    assert_eq!(tags, Some(expected));
    assert_eq!(desk.snapshot(file).percent, 99);
    desk.confirm(complete);
    desk.assert_status(file, "completed");
    desk.quiet();
}

#[test]
fn large_files_are_asked_for_in_parts_that_are_large_enough() {
    let mut desk = Desk::usual();
    // Three lanes: at most 10 MiB if all parts are sent at once, and at most 8 MiB otherwise.
    for (size, many, size_of_parts) in [
        (1, false, 5),
        (30 << 20, false, 10),
        (64 << 20, false, 8),
        ((64 << 20) + 1, true, 8),
    ] {
        desk.add(size);
        let asked = desk.inbox.pop();
        let Some(Command::Backend {
            operation:
                BackendOperation::Create {
                    prefer_multipart,
                    part_size,
                },
            ..
        }) = asked
        else {
            panic!("{asked:?}");
        };
        assert_eq!((prefer_multipart, part_size), (many, size_of_parts << 20));
    }
}

#[test]
fn what_no_single_request_can_carry_is_asked_for_in_parts_whatever_the_threshold() {
    let mut desk = Desk::new(Config {
        multipart_threshold: u64::MAX,
        ..config()
    });
    for (size, many) in [(MAX_SINGLE_SIZE, false), (MAX_SINGLE_SIZE + 1, true)] {
        desk.add(size);
        let asked = desk.inbox.pop();
        assert!(
            matches!(
                asked,
                Some(Command::Backend { operation: BackendOperation::Create { prefer_multipart, .. }, .. })
                    if prefer_multipart == many
            ),
            "{size}: {asked:?}"
        );
    }
}

#[test]
fn parts_are_signed_just_ahead_of_need() {
    // The speed of a part, the number of signed parts from which on more are requested, and the requested parts.
    for (seconds, few, wanted) in [(0, 6, 10..=18), (20, 3, 10..=15)] {
        let mut desk = Desk::usual();
        let (_, mut open) = desk.drive_to_parts(100);
        assert_eq!(open.len(), 3);
        desk.quiet();
        desk.pass(secs(seconds));
        // Nine parts were signed at first: one for each lane, and two ahead.
        for ready in (few - 1..6).rev() {
            desk.quiet();
            desk.took(&open.remove(0));
            open.push(desk.send());
            assert_eq!(open[2].part, Some(number(9 - ready)));
        }
        let (_, parts) = desk.sign();
        let numbers: Vec<_> = parts.iter().map(|(part, _)| part.get()).collect();
        assert_eq!(numbers, wanted.collect::<Vec<_>>());
    }
}

/// The most parts that were sent at once, and the least while parts were left, if a part takes `store` milliseconds and a
/// signature `sign`.
fn lanes_of_parts(store: u64, sign: u64) -> (usize, usize) {
    let mut desk = Desk::new(Config::default());
    let (_, first) = desk.drive_to_parts(60);
    let ends = |desk: &Desk, span| desk.now + Duration::from_millis(span);
    let mut sending: Vec<_> = first
        .into_iter()
        .map(|sent| (ends(&desk, store), sent))
        .collect();
    let mut signing: Vec<(Instant, (RequestId, Vec<_>))> = Vec::new();
    let (mut most, mut least, mut left) = (sending.len(), sending.len(), 60 - sending.len());
    while let Some(at) = sending
        .iter()
        .map(|(at, _)| *at)
        .chain(signing.iter().map(|(at, ..)| *at))
        .min()
    {
        desk.pass(at.since(desk.now));
        let of_now = |(due, _): &(Instant, Transmit)| *due == at;
        if let Some(place) = sending.iter().position(of_now) {
            let (_, sent) = sending.remove(place);
            desk.took(&sent);
        } else {
            let (_, (request, parts)) = signing.remove(0);
            desk.sign_all(request, &parts, 300);
        }
        while desk
            .inbox
            .iter()
            .any(|command| is_operation(command, Step::SignParts))
        {
            let (request, parts) = desk.sign();
            signing.push((ends(&desk, sign), (request, parts)));
        }
        for sent in desk.sends() {
            left -= 1;
            sending.push((ends(&desk, store), sent));
        }
        most = most.max(sending.len());
        if left > 0 {
            least = least.min(sending.len());
        }
    }
    desk.complete();
    (most, least)
}

#[test]
fn no_lane_waits_for_a_signature() {
    for (store, sign) in [(200, 50), (200, 200), (200, 350), (3_000, 2_900)] {
        assert_eq!(lanes_of_parts(store, sign), (6, 6), "{store} ms, {sign} ms");
    }
    // The backend is too slow for the store.
    assert_eq!(lanes_of_parts(200, 2_000), (6, 0));
}

#[test]
fn a_url_that_grew_old_is_not_used() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(100);
    desk.pass(secs(20));
    for sent in &sends {
        desk.event(Event::Progress(sent.request, 1_000));
    }
    let mut rest = sends.clone();
    // The URLs live for 300 s, of which ten are a margin.
    for step in 0..9_u64 {
        desk.pass(secs(29));
        for sent in &rest {
            desk.event(Event::Progress(sent.request, 2_000 + step * 1_000));
        }
    }
    desk.pass(secs(10));
    desk.took(&rest.remove(0));
    assert!(desk.sends().is_empty(), "its signature is 291 s old");
    let (sign, wanted) = desk.sign();
    assert_eq!(wanted[0].0, number(4));
    desk.sign_all(sign, &wanted, 300);
    assert_eq!(desk.send().part, Some(number(4)));
    assert_eq!(desk.snapshot(file).attempts, 0);
}

#[test]
fn signatures_that_expire_together_are_replaced_together_and_count_once() {
    let mut desk = Desk::usual();
    let (file, mut sends) = desk.drive_to_parts(100);
    for round in 0..3 {
        for sent in &sends {
            desk.fail(sent.request, url_expired());
        }
        assert!(desk.sends().is_empty(), "round {round}");
        let (sign, wanted) = desk.sign();
        assert_eq!(desk.snapshot(file).attempts, 0);
        assert!(wanted.iter().any(|(part, _)| *part == number(1)));
        desk.sign_all(sign, &wanted, 300);
        desk.sign_whatever_is_wanted();
        sends = desk.sends();
        assert_eq!(sends.len(), 3);
    }
    desk.fail(sends[0].request, url_expired());
    assert_eq!(desk.status(file), Status::Failed(UploadError::Expired));
    assert_eq!(desk.cancels().len(), 2);
    desk.quiet();
}

#[test]
fn a_stored_part_forgives_earlier_expiries() {
    let mut desk = Desk::usual();
    let (file, mut sends) = desk.drive_to_parts(100);
    for _ in 0..10 {
        let last = sends.pop().unwrap();
        desk.took(&last);
        desk.fail(sends[0].request, url_expired());
        desk.sign_whatever_is_wanted();
        sends.remove(0);
        sends.extend(desk.sends());
        desk.sign_whatever_is_wanted();
        sends.extend(desk.sends());
    }
    desk.assert_status(file, "uploading");
}

#[test]
fn an_upload_that_is_gone_starts_over_once() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(5);
    desk.took(&sends[0]);
    desk.fail(sends[1].request, store(404, "NoSuchUpload"));
    assert_eq!(
        desk.cancels().len(),
        2,
        "part 3, and part 4 that followed part 1"
    );
    let (create, _) = desk.create();
    desk.grant_parts(create, "u2");
    desk.sends();
    let (sign, wanted) = desk.sign();
    assert_eq!(wanted[0].0, number(1), "nothing of the old one is used");
    desk.sign_all(sign, &wanted, 300);
    let sends = desk.sends();
    assert_eq!(sends.len(), 3);
    desk.fail(sends[0].request, store(404, "NoSuchUpload"));
    desk.assert_status(file, "failed");
    assert_eq!(desk.count(&Notice::Failed(file)), 1);
}

#[test]
fn an_upload_too_old_for_the_backend_starts_over_once() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(2);
    desk.fail(complete, backend(404, "unknown_upload"));
    desk.create();
    desk.assert_status(file, "preparing");
}

#[test]
fn after_an_invalid_part_what_is_missing_is_sent_again() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(4);
    desk.fail(complete, backend(409, "invalid_part"));
    let list = desk.list();
    desk.quiet();
    let part = |number, size, tag: &str| StoredPart {
        number: crate::desk::number(number),
        size,
        etag: s3_upload_core::ETag::new(tag),
    };
    // Part 2 is missing, part 3 has another size, and part 9 does not belong to the upload.
    desk.answer(
        list,
        Answer::Listed(vec![
            part(1, PART, "\"new1\""),
            part(3, PART - 1, "\"new3\""),
            part(4, PART, "\"new4\""),
            part(9, PART, "\"new9\""),
        ]),
    );
    desk.sign_whatever_is_wanted();
    let sends = desk.sends();
    let resent: Vec<_> = sends.iter().map(|sent| sent.range).collect();
    assert_eq!(resent, [part_range(2), part_range(3)]);
    for sent in &sends {
        desk.took(sent);
    }
    let (complete, tags) = desk.complete();
    let tags: Vec<_> = tags
        .unwrap()
        .iter()
        .map(|(_, tag)| tag.as_str().to_owned())
        .collect();
    assert_eq!(tags, ["\"new1\"", "\"2\"", "\"3\"", "\"new4\""]);
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn a_part_in_flight_waits_for_its_own_answer_whatever_the_list_says() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(12);
    desk.took(&sends[0]);
    let (sign, _) = desk.sign();
    desk.fail(sign, backend(409, "incomplete"));
    let list = desk.list();
    assert_eq!(desk.sends().len(), 1, "part 4 took the lane of part 1");
    desk.fail(sends[2].request, network());
    desk.pass(secs(1));
    assert!(
        desk.sends().is_empty(),
        "nothing is sent before the list is there"
    );
    let listed = (1..=3).map(|part| StoredPart {
        number: number(part),
        size: PART,
        etag: etag(part),
    });
    desk.answer(list, Answer::Listed(listed.collect()));
    desk.sign_whatever_is_wanted();
    desk.sends();
    desk.fail(sends[1].request, network());
    desk.pass(secs(1));
    assert_eq!(desk.sends()[0].part, Some(number(2)));
    desk.assert_status(file, "uploading");
}

#[test]
fn a_store_that_loses_parts_for_ever_is_given_up() {
    let mut desk = Desk::usual();
    let (file, mut complete) = desk.drive_to_complete(1);
    for _ in 0..2 {
        desk.fail(complete, backend(409, "incomplete"));
        let list = desk.list();
        desk.answer(list, Answer::Listed(Vec::new()));
        desk.sign_whatever_is_wanted();
        let sent = desk.send();
        desk.took(&sent);
        complete = desk.complete().0;
    }
    desk.fail(complete, backend(409, "incomplete"));
    desk.assert_status(file, "failed");
    desk.quiet();
}

#[test]
fn without_readable_tags_the_parts_are_listed_before_they_are_completed() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(3);
    desk.took(&sends[0]);
    desk.answer(sends[1].request, Answer::Sent(None.into()));
    desk.took(&sends[2]);
    let list = desk.list();
    // One part has another size than the one that was sent: a proxy answered in place of the store.
    let short = StoredPart {
        size: 7,
        ..listed(2)
    };
    desk.answer(list, Answer::Listed(vec![listed(1), short, listed(3)]));
    desk.sign_whatever_is_wanted();
    let again = desk.send();
    assert_eq!(again.part, Some(number(2)));
    desk.took(&again);
    let (complete, tags) = desk.complete();
    assert_eq!(tags.map(|tags| tags.len()), Some(3));
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn without_readable_tags_and_without_a_list_nothing_is_completed() {
    for error in [
        UploadError::Unsupported("no way to list".to_owned()),
        backend(404, ""),
        backend(501, ""),
    ] {
        let mut desk = Desk::usual();
        let (file, sends) = desk.drive_to_parts(3);
        desk.took(&sends[0]);
        desk.answer(sends[1].request, Answer::Sent(None.into()));
        desk.took(&sends[2]);
        let list = desk.list();
        desk.fail(list, error);
        assert_eq!(desk.status(file), Status::Failed(UploadError::MissingETag));
    }
}

#[test]
fn after_a_complete_without_an_answer_no_such_upload_is_a_yes_once_the_list_says_so_too() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(3);
    desk.fail(complete, lost(Step::Complete));
    desk.pass(secs(1));
    let (complete, _) = desk.complete();
    desk.fail(complete, backend(404, "NoSuchUpload"));
    let list = desk.list();
    desk.fail(list, backend(404, "NoSuchUpload"));
    desk.assert_status(file, "completed");
    desk.quiet();
}

#[test]
fn after_a_complete_without_an_answer_the_list_may_show_that_nothing_was_completed() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(3);
    desk.fail(complete, lost(Step::Complete));
    desk.pass(secs(1));
    let (complete, _) = desk.complete();
    desk.fail(complete, backend(404, "NoSuchUpload"));
    let list = desk.list();
    desk.answer(list, Answer::Listed((1..=3).map(listed).collect()));
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn without_doubt_no_such_upload_is_none() {
    for code in ["NoSuchUpload", "unknown_upload", "no_such_upload"] {
        let mut desk = Desk::usual();
        let (file, complete) = desk.drive_to_complete(3);
        desk.fail(complete, backend(404, code));
        desk.assert_status(file, "preparing");
    }
    // A backend that forgot its uploads does not prove a complete.
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(3);
    desk.fail(complete, lost(Step::Complete));
    desk.pass(secs(1));
    let (complete, _) = desk.complete();
    desk.fail(complete, backend(404, "unknown_upload"));
    desk.assert_status(file, "preparing");
}

#[test]
fn an_object_of_another_size_is_not_the_file() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(3);
    let other = || found(2 * PART);
    desk.answer(complete, other());
    // The upload starts over once. The second time it fails.
    let (create, _) = desk.create();
    desk.grant_single(create, Some("u2"), Some(300));
    let put = desk.send();
    desk.took(&put);
    let (complete, _) = desk.complete();
    desk.answer(complete, other());
    assert!(matches!(
        desk.status(file),
        Status::Failed(UploadError::Malformed { .. })
    ));
}

#[test]
fn before_a_part_that_went_out_whole_is_sent_again_the_parts_are_listed() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(3);
    desk.took(&sends[0]);
    desk.took(&sends[1]);
    desk.event(Event::Progress(sends[2].request, PART));
    desk.fail(sends[2].request, network());
    desk.pass(secs(1));
    let list = desk.list();
    desk.answer(list, Answer::Listed((1..=3).map(listed).collect()));
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn a_list_that_contradicts_a_bare_yes_ends_it() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(3);
    desk.answer(complete, Answer::Unconfirmed(StoredObject::default()));
    let list = desk.list();
    desk.answer(list, Answer::Listed(vec![listed(1), listed(2)]));
    desk.sign_whatever_is_wanted();
    let again = desk.send();
    desk.event(Event::Progress(again.request, PART));
    desk.fail(again.request, network());
    desk.pass(secs(1));
    let list = desk.list();
    desk.fail(list, backend(404, "NoSuchUpload"));
    desk.assert_status(file, "preparing");
}

#[test]
fn a_bare_yes_counts_unless_the_parts_can_be_listed_or_nobody_is_known() {
    for (status, code) in [(404, "no_such_upload"), (400, "odd"), (404, "")] {
        let mut desk = Desk::usual();
        let (file, complete) = desk.drive_to_complete(3);
        desk.answer(complete, Answer::Unconfirmed(StoredObject::default()));
        let list = desk.list();
        desk.fail(list, backend(status, code));
        desk.assert_status(file, "completed");
    }
    for status in [401, 403] {
        let mut desk = Desk::usual();
        let (file, complete) = desk.drive_to_complete(3);
        desk.answer(complete, Answer::Unconfirmed(StoredObject::default()));
        let list = desk.list();
        desk.fail(list, backend(status, ""));
        desk.assert_status(file, "failed");
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>
#[test]
fn doubt_is_forgotten_before_a_lifecycle_rule_may_have_removed_the_upload() {
    for (hours, name) in [(5, "completed"), (7, "preparing")] {
        let mut desk = Desk::usual();
        let (file, complete) = desk.drive_to_complete(3);
        desk.event(Event::Pause(one(file)));
        assert_eq!(desk.cancels(), [complete]);
        desk.pass(secs(hours * 3_600));
        desk.event(Event::Resume(one(file)));
        let (complete, _) = desk.complete();
        desk.fail(complete, backend(404, "NoSuchUpload"));
        if name == "completed" {
            let list = desk.list();
            desk.fail(list, backend(404, "NoSuchUpload"));
        }
        desk.assert_status(file, name);
    }
}

#[test]
fn a_doubt_without_tags_and_without_a_list_ends() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(2);
    desk.fail(complete, lost(Step::Complete));
    desk.pass(secs(1));
    let (complete, _) = desk.complete();
    desk.fail(complete, backend(409, "invalid_part"));
    let list = desk.list();
    desk.answer(list, Answer::Listed(vec![listed(1)]));
    desk.sign_whatever_is_wanted();
    let again = desk.send();
    desk.answer(again.request, Answer::Sent(None.into()));
    let list = desk.list();
    desk.fail(list, backend(404, ""));
    assert_eq!(desk.status(file), Status::Failed(UploadError::MissingETag));
}

const fn lost(step: Step) -> UploadError {
    UploadError::Network { step }
}

#[test]
fn an_answer_that_signs_nothing_is_malformed_and_final() {
    let mut desk = Desk::usual();
    let file = desk.add(3 * PART);
    let (create, _) = desk.create();
    desk.grant_parts(create, "u1");
    let (sign, _) = desk.sign();
    desk.sign_all(sign, &[(number(77), PART)], 300);
    assert!(matches!(
        desk.status(file),
        Status::Failed(UploadError::Malformed { .. })
    ));
    desk.pass(secs(3_600));
    desk.quiet();
}

#[test]
fn an_answer_to_another_question_is_malformed_and_final() {
    let mut desk = Desk::usual();
    let file = desk.add(5);
    let (create, _) = desk.create();
    desk.answer(create, Answer::Aborted);
    assert!(matches!(
        desk.status(file),
        Status::Failed(UploadError::Malformed { .. })
    ));
}

#[test]
fn a_complete_that_broke_is_asked_again() {
    let mut desk = Desk::new(Config {
        backend_lanes: 1,
        ..config()
    });
    let (file, complete) = desk.drive_to_complete(2);
    desk.fail(complete, network());
    desk.assert_status(file, "waiting");
    desk.pass(secs(1));
    let (complete, tags) = desk.complete();
    assert_eq!(tags.map(|tags| tags.len()), Some(2));
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn signatures_that_a_truncated_list_asked_for_end_with_the_upload() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(2);
    let break_whole = |desk: &mut Desk, sent: &Transmit| {
        desk.event(Event::Progress(sent.request, sent.range.len()));
        desk.fail(sent.request, network());
        desk.pass(secs(1));
        desk.list()
    };
    // The time passes until the URLs have expired, so that a part that is sent again has to be signed first.
    for moved in 1..=20 {
        desk.pass(secs(15));
        for sent in &sends {
            desk.event(Event::Progress(sent.request, moved));
        }
    }
    let list = break_whole(&mut desk, &sends[0]);
    desk.answer(list, Answer::Listed(Vec::new()));
    let (sign, parts) = desk.sign();
    assert_eq!(parts.len(), 1);
    let list = break_whole(&mut desk, &sends[1]);
    desk.answer(list, Answer::Listed(vec![listed(1), listed(2)]));
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(file, "completed");
    assert_eq!(desk.cancels(), [sign]);
}

#[test]
fn a_mistake_in_the_function_that_lists_parts_is_no_missing_etag() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(2);
    for sent in &sends {
        desk.answer(sent.request, Answer::Sent(None.into()));
    }
    let list = desk.list();
    let mistake = UploadError::Configuration("listParts failed".to_owned());
    desk.fail(list, mistake.clone());
    assert!(matches!(desk.status(file), Status::Failed(error) if error == mistake));
}
