//! The driver: events into the engine, commands out, and the signals that show how it stands.
//!
//! No borrow is held while a host's code runs, so that an event listener may call any method. All
//! that is in flight is a guard in `in_flight`; dropping the driver cuts it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use leptos::prelude::{ArcRwSignal, GetUntracked, Set, Update};
use s3_upload_core::{
    Answer, Command, Event, FileId, FileInfo, FileSnapshot, Instant, Notice, Queue, RequestId, Status, Target, Totals,
    UploadError, Violation,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::settings::Settings;
use super::transfer::Guard;
use super::{Admission, Rejection, Row, UploadEvent};
use crate::browser::clock::Clock;
use crate::browser::file;
use crate::browser::frame::{self, NextFrame};
use crate::browser::network::{self, NetworkWatch};
use crate::browser::page::{self, LeaveGuard};
use crate::browser::policy::PolicyWatch;

/// How often what moves is drawn anew although nothing was heard, in milliseconds.
const REFRESH_MS: u32 = 500;
/// Refusals shown at a time; a folder of ten thousand wrong files must not fill the page.
const REJECTIONS_KEPT: usize = 50;

/// A file and what it was when it was added.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub file: File,
    pub info: FileInfo,
    /// Milliseconds since 1970, as the browser tells them.
    pub modified: f64,
}

/// See the module.
pub(super) struct Driver {
    pub rows: ArcRwSignal<Vec<Row>>,
    pub totals: ArcRwSignal<Totals>,
    pub rejections: ArcRwSignal<Vec<Rejection>>,
    /// Whether the backend ever let the page read an answer.
    pub backend_answered: Rc<Cell<bool>>,
    /// Stores that ever let the page read an answer, by origin.
    pub stores_answered: RefCell<BTreeSet<String>>,
    /// Stores that gave fetch no answer for an unclear cause, by origin.
    pub stores_unclear: RefCell<BTreeSet<String>>,
    pub policy: Rc<PolicyWatch>,
    me: Weak<Driver>,
    clock: Clock,
    queue: RefCell<Queue>,
    settings: RefCell<Settings>,
    sources: RefCell<BTreeMap<FileId, Source>>,
    drawn: RefCell<BTreeMap<FileId, ArcRwSignal<FileSnapshot>>>,
    in_flight: RefCell<HashMap<RequestId, Guard>>,
    listeners: RefCell<Vec<Rc<dyn Fn(&UploadEvent)>>>,
    admission: RefCell<Option<Admission>>,
    suspended: RefCell<Vec<FileId>>,
    next_file: Cell<u64>,
    next_rejection: Cell<u64>,
    alarm: RefCell<Option<(Instant, Timeout)>>,
    frame: RefCell<Option<NextFrame>>,
    refresh: RefCell<Option<Timeout>>,
    leaving: RefCell<Option<LeaveGuard>>,
    network: RefCell<Option<NetworkWatch>>,
}

impl Driver {
    pub fn new(settings: Settings) -> Rc<Self> {
        let mut engine = settings.engine.clone();
        engine.seed = seed();
        let driver = Rc::new_cyclic(|me| Self {
            rows: ArcRwSignal::new(Vec::new()),
            totals: ArcRwSignal::new(Totals::default()),
            rejections: ArcRwSignal::new(Vec::new()),
            backend_answered: Rc::default(),
            stores_answered: RefCell::default(),
            stores_unclear: RefCell::default(),
            policy: Rc::default(),
            me: Weak::clone(me),
            clock: Clock::default(),
            queue: RefCell::new(Queue::new(engine)),
            settings: RefCell::new(settings),
            sources: RefCell::default(),
            drawn: RefCell::default(),
            in_flight: RefCell::default(),
            listeners: RefCell::default(),
            admission: RefCell::default(),
            suspended: RefCell::default(),
            next_file: Cell::new(0),
            next_rejection: Cell::new(0),
            alarm: RefCell::default(),
            frame: RefCell::default(),
            refresh: RefCell::default(),
            leaving: RefCell::default(),
            network: RefCell::default(),
        });
        let me = Rc::downgrade(&driver);
        let watch = network::watch(move |online| {
            if let Some(driver) = me.upgrade() {
                driver.feed(if online { Event::Online } else { Event::Offline });
            }
        });
        driver.network.replace(Some(watch));
        driver
    }

    pub fn settings(&self) -> Settings {
        self.settings.borrow().clone()
    }

