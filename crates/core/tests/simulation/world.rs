//! The environment of the engine: virtual time, the requests in flight, and the faults.

use std::collections::{BTreeMap, BTreeSet};

use s3_upload_core::concurrency::Connection;
use s3_upload_core::{
    Answer, BackendOperation, Command, ETag, Event, FileId, Instant, PartNumber, Queue, RequestId,
    StoredObject, Target, Transmit, Transport, UploadError, UploadId, limits::MIB,
};

use crate::backend::Backend;
use crate::coverage::Coverage;
use crate::dice::{self, Dice, Traits};
use crate::person;
use crate::store::Store;
use crate::trouble::Fate;
use crate::watch::Watch;

/// The time from the end of the faults until all uploads are started and resumed, in milliseconds. All stalled requests
/// are cancelled by then. After the same time again, all failed uploads are retried.
const FINALE: u64 = 3 * 3_600_000;
/// The time from the end of the faults until every run has ended, in milliseconds: `FINALE` after the retries.
const END: u64 = 3 * FINALE;

/// The operation of a request.
#[derive(Clone, Debug)]
pub enum Ask {
    Create {
        parts: Option<u64>,
    },
    Sign {
        id: UploadId,
        parts: Vec<(PartNumber, u64)>,
    },
    List {
        id: UploadId,
    },
    Complete {
        id: UploadId,
        parts: Option<Vec<(PartNumber, ETag)>>,
    },
    Abort {
        id: UploadId,
    },
    Send(Transmit),
}

impl Ask {
    pub const fn is_send(&self) -> bool {
        matches!(self, Self::Send(_))
    }
}

/// A request in flight.
#[derive(Clone, Debug)]
pub struct Flight {
    pub file: FileId,
    pub ask: Ask,
    /// The time at which it reaches the other side.
    began: u64,
    fate: Fate,
}

#[derive(Debug)]
enum Happening {
    Arrives(RequestId),
    Answers(RequestId, Result<Answer, UploadError>),
    Moves(RequestId, u64),
    Cut,
    Mended,
    /// The backend (true) or the store (false) begins to fail in one way.
    Outage(bool, u64),
    Back,
    Says {
        online: bool,
    },
    Wish,
    Changed,
    Loses,
    Finale(Event),
}

pub struct World {
    pub dice: Dice,
    pub traits: Traits,
    queue: Queue,
    now: u64,
    agenda: BTreeMap<(u64, u64), Happening>,
    entries: u64,
    /// The requests that are in flight for the engine.
    flights: BTreeMap<RequestId, Flight>,
    /// The requests that the engine cancelled. They may take effect nevertheless.
    ghosts: BTreeMap<RequestId, Flight>,
    store: Store,
    backend: Backend,
    pub network: bool,
    /// The side that is in an outage, and the kind of its failure.
    pub outage: Option<(bool, u64)>,
    /// The uploads whose complete a proxy answered.
    pub lied: BTreeSet<UploadId>,
    files: u64,
    watch: Watch,
    requests: u64,
    faults: u64,
    trace: bool,
    /// All commands, for a comparison of two runs.
    pub log: Option<String>,
}

impl World {
    pub fn new(seed: u64, trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let traits = dice::traits(&mut dice);
        let config = dice::config(&mut dice);
        if trace {
            println!("{traits:?}\n{config:?}");
        }
        let mut world = Self {
            queue: Queue::new(config.clone()),
            now: 1_000,
            agenda: BTreeMap::new(),
            entries: 0,
            flights: BTreeMap::new(),
            ghosts: BTreeMap::new(),
            store: Store {
                if_none_match: traits.if_none_match,
                hide_tags: traits.hide_tags,
                ..Store::default()
            },
            backend: Backend::new(
                (traits.life > 0).then_some(traits.life * 1_000),
                traits.ids,
                traits.idempotent,
                traits.looks,
            ),
            network: true,
            outage: None,
            lied: BTreeSet::new(),
            files: 0,
            watch: Watch::new(config),
            requests: 0,
            faults: 0,
            trace,
            log: None,
            traits,
            dice,
        };
        world.plan();
        world
    }

    fn at(&mut self, when: u64, what: Happening) {
        self.entries += 1;
        self.agenda.insert((when, self.entries), what);
    }

    pub fn calm(&self) -> bool {
        self.now >= self.traits.calm
    }

