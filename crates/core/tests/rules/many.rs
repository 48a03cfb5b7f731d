//! Tests with ten thousand files.

use s3_upload_core::{BackendOperation, Command, Event, FileId, Target};

use crate::desk::{Desk, secs};

const FILES: u64 = 10_000;

#[test]
fn ten_thousand_files_cost_a_few_commands_and_wakes_each() {
    let mut desk = Desk::usual();
    for _ in 0..FILES {
        desk.add(10 * 1024);
    }
    let mut commands = 0_u64;
    let mut changed = 0_u64;
    while !desk.inbox.is_empty() {
        desk.now = desk.now + core::time::Duration::from_millis(1);
        for command in core::mem::take(&mut desk.inbox) {
            commands += 1;
            match command {
                Command::Backend {
                    request,
                    operation: BackendOperation::Create { .. },
                    ..
                } => desk.grant_single(request, Some("u"), Some(300)),
                Command::Send(sent) => desk.took(&sent),
                Command::Backend {
                    request,
                    operation: BackendOperation::Complete { .. },
                    ..
                } => desk.confirm(request),
                other => panic!("{other:?}"),
            }
            let redrawn = desk.queue.take_changed().len() as u64;
            assert!(redrawn <= FILES, "{redrawn}");
            changed += redrawn;
        }
    }
    assert_eq!(u64::from(desk.queue.totals().completed), FILES);
    assert_eq!(commands, 3 * FILES);
    assert!(changed <= 8 * FILES, "{changed} rows redrawn");
}

#[test]
fn wishes_for_all_touch_each_file_once() {
    let mut desk = Desk::usual();
    for _ in 0..FILES {
        desk.add(10 * 1024);
    }
    desk.queue.take_changed();
    for event in [
        Event::Pause(Target::All),
        Event::Resume(Target::All),
        Event::Offline,
        Event::Online,
        Event::Cancel(Target::All),
        Event::Remove(Target::All),
    ] {
        desk.event(event);
        assert_eq!(desk.queue.take_changed().len() as u64, FILES);
    }
    desk.inbox.clear();
    // Creates whose files are gone are still cancelled when they stall.
    desk.pass(secs(60));
    assert_eq!(desk.queue.poll_timeout(), None);
    assert_eq!(desk.queue.snapshot(desk.now, FileId(1)), None);
}
