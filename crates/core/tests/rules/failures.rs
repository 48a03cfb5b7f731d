//! Retries: the failures that are retried, the number of retries, and their times.

use s3_upload_core::{
    Blocked, Config, Event, Notice, Status, Step, UploadError, WaitReason, limits::MIB,
};

use crate::desk::{Desk, backend, config, is_operation, network, one, secs, slow_down, store};

/// The time until the next timeout, in milliseconds.
fn wait(desk: &Desk) -> u64 {
    let next = desk.queue.poll_timeout().unwrap();
    u64::try_from(next.since(desk.now).as_millis()).unwrap()
}

#[test]
fn what_fails_while_others_go_through_is_tried_after_a_growing_wait_until_patience_ends() {
    let mut desk = Desk::usual();
    let (file, mut put) = desk.drive_to_put(5, None);
    for (attempt, most) in [(1, 500), (2, 1_000), (3, 2_000), (4, 4_000), (5, 8_000)] {
        desk.another_is_stored();
        desk.fail(put.request, store(500, "InternalError"));
        assert_eq!(desk.snapshot(file).attempts, attempt);
        assert!(wait(&desk) <= most, "{} > {most}", wait(&desk));
        assert!(matches!(
            desk.status(file),
            Status::Waiting {
                reason: WaitReason::Backoff(_),
                ..
            }
        ));
        desk.quiet();
        desk.pass(secs(8));
        put = desk.send();
    }
    desk.another_is_stored();
    desk.fail(put.request, store(500, "InternalError"));
    assert_eq!(
        desk.status(file),
        Status::Failed(store(500, "InternalError"))
    );
    assert_eq!(desk.count(&Notice::Failed(file)), 1);
    let settled = Notice::Settled {
        succeeded: 6,
        failed: 1,
    };
    assert_eq!(desk.count(&settled), 1);
    assert_eq!(desk.queue.poll_timeout(), None);
    desk.pass(secs(86_400));
    desk.quiet();
}

#[test]
fn what_the_other_side_asks_for_is_waited_for() {
    let mut desk = Desk::usual();
    let (_, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, slow_down(42));
    assert_eq!(wait(&desk), 42_000);
    desk.pass(secs(41));
    desk.quiet();
    desk.pass(secs(1));
    desk.send();
}

#[test]
fn of_a_burst_the_longest_wait_counts() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.fail(sends[0].request, slow_down(10));
    desk.fail(sends[1].request, slow_down(60));
    desk.fail(sends[2].request, slow_down(20));
    assert_eq!(desk.snapshot(file).attempts, 1);
    assert_eq!(wait(&desk), 60_000);
    desk.pass(secs(59));
    desk.quiet();
    desk.pass(secs(1));
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn one_cut_of_the_network_counts_once_however_late_the_others_notice() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.fail(sends[0].request, network());
    assert_eq!(desk.snapshot(file).attempts, 1);
    desk.fail(sends[1].request, network());
    assert_eq!(desk.snapshot(file).attempts, 1);
    // The wait is over, and part 1 is sent again before the failure of the last one is reported.
    desk.pass(secs(1));
    assert_eq!(desk.sends().len(), 2);
    desk.fail(sends[2].request, network());
    assert_eq!(desk.snapshot(file).attempts, 1);
    assert_eq!(desk.send().part, sends[2].part, "it goes out again at once");
}

#[test]
fn what_fails_while_it_waits_leaves_no_timer() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.fail(sends[0].request, slow_down(60));
    desk.fail(sends[1].request, store(403, "AccessDenied"));
    desk.assert_status(file, "failed");
    assert_eq!(desk.queue.poll_timeout(), None);
    desk.event(Event::Retry(one(file)));
    desk.sign();
}

#[test]
fn a_failure_that_is_tried_once_more_forgives_the_whole_burst() {
    let blocked = || {
        UploadError::Blocked(Blocked::Cors {
            finding: None,
            page: "https://page.test".to_owned(),
            host: "https://store.test".to_owned(),
        })
    };
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    for sent in &sends {
        desk.fail(sent.request, blocked());
    }
    desk.assert_status(file, "waiting");
    desk.pass(secs(1));
    let sends = desk.sends();
    desk.fail(sends[0].request, blocked());
    assert_eq!(desk.status(file), Status::Failed(blocked()));
}

#[test]
fn headway_restores_patience() {
    let mut desk = Desk::usual();
    let (file, mut sends) = desk.drive_to_parts(100);
    for _ in 0..20 {
        let last = sends.pop().unwrap();
        desk.took(&last);
        assert_eq!(desk.snapshot(file).attempts, 0);
        sends.extend(desk.sends());
        desk.sign_whatever_is_wanted();
        sends.extend(desk.sends());
        for sent in sends.drain(..) {
            desk.fail(sent.request, network());
        }
        assert_eq!(desk.snapshot(file).attempts, 1);
        desk.pass(secs(1));
        desk.sign_whatever_is_wanted();
        sends.extend(desk.sends());
    }
    desk.assert_status(file, "uploading");
}

#[test]
fn a_connection_that_carried_something_before_it_broke_made_headway() {
    let mut desk = Desk::usual();
    let (file, mut put) = desk.drive_to_put(50 * MIB, None);
    for _ in 0..10 {
        desk.event(Event::Progress(put.request, MIB));
        desk.another_is_stored();
        desk.fail(put.request, network());
        assert_eq!(desk.snapshot(file).attempts, 1);
        desk.pass(secs(1));
        put = desk.send();
    }
}