    /// Schedules the happenings that do not depend on the engine.
    fn plan(&mut self) {
        let Traits {
            cuts,
            wishes,
            calm,
            changes,
            faults,
            outages,
            ..
        } = self.traits;
        if calm > 0 {
            for _ in 0..cuts {
                let from = self.dice.between(0, calm);
                let until = self.dice.between(from, (from + 180_000).min(calm));
                self.at(from, Happening::Cut);
                self.at(until, Happening::Mended);
            }
            for _ in 0..outages {
                let from = self.dice.between(0, calm);
                let until = self.dice.between(from, (from + 180_000).min(calm));
                let what = Happening::Outage(self.dice.permille(500), self.dice.between(0, 5));
                self.at(from, what);
                self.at(until, Happening::Back);
            }
            if faults > 0 {
                for _ in 0..self.dice.between(0, 3) {
                    let when = self.dice.between(0, calm);
                    self.at(when, Happening::Loses);
                }
            }
        }
        for _ in 0..wishes {
            let when = self.dice.between(0, calm + 60_000);
            self.at(when, Happening::Wish);
        }
        if changes {
            let when = self.dice.between(0, calm + 10_000);
            self.at(when, Happening::Changed);
        }
        let calm = calm.max(self.now);
        self.at(calm + FINALE, Happening::Finale(Event::Start(Target::All)));
        self.at(calm + FINALE, Happening::Finale(Event::Resume(Target::All)));
        // An upload that went on at that time may have used up its retries.
        self.at(
            calm + 2 * FINALE,
            Happening::Finale(Event::Retry(Target::All)),
        );
    }

    pub fn counts(&self) -> [u64; 4] {
        [self.files, self.watch.stored(), self.requests, self.faults]
    }

    pub fn coverage(self) -> Coverage {
        self.watch.coverage
    }

    pub fn run(&mut self) {
        for _ in 0..self.traits.files {
            self.files += 1;
            let event = person::add(&mut self.dice, self.files);
            self.handle(event);
        }
        let (mut steps, mut same) = (0_u64, 0_u32);
        loop {
            let due = self.queue.poll_timeout().map(Instant::as_millis);
            let entry = self.agenda.keys().next().copied();
            let next = match (due, entry) {
                (None, None) => break,
                (Some(due), Some((when, _))) => due.min(when),
                (Some(due), None) => due,
                (None, Some((when, _))) => when,
            };
            same = if next > self.now { 0 } else { same + 1 };
            assert!(same < 20_000, "time stands still");
            steps += 1;
            assert!(steps < 500_000, "no end in sight");
            self.now = self.now.max(next);
            assert!(self.now < self.traits.calm + END, "no end in hours");
            match entry.filter(|(when, _)| *when <= self.now) {
                Some(key) => {
                    let what = self.agenda.remove(&key).unwrap();
                    self.happen(what);
                }
                None => self.timeout(),
            }
        }
        self.watch
            .at_the_end(&self.queue, self.instant(), &self.flights, &self.store);
    }

    const fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn timeout(&mut self) {
        let now = self.instant();
        if let Some((_, timer)) = self.queue.next_timer().filter(|(due, _)| *due <= now) {
            self.watch.coverage.timer(timer);
        }
        self.watch.before(&self.queue);
        self.queue.handle_timeout(now);
        self.observe();
    }

    fn handle(&mut self, event: Event) {
        if self.trace {
            println!("{:>9} → {event:?}", self.now);
        }
        let now = self.instant();
        self.watch.before(&self.queue);
        self.watch.event(now, &self.queue, &event);
        self.queue.handle_event(now, event);
        self.observe();
    }

    /// Executes the engine's commands, and checks what it shows.
    fn observe(&mut self) {
        let now = self.instant();
        while let Some(command) = self.queue.poll_command() {
            if self.trace {
                println!("{:>9}   ← {command:?}", self.now);
            }
            self.watch
                .command(now, &command, &self.flights, &self.store);
            self.execute(command);
            self.watch.lanes(&self.flights);
        }
        self.watch.after(now, &mut self.queue);
    }

    fn execute(&mut self, command: Command) {
        let (request, file, ask) = match command {
            Command::Notify(_) => return,
            Command::Cancel(request) => {
                let flight = self.flights.remove(&request).expect("it is in flight");
                self.ghosts.insert(request, flight);
                return;
            }
            Command::Backend {
                request,
                file,
                operation,
            } => (request, file, self.ask(file, operation)),
            Command::Send(sent) => (sent.request, sent.file, Ask::Send(sent)),
        };
        self.requests += 1;
        self.depart(request, file, ask);
    }

    fn ask(&mut self, file: FileId, operation: BackendOperation) -> Ask {
        match operation {
            BackendOperation::Create {
                prefer_multipart,
                part_size,
            } => {
                let odd = self.traits.odd_parts;
                let wants = prefer_multipart || (odd && self.dice.permille(200));
                let parts = wants.then(|| self.part_size(file, part_size));
                Ask::Create { parts }
            }
            BackendOperation::SignParts { id, parts } => Ask::Sign { id, parts },
            BackendOperation::ListParts { id } => Ask::List { id },
            BackendOperation::Complete { id, parts } => Ask::Complete { id, parts },
            BackendOperation::Abort { id } => Ask::Abort { id },
        }
    }

