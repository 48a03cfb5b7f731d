//! Tests of the progress that is shown.

use s3_upload_core::{Event, Notice, limits::MIB};

use crate::desk::{Desk, PART, config, network, one, secs, store};

#[test]
fn a_cut_takes_nothing_from_the_bar() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.event(Event::Progress(sends[0].request, 6 * MIB));
    let before = desk.snapshot(file).sent;
    assert_eq!(before, 6 * MIB);
    assert_eq!(desk.queue.totals().sent, 6 * MIB);
    desk.fail(sends[0].request, network());
    assert_eq!(desk.snapshot(file).sent, before);
    desk.took(&sends[1]);
    assert_eq!(desk.snapshot(file).sent, PART);
    assert_eq!(desk.queue.totals().sent, PART);
}

#[test]
fn progress_is_not_taken_back_by_an_older_count_nor_beyond_the_range() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(1_000, Some("u1"));
    desk.event(Event::Progress(put.request, 600));
    desk.event(Event::Progress(put.request, 400));
    assert_eq!(desk.snapshot(file).sent, 600);
    desk.event(Event::Progress(put.request, 5_000));
    let snapshot = desk.snapshot(file);
    assert_eq!((snapshot.sent, snapshot.percent), (999, 99));
    desk.took(&put);
    assert_eq!(desk.snapshot(file).percent, 99);
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    assert_eq!(desk.snapshot(file).sent, 1_000);
}

#[test]
fn the_bar_stands_still_through_pause_failure_and_retry() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(1_000, None);
    desk.event(Event::Progress(put.request, 700));
    desk.event(Event::Pause(one(file)));
    assert_eq!(desk.snapshot(file).sent, 700);
    desk.event(Event::Resume(one(file)));
    let put = desk.send();
    desk.event(Event::Progress(put.request, 100));
    assert_eq!(desk.snapshot(file).sent, 700);
    desk.fail(put.request, store(403, "AccessDenied"));
    desk.event(Event::Retry(one(file)));
    assert_eq!(desk.snapshot(file).sent, 700);
}

#[test]
fn speed_is_told_while_bytes_move_and_only_then() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(100 * MIB, None);
    assert_eq!(desk.snapshot(file).speed, None);
    for step in 1..=20 {
        desk.pass(core::time::Duration::from_millis(500));
        desk.event(Event::Progress(put.request, step * MIB / 2));
    }
    let snapshot = desk.snapshot(file);
    let speed = snapshot.speed.unwrap();
    assert!((MIB * 9 / 10..=MIB * 11 / 10).contains(&speed), "{speed}");
    let left = snapshot.remaining.unwrap().as_secs();
    assert!((80..=100).contains(&left), "{left}");
    assert_eq!(desk.queue.totals().speed, Some(speed));
    desk.event(Event::Pause(one(file)));
    assert_eq!(desk.snapshot(file).speed, None);
    assert_eq!(desk.queue.totals().speed, None);
}

#[test]
fn a_stored_part_is_counted_once_for_the_speed() {
    let mut desk = Desk::new(s3_upload_core::Config {
        max_lanes: Some(1),
        ..config()
    });
    let (file, sends) = desk.drive_to_parts(1_000);
    let mut sent = sends[0].clone();
    for _ in 0..20 {
        // 8 MiB in four seconds, reported in two steps.
        for step in 1..=2 {
            desk.pass(secs(2));
            desk.event(Event::Progress(sent.request, step * PART / 2));
        }
        desk.pass(core::time::Duration::from_millis(400));
        desk.took(&sent);
        desk.sign_whatever_is_wanted();
        sent = desk.send();
    }
    let speed = desk.snapshot(file).speed.unwrap();
    assert!((MIB * 3 / 2..=MIB * 5 / 2).contains(&speed), "{speed}");
}

#[test]
fn a_slow_link_is_shown_to_move() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(100 * MIB, None);
    desk.queue.take_changed();
    desk.pass(secs(1));
    desk.event(Event::Progress(put.request, 256 * 1024));
    assert!(desk.queue.take_changed().contains(&file));
    assert!(desk.queue.take_changed().is_empty());
}

#[test]
fn rest_is_told_once_for_a_batch() {
    let mut desk = Desk::usual();
    let mut puts = Vec::new();
    for _ in 0..3 {
        puts.push(desk.drive_to_put(5, None).1);
    }
    desk.took(&puts[0]);
    desk.fail(puts[1].request, store(403, "AccessDenied"));
    assert!(
        !desk
            .notices
            .iter()
            .any(|n| matches!(n, Notice::Settled { .. }))
    );
    desk.took(&puts[2]);
    let settled: Vec<_> = desk
        .notices
        .iter()
        .filter(|notice| matches!(notice, Notice::Settled { .. }))
        .collect();
    assert_eq!(
        settled,
        [&Notice::Settled {
            succeeded: 2,
            failed: 1
        }]
    );
    let (_, put) = desk.drive_to_put(5, None);
    desk.took(&put);
    assert_eq!(
        desk.notices.last(),
        Some(&Notice::Settled {
            succeeded: 1,
            failed: 0
        })
    );
}

