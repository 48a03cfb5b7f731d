//! Tests of outages of the backend and of the store, and of their notices.

use s3_upload_core::{
    Answer, Command, Config, Event, FileId, Notice, Outage, RequestId, Side, Status, Step,
    Transmit, TransportChoice, Unreadable, UploadError, WaitReason, limits::MIB,
};

use crate::desk::{
    Desk, PART, backend, config, found, is_operation, network, one, secs, slow_down, store,
};

fn outage(desk: &Desk, file: FileId) -> Option<Outage> {
    match desk.status(file) {
        Status::Waiting {
            reason: WaitReason::Outage(outage),
            ..
        } => Some(outage),
        _ => None,
    }
}

fn waits_for(desk: &Desk, file: FileId) -> Option<Side> {
    outage(desk, file).map(|outage| outage.side)
}

fn unreadable(step: Step) -> UploadError {
    UploadError::Unreadable(Unreadable {
        step,
        page: "https://page.test".to_owned(),
        host: "https://other.test".to_owned(),
    })
}

const fn page(step: Step) -> UploadError {
    UploadError::WebPage { step, status: 200 }
}

/// The errors that make an outage of the store.
fn of_store() -> Vec<UploadError> {
    let mut errors = vec![
        network(),
        unreadable(Step::Send),
        page(Step::Send),
        UploadError::Stalled {
            step: Step::Send,
            after: secs(30),
        },
        store(503, "SlowDown"),
        store(500, "InternalError"),
    ];
    errors
        .extend([502, 503, 504, 520, 521, 522, 523, 524, 527, 530, 598, 599].map(|s| store(s, "")));
    errors
}

/// Answers every request to the store with this error for `seconds`. Returns the number of requests.
fn down(desk: &mut Desk, error: &UploadError, seconds: u64) -> usize {
    let mut tries = 0;
    for _ in 0..seconds {
        for sent in desk.sends() {
            tries += 1;
            desk.fail(sent.request, error.clone());
        }
        desk.sign_whatever_is_wanted();
        desk.pass(secs(1));
    }
    tries
}

#[test]
fn an_outage_of_the_store_is_waited_out_at_no_cost_for_an_hour() {
    for error in of_store() {
        let mut desk = Desk::usual();
        // The store gave a proper answer before.
        desk.another_is_stored();
        let (file, sends) = desk.drive_to_parts(10);
        for sent in sends {
            desk.fail(sent.request, error.clone());
        }
        let mut tries = 0;
        for minute in 0..60 {
            for _ in 0..60 {
                for sent in desk.sends() {
                    tries += 1;
                    desk.fail(sent.request, error.clone());
                }
                // The parts that may have arrived are listed; the backend is available.
                while let Some(list) = desk.wanted_list() {
                    desk.answer(list, Answer::Listed(Vec::new()));
                }
                desk.sign_whatever_is_wanted();
                desk.pass(secs(1));
            }
            if minute > 0 {
                assert!(!desk.status(file).is_final(), "{error:?}");
                assert!(desk.snapshot(file).attempts <= 1, "{error:?}");
            }
        }
        // At most one probe is sent each 30 seconds, besides the first ones. Jitter makes each pause up to a fifth
        // shorter.
        assert!(tries <= 3 + 5 + 3_600 / 24, "{error:?}: {tries}");
        assert!(tries >= 100, "{error:?}: {tries}");
        desk.event(Event::Online);
        for _ in 0..100 {
            for sent in desk.sends() {
                desk.took(&sent);
            }
            while let Some(list) = desk.wanted_list() {
                desk.answer(list, Answer::Listed(Vec::new()));
            }
            desk.sign_whatever_is_wanted();
        }
        let (complete, _) = desk.complete();
        desk.confirm(complete);
        desk.assert_status(file, "completed");
        assert_eq!(desk.count(&Notice::Available(Side::Store)), 1, "{error:?}");
    }
}

