//! A comparison of adaptive lanes with one, three, six and twelve fixed ones, and with a loop of six requests without the
//! engine, over links of different latency, bandwidth and loss. It runs the real engine against a fluid model of a network in virtual time. Its results are deterministic.
//! It writes `docs/lanes.md` and `docs/lanes.svg`:
//!
//! ```sh
//! cargo run -p s3-upload-core --example lanes
//! ```

use core::time::Duration;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use s3_upload_core::{
    Answer, BackendOperation, Command, Config, ETag, Event, FileId, FileInfo, Grant, GrantPlan,
    Instant, Method, Notice, PartNumber, Queue, RequestId, SecretUrl, SignedPart, SignedRequest,
    Step, StoreRefusal, StoredObject, StoredPart, Transmit, TransportChoice, UploadError, UploadId,
    limits::MIB,
};

/// The model's step, in milliseconds.
const TICK: u64 = 5;
/// The unacknowledged bytes of one connection, at most. With the round trip they limit its speed.
const WINDOW: f64 = 1_048_576.0;
/// A TCP segment's payload, in bytes.
const SEGMENT: f64 = 1_460.0;
/// The approximate duration of the upload at the full bandwidth, in seconds.
const SECONDS: u64 = 120;
/// The time after which a run is stopped, in seconds.
const LONGEST: u64 = 3_600;
/// The number of runs with different random numbers, of which the mean is reported.
const SEEDS: u64 = 20;
/// The connections that a browser opens to a host. A request beyond them waits for the end of another one.
const CONNECTIONS: usize = 6;
/// The part size of the loop, the smallest that S3 takes.
const LOOP_PART: u64 = 5 * MIB;
/// The number of policies.
const WAYS: usize = 6;
const POLICIES: [Policy; WAYS] = [
    Policy::Fixed(1),
    Policy::Fixed(3),
    Policy::Fixed(6),
    Policy::Fixed(12),
    Policy::Loop,
    Policy::Adaptive,
];
const NAMES: [&str; WAYS] = [
    "1 lane",
    "3 lanes",
    "6 lanes",
    "12 lanes",
    "loop of 6",
    "adaptive",
];

/// The decision about the number of requests in flight.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// The engine with so many lanes.
    Fixed(u8),
    /// The engine as it is by default.
    Adaptive,
    /// Six loops, each of which signs a part, sends it and takes the next. A failed part is repeated.
    Loop,
}

/// A link between a browser and a store.
struct Link {
    name: &'static str,
    /// The bandwidth in megabits per second.
    megabits: f64,
    /// The round trip time in milliseconds.
    trip: u64,
    /// The share of packets lost, from 0 to 1.
    loss: f64,
    /// The mean time after which a connection breaks, in seconds; zero for never.
    breaks: u64,
    /// The number of requests in flight above which the store answers 503.
    bears: usize,
    /// The time that the backend needs for an answer, in milliseconds.
    signs: u64,
    /// The time that the store needs for an answer, in milliseconds.
    stores: u64,
    /// The number of files and their size in bytes; one file of two minutes if the number is zero.
    files: (u64, u64),
}

const fn link(name: &'static str, megabits: f64, trip: u64) -> Link {
    Link {
        name,
        megabits,
        trip,
        loss: 0.0,
        breaks: 0,
        bears: 99,
        signs: 0,
        stores: 0,
        files: (0, 0),
    }
}

fn links() -> Vec<Link> {
    vec![
        link("DSL, 10 Mbit/s, 40 ms", 10.0, 40),
        link("Fibre, 100 Mbit/s, 20 ms", 100.0, 20),
        link("Fibre, another continent, 100 Mbit/s, 180 ms", 100.0, 180),
        link("Campus, 1 Gbit/s, 10 ms", 1_000.0, 10),
        link("Campus, another continent, 1 Gbit/s, 120 ms", 1_000.0, 120),
        Link {
            loss: 0.005,
            ..link("Wi-Fi with loss, 50 Mbit/s, 60 ms, 0.5 %", 50.0, 60)
        },
        Link {
            loss: 0.01,
            breaks: 60,
            ..link("Mobile, 8 Mbit/s, 80 ms, 1 %, breaks", 8.0, 80)
        },
        Link {
            loss: 0.02,
            breaks: 90,
            ..link("Far mobile, 2 Mbit/s, 250 ms, 2 %, breaks", 2.0, 250)
        },
        Link {
            bears: 2,
            ..link("A busy store, 100 Mbit/s, 30 ms, 503 beyond 2", 100.0, 30)
        },
        Link {
            signs: 50,
            stores: 200,
            files: (1, 60 * MIB),
            ..link("60 MiB, 2 Gbit/s, 1 ms, URL 50 ms, PUT 200 ms", 2_000.0, 1)
        },
        Link {
            signs: 20,
            stores: 30,
            files: (200, 10 * 1024),
            ..link(
                "200 × 10 KiB, 2 Gbit/s, 1 ms, URL 20 ms, PUT 30 ms",
                2_000.0,
                1,
            )
        },
    ]
}