#[test]
fn what_is_paused_is_not_at_rest() {
    let mut desk = Desk::usual();
    let (_, first) = desk.drive_to_put(5, None);
    let (second, _) = desk.drive_to_put(5, None);
    desk.event(Event::Pause(one(second)));
    desk.took(&first);
    let settled = Notice::Settled {
        succeeded: 1,
        failed: 0,
    };
    assert_eq!(desk.count(&settled), 0);
    desk.event(Event::Cancel(one(second)));
    assert_eq!(desk.count(&settled), 1);
}

#[test]
fn the_time_left_counts_only_what_goes_on() {
    let mut desk = Desk::usual();
    let (_, put) = desk.drive_to_put(20 * MIB, None);
    let paused = desk.add(1_000 * MIB);
    desk.event(Event::Pause(one(paused)));
    for step in 1..=20 {
        desk.pass(core::time::Duration::from_millis(500));
        desk.event(Event::Progress(put.request, step * MIB / 2));
    }
    let left = desk.queue.totals().remaining.unwrap().as_secs();
    assert!((8..=12).contains(&left), "{left}");
}

#[test]
fn what_a_broken_request_had_sent_is_left_again() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(60 * MIB, Some("u1"));
    let half_seconds = |desk: &mut Desk, request, count: u64| {
        for step in 1..=count {
            desk.pass(core::time::Duration::from_millis(500));
            desk.event(Event::Progress(request, step * MIB / 2));
        }
    };
    half_seconds(&mut desk, put.request, 108);
    desk.fail(put.request, network());
    let again = (0..600)
        .find_map(|_| {
            desk.pass(core::time::Duration::from_millis(100));
            desk.sends().pop()
        })
        .expect("another try");
    half_seconds(&mut desk, again.request, 10);
    let snapshot = desk.snapshot(file);
    assert_eq!(snapshot.sent, 54 * MIB);
    let totals = desk.queue.totals();
    assert_eq!(totals.sent, 54 * MIB);
    for left in [snapshot.remaining, totals.remaining] {
        let left = left.unwrap().as_secs();
        assert!((50..=62).contains(&left), "{left} s");
    }
}

#[test]
fn what_is_paused_half_way_is_counted_apart() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(1_000, None);
    let untouched = desk.add(1_000);
    desk.event(Event::Progress(put.request, 700));
    let counts = |desk: &Desk| {
        let totals = desk.queue.totals();
        (totals.active, totals.paused, totals.interrupted)
    };
    assert_eq!(counts(&desk), (2, 0, 0));
    desk.event(Event::Pause(one(untouched)));
    assert_eq!(counts(&desk), (1, 1, 0));
    desk.event(Event::Pause(one(file)));
    assert_eq!(counts(&desk), (0, 2, 1));
    desk.event(Event::Cancel(one(file)));
    assert_eq!(counts(&desk), (0, 1, 0));
}

#[test]
fn what_was_cancelled_is_counted_but_not_among_the_files() {
    let mut desk = Desk::usual();
    let files = [desk.add(5), desk.add(5)];
    desk.event(Event::Cancel(one(files[0])));
    let totals = desk.queue.totals();
    assert_eq!((totals.files, totals.cancelled), (1, 1));
    desk.event(Event::Remove(one(files[0])));
    assert_eq!(desk.queue.totals().cancelled, 0);
}

#[test]
fn the_first_that_failed_are_named() {
    let mut desk = Desk::usual();
    let (first, put) = desk.drive_to_put(5, None);
    let (second, other) = desk.drive_to_put(5, None);
    let named = |desk: &Desk| desk.queue.totals().first_failed;
    desk.fail(other.request, store(403, "AccessDenied"));
    assert_eq!(named(&desk), [second]);
    desk.fail(put.request, store(403, "AccessDenied"));
    assert_eq!(named(&desk), [first, second]);
    desk.event(Event::Retry(one(first)));
    assert_eq!(named(&desk), [second]);
    desk.event(Event::Remove(one(second)));
    assert!(named(&desk).is_empty());
}

#[test]
fn the_whole_is_whole_only_when_every_file_is_confirmed() {
    let mut desk = Desk::usual();
    let (_, first) = desk.drive_to_put(1_000_000, None);
    let (_, second) = desk.drive_to_put(1, None);
    desk.took(&first);
    assert_eq!(desk.queue.totals().percent, 99);
    desk.took(&second);
    assert_eq!(desk.queue.totals().percent, 100);
}