#[test]
fn all_files_wait_for_one_probe_and_go_on_with_its_answer() {
    let mut desk = Desk::usual();
    let files: Vec<_> = (0..3).map(|_| desk.add(5)).collect();
    for _ in 0..3 {
        let (create, _) = desk.create();
        desk.grant_single(create, None, None);
    }
    let error = store(503, "");
    for sent in desk.sends() {
        desk.fail(sent.request, error.clone());
    }
    // The first failure may have another cause than the store: the wait is short.
    desk.pass(secs(1));
    let again = desk.sends();
    assert_eq!(again.len(), 3);
    for sent in again {
        desk.fail(sent.request, error.clone());
    }
    for file in &files {
        assert_eq!(waits_for(&desk, *file), Some(Side::Store));
    }
    assert_eq!(desk.queue.totals().outage, Some(Side::Store));
    // One probe is sent at a time, each time for another file.
    let mut asked = Vec::new();
    for pause in [1, 2, 4, 8, 16, 30, 30] {
        desk.pass(secs(pause));
        let probe = desk.send();
        desk.quiet();
        assert_eq!(waits_for(&desk, probe.file), Some(Side::Store));
        asked.push(probe.file);
        desk.fail(probe.request, error.clone());
        desk.quiet();
    }
    for file in &files {
        assert!(asked.contains(file), "{asked:?}");
    }
    desk.pass(secs(30));
    let probe = desk.send();
    desk.took(&probe);
    let others = desk.sends();
    assert_eq!(others.len(), 2);
    for sent in others {
        desk.took(&sent);
    }
    for file in files {
        desk.assert_status(file, "completed");
    }
    assert_eq!(desk.queue.totals().outage, None);
}

#[test]
fn an_outage_of_the_backend_does_not_stop_the_store() {
    let mut desk = Desk::usual();
    let (first, sends) = desk.drive_to_parts(3);
    let second = desk.add(5);
    let (create, _) = desk.create();
    desk.fail(create, backend(502, ""));
    desk.pass(secs(1));
    let (create, _) = desk.create();
    desk.fail(create, backend(522, ""));
    assert_eq!(waits_for(&desk, second), Some(Side::Backend));
    assert_eq!(waits_for(&desk, first), None);
    for sent in sends {
        desk.took(&sent);
    }
    assert_eq!(waits_for(&desk, first), Some(Side::Backend));
    // The complete of one file serves as a probe, as the create of another does.
    desk.pass(secs(1));
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(first, "completed");
    desk.create();
}

#[test]
fn a_late_answer_of_the_backend_lets_one_probe_out() {
    let mut desk = Desk::usual();
    let first = desk.add(5);
    let (early, _) = desk.create();
    let files: Vec<_> = (0..3).map(|_| desk.add(5)).collect();
    let creates: Vec<_> = (0..3).map(|_| desk.create().0).collect();
    for create in &creates {
        desk.fail(*create, network());
    }
    desk.pass(secs(1));
    let again: Vec<_> = (0..3).map(|_| desk.create().0).collect();
    for create in again {
        desk.fail(create, network());
    }
    for file in &files {
        assert_eq!(waits_for(&desk, *file), Some(Side::Backend));
    }
    // The backend may have given this answer before the outage began.
    desk.grant_single(early, Some("u1"), None);
    let put = desk.send();
    assert_eq!(put.file, first);
    let (probe, _) = desk.create();
    desk.quiet();
    desk.fail(probe, network());
    desk.quiet();
    for file in &files {
        assert_eq!(waits_for(&desk, *file), Some(Side::Backend));
    }
    // The answer to a probe ends the outage.
    desk.pass(secs(2));
    let (probe, _) = desk.create();
    desk.quiet();
    desk.grant_single(probe, Some("u2"), None);
    for _ in 0..2 {
        desk.create();
    }
    assert_eq!(desk.queue.totals().outage, None);
}

