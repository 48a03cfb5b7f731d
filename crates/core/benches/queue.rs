//! Events per second of a queue with 100, 10,000 and 100,000 uploads. An event costs about the same at each number.
//!
//! ```sh
//! cargo bench -p s3-upload-core
//! ```

#![allow(clippy::expect_used, reason = "a benchmark that cannot go on ends")]

use core::time::Duration;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use s3_upload_core::limits::MIB;
use s3_upload_core::{
    Answer, BackendOperation, Command, Config, ETag, Event, FileId, FileInfo, Grant, GrantPlan,
    Instant, Method, Queue, RequestId, SecretUrl, SignedRequest, StoredObject, UploadId,
};

const UPLOADS: [u64; 3] = [100, 10_000, 100_000];
const NOW: Instant = Instant::from_millis(1_000);
/// The events of one upload after it was added: the answers to its create, its PUT and its complete.
const EVENTS: u64 = 3;

fn main() {
    divan::main();
}

fn file(number: u64) -> Event {
    Event::Add(
        FileId(number),
        FileInfo::new(format!("file {number}"), 10 * 1024, "text/plain"),
    )
}

fn files(uploads: u64) -> Vec<Event> {
    (1..=uploads).map(file).collect()
}

fn with_files(uploads: u64) -> Queue {
    let mut queue = Queue::new(Config::default());
    for event in files(uploads) {
        queue.handle_event(NOW, event);
    }
    queue.take_changed();
    queue
}

fn grant() -> Answer {
    Answer::Granted(Grant {
        value: None,
        id: Some(UploadId::new("upload")),
        key: None,
        plan: GrantPlan::Single(SignedRequest {
            method: Method::Put,
            url: SecretUrl::new("https://store.test/file?X-Amz-Signature=secret".to_owned()),
            headers: Vec::new(),
            expires_in: Some(Duration::from_mins(5)),
        }),
    })
}

/// The answer that a command gets.
fn answer(command: &Command) -> Option<(RequestId, Answer)> {
    match command {
        Command::Backend {
            request,
            operation: BackendOperation::Create { .. },
            ..
        } => Some((*request, grant())),
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

/// Adds each file to a queue.
#[divan::bench(args = UPLOADS)]
fn add(bencher: Bencher, uploads: u64) {
    bencher
        .counter(ItemsCount::new(uploads))
        .with_inputs(|| (Queue::new(Config::default()), files(uploads)))
        .bench_values(|(mut queue, events)| {
            for event in events {
                queue.handle_event(NOW, event);
                while let Some(command) = queue.poll_command() {
                    black_box(command);
                }
            }
            queue
        });
}

/// Answers each request until all files are stored.
#[divan::bench(args = UPLOADS)]
fn life(bencher: Bencher, uploads: u64) {
    bencher
        .counter(ItemsCount::new(uploads * EVENTS))
        .with_inputs(|| with_files(uploads))
        .bench_values(|mut queue| {
            let mut now = NOW;
            while let Some(command) = queue.poll_command() {
                if let Some((request, answer)) = answer(&command) {
                    now = now + Duration::from_millis(1);
                    queue.handle_event(now, Event::Answer(request, Ok(answer)));
                    black_box(queue.poll_timeout());
                    black_box(queue.take_changed());
                }
            }
            assert_eq!(u64::from(queue.totals().completed), uploads);
            queue
        });
}

/// Reports the progress of one PUT while the other files wait.
#[divan::bench(args = UPLOADS)]
fn progress(bencher: Bencher, uploads: u64) {
    let mut queue = Queue::new(Config::default());
    let large = FileInfo::new("large", 50 * MIB, "text/plain");
    queue.handle_event(NOW, Event::Add(FileId(0), large));
    for event in files(uploads) {
        queue.handle_event(NOW, event);
    }
    let mut sent = None;
    while let Some(command) = queue.poll_command() {
        match &command {
            Command::Backend { file, .. } if *file == FileId(0) => {
                let (request, answer) = answer(&command).expect("a request");
                queue.handle_event(NOW, Event::Answer(request, Ok(answer)));
            }
            Command::Send(transmit) => sent = Some(transmit.request),
            _ => {}
        }
    }
    let request = sent.expect("a PUT in flight");
    let mut moved = 0;
    bencher.counter(ItemsCount::new(1_u64)).bench_local(|| {
        moved = moved % (50 * MIB) + 1;
        let now = NOW + Duration::from_millis(moved / 1024);
        queue.handle_event(now, Event::Progress(request, moved));
        assert!(queue.poll_command().is_none());
        black_box(queue.poll_timeout());
        queue.take_changed()
    });
}

/// Makes the snapshot of one file after another, and the totals.
#[divan::bench(args = UPLOADS)]
fn view(bencher: Bencher, uploads: u64) {
    let queue = with_files(uploads);
    let mut number = 0;
    bencher.counter(ItemsCount::new(1_u64)).bench_local(|| {
        number = number % uploads + 1;
        (queue.snapshot(NOW, FileId(number)), queue.totals())
    });
}

/// Prepares a frame of the page during an outage of the backend, in which all files wait.
#[divan::bench(args = UPLOADS)]
fn frame_of_an_outage(bencher: Bencher, uploads: u64) {
    let mut queue = with_files(uploads);
    let mut now = NOW;
    while queue.totals().outage.is_none() {
        while let Some(command) = queue.poll_command() {
            if let Some((request, _)) = answer(&command) {
                let error = s3_upload_core::UploadError::Network {
                    step: s3_upload_core::Step::Create,
                };
                queue.handle_event(now, Event::Answer(request, Err(error)));
            }
        }
        now = queue.poll_timeout().expect("a timer");
        queue.handle_timeout(now);
    }
    queue.take_changed();
    bencher.counter(ItemsCount::new(1_u64)).bench_local(|| {
        queue.refresh(now);
        (queue.take_changed(), queue.totals())
    });
}