/// A small deterministic generator of random numbers (`SplitMix64`).
struct Luck(u64);

impl Luck {
    /// A random number from 0 to 1, without 1.
    #[allow(clippy::cast_precision_loss, reason = "luck needs no more bits")]
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A request to the store.
struct Body {
    size: f64,
    moved: f64,
    /// The time at which its first byte is sent, after the preflight; `None` while it waits for a connection.
    from: Option<u64>,
    /// The time at which the answer arrives; set when the last byte has been sent.
    answer: Option<u64>,
}

/// The outcome of a request to the store.
enum Happening {
    Moved(u64),
    Stored,
    Busy,
    /// The connection broke. The store may have all bytes.
    Broken {
        is_stored: bool,
    },
}

/// The connections to the store.
struct Wire<'a> {
    link: &'a Link,
    luck: Luck,
    bodies: BTreeMap<u64, Body>,
}

impl<'a> Wire<'a> {
    const fn new(link: &'a Link, seed: u64) -> Self {
        Self {
            link,
            luck: Luck(seed),
            bodies: BTreeMap::new(),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "bytes of a model")]
    fn send(&mut self, request: u64, size: u64) {
        let body = Body {
            size: size as f64,
            moved: 0.0,
            from: None,
            answer: None,
        };
        self.bodies.insert(request, body);
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes of a model"
    )]
    fn tick(&mut self, now: u64) -> Vec<(u64, Happening)> {
        let link = self.link;
        let connected = self.bodies.values().filter(|body| body.from.is_some());
        let free = CONNECTIONS.saturating_sub(connected.count());
        let waiting = self.bodies.values_mut().filter(|body| body.from.is_none());
        for body in waiting.take(free) {
            // The preflight and the way of the first byte to the store take two round trips.
            body.from = Some(now + 2 * link.trip);
        }
        let is_moving =
            |body: &Body| body.from.is_some_and(|from| from <= now) && body.answer.is_none();
        let moving = self.bodies.values().filter(|body| is_moving(body)).count();
        let trip = link.trip as f64 / 1_000.0;
        // Mathis et al., "The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm", 1997.
        let by_loss = if link.loss > 0.0 {
            1.22 * SEGMENT / (trip * link.loss.sqrt())
        } else {
            f64::INFINITY
        };
        let share = link.megabits * 125_000.0 / moving.max(1) as f64;
        let step = share.min(WINDOW / trip).min(by_loss) * TICK as f64 / 1_000.0;
        let mut taken = self.bodies.values().filter(|body| body.moved > 0.0).count();
        let mut happened = Vec::new();
        for (request, body) in &mut self.bodies {
            if body.from.is_none_or(|from| from > now) {
                continue;
            }
            if body.moved == 0.0 && body.answer.is_none() {
                if taken >= link.bears {
                    happened.push((*request, Happening::Busy));
                    continue;
                }
                taken += 1;
            }
            if link.breaks > 0 && self.luck.draw() < TICK as f64 / 1_000.0 / link.breaks as f64 {
                let is_stored = body.answer.is_some();
                happened.push((*request, Happening::Broken { is_stored }));
                continue;
            }
            if body.answer.is_none() {
                body.moved = (body.moved + step).min(body.size);
                if body.moved >= body.size {
                    body.answer = Some(now + link.trip + link.stores);
                }
            }
            if body.answer.is_some_and(|due| due <= now) {
                happened.push((*request, Happening::Stored));
            } else if now.is_multiple_of(100) {
                happened.push((*request, Happening::Moved(body.moved as u64)));
            }
        }
        for (request, what) in &happened {
            if !matches!(what, Happening::Moved(_)) {
                self.bodies.remove(request);
            }
        }
        happened
    }
}

/// The number of files and the size of each.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of a model"
)]
fn work(link: &Link) -> (u64, u64) {
    match link.files {
        (0, _) => (1, (link.megabits * 125_000.0) as u64 * SECONDS / MIB * MIB),
        files => files,
    }
}

