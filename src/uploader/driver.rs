//! The driver passes events to the engine, executes its commands, and keeps the signals of its state.
//!
//! No borrow is held while a host's code runs, so that an event listener may call any method. Each request in flight
//! has a guard in `in_flight`. When the driver is dropped, all requests are aborted.

mod admission;
mod notices;
mod signals;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use reactive_graph::signal::ArcRwSignal;
use s3_upload_core::CollectVec;
use s3_upload_core::collections::IdMap;
use s3_upload_core::concurrency::Connection;
use s3_upload_core::{
    Answer, Command, Event, FileId, FileSnapshot, Instant, Queue, RequestId, Status, Target,
    Totals, UploadError,
};

use super::before_add::BeforeAdd;
use super::event::UploadEvent;
use super::files::Files;
use super::platform::Platform;
use super::row::{Rejection, UploadRow};
use super::settings::{DialectChoice, Settings};
use super::source::ArrivingFile;
use super::transfer::{self, CompletionSink, RequestGuard, TransferContext};

type Listener = Rc<dyn Fn(&UploadEvent)>;

/// The driver of one uploader.
pub(super) struct Driver<P: Platform> {
    pub rows: ArcRwSignal<Vec<UploadRow>>,
    pub totals: ArcRwSignal<Totals>,
    pub rejections: ArcRwSignal<Vec<Rejection>>,
    platform: Rc<P>,
    files: Rc<Files<P::File>>,
    transfers: TransferContext<P>,
    /// The warnings that were written to the console.
    warned: RefCell<Vec<String>>,
    weak_self: Weak<Driver<P>>,
    queue: RefCell<Queue>,
    /// The engine's commands in its order, each notice with a snapshot taken at the same time.
    pending: RefCell<VecDeque<(Command, Option<FileSnapshot>)>>,
    in_flight: RefCell<IdMap<RequestId, RequestGuard<P>>>,
    listeners: RefCell<Vec<Listener>>,
    before_add: RefCell<Option<BeforeAdd<P::File>>>,
    /// Added files that come in later tasks.
    arriving: RefCell<VecDeque<ArrivingFile<P::File>>>,
    /// The next of these tasks.
    next_arrival: RefCell<Option<P::Timer>>,
    /// Files that are shown while the host decides about them, and that the queue does not know yet.
    checking: RefCell<Vec<FileId>>,
    /// True while the widget is not on the page.
    is_suspended: Cell<bool>,
    /// The files that resume when the widget is on the page again.
    suspended: RefCell<Vec<FileId>>,
    next_file: Cell<u64>,
    next_rejection: Cell<u64>,
    timeout: RefCell<Option<(Instant, P::Timer)>>,
    frame: RefCell<Option<P::Frame>>,
    refresh: RefCell<Option<P::Timer>>,
    leave_guard: RefCell<Option<P::LeaveGuard>>,
    network: RefCell<Option<P::NetworkWatch>>,
}

