//! Tests of the offline state and of stalls.

use s3_upload_core::{
    Answer, Config, Event, Status, Step, TransportChoice, UploadError, WaitReason, limits::MIB,
};

use crate::desk::{Desk, config, is_operation, network, one, secs};

fn waits_for_network(desk: &Desk, file: s3_upload_core::FileId) -> bool {
    matches!(
        desk.status(file),
        Status::Waiting {
            reason: WaitReason::Offline,
            ..
        }
    )
}

#[test]
fn offline_suspends_without_attempts_and_online_continues() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.event(Event::Offline);
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    assert!(waits_for_network(&desk, file));
    assert!(desk.queue.totals().offline);
    assert_eq!(desk.snapshot(file).attempts, 0);
    desk.quiet();
    desk.pass(secs(4));
    desk.quiet();
    desk.event(Event::Online);
    assert_eq!(desk.sends().len(), 3);
    assert!(!desk.queue.totals().offline);
    assert_eq!(desk.snapshot(file).attempts, 0);
}

#[test]
fn a_failure_just_before_the_browser_notices_waits_no_longer_than_the_network() {
    let mut desk = Desk::new(Config {
        backoff_base: secs(1_000),
        backoff_cap: secs(1_000),
        ..config()
    });
    let (_, sends) = desk.drive_to_parts(10);
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    desk.event(Event::Offline);
    desk.event(Event::Online);
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn while_offline_one_probe_goes_out_now_and_then() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.event(Event::Offline);
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    // The probes are sent after 5, 15 and 35 seconds.
    for pause in [5, 10, 20] {
        desk.pass(secs(pause - 1));
        desk.quiet();
        desk.pass(secs(1));
        let probes = desk.sends();
        assert_eq!(probes.len(), 1);
        desk.fail(probes[0].request, network());
        assert_eq!(desk.snapshot(file).attempts, 0);
    }
    // The browser's event was wrong: a probe succeeds.
    desk.pass(secs(40));
    let probe = desk.send();
    desk.quiet();
    desk.took(&probe);
    assert!(!desk.queue.totals().offline);
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn a_probe_is_not_spent_on_finding_that_a_url_grew_old() {
    let mut desk = Desk::usual();
    let (_, sends) = desk.drive_to_parts(10);
    desk.event(Event::Offline);
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    desk.sleep(secs(300));
    desk.sign();
    desk.quiet();

    let mut desk = Desk::usual();
    let (_, put) = desk.drive_to_put(5, None);
    desk.event(Event::Offline);
    desk.fail(put.request, network());
    desk.sleep(secs(300));
    desk.create();
    desk.quiet();
}

#[test]
fn hours_offline_cost_nothing() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.event(Event::Offline);
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    for _ in 0..600 {
        desk.pass(secs(60));
        for sent in desk.sends() {
            desk.fail(sent.request, network());
        }
        desk.sign_nothing();
    }
    assert!(waits_for_network(&desk, file));
    assert_eq!(desk.snapshot(file).attempts, 0);
    desk.event(Event::Online);
    desk.sign_whatever_is_wanted();
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn bytes_of_a_probe_prove_the_network_but_buffered_bytes_do_not() {
    let mut desk = Desk::usual();
    let (_, sends) = desk.drive_to_parts(10);
    desk.event(Event::Offline);
    desk.event(Event::Progress(sends[0].request, MIB));
    assert!(
        desk.queue.totals().offline,
        "the system buffers what was sent before"
    );
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    desk.pass(secs(5));
    let probe = desk.send();
    desk.event(Event::Progress(probe.request, 1));
    assert!(!desk.queue.totals().offline);
    assert_eq!(desk.sends().len(), 2);
}

#[test]
fn what_is_decided_on_this_side_proves_no_network() {
    let mut desk = Desk::usual();
    let (_, sends) = desk.drive_to_parts(10);
    let other = desk.add(5);
    desk.create();
    desk.event(Event::Offline);
    desk.fail(sends[0].request, UploadError::FileChanged);
    assert!(desk.queue.totals().offline);
    assert!(!desk.status(other).is_final());
}

#[test]
fn the_drivers_word_that_we_are_offline_is_taken() {
    let mut desk = Desk::usual();
    let (file, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, UploadError::Offline);
    assert!(waits_for_network(&desk, file));
    assert_eq!(desk.snapshot(file).attempts, 0);
}

#[test]
fn an_abort_waits_for_the_network_too() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.event(Event::Offline);
    for sent in &sends {
        desk.fail(sent.request, network());
    }
    desk.event(Event::Cancel(one(file)));
    desk.quiet();
    // The abort is sent after 5, 15 and 35 seconds and so on, as often as the network is probed. It costs no attempt.
    for pause in [5, 10, 20, 40, 60, 60, 60, 60, 60] {
        desk.pass(secs(pause));
        let (abort, _) = desk.abort();
        desk.fail(abort, network());
    }
    desk.pass(secs(60));
    let (abort, _) = desk.abort();
    desk.answer(abort, Answer::Aborted);
    desk.quiet();
    assert_eq!(desk.queue.poll_timeout(), None);
}