/// The seconds until all objects are confirmed.
#[allow(clippy::cast_precision_loss, reason = "times of a model")]
fn upload(link: &Link, policy: Policy, seed: u64) -> f64 {
    let millis = match policy {
        Policy::Loop => upload_by_loop(link, seed),
        Policy::Fixed(lanes) => upload_by_engine(link, Some(lanes), seed),
        Policy::Adaptive => upload_by_engine(link, None, seed),
    };
    millis as f64 / 1_000.0
}

/// The milliseconds that six loops take, each of which signs, sends and takes the next.
fn upload_by_loop(link: &Link, seed: u64) -> u64 {
    enum Worker {
        Idle,
        /// The part is signed at this time.
        Signs(u64, u64),
        Sends(u64),
    }
    let answer = link.trip + link.signs;
    let (files, size) = work(link);
    let mut parts: Vec<u64> = if files > 1 {
        vec![size; usize::try_from(files).unwrap_or_default()]
    } else {
        (0..size.div_ceil(LOOP_PART))
            .map(|part| LOOP_PART.min(size - part * LOOP_PART))
            .collect()
    };
    let mut wire = Wire::new(link, seed);
    let mut workers: Vec<Worker> = (0..CONNECTIONS).map(|_| Worker::Idle).collect();
    // An upload in parts is created first, and completed at the end.
    let around = if files > 1 { 0 } else { answer };
    let mut now = around;
    let mut sizes = BTreeMap::new();
    loop {
        for (request, what) in wire.tick(now) {
            let of =
                |worker: &&mut Worker| matches!(worker, Worker::Sends(sent) if *sent == request);
            let Some(worker) = workers.iter_mut().find(of) else {
                continue;
            };
            let size: u64 = sizes.get(&request).copied().unwrap_or_default();
            *worker = match what {
                Happening::Moved(_) => continue,
                Happening::Stored => Worker::Idle,
                Happening::Busy => Worker::Signs(now + 1_000 + answer, size),
                Happening::Broken { .. } => Worker::Signs(now + answer, size),
            };
        }
        for worker in &mut workers {
            if let Worker::Idle = worker
                && let Some(size) = parts.pop()
            {
                *worker = Worker::Signs(now + answer, size);
            }
            if let Worker::Signs(until, size) = worker
                && *until <= now
            {
                let request = sizes.len() as u64;
                sizes.insert(request, *size);
                wire.send(request, *size);
                *worker = Worker::Sends(request);
            }
        }
        let is_idle = |worker: &Worker| matches!(worker, Worker::Idle);
        if workers.iter().all(is_idle) || now > LONGEST * 1_000 {
            return now + around;
        }
        now += TICK;
    }
}

struct Run<'a> {
    wire: Wire<'a>,
    queue: Queue,
    now: u64,
    sent: BTreeMap<u64, Transmit>,
    /// The parts that the store has.
    stored: BTreeMap<PartNumber, u64>,
    /// The backend's answers in flight, which take one round trip.
    answers: Vec<(u64, RequestId, Answer)>,
    done: bool,
}

/// The milliseconds that the engine takes with so many lanes, or with its own choice.
fn upload_by_engine(link: &Link, lanes: Option<u8>, seed: u64) -> u64 {
    let (files, size) = work(link);
    let config = Config {
        max_lanes: lanes,
        adaptive_lanes: lanes.is_none(),
        transport: TransportChoice::Xhr,
        max_attempts: 1_000,
        retry_budget: 1_000_000,
        multipart_threshold: if files > 1 { MIB } else { 0 },
        seed,
        ..Config::default()
    };
    let mut run = Run {
        wire: Wire::new(link, seed),
        queue: Queue::new(config),
        now: 0,
        sent: BTreeMap::new(),
        stored: BTreeMap::new(),
        answers: Vec::new(),
        done: false,
    };
    for file in 1..=files {
        run.handle(Event::Add(FileId(file), FileInfo::new("file", size, "")));
    }
    while !run.done && run.now < LONGEST * 1_000 {
        run.now += TICK;
        run.tick();
    }
    run.now
}

