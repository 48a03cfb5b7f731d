//! A comparison of adaptive lanes with one, three and six fixed ones, over links of different latency, bandwidth and
//! loss. It runs the real engine against a fluid model of a network in virtual time. Its results are deterministic.
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
    Instant, Method, Notice, Queue, RequestId, SecretUrl, SignedPart, SignedRequest, Step,
    StoreRefusal, StoredObject, Transmit, TransportChoice, UploadError, UploadId, limits::MIB,
};

/// The model's step, in milliseconds.
const TICK: u64 = 10;
/// The unacknowledged bytes of one connection, at most. With the round trip they limit its speed.
const WINDOW: f64 = 1_048_576.0;
/// A TCP segment's payload, in bytes.
const SEGMENT: f64 = 1_460.0;
/// The approximate duration of the upload at the full bandwidth, in seconds.
const SECONDS: u64 = 120;
/// The time after which a run is stopped, in seconds.
const LONGEST: u64 = 3_600;
/// The number of runs with different random numbers, of which the mean is reported.
const SEEDS: u64 = 5;
/// The policies: the numbers of fixed lanes, and 0 for adaptive lanes.
const POLICIES: [u8; 4] = [1, 3, 6, 0];
const NAMES: [&str; 4] = ["1 lane", "3 lanes", "6 lanes", "adaptive"];

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
}

