//! The work of an event does not grow with the number of files. Tests count the entries of collections that are visited or
//! moved, which are the same on each machine.

use core::time::Duration;

use super::Queue;
use crate::collections::work;
use crate::command::{BackendOperation, Command};
use crate::config::Config;
use crate::error::{Side, Step, UploadError};
use crate::event::{Answer, Event};
use crate::file::FileInfo;
use crate::grant::{Grant, GrantPlan, Method, SignedRequest};
use crate::ids::{ETag, FileId, RequestId, UploadId};
use crate::snapshot::StoredObject;
use crate::time::Instant;
use s3_upload_types::SecretUrl;

const FEW: u64 = 100;
const MANY: u64 = 10_000;

/// A queue with files, and the events that it got.
struct Work {
    queue: Queue,
    now: Instant,
    events: u64,
}

impl Work {
    fn with(files: u64) -> Self {
        work::take();
        let mut work = Self {
            queue: Queue::new(Config::default()),
            now: Instant::from_millis(1_000),
            events: 0,
        };
        for number in 1..=files {
            let info = FileInfo::new("file", 10 * 1024, "text/plain");
            work.event(Event::Add(FileId(number), info));
        }
        work
    }

    fn event(&mut self, event: Event) {
        self.events += 1;
        self.now = self.now + Duration::from_millis(1);
        self.queue.handle_event(self.now, event);
        self.queue.poll_timeout();
        self.queue.take_changed();
    }

    /// Answers each request until none is left.
    fn store_all(&mut self, files: u64) {
        while let Some(command) = self.queue.poll_command() {
            if let Some((request, answer)) = answer(&command) {
                self.event(Event::Answer(request, Ok(answer)));
            }
        }
        assert_eq!(u64::from(self.queue.totals().completed), files);
    }

    /// Fails each request to the backend until it is in an outage.
    fn fail_all(&mut self) {
        while self.queue.next_attempt(Side::Backend).is_none() {
            while let Some(command) = self.queue.poll_command() {
                if let Some((request, _)) = answer(&command) {
                    let error = UploadError::Network { step: Step::Create };
                    self.event(Event::Answer(request, Err(error)));
                }
            }
            self.now = self.queue.poll_timeout().unwrap_or(self.now);
            self.queue.handle_timeout(self.now);
        }
    }

    /// The entries for each event since the last call.
    fn of_each_event(&mut self) -> u64 {
        work::take() / core::mem::take(&mut self.events).max(1)
    }
}

fn answer(command: &Command) -> Option<(RequestId, Answer)> {
    match command {
        Command::Backend {
            request,
            operation: BackendOperation::Create { .. },
            ..
        } => {
            let url = "https://store.test/file?X-Amz-Signature=secret";
            let plan = GrantPlan::Single(SignedRequest {
                method: Method::Put,
                url: SecretUrl::new(url.to_owned()),
                headers: Vec::new(),
                expires_in: Some(Duration::from_mins(5)),
            });
            let grant = Grant {
                id: Some(UploadId::new("upload")),
                key: None,
                value: None,
                plan,
            };
            Some((*request, Answer::Granted(grant)))
        }
        Command::Send(sent) => Some((
            sent.request,
            Answer::Sent(Some(ETag::new("\"tag\"")).into()),
        )),
        Command::Backend { request, .. } => {
            Some((*request, Answer::Confirmed(StoredObject::default())))
        }
        _ => None,
    }
}

/// Compares the work of many files with that of few.
fn assert_flat(what: &str, work: impl Fn(u64) -> u64) {
    let (few, many) = (work(FEW), work(MANY));
    assert!(few > 0, "{what}: nothing is counted");
    assert!(
        many <= 2 * few,
        "{what}: {many} entries an event with {MANY} files, {few} with {FEW}"
    );
}

#[test]
fn an_addition_costs_the_same_with_many_files() {
    assert_flat("add", |files| Work::with(files).of_each_event());
}

#[test]
fn a_whole_life_costs_the_same_with_many_files() {
    assert_flat("life", |files| {
        let mut work = Work::with(files);
        work.of_each_event();
        work.store_all(files);
        work.of_each_event()
    });
}

#[test]
fn progress_costs_the_same_with_many_files() {
    assert_flat("progress", |files| {
        let mut work = Work::with(files);
        let mut sent = None;
        while let Some(command) = work.queue.poll_command() {
            match (&command, answer(&command)) {
                (Command::Send(transmit), _) => sent = Some(transmit.request),
                (_, Some((request, answer))) => work.event(Event::Answer(request, Ok(answer))),
                _ => {}
            }
        }
        work.of_each_event();
        let request = sent.unwrap_or(RequestId(0));
        for moved in 1..=1_000 {
            work.event(Event::Progress(request, moved));
        }
        assert!(work.queue.totals().sent >= 1_000);
        work.of_each_event()
    });
}

#[test]
fn a_frame_costs_the_same_with_many_files() {
    assert_flat("a frame of an outage", |files| {
        // The files that are stored come before those that wait.
        let mut work = Work::with(files);
        work.store_all(files);
        for number in files + 1..=files + FEW {
            let info = FileInfo::new("file", 10 * 1024, "text/plain");
            work.event(Event::Add(FileId(number), info));
        }
        work.fail_all();
        work.of_each_event();
        work.queue.refresh(work.now);
        work.queue.take_changed();
        work.queue.totals();
        work.queue.snapshot(work.now, FileId(files + 1));
        work.of_each_event()
    });
}