    pub fn configure(&self, settings: Settings) {
        if settings.endpoint != self.settings.borrow().endpoint {
            self.backend_answered.set(false);
        }
        let mut engine = settings.engine.clone();
        engine.seed = seed();
        self.settings.replace(settings);
        self.queue.borrow_mut().configure(engine);
        self.pump();
    }

    pub fn listen(&self, listener: Rc<dyn Fn(&UploadEvent)>) {
        self.listeners.borrow_mut().push(listener);
    }

    pub fn admit_by(&self, admission: Admission) {
        self.admission.replace(Some(admission));
    }

    pub fn source(&self, file: FileId) -> Option<Source> {
        self.sources.borrow().get(&file).cloned()
    }

    pub fn snapshot(&self, file: FileId) -> Option<FileSnapshot> {
        self.queue.borrow().snapshot(self.now(), file)
    }

    fn now(&self) -> Instant {
        Instant::from_millis(self.clock.now())
    }

    pub fn add(&self, files: Vec<File>) {
        let admission = self.admission.borrow().clone();
        for file in files {
            let info = FileInfo::new(file.name(), file::size(&file), &file.type_());
            let modified = file.last_modified();
            let Some(admission) = admission.clone() else {
                self.enqueue(Source { file, info, modified });
                continue;
            };
            // What breaks a limit is refused before the host is troubled with it.
            if let Err(violation) = self.queue.borrow().check(&info) {
                self.reject(&info, violation);
                continue;
            }
            let me = Weak::clone(&self.me);
            spawn_local(async move {
                if admission(file.clone(), info.clone()).await
                    && let Some(driver) = me.upgrade()
                {
                    driver.enqueue(Source { file, info, modified });
                }
            });
        }
    }

    fn enqueue(&self, source: Source) {
        // From 1: an id of 0 would be false in a script.
        let number = self.next_file.get() + 1;
        self.next_file.set(number);
        let id = FileId(number);
        let info = source.info.clone();
        self.sources.borrow_mut().insert(id, source);
        self.feed(Event::Add(id, info));
    }

    fn reject(&self, info: &FileInfo, violation: Violation) {
        let id = self.next_rejection.get() + 1;
        self.next_rejection.set(id);
        let (name, size) = (info.name.clone(), info.size);
        self.emit(&UploadEvent::Reject { name: name.clone(), size, violation: violation.clone() });
        self.rejections.update(|rejections| {
            rejections.push(Rejection { id, name, size, violation });
            let excess = rejections.len().saturating_sub(REJECTIONS_KEPT);
            rejections.drain(..excess);
        });
    }

    pub fn dismiss(&self, rejection: u64) {
        self.rejections.update(|rejections| rejections.retain(|kept| kept.id != rejection));
    }

    pub fn suspend(&self) {
        let now = self.now();
        let moving: Vec<FileId> = {
            let queue = self.queue.borrow();
            let is_active = |file: &FileId| queue.snapshot(now, *file).is_some_and(|file| file.status.is_active());
            queue.files().filter(is_active).collect()
        };
        for file in &moving {
            self.feed(Event::Pause(Target::One(*file)));
        }
        self.suspended.borrow_mut().extend(moving);
    }

    pub fn wake(&self) {
        for file in self.suspended.take() {
            self.feed(Event::Resume(Target::One(file)));
        }
    }

    /// Tells the engine what happened, and does what it says.
    pub fn feed(&self, event: Event) {
        let now = self.now();
        self.queue.borrow_mut().handle(now, event);
        self.pump();
    }

    /// A request has handed more bytes to the network.
    pub fn progressed(&self, request: RequestId, moved: u64) {
        self.feed(Event::Progress(request, moved));
    }

    /// A request ended by itself.
    pub fn ended(&self, request: RequestId, answer: Result<Answer, UploadError>) {
        let guard = self.in_flight.borrow_mut().remove(&request);
        if guard.is_some() {
            self.feed(Event::Answer(request, answer));
        }
    }

    /// Executes what the engine wants, until it wants nothing more for now.
    fn pump(&self) {
        loop {
            let command = self.queue.borrow_mut().poll();
            match command {
                Some(command) => self.execute(command),
                None => break,
            }
        }
        self.set_alarm();
        self.draw_soon();
    }

    fn execute(&self, command: Command) {
        match command {
            Command::Cancel(request) => {
                let guard = self.in_flight.borrow_mut().remove(&request);
                drop(guard);
            }
            Command::Notify(notice) => self.tell(notice),
            command => {
                let Some(driver) = self.me.upgrade() else { return };
                let (request, guard) = super::transfer::launch(&driver, command);
                if let Some(guard) = guard {
                    self.in_flight.borrow_mut().insert(request, guard);
                }
            }
        }
    }