#[test]
fn a_file_that_alone_is_refused_is_no_outage() {
    let mut desk = Desk::usual();
    let (bad, put) = desk.drive_to_put(5, None);
    let error = store(500, "InternalError");
    desk.fail(put.request, error.clone());
    desk.pass(secs(1));
    let put = desk.send();
    desk.fail(put.request, error.clone());
    assert_eq!(waits_for(&desk, bad), Some(Side::Store));
    let good = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, None, None);
    desk.pass(secs(1));
    let mut probes = desk.sends();
    // The order of the two files does not matter: the good one completes once the store answers.
    while !desk.status(good).is_final() {
        for sent in probes {
            if sent.file == bad {
                desk.fail(sent.request, error.clone());
            } else {
                desk.took(&sent);
            }
        }
        desk.pass(secs(10));
        probes = desk.sends();
    }
    desk.assert_status(good, "completed");
    assert_eq!(desk.queue.totals().outage, None);
    for attempt in 2..=6 {
        let put = probes.pop().unwrap();
        assert_eq!(put.file, bad);
        desk.another_is_stored();
        desk.fail(put.request, error.clone());
        assert_eq!(desk.snapshot(bad).attempts, attempt);
        desk.pass(secs(20));
        probes = desk.sends();
    }
    assert_eq!(desk.status(bad), Status::Failed(error));
}

#[test]
fn a_limit_that_the_page_sets_ends_the_wait() {
    let mut desk = Desk::new(Config {
        outage_limit: Some(secs(60)),
        ..config()
    });
    let (first, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, network());
    down(&mut desk, &network(), 59);
    assert_eq!(waits_for(&desk, first), Some(Side::Store));
    down(&mut desk, &network(), 3);
    assert_eq!(desk.status(first), Status::Failed(network()));
    assert_eq!(desk.queue.poll_timeout(), None);
    // A later file is sent as if there had been no outage.
    let (second, put) = desk.drive_to_put(5, None);
    desk.took(&put);
    desk.assert_status(second, "completed");
    desk.event(Event::Retry(one(first)));
    let put = desk.send();
    desk.took(&put);
    desk.assert_status(first, "completed");
}

#[test]
fn what_was_never_readable_is_named_within_seconds_and_final_after_two_minutes() {
    for error in [unreadable(Step::Send), page(Step::Send)] {
        let mut desk = Desk::new(Config {
            transport: TransportChoice::Fetch,
            ..config()
        });
        let (file, put) = desk.drive_to_put(5, None);
        desk.fail(put.request, error.clone());
        down(&mut desk, &error, 8);
        let shown = outage(&desk, file).expect("it waits");
        assert!(shown.is_named);
        assert_eq!(shown.error, error);
        assert_eq!(desk.count(&Notice::Unavailable(shown)), 1);
        down(&mut desk, &error, 105);
        assert_eq!(waits_for(&desk, file), Some(Side::Store));
        down(&mut desk, &error, 15);
        assert_eq!(desk.status(file), Status::Failed(error));
    }
}

#[test]
fn the_two_minutes_are_those_of_answers_that_cannot_be_read() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Fetch,
        ..config()
    });
    let (file, put) = desk.drive_to_put_for_ever();
    desk.fail(put.request, network());
    // The store is gone for longer, and its gateway is available before it.
    down(&mut desk, &network(), 200);
    down(&mut desk, &unreadable(Step::Send), 60);
    assert_eq!(waits_for(&desk, file), Some(Side::Store));
    down(&mut desk, &unreadable(Step::Send), 120);
    assert_eq!(desk.status(file), Status::Failed(unreadable(Step::Send)));
}

#[test]
fn no_limit_passes_while_offline() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Fetch,
        outage_limit: Some(secs(60)),
        ..config()
    });
    let (file, put) = desk.drive_to_put_for_ever();
    desk.fail(put.request, unreadable(Step::Send));
    down(&mut desk, &unreadable(Step::Send), 30);
    desk.event(Event::Offline);
    desk.pass(secs(3_600));
    assert!(!desk.status(file).is_final());
    for sent in desk.sends() {
        desk.fail(sent.request, network());
    }
    desk.event(Event::Online);
    down(&mut desk, &unreadable(Step::Send), 50);
    assert!(!desk.status(file).is_final());
    down(&mut desk, &unreadable(Step::Send), 30);
    desk.assert_status(file, "failed");
}