#[test]
fn a_request_that_reports_progress_is_cut_when_nothing_moves_for_the_stall_time() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        ..config()
    });
    let (file, put) = desk.drive_to_put(100 * MIB, None);
    for step in 1..10 {
        desk.pass(secs(29));
        desk.quiet();
        desk.event(Event::Progress(put.request, step * 100));
    }
    // The same count again does not count as progress.
    desk.pass(secs(29));
    desk.event(Event::Progress(put.request, 900));
    desk.pass(secs(1));
    assert_eq!(desk.cancels(), [put.request]);
    assert_eq!(desk.snapshot(file).attempts, 1);
}

#[test]
fn a_store_that_has_all_bytes_gets_the_time_to_answer() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        ..config()
    });
    let (_, put) = desk.drive_to_put(100 * MIB, None);
    desk.event(Event::Progress(put.request, 100 * MIB));
    desk.pass(secs(119));
    desk.quiet();
    desk.pass(secs(1));
    assert_eq!(desk.cancels(), [put.request]);
}

#[test]
fn a_request_that_reports_nothing_gets_the_time_of_a_slow_link() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Fetch,
        ..config()
    });
    let (_, put) = desk.drive_to_put(16 * MIB, None);
    // 16 MiB at 16 KiB/s take 1024 s.
    desk.pass(secs(30 + 1_023));
    desk.quiet();
    desk.pass(secs(1));
    assert_eq!(desk.cancels(), [put.request]);
}

#[test]
fn a_complete_is_asked_again_with_a_growing_patience() {
    let mut desk = Desk::usual();
    let (file, complete) = desk.drive_to_complete(3);
    desk.pass(secs(59));
    desk.quiet();
    desk.pass(secs(1));
    assert_eq!(desk.cancels(), [complete]);
    assert!(matches!(
        desk.status(file),
        Status::Waiting {
            reason: WaitReason::Backoff(UploadError::Stalled {
                step: Step::Complete,
                after
            }),
            ..
        } if after == secs(60)
    ));
    // The request is repeated, and gets twice the time.
    desk.pass(secs(1));
    let (again, _) = desk.complete();
    desk.pass(secs(118));
    desk.quiet();
    desk.pass(secs(2));
    assert_eq!(desk.cancels(), [again]);
}

#[test]
fn a_laptop_that_slept_goes_on() {
    let mut desk = Desk::usual();
    let (file, sends) = desk.drive_to_parts(10);
    desk.sleep(secs(8 * 3_600));
    desk.pass(secs(1));
    assert_eq!(desk.cancels().len(), sends.len());
    assert_eq!(desk.snapshot(file).attempts, 1);
    // A part may have arrived before the suspension.
    let list = desk.list();
    desk.answer(list, Answer::Listed(Vec::new()));
    // Every URL has expired meanwhile.
    assert!(desk.sends().is_empty());
    desk.sign_whatever_is_wanted();
    assert_eq!(desk.sends().len(), 3);
}

#[test]
fn a_cancel_is_told_once_though_several_requests_stall_with_it() {
    let mut desk = Desk::new(Config {
        max_attempts: 1,
        ..config()
    });
    let (file, sends) = desk.drive_to_parts(10);
    desk.pass(secs(3_600));
    desk.assert_status(file, "failed");
    let mut cancels = desk.cancels();
    cancels.sort_unstable();
    let expected: Vec<_> = sends.iter().map(|sent| sent.request).collect();
    assert_eq!(cancels, expected);
}

impl Desk {
    /// Drops the requests for signatures, whose answers never arrive while offline.
    fn sign_nothing(&mut self) {
        while self
            .inbox
            .iter()
            .any(|command| is_operation(command, Step::SignParts))
        {
            let (sign, _) = self.sign();
            self.fail(
                sign,
                UploadError::Network {
                    step: Step::SignParts,
                },
            );
        }
    }
}

#[test]
fn a_request_that_is_still_prepared_is_not_cut() {
    let mut desk = Desk::usual();
    desk.add(5);
    let (create, _) = desk.create();
    for _ in 0..5 {
        desk.pass(secs(29));
        desk.event(Event::Progress(create, 0));
    }
    desk.quiet();
    desk.pass(secs(30));
    assert_eq!(desk.cancels(), [create]);
}
