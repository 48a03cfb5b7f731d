//! The assignment of lanes, and the choice of the transport.

use core::time::Duration;

use s3_upload_core::{
    Command, Config, Event, FileId, Instant, Step, Transport, TransportChoice, limits::MIB,
};

use crate::desk::{Desk, PART, config, is_operation, network, secs};

#[test]
fn the_store_never_gets_more_than_its_lanes() {
    for lanes in 1..=6 {
        let mut desk = Desk::new(Config {
            max_lanes: Some(lanes),
            ..config()
        });
        let (_, first) = desk.drive_to_parts(100);
        assert_eq!(first.len(), usize::from(lanes));
        let mut open = first;
        for _ in 0..50 {
            let sent = open.remove(0);
            desk.took(&sent);
            desk.sign_whatever_is_wanted();
            open.extend(desk.sends());
            assert!(open.len() <= usize::from(lanes));
        }
    }
}

#[test]
fn the_backend_never_gets_more_than_its_lanes() {
    let mut desk = Desk::usual();
    for _ in 0..20 {
        desk.add(5);
    }
    assert_eq!(desk.inbox.len(), 4);
}

#[test]
fn files_are_prepared_just_ahead_of_need() {
    // A file that is sent within a second is also prepared on each of the four lanes of the backend.
    for (size, prepared) in [(5, 3 + 4 + 2), (10 * MIB, 3 + 2)] {
        let mut desk = Desk::usual();
        for _ in 0..1_000 {
            desk.add(size);
        }
        let mut creates = 0;
        while !desk
            .inbox
            .iter()
            .all(|command| matches!(command, Command::Send(_)))
        {
            let (create, _) = desk.create();
            desk.grant_single(create, None, Some(300));
            creates += 1;
        }
        assert_eq!(creates, prepared);
        let sends = desk.sends();
        assert_eq!(sends.len(), 3);
        desk.pass(secs(20));
        desk.took(&sends[0]);
        assert_eq!(desk.sends().len(), 1);
        desk.create();
        desk.quiet();
    }
}