    /// The part size that the backend chooses; rarely it is one that S3 refuses.
    fn part_size(&mut self, file: FileId, asked: u64) -> u64 {
        if !self.traits.odd_parts {
            return asked;
        }
        if !self.calm() && self.dice.permille(100) {
            return 1_000_000;
        }
        let least = self.watch.size(file).div_ceil(10_000).max(5 * MIB);
        least + self.dice.between(0, 6 * MIB)
    }

    fn latency(&mut self) -> u64 {
        self.dice.between(0, self.traits.latency)
    }

    fn depart(&mut self, request: RequestId, file: FileId, ask: Ask) {
        if ask.is_send() && self.watch.is_changed(file) {
            // The driver reads the file's size and modification time again before it sends.
            let answer = Err(UploadError::FileChanged);
            self.at(self.now, Happening::Answers(request, answer));
            let flight = Flight {
                file,
                ask,
                began: self.now,
                fate: Fate::Hangs,
            };
            self.flights.insert(request, flight);
            return;
        }
        let began = self.now + self.latency();
        let fate = if self.network {
            self.fate(&ask)
        } else {
            self.lost(&ask)
        };
        if !matches!(fate, Fate::Fine) {
            self.faults += 1;
        }
        if self.trace && !matches!(fate, Fate::Fine) {
            println!("{:>9}     fate: {fate:?}", self.now);
        }
        let mut span = 0;
        if let Ask::Send(sent) = &ask {
            span = sent.range.len() * 1_000 / self.traits.speed;
            let drip = !self.calm() && self.dice.permille(self.traits.faults / 20);
            if drip {
                span *= 20;
            }
            if !matches!(
                fate,
                Fate::Fine | Fate::Twice | Fate::Replayed | Fate::EmptyYes | Fate::HangsAfter
            ) {
                // The request breaks after a random part of the time.
                span = self.dice.between(0, span);
            }
            if sent.transport == Transport::Xhr && span > 0 {
                let full = sent.range.len();
                let mut step = (span / 4).clamp(1, 10_000);
                if span / step > 200 {
                    step = span / 200;
                }
                let mut when = step;
                while when < span {
                    let moved = full.min(when * self.traits.speed / 1_000);
                    self.at(began + when, Happening::Moves(request, moved));
                    when += step;
                }
            }
        }
        if !matches!(fate, Fate::Hangs) {
            self.at(began + span, Happening::Arrives(request));
        }
        let flight = Flight {
            file,
            ask,
            began,
            fate,
        };
        self.flights.insert(request, flight);
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Arrives(request) => self.arrives(request),
            Happening::Answers(request, answer) => self.answers(request, answer),
            Happening::Moves(request, moved) => {
                if self.flights.contains_key(&request) || self.dice.permille(100) {
                    self.handle(Event::Progress(request, moved));
                }
            }
            Happening::Cut => self.cut(),
            Happening::Outage(backend, kind) => self.outage = Some((backend, kind)),
            Happening::Back => self.outage = None,
            Happening::Mended => {
                self.network = true;
                if self.dice.permille(self.traits.browser) {
                    let when = self.now + self.dice.between(0, 3_000);
                    self.at(when, Happening::Says { online: true });
                }
            }
            Happening::Says { online: true } => self.handle(Event::Online),
            Happening::Says { online: false } => self.handle(Event::Offline),
            Happening::Wish => {
                let event = person::wish(&mut self.dice, self.files);
                if matches!(event, Event::Add(..)) {
                    self.files += 1;
                }
                self.handle(event);
            }
            Happening::Changed => {
                let file = FileId(self.dice.between(1, self.files.max(1)));
                self.watch.change(file);
            }
            Happening::Loses => {
                let which = self.dice.between(0, 100);
                let half = self.dice.permille(500);
                self.store.lose(which, half);
            }
            Happening::Finale(event) => self.handle(event),
        }
    }

    fn cut(&mut self) {
        self.network = false;
        let open: Vec<RequestId> = self.flights.keys().copied().collect();
        for request in open {
            let flight = self.flights.get_mut(&request).unwrap();
            flight.fate = Fate::Hangs;
            let ask = flight.ask.clone();
            if self.dice.permille(700) {
                let when = self.now + self.dice.between(0, 5_000);
                let error = self.broken(&ask);
                self.at(when, Happening::Answers(request, Err(error)));
            }
        }
        if self.dice.permille(self.traits.browser) {
            let when = self.now + self.dice.between(0, 3_000);
            self.at(when, Happening::Says { online: false });
        }
    }

    /// Handles a request that reaches the other side, even if the engine no longer waits for it.
    fn arrives(&mut self, request: RequestId) {
        let flight = if let Some(flight) = self.flights.get(&request) {
            flight.clone()
        } else {
            let Some(flight) = self.ghosts.get(&request).cloned() else {
                return;
            };
            if self.dice.permille(500) {
                return;
            }
            flight
        };
        let acts = !matches!(flight.fate, Fate::Refused(_) | Fate::Hangs | Fate::EmptyYes);
        if matches!(flight.fate, Fate::Replayed) {
            // The first answer is lost.
            drop(self.act(&flight));
        }
        let outcome = acts.then(|| self.act(&flight));
        let answer = match (flight.fate, outcome) {
            (Fate::Refused(error) | Fate::Deaf(error), _) => Err(error),
            (Fate::EmptyYes, _) if !flight.ask.is_send() => {
                Ok(Answer::Unconfirmed(StoredObject::default()))
            }
            (Fate::EmptyYes, _) => Ok(Answer::Sent(None.into())),
            (Fate::Truncated, Some(Ok(Answer::Listed(mut parts)))) => {
                parts.truncate(parts.len() / 2);
                Ok(Answer::Listed(parts))
            }
            (Fate::Fine | Fate::Twice | Fate::Replayed | Fate::Truncated, Some(outcome)) => outcome,
            _ => return,
        };
        // A few answers take longer than the engine waits for them.
        let late = !self.calm() && self.dice.permille(self.traits.faults / 10);
        let delay = if late { 90_000 } else { self.latency() };
        if matches!(
            self.flights.get(&request),
            Some(Flight {
                fate: Fate::Twice,
                ..
            })
        ) {
            let when = self.now + delay + self.dice.between(0, 60_000);
            self.at(when, Happening::Answers(request, answer.clone()));
        }
        self.at(self.now + delay, Happening::Answers(request, answer));
    }

    fn act(&mut self, flight: &Flight) -> Result<Answer, UploadError> {
        let (now, store) = (self.now, &mut self.store);
        match &flight.ask {
            Ask::Create { parts } => {
                let size = self.watch.size(flight.file);
                Ok(self.backend.create(now, store, flight.file, size, *parts))
            }
            Ask::Sign { id, parts } => self.backend.sign_parts(now, store, id, parts),
            Ask::List { .. } if !self.traits.lists => Err(UploadError::Unsupported(
                "this backend cannot list the parts".to_owned(),
            )),
            Ask::List { id } => Backend::list(store, id),
            Ask::Complete { id, parts } => self.backend.complete(store, id, parts.as_deref()),
            Ask::Abort { id } => Ok(self.backend.abort(store, id)),
            Ask::Send(sent) => {
                if self.watch.is_changed(flight.file) {
                    return Err(UploadError::FileChanged);
                }
                store.put(flight.began, sent)
            }
        }
    }

    /// Delivers an answer to the engine; of a cancelled request only sometimes.
    fn answers(&mut self, request: RequestId, answer: Result<Answer, UploadError>) {
        let Some(flight) = self.flights.remove(&request) else {
            if self.dice.permille(400) {
                self.handle(Event::Answer(request, answer));
            }
            return;
        };
        let now = self.instant();
        self.promise(&answer);
        self.watch
            .answered(now, &flight, &answer, &self.queue, &self.store);
        self.handle(Event::Answer(request, answer));
        self.watch.attempts(now, flight.file, &self.queue);
        if flight.ask.is_send() && self.dice.permille(100) {
            let protocol = self.dice.pick(&["", "http/1.1", "h2", "h3"]);
            let connection = Connection::new(protocol, self.dice.permille(500));
            self.handle(Event::Connected(connection));
        }
    }

    /// Records the expiry of these URLs, as the engine computes it from the time of the answer on.
    fn promise(&mut self, answer: &Result<Answer, UploadError>) {
        use s3_upload_core::GrantPlan;
        let requests: Vec<_> = match answer {
            Ok(Answer::Granted(grant)) => match &grant.plan {
                GrantPlan::Single(request) => vec![request],
                GrantPlan::Multipart { .. } | GrantPlan::Stored => return,
            },
            Ok(Answer::Signed(parts)) => parts.iter().map(|part| &part.request).collect(),
            _ => return,
        };
        for request in requests {
            let Some(life) = request.expires_in else {
                continue;
            };
            let place = request
                .url
                .expose()
                .split('?')
                .next()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap();
            let url = &mut self.store.urls[place.parse::<usize>().unwrap()];
            let life = u64::try_from(life.as_millis()).unwrap();
            url.promised = Some(self.now + life);
        }
    }
}
