//! Tests of the operations that a person requests.

use s3_upload_core::{
    Accept, Answer, Config, Constraints, Event, FileInfo, Notice, Target, UploadId, Violation,
};

use crate::desk::{Desk, PART, backend, config, network, number, one, secs, store};

#[test]
fn a_pause_keeps_confirmed_parts_and_stops_the_rest() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(6);
    desk.took(&sends[0]);
    let fourth = desk.send();
    desk.event(Event::Pause(one(file)));
    desk.assert_status(file, "paused");
    let cancelled = desk.cancels();
    assert_eq!(
        cancelled,
        [sends[1].request, sends[2].request, fourth.request]
    );
    desk.quiet();
    desk.pass(secs(3_600));
    desk.quiet();
    desk.event(Event::Resume(one(file)));
    desk.sign_whatever_is_wanted();
    let sends = desk.sends();
    assert_eq!(sends[0].part, Some(number(2)), "part 1 is there already");
    let mut left = sends;
    while let Some(sent) = left.pop() {
        assert_ne!(sent.part, Some(number(1)));
        desk.took(&sent);
        desk.sign_whatever_is_wanted();
        left.extend(desk.sends());
    }
    let (complete, tags) = desk.complete();
    assert_eq!(tags.map(|tags| tags.len()), Some(6));
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn a_pause_while_the_backend_is_asked_keeps_its_answer() {
    let mut desk = Desk::usual();
    let file = desk.add(2 * PART);
    let (create, _) = desk.create();
    desk.event(Event::Pause(one(file)));
    desk.quiet();
    desk.grant_parts(create, "u1");
    desk.assert_status(file, "paused");
    desk.quiet();
    desk.event(Event::Resume(one(file)));
    desk.assert_status(file, "uploading");
    desk.sign();
}

#[test]
fn a_resume_while_the_backend_is_still_asked_does_not_ask_twice() {
    let mut desk = Desk::usual();
    let file = desk.add(2 * PART);
    let (create, _) = desk.create();
    desk.event(Event::Pause(one(file)));
    desk.event(Event::Resume(one(file)));
    desk.assert_status(file, "preparing");
    desk.quiet();
    desk.grant_parts(create, "u1");
    desk.sign();
}

#[test]
fn a_refusal_that_meets_a_paused_file_is_asked_for_again_on_resume() {
    let mut desk = Desk::usual();
    let file = desk.add(5);
    let (create, _) = desk.create();
    desk.event(Event::Pause(one(file)));
    desk.fail(create, network());
    desk.assert_status(file, "paused");
    desk.event(Event::Resume(one(file)));
    desk.create();
}

#[test]
fn a_pause_ends_a_wait() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, store(503, "SlowDown"));
    desk.event(Event::Pause(one(file)));
    desk.assert_status(file, "paused");
    assert_eq!(desk.queue.poll_timeout(), None);
    desk.event(Event::Resume(one(file)));
    desk.send();
}

#[test]
fn all_can_be_paused_and_resumed_at_once() {
    let mut desk = Desk::usual();
    for _ in 0..20 {
        desk.add(5);
    }
    desk.event(Event::Pause(Target::All));
    assert_eq!(desk.queue.totals().paused, 20);
    assert_eq!(desk.queue.totals().active, 0);
    desk.event(Event::Resume(Target::All));
    assert_eq!(desk.queue.totals().active, 20);
}

#[test]
fn a_cancel_aborts_once_and_tries_again_until_the_backend_heard() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(6);
    desk.event(Event::Cancel(one(file)));
    desk.event(Event::Cancel(one(file)));
    desk.assert_status(file, "cancelled");
    assert_eq!(desk.cancels().len(), sends.len());
    assert_eq!(desk.count(&Notice::Cancelled(file)), 1);
    let (abort, id) = desk.abort();
    assert_eq!(id, UploadId::new("u1"));
    desk.quiet();
    desk.fail(abort, backend(503, ""));
    desk.pass(secs(1));
    let (abort, _) = desk.abort();
    desk.answer(abort, Answer::Aborted);
    desk.pass(secs(3_600));
    desk.quiet();
    assert_eq!(desk.queue.poll_timeout(), None);
}

#[test]
fn an_abort_is_given_up_when_the_backend_refuses_it_or_never_answers() {
    let mut desk = Desk::usual();
    let (file, _) = desk.drive_to_parts(6);
    desk.event(Event::Cancel(one(file)));
    let (abort, _) = desk.abort();
    desk.fail(abort, backend(404, "unknown_upload"));
    assert_eq!(desk.queue.poll_timeout(), None);

    let (file, _) = desk.drive_to_parts(6);
    desk.event(Event::Cancel(one(file)));
    desk.pass(secs(3_600));
    desk.cancels();
    let mut tries = 0;
    while !desk.inbox.is_empty() {
        desk.abort();
        tries += 1;
    }
    assert_eq!(tries, 6);
    assert_eq!(desk.queue.poll_timeout(), None);
}

#[test]
fn a_cancel_while_the_backend_is_asked_takes_back_what_its_answer_made() {
    let mut desk = Desk::usual();
    let file = desk.add(2 * PART);
    let (create, _) = desk.create();
    desk.event(Event::Cancel(one(file)));
    desk.assert_status(file, "cancelled");
    desk.quiet();
    desk.grant_parts(create, "u7");
    assert_eq!(desk.abort().1, UploadId::new("u7"));
    desk.quiet();
}