impl Run<'_> {
    const fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn handle(&mut self, event: Event) {
        self.queue.handle_event(self.instant(), event);
        self.commands();
    }

    fn commands(&mut self) {
        while let Some(command) = self.queue.poll_command() {
            match command {
                Command::Backend {
                    request, operation, ..
                } => {
                    let link = self.wire.link;
                    let due = self.now + link.trip + link.signs;
                    let answer = self.answer(operation);
                    self.answers.push((due, request, answer));
                }
                Command::Send(sent) => {
                    self.wire.send(sent.request.0, sent.range.len());
                    self.sent.insert(sent.request.0, sent);
                }
                Command::Cancel(request) => {
                    self.wire.bodies.remove(&request.0);
                }
                Command::Notify(Notice::Settled { .. }) => self.done = true,
                Command::Notify(_) => {}
            }
        }
    }

    /// The backend's answer. A small file is sent in one request, whose answer by the store is the proof.
    fn answer(&self, operation: BackendOperation) -> Answer {
        let request = || SignedRequest {
            method: Method::Put,
            url: SecretUrl::new("https://store.test/part"),
            headers: Vec::new(),
            expires_in: None,
        };
        match operation {
            BackendOperation::Create {
                part_size,
                prefer_multipart,
            } => Answer::Granted(Grant {
                value: None,
                id: prefer_multipart.then(|| UploadId::new("1")),
                key: None,
                plan: if prefer_multipart {
                    GrantPlan::Multipart { part_size }
                } else {
                    GrantPlan::Single(request())
                },
            }),
            BackendOperation::SignParts { parts, .. } => {
                let signed = parts.iter().map(|(number, _)| SignedPart {
                    number: *number,
                    request: request(),
                });
                Answer::Signed(signed.collect())
            }
            BackendOperation::ListParts { .. } => {
                let listed = self.stored.iter().map(|(number, size)| StoredPart {
                    number: *number,
                    size: *size,
                    etag: ETag::new("\"1\""),
                });
                Answer::Listed(listed.collect())
            }
            BackendOperation::Complete { .. } => Answer::Confirmed(StoredObject::default()),
            BackendOperation::Abort { .. } => Answer::Aborted,
        }
    }

    fn tick(&mut self) {
        while let Some(at) = self.answers.iter().position(|(when, ..)| *when <= self.now) {
            let (_, request, answer) = self.answers.remove(at);
            self.handle(Event::Answer(request, Ok(answer)));
        }
        if self
            .queue
            .poll_timeout()
            .is_some_and(|due| due <= self.instant())
        {
            self.queue.handle_timeout(self.instant());
            self.commands();
        }
        for (request, what) in self.wire.tick(self.now) {
            let Some(sent) = self.sent.get(&request) else {
                continue;
            };
            if let (Some(part), Happening::Stored | Happening::Broken { is_stored: true }) =
                (sent.part, &what)
            {
                self.stored.insert(part, sent.range.len());
            }
            let request = sent.request;
            self.handle(match what {
                Happening::Moved(bytes) => Event::Progress(request, bytes),
                Happening::Stored => {
                    Event::Answer(request, Ok(Answer::Sent(Some(ETag::new("\"1\"")).into())))
                }
                Happening::Busy => Event::Answer(request, slow_down()),
                Happening::Broken { .. } => Event::Answer(request, Err(broken())),
            });
        }
    }
}

fn slow_down() -> Result<Answer, UploadError> {
    Err(UploadError::Store(StoreRefusal {
        status: 503,
        code: Some("SlowDown".to_owned()),
        retry_after: Some(Duration::from_secs(1)),
        ..StoreRefusal::default()
    }))
}

const fn broken() -> UploadError {
    UploadError::Network { step: Step::Send }
}

#[allow(clippy::cast_precision_loss, reason = "a handful of seeds")]
fn main() -> std::io::Result<()> {
    let mut rows = Vec::new();
    for link in links() {
        let times = POLICIES.map(|policy| {
            (0..SEEDS)
                .map(|seed| upload(&link, policy, seed))
                .sum::<f64>()
                / SEEDS as f64
        });
        rows.push((link, times));
    }
    let table = table(&rows);
    print!("{table}");
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::create_dir_all(&docs)?;
    std::fs::write(docs.join("lanes.md"), page(&table))?;
    std::fs::write(docs.join("lanes.svg"), picture(&rows))
}