const fn link(name: &'static str, megabits: f64, trip: u64) -> Link {
    Link {
        name,
        megabits,
        trip,
        loss: 0.0,
        breaks: 0,
        bears: 99,
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

/// A part in flight.
struct Body {
    sent: Transmit,
    moved: f64,
    /// The time at which its first byte is sent, after the preflight.
    from: u64,
    /// The time at which the answer arrives; set when the last byte has been sent.
    answer: Option<u64>,
}

struct Run<'a> {
    link: &'a Link,
    luck: Luck,
    queue: Queue,
    now: u64,
    bodies: BTreeMap<RequestId, Body>,
    /// The backend's answers in flight, which take one round trip.
    answers: Vec<(u64, RequestId, Answer)>,
    done: bool,
}

/// The seconds until the object is confirmed.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes and times of a model"
)]
fn upload(link: &Link, policy: u8, seed: u64) -> f64 {
    let config = Config {
        max_lanes: (policy > 0).then_some(policy),
        adaptive_lanes: policy == 0,
        transport: TransportChoice::Xhr,
        max_attempts: 1_000,
        retry_budget: 1_000_000,
        multipart_threshold: 0,
        seed,
        ..Config::default()
    };
    let mut run = Run {
        link,
        luck: Luck(seed),
        queue: Queue::new(config),
        now: 0,
        bodies: BTreeMap::new(),
        answers: Vec::new(),
        done: false,
    };
    let size = (link.megabits * 125_000.0) as u64 * SECONDS / MIB * MIB;
    run.handle(Event::Add(FileId(1), FileInfo::new("file", size, "")));
    while !run.done && run.now < LONGEST * 1_000 {
        run.now += TICK;
        run.tick();
    }
    run.now as f64 / 1_000.0
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
            let (request, answer) = match command {
                Command::Backend {
                    request,
                    operation: BackendOperation::Create { part_size, .. },
                    ..
                } => {
                    let grant = Grant {
                        value: None,
                        id: Some(UploadId::new("1")),
                        key: None,
                        plan: GrantPlan::Multipart { part_size },
                    };
                    (request, Answer::Granted(grant))
                }
                Command::Backend {
                    request,
                    operation: BackendOperation::SignParts { parts, .. },
                    ..
                } => {
                    let signed = parts.iter().map(|(number, _)| SignedPart {
                        number: *number,
                        request: SignedRequest {
                            method: Method::Put,
                            url: SecretUrl::new("https://store.test/part"),
                            headers: Vec::new(),
                            expires_in: None,
                        },
                    });
                    (request, Answer::Signed(signed.collect()))
                }
                Command::Backend {
                    request,
                    operation: BackendOperation::Complete { .. },
                    ..
                } => (request, Answer::Confirmed(StoredObject::default())),
                Command::Send(sent) => {
                    // The preflight and the way of the first byte to the store take two round trips.
                    let from = self.now + 2 * self.link.trip;
                    let body = Body {
                        moved: 0.0,
                        from,
                        answer: None,
                        sent,
                    };
                    self.bodies.insert(body.sent.request, body);
                    continue;
                }
                Command::Cancel(request) => {
                    self.bodies.remove(&request);
                    continue;
                }
                Command::Notify(Notice::Succeeded(_)) => {
                    self.done = true;
                    continue;
                }
                _ => continue,
            };
            self.answers
                .push((self.now + self.link.trip, request, answer));
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes of a model"
    )]
    fn tick(&mut self) {
        let now = self.now;
        while let Some(at) = self.answers.iter().position(|(when, ..)| *when <= now) {
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
        let link = self.link;
        let moving = self.bodies.values().filter(|body| body.from <= now).count();
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
        let mut events = Vec::new();
        for (request, body) in &mut self.bodies {
            if body.from > now {
                continue;
            }
            taken += usize::from(body.moved == 0.0);
            if body.moved == 0.0 && taken > link.bears {
                taken -= 1;
                events.push((*request, Some(slow_down())));
                continue;
            }
            if link.breaks > 0 && self.luck.draw() < TICK as f64 / 1_000.0 / link.breaks as f64 {
                events.push((*request, Some(Err(broken()))));
                continue;
            }
            let whole = body.sent.range.len() as f64;
            body.moved = (body.moved + step).min(whole);
            if now.is_multiple_of(100) {
                events.push((*request, None));
            }
            if body.moved >= whole {
                let due = *body.answer.get_or_insert(now + link.trip);
                if due <= now {
                    events.push((
                        *request,
                        Some(Ok(Answer::Sent(Some(ETag::new("\"1\"")).into()))),
                    ));
                }
            }
        }
        for (request, what) in events {
            if let Some(answer) = what {
                if self.bodies.remove(&request).is_some() {
                    self.handle(Event::Answer(request, answer));
                }
            } else if let Some(body) = self.bodies.get(&request) {
                let moved = body.moved as u64;
                self.handle(Event::Progress(request, moved));
            }
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

fn best(times: &[f64; 4]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn table(rows: &[(Link, [f64; 4])]) -> String {
    let mut text = format!("| link | {} |\n|---|---|---|---|---|\n", NAMES.join(" | "));
    for (link, times) in rows {
        let _ = write!(text, "| {} |", link.name);
        for time in times {
            #[allow(clippy::cast_precision_loss, reason = "an hour")]
            let late = *time >= LONGEST as f64;
            if late {
                let _ = write!(text, " over an hour |");
            } else {
                let share = best(times) / time * 100.0;
                let _ = write!(text, " {time:.0} s ({share:.0} %) |");
            }
        }
        text.push('\n');
    }
    text
}

fn page(table: &str) -> String {
    format!(
        "# The number of requests in flight\n\n\
Latency and loss limit the speed of one connection. A slow link, a store that asks to slow down and a network that \
breaks limit many connections, since what breaks is sent again. The engine starts with three requests to the store, \
adds one while that increases the total speed, removes one when it did not or when a connection breaks, and halves \
the number when the store asks to slow down or a request stalls (`crates/core/src/concurrency.rs`). The simulation \
allows six; the default is five, which leaves one of a browser's six connections to a host free.\n\n\
The table shows the seconds until an object is confirmed that would take {SECONDS} s at the link's full \
bandwidth, and in brackets the share of the row's best speed. Mean of {SEEDS} runs; parts of 8 MiB \
and more, a preflight for each.\n\n\
{table}\n\
![The same as bars](lanes.svg)\n\n\
The numbers are of a simulation: the real engine, in virtual time, over a fluid model of a network. The speed of a \
connection is limited by its share of the link, its window (1 MiB) over the round trip, and its losses (Mathis et \
al., 1997). The model has no slow start, no queues and no other traffic. To run it again:\n\n\
```sh\ncargo run -p s3-upload-core --example lanes\n```\n"
    )
}

/// A bar chart of each policy's speed as a share of the best one.
#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn picture(rows: &[(Link, [f64; 4])]) -> String {
    const COLOURS: [&str; 4] = ["#b8c4d0", "#8aa0b6", "#5b7c9c", "#d9730d"];
    let (left, width, bar) = (330.0, 420.0, 11.0);
    let height = rows.len() as f64 * (bar * 4.0 + 14.0) + 70.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 {height}\" \
font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
<title>Speed of one, three, six and adaptive lanes, as a share of the best</title>\n\
<rect width=\"800\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (place, name) in NAMES.iter().enumerate() {
        let x = left + place as f64 * 100.0;
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
        let middle = y + bar * 2.0 + 4.0;
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