impl<P: Platform> Driver<P> {
    pub fn new(platform: P, settings: Settings) -> Rc<Self> {
        let platform = Rc::new(platform);
        let mut engine = settings.engine.clone();
        engine.seed = platform.seed();
        let files = Rc::new(Files::new(settings));
        let driver = Rc::new_cyclic(|me| Self {
            rows: ArcRwSignal::new(Vec::new()),
            totals: ArcRwSignal::new(Totals::default()),
            rejections: ArcRwSignal::new(Vec::new()),
            transfers: TransferContext::new(
                Rc::clone(&platform),
                Rc::clone(&files),
                Weak::<Self>::clone(me),
            ),
            platform,
            files,
            warned: RefCell::default(),
            weak_self: Weak::clone(me),
            queue: RefCell::new(Queue::new(engine)),
            pending: RefCell::default(),
            in_flight: RefCell::default(),
            listeners: RefCell::default(),
            before_add: RefCell::default(),
            arriving: RefCell::default(),
            next_arrival: RefCell::default(),
            checking: RefCell::default(),
            is_suspended: Cell::default(),
            suspended: RefCell::default(),
            next_file: Cell::new(0),
            next_rejection: Cell::new(0),
            timeout: RefCell::default(),
            frame: RefCell::default(),
            refresh: RefCell::default(),
            leave_guard: RefCell::default(),
            network: RefCell::default(),
        });
        let me = Rc::downgrade(&driver);
        let watch = driver.platform.watch_network(move |online| {
            if let Some(driver) = me.upgrade() {
                driver.handle(if online {
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
        Settings::clone(&self.files.settings())
    }

    /// Starts files. Each file that waits for a start is bound to the current settings.
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
            queue.files().filter(is_held).collect_vec()
        };
        for file in held {
            self.files.bind(file);
        }
        self.handle(Event::Start(target));
    }

    pub fn configure(&self, settings: Settings) {
        let mut engine = settings.engine.clone();
        engine.seed = self.platform.seed();
        if let DialectChoice::Named(name) = settings.dialect {
            // Its code arrives while the person still chooses a file.
            let platform = Rc::clone(&self.platform);
            self.platform
                .spawn(async move { _ = platform.dialect(name).await });
        }
        self.files.configure(settings);
        self.queue.borrow_mut().configure(engine);
        self.run_commands();
    }

    pub fn listen(&self, listener: Listener) {
        self.listeners.borrow_mut().push(listener);
    }

    pub fn snapshot(&self, file: FileId) -> Option<FileSnapshot> {
        self.queue.borrow().snapshot(self.now(), file)
    }

    fn now(&self) -> Instant {
        Instant::from_millis(self.platform.now())
    }

    pub fn suspend(&self) {
        self.is_suspended.set(true);
        let now = self.now();
        let moving: Vec<FileId> = {
            let queue = self.queue.borrow();
            let is_active = |file: &FileId| {
                queue
                    .snapshot(now, *file)
                    .is_some_and(|file| file.status.is_active())
            };
            queue.files().filter(is_active).collect_vec()
        };
        self.suspended.borrow_mut().extend(moving);
        // All files are paused at once. One by one, each would make room for the next.
        self.handle(Event::Pause(Target::All));
    }

    /// Pauses on request of the person or the page. [`wake`](Self::wake) does not resume these files.
    pub fn pause(&self, target: Target) {
        self.suspended
            .borrow_mut()
            .retain(|file| target != Target::All && target != Target::One(*file));
        self.handle(Event::Pause(target));
    }

    pub fn wake(&self) {
        self.is_suspended.set(false);
        for file in self.suspended.take() {
            self.handle(Event::Resume(Target::One(file)));
            self.start(Target::One(file));
        }
    }

    /// Passes an event to the engine, and executes its commands.
    pub fn handle(&self, event: Event) {
        let now = self.now();
        self.queue.borrow_mut().handle_event(now, event);
        self.run_commands();
    }

    /// Executes the engine's commands until there are none.
    fn run_commands(&self) {
        self.drain();
        loop {
            let Some((command, snapshot)) = self.pending.borrow_mut().pop_front() else {
                break;
            };
            match command {
                Command::Backend {
                    request,
                    file,
                    operation,
                } => {
                    let guard = transfer::call_backend(&self.transfers, request, file, operation);
                    self.in_flight.borrow_mut().insert(request, guard);
                }
                Command::Send(transmit) => {
                    let request = transmit.request;
                    let guard = transfer::send(&self.transfers, transmit);
                    self.in_flight.borrow_mut().insert(request, guard);
                }
                Command::Cancel(request) => {
                    let guard = self.in_flight.borrow_mut().remove(&request);
                    drop(guard);
                }
                Command::Notify(notice) => self.notify(notice, snapshot),
            }
        }
        self.set_timeout();
        self.schedule_sync();
    }
}

impl<P: Platform> CompletionSink for Driver<P> {
    fn is_wanted(&self, request: RequestId) -> bool {
        self.in_flight.borrow().contains_key(&request)
    }

    fn progressed(&self, request: RequestId, bytes: u64) {
        self.handle(Event::Progress(request, bytes));
    }

    fn connected(&self, connection: Connection) {
        self.handle(Event::Connected(connection));
    }

    fn ended(&self, request: RequestId, answer: Result<Answer, UploadError>) {
        let guard = self.in_flight.borrow_mut().remove(&request);
        if let Some(guard) = guard {
            guard.disarm();
            self.handle(Event::Answer(request, answer));
        }
    }

    fn warn_once(&self, text: &str) {
        let mut warned = self.warned.borrow_mut();
        if !warned.iter().any(|known| known == text) {
            warned.push(text.to_owned());
            self.platform.warn(text);
        }
    }
}