fn best(times: &[f64; WAYS]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn table(rows: &[(Link, [f64; WAYS])]) -> String {
    let mut text = format!(
        "| link | {} |\n|---{}|\n",
        NAMES.join(" | "),
        "|---".repeat(WAYS)
    );
    for (link, times) in rows {
        let _ = write!(text, "| {} |", link.name);
        for time in times {
            #[allow(clippy::cast_precision_loss, reason = "an hour")]
            let late = *time >= LONGEST as f64;
            if late {
                let _ = write!(text, " over an hour |");
            } else {
                let share = best(times) / time * 100.0;
                let digits = if *time < 10.0 { 2 } else { 0 };
                let _ = write!(text, " {time:.digits$} s ({share:.0} %) |");
            }
        }
        text.push('\n');
    }
    text
}

fn page(table: &str) -> String {
    format!(
        "# The number of requests in flight\n\n\
Latency and loss limit the speed of one connection, so that several requests are sent at once. A browser opens six \
connections to a host over HTTP/1.1. The engine sends six requests to the store from the start on, or as many as the \
attribute `concurrency` says (`crates/core/src/concurrency.rs`):\n\n\
- It halves the number when the store asks to slow down (503) or a request stalls, and lowers it by one when a connection \
breaks before it has moved 512 KiB, since some hosts reset the connections beyond a number of their own.\n\
- It raises the number again by one while each further request increases the total speed by 5 %.\n\
- Where the browser reports HTTP/2 or HTTP/3 (`nextHopProtocol` of Resource Timing, which the store must allow by \
`Timing-Allow-Origin`), the number may grow to twelve in the same way.\n\
- Where backend and store have the same origin over HTTP/1.1, the number is five, since a request to the backend would \
otherwise wait for the end of a body.\n\n\
The backend gets up to six requests at once, which are counted separately. URLs are requested before a lane is free: those \
of two parts for each lane while a part takes less than a second, else of one; and those of six more small files. The parts \
are as few as the speed allows, at most four seconds long, and fill whole rounds of the lanes: a file of 60 MiB is sent in \
six parts of 10 MiB at once.\n\n\
The table shows the seconds until all objects are confirmed, and in brackets the share of the row's best speed. A row \
without a size is one file that would take {SECONDS} s at the link's full bandwidth. Mean of {SEEDS} runs. A fixed number \
of lanes is the same engine without adaptation. The loop is what a page does without the engine: six times at once it \
signs a part of 5 MiB, or a file, and sends it, and it repeats what failed. Each request costs a preflight. No \
policy has more than a browser's six connections: a request beyond them waits.\n\n\
{table}\n\
![The same as bars](lanes.svg)\n\n\
On links that break, what is sent again counts: a part of 8 MiB, which is chosen before a speed was measured, is lost more \
often than the loop's 5 MiB. The next file on such a link gets parts of 5 MiB. Smaller first parts would cost the far \
links of the table a tenth of their speed.\n\n\
The numbers are of a simulation: the real engine, in virtual time, over a fluid model of a network. The speed of a \
connection is limited by its share of the link, its window (1 MiB) over the round trip, and its losses (Mathis et \
al., 1997). The model has no slow start, no queues and no other traffic. To run it again:\n\n\
```sh\ncargo run -p s3-upload-core --example lanes\n```\n"
    )
}

/// A bar chart of each policy's speed as a share of the best one.
#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn picture(rows: &[(Link, [f64; WAYS])]) -> String {
    const COLOURS: [&str; WAYS] = [
        "#c6d0da", "#a3b4c5", "#7f98af", "#5b7c9c", "#7a7a7a", "#d9730d",
    ];
    let (left, width, bar) = (330.0, 420.0, 11.0);
    let height = rows.len() as f64 * (bar * WAYS as f64 + 14.0) + 70.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 {height}\" \
font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
<title>Speed of fixed lanes, of a loop and of adaptive lanes, as a share of the best</title>\n\
<rect width=\"800\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (place, name) in NAMES.iter().enumerate() {
        let x = 100.0 + place as f64 * 110.0;
        let colour = COLOURS.get(place).copied().unwrap_or_default();
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"14\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
<text x=\"{}\" y=\"24\" fill=\"#222\">{name}</text>",
            x + 18.0
        );
    }
    let mut y = 44.0;
    for (link, times) in rows {
        let middle = y + bar * WAYS as f64 / 2.0 + 4.0;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\" fill=\"#222\">{}</text>",
            left - 10.0,
            link.name
        );
        for (time, colour) in times.iter().zip(COLOURS) {
            let share = best(times) / time;
            let _ = writeln!(
                svg,
                "<rect x=\"{left}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\" fill=\"{colour}\"/>\
<text x=\"{:.1}\" y=\"{}\" font-size=\"9\" fill=\"#444\">{:.0} %</text>",
                share * width,
                bar - 1.0,
                left + share * width + 4.0,
                y + bar - 2.5,
                share * 100.0
            );
            y += bar;
        }
        y += 14.0;
    }
    svg.push_str("</svg>\n");
    svg
}