#[test]
fn a_store_that_takes_what_it_does_not_answer_is_not_given_up() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Fetch,
        ..config()
    });
    let files: Vec<_> = (0..20).map(|_| desk.add(5)).collect();
    for _ in 0..600 {
        while desk.is_wanted(|command| is_operation(command, Step::Create)) {
            let (create, file) = desk.create();
            desk.grant_single(create, Some(&file.0.to_string()), None);
        }
        for sent in desk.sends() {
            desk.fail(sent.request, unreadable(Step::Send));
        }
        while desk.is_wanted(|command| is_operation(command, Step::Complete)) {
            let (complete, _) = desk.complete();
            desk.answer(complete, found(5));
        }
        desk.pass(secs(1));
    }
    for file in files {
        desk.assert_status(file, "completed");
    }
}

#[test]
fn a_probe_in_flight_is_waited_for_beyond_the_limit() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        outage_limit: Some(secs(60)),
        ..config()
    });
    let (first, put) = desk.drive_to_put(50 * MIB, None);
    let second = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, None, None);
    let other = desk.send();
    desk.fail(put.request, network());
    desk.fail(other.request, network());
    down(&mut desk, &network(), 20);
    // The store is available again, and the probe is slow.
    let probe = loop {
        desk.pass(secs(1));
        if let Some(probe) = desk.sends().pop() {
            break probe;
        }
    };
    // Other requests stall meanwhile.
    desk.add(5);
    for step in 1..=10 {
        desk.event(Event::Progress(probe.request, step));
        desk.pass(secs(10));
    }
    assert!(!desk.status(first).is_final());
    assert!(!desk.status(second).is_final());
    desk.took(&probe);
    for sent in desk.sends() {
        desk.took(&sent);
    }
    desk.assert_status(first, "completed");
    desk.assert_status(second, "completed");
}

#[test]
fn a_url_that_no_browser_takes_is_no_answer_of_the_store() {
    let mut desk = Desk::usual();
    let (first, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, network());
    desk.pass(secs(1));
    let put = desk.send();
    desk.fail(put.request, network());
    desk.pass(secs(1));
    let put = desk.send();
    let refused = UploadError::Malformed {
        step: Step::Create,
        expected: "an absolute URL and valid headers".to_owned(),
        got: "a URL or a header that the browser refuses".to_owned(),
        is_incomplete: false,
    };
    let second = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, None, None);
    desk.fail(put.request, refused.clone());
    assert_eq!(desk.status(first), Status::Failed(refused));
    assert_eq!(desk.queue.totals().outage, Some(Side::Store));
    assert_eq!(waits_for(&desk, second), Some(Side::Store));
}

#[test]
fn few_tries_are_those_of_one_failure_in_a_row() {
    let cut_short = |step| UploadError::Malformed {
        step,
        expected: "JSON".to_owned(),
        got: "an empty answer with status 200".to_owned(),
        is_incomplete: true,
    };
    let mut desk = Desk::usual();
    let file = desk.add(2 * PART);
    for _ in 0..2 {
        let (create, _) = desk.create();
        desk.fail(create, cut_short(Step::Create));
        desk.pass(secs(2));
    }
    let (create, _) = desk.create();
    desk.grant_parts(create, "u1");
    for _ in 0..2 {
        let (sign, _) = desk.sign();
        desk.fail(sign, cut_short(Step::SignParts));
        desk.pass(secs(2));
    }
    desk.sign_whatever_is_wanted();
    for sent in desk.sends() {
        desk.took(&sent);
    }
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn a_page_that_was_answered_before_blames_nobody() {
    let mut desk = Desk::usual();
    desk.another_is_stored();
    let (file, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, unreadable(Step::Send));
    down(&mut desk, &unreadable(Step::Send), 600);
    let shown = outage(&desk, file).expect("it waits");
    assert!(!shown.is_named);
}

#[test]
fn a_body_that_goes_out_whole_again_and_again_is_bounded_where_nobody_can_be_asked() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        ..config()
    });
    let (file, mut put) = desk.drive_to_put(MIB, None);
    let mut tries = 0;
    loop {
        tries += 1;
        desk.event(Event::Progress(put.request, MIB));
        desk.fail(put.request, unreadable(Step::Send));
        if desk.status(file).is_final() {
            break;
        }
        desk.pass(secs(30));
        put = desk.send();
    }
    assert_eq!(tries, 3);
    assert_eq!(desk.status(file), Status::Failed(unreadable(Step::Send)));
}