    fn tell(&self, notice: Notice) {
        match notice {
            Notice::Added(file) => self.show(file),
            Notice::Rejected(file, info, violation) => {
                self.sources.borrow_mut().remove(&file);
                self.reject(&info, violation);
            }
            Notice::Started(file) => self.emit_snapshot(file, UploadEvent::Start),
            Notice::Succeeded(file) => self.emit_snapshot(file, UploadEvent::Success),
            Notice::Failed(file) => self.emit_snapshot(file, UploadEvent::Error),
            Notice::Cancelled(file) => self.emit_snapshot(file, UploadEvent::Cancel),
            Notice::Removed(file) => {
                self.sources.borrow_mut().remove(&file);
                self.drawn.borrow_mut().remove(&file);
                self.rows.update(|rows| rows.retain(|row| row.id != file));
            }
            Notice::Settled { succeeded, failed } => self.emit(&UploadEvent::Complete { succeeded, failed }),
        }
    }

    fn show(&self, file: FileId) {
        let Some(snapshot) = self.snapshot(file) else { return };
        let signal = ArcRwSignal::new(snapshot);
        let row = Row { id: file, snapshot: signal.read_only() };
        self.drawn.borrow_mut().insert(file, signal);
        self.rows.update(|rows| rows.push(row));
    }

    fn emit_snapshot(&self, file: FileId, event: impl FnOnce(FileSnapshot) -> UploadEvent) {
        if let Some(snapshot) = self.snapshot(file) {
            self.emit(&event(snapshot));
        }
    }

    fn emit(&self, event: &UploadEvent) {
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener(event);
        }
    }

    fn set_alarm(&self) {
        let wanted = self.queue.borrow().next_timeout();
        let set = self.alarm.borrow().as_ref().map(|(at, _)| *at);
        if wanted == set {
            return;
        }
        let alarm = wanted.map(|at| {
            let millis = u32::try_from(at.since(self.now()).as_millis()).unwrap_or(u32::MAX).min(i32::MAX as u32);
            let me = Weak::clone(&self.me);
            let timeout = Timeout::new(millis, move || {
                if let Some(driver) = me.upgrade() {
                    driver.alarm.replace(None);
                    let now = driver.now();
                    driver.queue.borrow_mut().handle_timeout(now);
                    driver.pump();
                }
            });
            (at, timeout)
        });
        self.alarm.replace(alarm);
    }

    fn draw_soon(&self) {
        if self.frame.borrow().is_some() {
            return;
        }
        let me = Weak::clone(&self.me);
        self.frame.replace(Some(frame::next(move || {
            if let Some(driver) = me.upgrade() {
                driver.frame.replace(None);
                driver.draw();
            }
        })));
    }

    /// Brings the signals up to date with the engine.
    fn draw(&self) {
        let changed = self.queue.borrow_mut().take_changed();
        for file in changed {
            let (Some(snapshot), Some(signal)) = (self.snapshot(file), self.drawn.borrow().get(&file).cloned()) else {
                continue;
            };
            let before = signal.get_untracked();
            if before == snapshot {
                continue;
            }
            let progressed = matches!(snapshot.status, Status::Uploading) && before.sent != snapshot.sent;
            signal.set(snapshot.clone());
            if progressed {
                self.emit(&UploadEvent::Progress(snapshot));
            }
        }
        let totals = self.queue.borrow().totals();
        let active = totals.active > 0;
        if self.totals.get_untracked() != totals {
            self.totals.set(totals);
        }
        self.guard_page(active);
        self.keep_fresh(active);
    }

    /// Only while something would be lost does the browser ask before it leaves the page.
    fn guard_page(&self, active: bool) {
        let guarded = self.leaving.borrow().is_some();
        if active != guarded {
            self.leaving.replace(active.then(page::ask_before_leaving));
        }
    }

    fn keep_fresh(&self, active: bool) {
        if !active {
            self.refresh.replace(None);
        } else if self.refresh.borrow().is_none() {
            let me = Weak::clone(&self.me);
            self.refresh.replace(Some(Timeout::new(REFRESH_MS, move || {
                if let Some(driver) = me.upgrade() {
                    driver.refresh.replace(None);
                    let now = driver.now();
                    driver.queue.borrow_mut().refresh(now);
                    driver.draw_soon();
                }
            })));
        }
    }
}

/// A seed for the jitter: spread is all that it is for.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any number will do")]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