#[test]
fn the_budget_ends_what_would_go_on_for_ever() {
    let mut desk = Desk::usual();
    let (file, mut put) = desk.drive_to_put(50 * MIB, None);
    let mut tries = 1;
    loop {
        desk.event(Event::Progress(put.request, MIB));
        desk.another_is_stored();
        desk.fail(put.request, network());
        if desk.status(file).is_final() {
            break;
        }
        desk.pass(secs(30));
        if desk.inbox.iter().any(|c| is_operation(c, Step::Create)) {
            let (create, _) = desk.create();
            desk.grant_single(create, None, Some(300));
        }
        put = desk.send();
        tries += 1;
        assert!(tries < 100);
    }
    assert_eq!(tries, 31, "the first one, and thirty retries");
}

#[test]
fn the_backend_is_asked_again_too() {
    let mut desk = Desk::usual();
    let file = desk.add(5);
    let (create, _) = desk.create();
    desk.fail(create, backend(503, ""));
    desk.assert_status(file, "waiting");
    desk.pass(secs(1));
    let (create, _) = desk.create();
    desk.fail(create, backend(422, "too_large"));
    desk.assert_status(file, "failed");
}

#[test]
fn a_backend_that_is_down_does_not_spend_the_patience_of_the_whole_queue() {
    let mut desk = Desk::usual();
    for _ in 0..1_000 {
        desk.add(5);
    }
    for _ in 0..20 {
        let mut asked = 0;
        while !desk.inbox.is_empty() {
            let (create, _) = desk.create();
            desk.fail(create, backend(503, ""));
            asked += 1;
        }
        assert!(asked <= 60, "{asked} in one second");
        desk.pass(secs(1));
    }
    assert!(desk.queue.totals().failed < 60, "{:?}", desk.queue.totals());
}

#[test]
fn an_integrators_mistake_is_not_retried() {
    for error in [
        store(403, "SignatureDoesNotMatch"),
        store(403, "AccessDenied"),
        store(501, "NotImplemented"),
        UploadError::FileChanged,
        UploadError::FileUnreadable,
        UploadError::Configuration("endpoint".to_owned()),
    ] {
        let mut desk = Desk::usual();
        let (file, put) = desk.drive_to_put(5, None);
        desk.fail(put.request, error.clone());
        assert_eq!(desk.status(file), Status::Failed(error));
        desk.quiet();
    }
}

#[test]
fn a_retry_by_the_person_is_a_new_run_with_a_new_signature() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, store(403, "SignatureDoesNotMatch"));
    desk.event(Event::Retry(one(file)));
    let (create, _) = desk.create();
    desk.grant_single(create, None, Some(300));
    let put = desk.send();
    desk.took(&put);
    desk.assert_status(file, "completed");
    assert_eq!(desk.count(&Notice::Started(file)), 2);
    assert_eq!(desk.count(&Notice::Failed(file)), 1);
    assert_eq!(desk.count(&Notice::Succeeded(file)), 1);
}

#[test]
fn a_retry_by_the_person_keeps_the_parts_that_are_there() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(5);
    desk.took(&sends[0]);
    desk.fail(sends[1].request, store(403, "SignatureDoesNotMatch"));
    desk.assert_status(file, "failed");
    assert_eq!(desk.cancels().len(), 2);
    desk.sends();
    desk.event(Event::Retry(one(file)));
    let (sign, wanted) = desk.sign();
    let numbers: Vec<_> = wanted.iter().map(|(part, _)| part.get()).collect();
    assert_eq!(numbers, [2, 3, 4, 5]);
    desk.sign_all(sign, &wanted, 300);
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn late_answers_change_nothing() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, None);
    desk.pass(secs(30));
    assert_eq!(desk.cancels(), [put.request]);
    assert!(matches!(
        desk.status(file),
        Status::Waiting {
            reason: WaitReason::Backoff(UploadError::Stalled {
                step: Step::Send,
                ..
            }),
            ..
        }
    ));
    desk.took(&put);
    desk.assert_status(file, "waiting");
    desk.pass(secs(1));
    let again = desk.send();
    desk.event(Event::Cancel(one(file)));
    assert_eq!(desk.cancels(), [again.request]);
    desk.took(&again);
    desk.fail(again.request, network());
    desk.assert_status(file, "cancelled");
    assert_eq!(desk.count(&Notice::Cancelled(file)), 1);
    assert_eq!(desk.count(&Notice::Succeeded(file)), 0);
    desk.quiet();
}

#[test]
fn a_second_answer_to_the_same_request_changes_nothing() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(3);
    desk.took(&sends[0]);
    desk.took(&sends[0]);
    desk.fail(sends[0].request, store(403, "AccessDenied"));
    desk.assert_status(file, "uploading");
    desk.took(&sends[1]);
    desk.took(&sends[2]);
    desk.complete();
}

#[test]
fn the_seed_decides_the_jitter() {
    let waits = |seed| {
        let mut desk = Desk::new(Config { seed, ..config() });
        let (_, put) = desk.drive_to_put(5, None);
        desk.fail(put.request, network());
        wait(&desk)
    };
    assert_eq!(waits(1), waits(1));
    assert!((2..20).any(|seed| waits(seed) != waits(1)));
}