#[test]
fn a_body_that_went_out_whole_is_asked_for_before_it_is_sent_again() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        ..config()
    });
    for error in [unreadable(Step::Send), network()] {
        let (file, put) = desk.drive_to_put(MIB, Some("u1"));
        desk.event(Event::Progress(put.request, MIB));
        desk.fail(put.request, error);
        desk.pass(secs(30));
        let (complete, _) = desk.complete();
        desk.answer(complete, found(MIB));
        desk.assert_status(file, "completed");
        desk.quiet();
    }
    // The object is not stored. The file is sent again by the same URL.
    let (file, put) = desk.drive_to_put(MIB, Some("u1"));
    desk.event(Event::Progress(put.request, MIB));
    desk.fail(put.request, network());
    desk.pass(secs(30));
    let (complete, _) = desk.complete();
    desk.fail(complete, backend(409, "not_stored"));
    desk.pass(secs(30));
    let put = desk.send();
    desk.took(&put);
    let (complete, _) = desk.complete();
    desk.confirm(complete);
    desk.assert_status(file, "completed");
}

#[test]
fn a_body_that_is_cut_off_each_time_is_tried_a_few_times() {
    let mut desk = Desk::usual();
    let (file, mut put) = desk.drive_to_put(50 * MIB, None);
    let error = || UploadError::CutOff { step: Step::Send };
    let mut tries = 0;
    loop {
        tries += 1;
        // The bytes reach only the buffers of a proxy.
        desk.event(Event::Progress(put.request, 4 * MIB));
        desk.fail(put.request, error());
        if desk.status(file).is_final() {
            break;
        }
        desk.pass(secs(30));
        put = desk.send();
    }
    assert_eq!(tries, 6);
    assert_eq!(desk.status(file), Status::Failed(error()));
}

#[test]
fn a_side_that_asks_for_time_gets_it_from_its_probes_too() {
    let mut desk = Desk::usual();
    let (_, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, slow_down(5));
    desk.pass(secs(5));
    let put = desk.send();
    desk.fail(put.request, slow_down(120));
    desk.pass(secs(119));
    desk.quiet();
    desk.pass(secs(2));
    desk.send();
}

#[test]
fn each_cut_makes_the_next_wait_longer() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        ..config()
    });
    desk.add(MIB);
    let (create, _) = desk.create();
    desk.grant_single(create, None, None);
    let mut put = desk.send();
    for wait in [120, 240, 480] {
        desk.event(Event::Progress(put.request, MIB));
        desk.pass(secs(wait - 1));
        desk.quiet();
        desk.pass(secs(1));
        assert_eq!(desk.cancels(), [put.request]);
        desk.pass(secs(4));
        put = desk.send();
    }
}

#[test]
fn a_request_whose_progress_is_never_reported_is_judged_like_one_by_fetch() {
    for transport in [TransportChoice::Xhr, TransportChoice::Fetch] {
        let mut desk = Desk::new(Config {
            transport,
            ..config()
        });
        let (_, put) = desk.drive_to_put(MIB, None);
        // 1 MiB at 16 KiB/s takes 64 s.
        desk.pass(secs(30 + 63));
        desk.quiet();
        desk.pass(secs(1));
        assert_eq!(desk.cancels(), [put.request]);
    }
}