#[test]
fn a_removal_while_the_backend_is_asked_takes_back_what_its_answer_made() {
    let mut desk = Desk::usual();
    let file = desk.add(2 * PART);
    let (create, _) = desk.create();
    desk.event(Event::Remove(one(file)));
    assert!(desk.queue.snapshot(desk.now, file).is_none());
    desk.grant_parts(create, "u7");
    assert_eq!(desk.abort().1, UploadId::new("u7"));
}

#[test]
fn a_cancelled_put_is_taken_back_only_if_it_may_have_arrived() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.event(Event::Cancel(one(file)));
    assert_eq!(desk.cancels(), [put.request]);
    assert_eq!(desk.abort().1, UploadId::new("u1"));

    let mut desk = Desk::new(Config {
        max_lanes: Some(1),
        ..config()
    });
    desk.drive_to_put(5, Some("u1"));
    let second = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, Some("u2"), Some(300));
    desk.event(Event::Cancel(one(second)));
    desk.quiet();
}

#[test]
fn what_arrived_is_not_cancelled() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, None);
    desk.took(&put);
    desk.event(Event::Cancel(one(file)));
    desk.assert_status(file, "completed");
    desk.event(Event::Remove(one(file)));
    assert_eq!(desk.count(&Notice::Removed(file)), 1);
    assert_eq!(desk.count(&Notice::Cancelled(file)), 0);
    desk.quiet();
}

#[test]
fn removing_a_failed_file_takes_back_what_it_left() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(3);
    desk.fail(sends[0].request, store(403, "AccessDenied"));
    desk.assert_status(file, "failed");
    desk.event(Event::Remove(Target::All));
    assert_eq!(desk.abort().1, UploadId::new("u1"));
    assert_eq!(desk.queue.files().count(), 0);
    assert_eq!(desk.queue.totals().files, 0);
}

#[test]
fn removing_all_leaves_what_is_under_way() {
    let mut desk = Desk::usual();
    let (moving, _) = desk.drive_to_put(5, None);
    let paused = desk.add(5);
    desk.event(Event::Pause(one(paused)));
    let done = desk.add(5);
    desk.event(Event::Cancel(one(done)));
    desk.event(Event::Remove(Target::All));
    let left: Vec<_> = desk.queue.files().collect();
    assert_eq!(left, [moving, paused]);
}

#[test]
fn in_manual_mode_files_wait_for_a_start() {
    let mut desk = Desk::new(Config {
        manual: true,
        ..config()
    });
    let first = desk.add(5);
    let second = desk.add(5);
    desk.quiet();
    assert_eq!(desk.queue.totals().held, 2);
    desk.event(Event::Pause(Target::All));
    assert_eq!(desk.queue.totals().held, 2, "a pause does not lose that");
    desk.event(Event::Start(one(second)));
    assert_eq!(desk.create().1, second);
    desk.event(Event::Start(Target::All));
    assert_eq!(desk.create().1, first);
}

#[test]
fn what_breaks_a_limit_is_not_taken() {
    let mut desk = Desk::new(Config {
        constraints: Constraints {
            accept: Accept::new("text/*"),
            max_size: Some(100),
            max_files: Some(2),
            ..Constraints::default()
        },
        ..config()
    });
    let large = desk.add(101);
    assert!(matches!(
        desk.notices.last(),
        Some(Notice::Rejected(file, _, Violation::TooLarge { size: 101, max: 100 })) if *file == large
    ));
    desk.quiet();
    let (first, put) = desk.drive_to_put(5, None);
    desk.add(5);
    desk.add(5);
    assert!(matches!(
        desk.notices.last(),
        Some(Notice::Rejected(_, _, Violation::TooMany { max: 2 }))
    ));
    // A file that failed does not count against the limit.
    desk.fail(put.request, store(403, "AccessDenied"));
    desk.assert_status(first, "failed");
    let third = desk.add(5);
    assert_eq!(desk.count(&Notice::Added(third)), 1);
}

#[test]
fn what_is_finished_can_be_replaced() {
    let mut desk = Desk::new(Config {
        constraints: Constraints {
            max_files: Some(1),
            max_total_size: Some(8),
            ..Constraints::default()
        },
        ..config()
    });
    let next = FileInfo::new("next.txt", 5, "text/plain");
    let (_, put) = desk.drive_to_put(5, None);
    let too_many = Err(Violation::TooMany { max: 1 });
    assert_eq!(desk.queue.check_replacing(&next), too_many);
    desk.took(&put);
    desk.quiet();
    assert_eq!(desk.queue.check(&next), too_many);
    assert_eq!(desk.queue.check_replacing(&next), Ok(()));
    let large = FileInfo::new("large.txt", 9, "text/plain");
    assert_eq!(
        desk.queue.check_replacing(&large),
        Err(Violation::TotalTooLarge { max: 8 })
    );
}

#[test]
fn cancelling_all_spares_what_failed() {
    let mut desk = Desk::usual();
    let (failed, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, store(403, "AccessDenied"));
    let (moving, _) = desk.drive_to_put(5, None);
    desk.event(Event::Cancel(Target::All));
    desk.assert_status(moving, "cancelled");
    desk.assert_status(failed, "failed");
    desk.event(Event::Cancel(one(failed)));
    desk.assert_status(failed, "cancelled");
}

#[test]
fn cancelling_a_failed_file_takes_back_what_it_left() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(3);
    desk.fail(sends[0].request, store(403, "AccessDenied"));
    desk.cancels();
    desk.event(Event::Cancel(one(file)));
    desk.assert_status(file, "cancelled");
    desk.abort();
    desk.quiet();
}