/// The time from the first request to the last answer, if the backend answers after `create` milliseconds and the
/// store after `store`.
fn small_files(files: u64, create: u64, store: u64) -> u128 {
    let mut desk = Desk::new(Config::default());
    for _ in 0..files {
        desk.add(10 * 1024);
    }
    let start = desk.now;
    let mut due: Vec<(Instant, Command)> = Vec::new();
    let mut first = 0;
    loop {
        for command in desk.inbox.drain(..) {
            let span = match &command {
                Command::Backend { .. } => create,
                _ => store,
            };
            due.push((desk.now + Duration::from_millis(span), command));
        }
        due[first..].sort_by_key(|(at, _)| *at);
        let Some((at, command)) = due.get(first).cloned() else {
            break;
        };
        first += 1;
        desk.pass(at.since(desk.now));
        match command {
            Command::Backend { request, .. } => desk.grant_single(request, None, Some(300)),
            Command::Send(sent) => desk.took(&sent),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(desk.queue.totals().completed, 200);
    desk.now.since(start).as_millis()
}

#[test]
fn small_files_are_signed_while_others_are_sent() {
    // 34 rounds of six; the first URL, or the last file, is not covered by another request.
    assert_eq!(small_files(200, 20, 30), 20 + 34 * 30);
    assert_eq!(small_files(200, 30, 30), 30 + 34 * 30);
    assert_eq!(small_files(200, 60, 30), 34 * 60 + 30);
}

#[test]
fn small_files_are_not_starved_by_a_huge_one() {
    let mut desk = Desk::usual();
    let (_, mut huge) = desk.drive_to_parts(1_000);
    let small = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, None, Some(300));
    desk.quiet();
    let part = huge.remove(0);
    desk.took(&part);
    assert_eq!(desk.send().file, small, "the next free lane is its");
}

#[test]
fn while_a_huge_file_holds_the_lanes_small_ones_are_prepared() {
    let mut desk = Desk::usual();
    desk.drive_to_parts(1_000);
    for _ in 0..10 {
        desk.add(5);
    }
    let mut prepared = 0;
    while !desk.inbox.is_empty() {
        let (create, _) = desk.create();
        desk.grant_single(create, None, Some(300));
        prepared += 1;
    }
    assert_eq!(prepared, 3 + 4 + 2, "as if the huge one was not there");
}

#[test]
fn large_files_do_not_keep_small_ones_from_beginning_nor_small_ones_large() {
    let mut desk = Desk::usual();
    for _ in 0..20 {
        desk.add(1_000 * PART);
    }
    let mut begun = 0;
    while !desk.inbox.is_empty() {
        desk.sign_whatever_is_wanted();
        desk.sends();
        if !desk.inbox.is_empty() {
            let (create, _) = desk.create();
            desk.grant_parts(create, &format!("u{begun}"));
            begun += 1;
        }
    }
    assert_eq!(begun, 3 + 2, "the others wait");
    let small: Vec<FileId> = (0..20).map(|_| desk.add(5)).collect();
    for file in &small[..3 + 4 + 2] {
        let (create, of) = desk.create();
        assert_eq!(of, *file);
        desk.grant_single(create, None, Some(300));
    }
    desk.quiet();

    // The reverse order.
    let mut desk = Desk::usual();
    for _ in 0..20 {
        desk.add(5);
    }
    let huge = desk.add(1_000 * PART);
    let mut of = FileId(0);
    while of != huge {
        let (create, file) = desk.create();
        desk.grant_single(create, None, Some(300));
        of = file;
    }
}

#[test]
fn a_huge_file_is_not_starved_by_small_ones() {
    let mut desk = Desk::usual();
    let (huge, mut open) = desk.drive_to_parts(1_000);
    for _ in 0..100 {
        desk.add(5);
    }
    for _ in 0..50 {
        while desk
            .inbox
            .iter()
            .any(|command| is_operation(command, Step::Create))
        {
            let (create, _) = desk.create();
            desk.grant_single(create, None, Some(300));
        }
        desk.sign_whatever_is_wanted();
        open.extend(desk.sends());
        let sent = open.remove(0);
        desk.took(&sent);
        open.extend(desk.sends());
        assert!(open.iter().any(|sent| sent.file == huge));
    }
}

#[test]
fn completes_go_before_new_work_but_leave_a_lane_to_it() {
    let mut desk = Desk::new(Config {
        backend_lanes: 2,
        ..config()
    });
    let mut puts = Vec::new();
    for _ in 0..3 {
        desk.add(5);
    }
    for id in ["a", "b", "c"] {
        let (create, _) = desk.create();
        desk.grant_single(create, Some(id), Some(300));
        puts.push(desk.send());
    }
    for _ in 0..5 {
        desk.add(5);
    }
    let (first, _) = desk.create();
    let (second, _) = desk.create();
    desk.quiet();
    for put in &puts {
        desk.took(put);
    }
    desk.quiet();
    desk.grant_single(first, None, Some(300));
    let (complete, _) = desk.complete();
    desk.grant_single(second, None, Some(300));
    // A second complete would leave no lane to new work, and S3 may take minutes for each.
    desk.create();
    assert_eq!(desk.sends().len(), 2);
    desk.quiet();
    desk.confirm(complete);
    desk.complete();
    desk.quiet();
}

/// A browser sends requests of one host in the order in which they were made.
#[test]
fn a_complete_is_sent_before_the_next_body() {
    let mut desk = Desk::new(Config {
        max_lanes: Some(6),
        ..Config::default()
    });
    for _ in 0..7 {
        desk.add(5);
        let (create, file) = desk.create();
        desk.grant_single(create, Some(&format!("u{}", file.0)), None);
    }
    let sends = desk.sends();
    assert_eq!(sends.len(), 6);
    desk.took(&sends[0]);
    assert!(is_operation(&desk.inbox[0], Step::Complete));
    assert!(matches!(desk.inbox[1], Command::Send(_)));
    assert_eq!(desk.inbox.len(), 2);
}

#[test]
fn completes_take_no_lane_of_the_store() {
    let mut desk = Desk::new(Config::default());
    let mut completing = 0;
    for round in 0..20 {
        desk.add(5);
        let (create, _) = desk.create();
        desk.grant_single(create, Some(&format!("u{round}")), None);
        let put = desk.send();
        desk.took(&put);
        completing = desk.inbox.len();
    }
    assert_eq!(completing, 5, "one of six lanes is left to the creates");
}

#[test]
fn the_transport_shows_progress_where_a_person_would_miss_it() {
    let transport = |choice, size| {
        let mut desk = Desk::new(Config {
            transport: choice,
            ..config()
        });
        desk.drive_to_put(size, None).1.transport
    };
    // No speed is measured: 1 MiB/s is assumed.
    assert_eq!(transport(TransportChoice::Auto, MIB - 1), Transport::Fetch);
    assert_eq!(transport(TransportChoice::Auto, MIB), Transport::Xhr);
    assert_eq!(
        transport(TransportChoice::Fetch, 100 * MIB),
        Transport::Fetch
    );
    assert_eq!(transport(TransportChoice::Xhr, 1), Transport::Xhr);
}

#[test]
fn the_transport_follows_the_measured_speed() {
    let mut desk = Desk::new(Config {
        max_lanes: Some(1),
        ..config()
    });
    let (_, sends) = desk.drive_to_parts(100);
    let mut sent = sends[0].clone();
    assert_eq!(sent.transport, Transport::Xhr);
    // 40 MiB/s: a part takes a fifth of a second.
    for _ in 0..10 {
        for step in 1..=4 {
            desk.pass(Duration::from_millis(50));
            desk.event(Event::Progress(sent.request, step * 2 * MIB));
        }
        desk.took(&sent);
        desk.sign_whatever_is_wanted();
        sent = desk.send();
    }
    assert_eq!(sent.transport, Transport::Fetch);
    // The link becomes slow. `fetch` reports nothing, but the next part is known to be slow.
    desk.pass(secs(30));
    desk.took(&sent);
    desk.sign_whatever_is_wanted();
    let mut sent = desk.send();
    for _ in 0..3 {
        desk.pass(secs(20));
        desk.took(&sent);
        desk.sign_whatever_is_wanted();
        sent = desk.send();
    }
    assert_eq!(sent.transport, Transport::Xhr);
}

#[test]
fn a_number_of_lanes_is_in_use_from_the_start() {
    for lanes in [1, 6, 12] {
        let mut desk = Desk::new(Config {
            max_lanes: Some(lanes),
            adaptive_lanes: true,
            ..config()
        });
        assert_eq!(desk.drive_to_parts(100).1.len(), usize::from(lanes));
    }
}

#[test]
fn lanes_shrink_when_the_store_asks_for_it() {
    let mut desk = adaptive();
    let (_, sends) = desk.drive_to_parts(100);
    assert_eq!(sends.len(), 6);
    for sent in &sends {
        desk.fail(sent.request, crate::desk::slow_down(1));
    }
    desk.pass(secs(1));
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn a_connection_that_breaks_costs_a_lane_unless_it_had_moved_much() {
    for (moved, lanes) in [(0, 5), (300 * 1024, 5), (512 * 1024, 6)] {
        let mut desk = adaptive();
        let (_, sends) = desk.drive_to_parts(100);
        desk.event(Event::Progress(sends[0].request, moved));
        desk.fail(sends[0].request, network());
        desk.pass(secs(1));
        desk.sign_whatever_is_wanted();
        assert_eq!(5 + desk.sends().len(), lanes, "{moved} bytes");
    }
}

/// <https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-nexthopprotocol>
#[test]
fn a_connection_that_carries_many_requests_gets_more_while_that_pays() {
    let mut desk = adaptive();
    let (_, mut open) = desk.drive_to_parts(1_000);
    desk.connect("h2", false);
    assert_eq!(desk.sends().len(), 0, "a measurement comes first");
    for _ in 0..400 {
        desk.pass(Duration::from_millis(100));
        let sent = open.remove(0);
        desk.took(&sent);
        desk.sign_whatever_is_wanted();
        open.extend(desk.sends());
        if open.len() == 7 {
            break;
        }
    }
    assert_eq!(open.len(), 7);
}

#[test]
fn a_host_that_is_shared_keeps_a_connection_for_the_backend() {
    let mut desk = adaptive();
    let (_, mut open) = desk.drive_to_parts(100);
    assert_eq!(open.len(), 6);
    desk.connect("http/1.1", true);
    desk.took(&open.remove(0));
    desk.sign_whatever_is_wanted();
    desk.quiet();
    desk.took(&open.remove(0));
    desk.sign_whatever_is_wanted();
    assert_eq!(desk.sends().len(), 1, "five are in flight");
}

#[test]
fn a_number_of_the_page_is_kept_whatever_the_connection_is() {
    for (protocol, is_shared) in [("http/1.1", true), ("h2", false)] {
        let mut desk = Desk::new(Config {
            max_lanes: Some(6),
            adaptive_lanes: true,
            ..config()
        });
        let (_, mut open) = desk.drive_to_parts(1_000);
        desk.connect(protocol, is_shared);
        for _ in 0..100 {
            desk.pass(Duration::from_millis(100));
            desk.took(&open.remove(0));
            desk.sign_whatever_is_wanted();
            open.extend(desk.sends());
            assert_eq!(open.len(), 6);
        }
    }
}

/// The default configuration of the lanes.
fn adaptive() -> Desk {
    Desk::new(Config {
        max_lanes: None,
        adaptive_lanes: true,
        ..config()
    })
}

#[test]
fn no_lane_is_lost_whatever_becomes_of_a_request() {
    let mut desk = Desk::usual();
    for round in 0..50_u64 {
        let file = FileId(1 + round);
        let (added, sends) = desk.drive_to_parts(10);
        assert_eq!(added, file);
        assert_eq!(sends.len(), 3, "round {round}");
        match round % 5 {
            0 => desk.event(Event::Cancel(crate::desk::one(file))),
            1 => desk.event(Event::Remove(crate::desk::one(file))),
            2 => desk.fail(sends[0].request, crate::desk::store(403, "AccessDenied")),
            3 => {
                desk.fail(sends[0].request, network());
                desk.event(Event::Pause(crate::desk::one(file)));
            }
            _ => {
                desk.pass(secs(40));
                desk.event(Event::Cancel(crate::desk::one(file)));
            }
        }
        desk.cancels();
        desk.sends();
        while desk.inbox.iter().any(|c| is_operation(c, Step::Abort)) {
            let (abort, _) = desk.abort();
            desk.answer(abort, s3_upload_core::Answer::Aborted);
        }
        desk.inbox.clear();
    }
    assert_eq!(PART % MIB, 0);
}