#[test]
fn an_answer_that_is_waited_for_is_shown_with_its_time() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Xhr,
        ..config()
    });
    let (file, put) = desk.drive_to_put(MIB, Some("u1"));
    desk.pass(secs(5));
    assert_eq!(desk.snapshot(file).awaited, None);
    desk.event(Event::Progress(put.request, MIB));
    desk.pass(secs(12));
    assert_eq!(desk.snapshot(file).awaited, Some((Side::Store, secs(12))));
    desk.took(&put);
    desk.pass(secs(3));
    assert_eq!(desk.snapshot(file).awaited, Some((Side::Backend, secs(3))));
}

#[test]
fn an_answer_that_is_not_understood_is_asked_for_a_few_times() {
    let error = || UploadError::Malformed {
        step: Step::Create,
        expected: "a URL".to_owned(),
        got: "an empty answer with status 200".to_owned(),
        is_incomplete: true,
    };
    let mut desk = Desk::usual();
    let file = desk.add(5);
    for _ in 0..2 {
        let (create, _) = desk.create();
        desk.fail(create, error());
        desk.pass(secs(2));
    }
    let (create, _) = desk.create();
    desk.fail(create, error());
    assert_eq!(desk.status(file), Status::Failed(error()));
}

#[test]
fn a_cancelled_probe_lets_another_one_out() {
    let mut desk = Desk::usual();
    let (first, put) = desk.drive_to_put(5, None);
    desk.fail(put.request, network());
    desk.pass(secs(1));
    let put = desk.send();
    desk.fail(put.request, network());
    let second = desk.add(5);
    let (create, _) = desk.create();
    desk.grant_single(create, None, None);
    desk.pass(secs(1));
    let probe = desk.send();
    let other = if probe.file == first { second } else { first };
    desk.event(Event::Cancel(one(probe.file)));
    desk.cancels();
    let probe = desk.send();
    assert_eq!(probe.file, other);
    desk.took(&probe);
    desk.assert_status(other, "completed");
}

impl Desk {
    fn wanted_list(&mut self) -> Option<RequestId> {
        self.is_wanted(|command| is_operation(command, Step::ListParts))
            .then(|| self.list())
    }
}

#[test]
fn an_upload_that_asks_whether_it_arrived_is_given_up_all_the_same() {
    let mut desk = Desk::new(Config {
        transport: TransportChoice::Fetch,
        ..config()
    });
    let (file, put) = desk.drive_to_put(5, Some("u1"));
    desk.fail(put.request, unreadable(Step::Send));
    let mut named = None;
    for second in 0..140 {
        for sent in desk.sends() {
            desk.fail(sent.request, unreadable(Step::Send));
        }
        if desk.is_wanted(|command| is_operation(command, Step::Complete)) {
            let (complete, _) = desk.complete();
            // The answer takes a second, and arrives after the limit.
            desk.pass(secs(1));
            desk.fail(complete, backend(409, "not_stored"));
        }
        if outage(&desk, file).is_some_and(|outage| outage.is_named) {
            named = named.or(Some(second));
        }
        desk.pass(secs(1));
        desk.grant_whatever_is_wanted();
        if desk.status(file).is_final() {
            assert!(second > 40, "{second}");
            break;
        }
    }
    assert!(named.is_some_and(|second| second < 8), "{named:?}");
    assert_eq!(desk.status(file), Status::Failed(unreadable(Step::Send)));
}

impl Desk {
    fn is_wanted(&self, is: fn(&Command) -> bool) -> bool {
        self.inbox.iter().any(is)
    }

    /// Drives a new file to its PUT in flight, with a URL that does not expire.
    fn drive_to_put_for_ever(&mut self) -> (FileId, Transmit) {
        let file = self.add(5);
        let (create, _) = self.create();
        self.grant_single(create, None, None);
        (file, self.send())
    }

    fn grant_whatever_is_wanted(&mut self) {
        while self.is_wanted(|command| is_operation(command, Step::Create)) {
            let (create, _) = self.create();
            self.grant_single(create, Some("u2"), Some(300));
        }
    }
}
