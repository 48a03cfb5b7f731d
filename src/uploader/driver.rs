//! The driver: events into the engine, commands out, and the signals that show how it stands.
//!
//! No borrow is held while a host's code runs, so that an event listener may call any method. All
//! that is in flight is a guard in `in_flight`; dropping the driver cuts it.

mod draw;
mod notices;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use leptos::prelude::ArcRwSignal;
use s3_upload_core::{
    Answer, Command, Event, FileId, FileInfo, FileSnapshot, Instant, Notice, Queue, RequestId,
    Status, Step as UploadStep, Target, Totals, UploadError,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::backend::Sessions;
use super::settings::Settings;
use super::transfer::Guard;
use super::{Admission, Rejection, Row, UploadEvent};
use crate::browser::clock::Clock;
use crate::browser::console;
use crate::browser::file;
use crate::browser::frame::NextFrame;
use crate::browser::network::{self, NetworkWatch};
use crate::browser::page::LeaveGuard;
use crate::browser::policy::PolicyWatch;

/// A file and what it was when it was added.
#[derive(Clone, Debug)]
pub struct Source {
    pub file: File,
    pub info: FileInfo,
    /// Milliseconds since 1970, as the browser tells them.
    pub modified: f64,
    /// Its MD5 in base64, once somebody wanted it.
    pub md5: Rc<OnceCell<String>>,
}

/// The steps to which a backend let the page read an answer.
type Answered = Rc<RefCell<BTreeSet<UploadStep>>>;

type Listener = Rc<dyn Fn(&UploadEvent)>;

/// See the module.
pub(super) struct Driver {
    pub rows: ArcRwSignal<Vec<Row>>,
    pub totals: ArcRwSignal<Totals>,
    pub rejections: ArcRwSignal<Vec<Rejection>>,
    /// The steps to which backends ever let the page read an answer, by address.
    backends_answered: RefCell<BTreeMap<String, Answered>>,
    /// Stores that ever let the page read an answer, by origin.
    pub stores_answered: RefCell<BTreeSet<String>>,
    /// Stores that gave fetch no answer for an unclear cause, by origin.
    pub stores_unclear: RefCell<BTreeSet<String>>,
    pub policy: Rc<PolicyWatch>,
    /// What the backend said at the beginning of each upload.
    pub sessions: RefCell<Sessions>,
    /// What the console was told already.
    noted: RefCell<BTreeSet<String>>,
    me: Weak<Driver>,
    clock: Clock,
    queue: RefCell<Queue>,
    settings: RefCell<Rc<Settings>>,
    /// The settings that each file was added under, and is uploaded by, whatever is set later.
    bound: RefCell<BTreeMap<FileId, Rc<Settings>>>,
    sources: RefCell<BTreeMap<FileId, Source>>,
    drawn: RefCell<BTreeMap<FileId, ArcRwSignal<FileSnapshot>>>,
    pending: RefCell<VecDeque<Step>>,
    in_flight: RefCell<HashMap<RequestId, Guard>>,
    listeners: RefCell<Vec<Listener>>,
    admission: RefCell<Option<Admission>>,
    /// The widget is off the page.
    asleep: Cell<bool>,
    /// What goes on when it comes back.
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
            backends_answered: RefCell::default(),
            stores_answered: RefCell::default(),
            stores_unclear: RefCell::default(),
            policy: Rc::default(),
            sessions: RefCell::default(),
            noted: RefCell::default(),
            me: Weak::clone(me),
            clock: Clock::default(),
            queue: RefCell::new(Queue::new(engine)),
            settings: RefCell::new(Rc::new(settings)),
            bound: RefCell::default(),
            sources: RefCell::default(),
            drawn: RefCell::default(),
            pending: RefCell::default(),
            in_flight: RefCell::default(),
            listeners: RefCell::default(),
            admission: RefCell::default(),
            asleep: Cell::default(),
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
                driver.feed(if online {
                    Event::Online
                } else {
                    Event::Offline
                });
            }
        });
        driver.network.replace(Some(watch));
        driver
    }

    pub fn settings(&self) -> Settings {
        Settings::clone(&self.settings.borrow())
    }

    /// The settings by which a file is uploaded.
    pub fn settings_of(&self, file: FileId) -> Rc<Settings> {
        let bound = self.bound.borrow().get(&file).cloned();
        // A file may have been chosen before the page said where it goes.
        let current = self.settings.borrow();
        let Some(bound) = bound.filter(|settings| settings.has_backend()) else {
            return Rc::clone(&current);
        };
        if Rc::ptr_eq(&bound, &current) || bound.site.endpoint != current.site.endpoint {
            return bound;
        }
        // Tokens age: to the same backend the latest ones go.
        Rc::new(Settings {
            headers: current.headers.clone(),
            csrf: current.csrf.clone(),
            ..Settings::clone(&bound)
        })
    }

    /// What waits for a start goes by the settings of that moment.
    pub fn start(&self, target: Target) {
        let now = self.now();
        let held: Vec<FileId> = {
            let queue = self.queue.borrow();
            let is_held = |file: &FileId| {
                (target == Target::All || target == Target::One(*file))
                    && queue
                        .snapshot(now, *file)
                        .is_some_and(|file| matches!(file.status, Status::Queued { held: true }))
            };
            queue.files().filter(is_held).collect()
        };
        for file in held {
            self.bind(file);
        }
        self.feed(Event::Start(target));
    }

    fn bind(&self, file: FileId) {
        let settings = Rc::clone(&self.settings.borrow());
        self.bound.borrow_mut().insert(file, settings);
    }

    pub fn configure(&self, settings: Settings) {
        let mut engine = settings.engine.clone();
        engine.seed = seed();
        self.settings.replace(Rc::new(settings));
        self.queue.borrow_mut().configure(engine);
        self.pump();
    }

    /// The steps to which a backend ever let the page read an answer: to be asked, and to be added to.
    pub fn answered_by(&self, settings: &Settings) -> Answered {
        let mut answered = self.backends_answered.borrow_mut();
        Rc::clone(answered.entry(settings.site.endpoint.clone()).or_default())
    }

    pub fn listen(&self, listener: Listener) {
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

    /// `replacing`: the first that gets in takes the place of what is finished.
    pub fn add(&self, files: Vec<File>, replacing: bool) {
        let admission = self.admission.borrow().clone();
        let replacing = Rc::new(Cell::new(replacing));
        for file in files {
            let info = FileInfo::new(file.name(), file::size(&file), &file.type_());
            let modified = file.last_modified();
            let source = Source {
                file,
                info,
                modified,
                md5: Rc::default(),
            };
            let Some(admission) = admission.clone() else {
                self.enqueue(source, &replacing);
                continue;
            };
            // What breaks a limit is refused before the host is troubled with it.
            let checked = if replacing.get() {
                self.queue.borrow().check_replacing(&source.info)
            } else {
                self.queue.borrow().check(&source.info)
            };
            if let Err(violation) = checked {
                self.reject(&source.info, violation);
                continue;
            }
            let (me, replacing) = (Weak::clone(&self.me), Rc::clone(&replacing));
            spawn_local(async move {
                if admission(source.file.clone(), source.info.clone()).await
                    && let Some(driver) = me.upgrade()
                {
                    driver.enqueue(source, &replacing);
                }
            });
        }
    }

    fn enqueue(&self, source: Source, replacing: &Cell<bool>) {
        // What is finished stays if nothing can take its place.
        if replacing.get() && self.queue.borrow().check_replacing(&source.info).is_ok() {
            replacing.set(false);
            self.feed(Event::Remove(Target::All));
        }
        // From 1: an id of 0 would be false in a script.
        let number = self.next_file.get() + 1;
        self.next_file.set(number);
        let id = FileId(number);
        let info = source.info.clone();
        self.sources.borrow_mut().insert(id, source);
        self.bind(id);
        if !self.asleep.get() || self.settings.borrow().engine.manual {
            self.feed(Event::Add(id, info));
            return;
        }
        // Let in after the widget left the page: it waits with the others.
        self.feed(Event::AddHeld(id, info));
        self.suspended.borrow_mut().push(id);
    }

    pub fn suspend(&self) {
        self.asleep.set(true);
        let now = self.now();
        let moving: Vec<FileId> = {
            let queue = self.queue.borrow();
            let is_active = |file: &FileId| {
                queue
                    .snapshot(now, *file)
                    .is_some_and(|file| file.status.is_active())
            };
            queue.files().filter(is_active).collect()
        };
        self.suspended.borrow_mut().extend(moving);
        // All at once: one by one, each would make room for the next.
        self.feed(Event::Pause(Target::All));
    }

    /// Pauses by the person's or the page's wish, which a mere return does not undo.
    pub fn pause(&self, target: Target) {
        self.suspended
            .borrow_mut()
            .retain(|file| target != Target::All && target != Target::One(*file));
        self.feed(Event::Pause(target));
    }

    pub fn wake(&self) {
        self.asleep.set(false);
        for file in self.suspended.take() {
            self.feed(Event::Resume(Target::One(file)));
            self.start(Target::One(file));
        }
    }

    /// Tells the engine what happened, and does what it says.
    pub fn feed(&self, event: Event) {
        let now = self.now();
        self.queue.borrow_mut().handle(now, event);
        self.pump();
    }

    /// Whether anybody still waits for the answer to a request.
    pub fn is_wanted(&self, request: RequestId) -> bool {
        self.in_flight.borrow().contains_key(&request)
    }

    /// A request has handed more bytes to the network.
    pub fn progressed(&self, request: RequestId, moved: u64) {
        self.feed(Event::Progress(request, moved));
    }

    /// A request ended by itself.
    pub fn ended(&self, request: RequestId, answer: Result<Answer, UploadError>) {
        let guard = self.in_flight.borrow_mut().remove(&request);
        if let Some(guard) = guard {
            guard.disarm();
            self.feed(Event::Answer(request, answer));
        }
    }

    /// Tells the developer, once.
    pub fn note(&self, text: &str) {
        if self.noted.borrow_mut().insert(text.to_owned()) {
            console::warn(text);
        }
    }

    /// Executes what the engine wants, until it wants nothing more for now.
    fn pump(&self) {
        self.gather();
        loop {
            let step = self.pending.borrow_mut().pop_front();
            match step {
                Some(Step::Execute(command)) => self.execute(command),
                Some(Step::Tell(notice, snapshot)) => self.tell(notice, snapshot),
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
            command => {
                let Some(driver) = self.me.upgrade() else {
                    return;
                };
                let (request, guard) = super::transfer::launch(&driver, command);
                if let Some(guard) = guard {
                    self.in_flight.borrow_mut().insert(request, guard);
                }
            }
        }
    }
}

/// Something to do, in the order in which the engine wanted it.
enum Step {
    Execute(Command),
    Tell(Notice, Option<FileSnapshot>),
}

/// A seed for the jitter: spread is all that it is for.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any number will do"
)]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
