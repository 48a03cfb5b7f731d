//! A platform for native tests: virtual time, and a network on which the test gives each response.

use core::pin::Pin;
use core::task::{Context, Waker};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use s3_upload_core::{Answer, UploadError};
use s3_upload_protocol::{Dialect, Value};
use web_sys::AbortSignal;

use super::file::TestFile;
use super::network::{Ended, ScriptedNetwork};
use crate::browser::address::Address;
use crate::browser::fetch::{Follow, RedirectTarget};
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::browser::policy::Moment;
use crate::browser::probe::Readability;
use crate::uploader::diagnose::Diagnose;
use crate::uploader::diagnosis::Diagnosis;
use crate::uploader::host_client;
use crate::uploader::network::{Disarm, Network, Signal};
use crate::uploader::platform::{NotLoaded, Platform};
use crate::uploader::presign::HostCall;

/// The page's origin.
pub const PAGE: &str = "https://app.test";

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The part of the platform that a test controls.
#[derive(Default)]
pub struct World {
    pub network: ScriptedNetwork,
    pub warnings: RefCell<Vec<String>>,
    is_offline: Cell<bool>,
    watches: RefCell<BTreeMap<u64, NetworkListener>>,
    next_watch: Cell<u64>,
    now: Cell<u64>,
    tasks: RefCell<Vec<Task>>,
    timers: RefCell<BTreeMap<Due, Box<dyn FnOnce()>>>,
    next_timer: Cell<u64>,
    /// The number of effects of tasks, by which a pass without effect is recognised.
    effects: Cell<u64>,
}

/// The time of a timer, and its number.
type Due = (u64, u64);

type NetworkListener = Rc<dyn Fn(bool)>;

impl World {
    /// Polls the tasks until none of them goes on.
    pub fn run(&self) {
        loop {
            let before = self.effects.get() + self.network.effects();
            let mut context = Context::from_waker(Waker::noop());
            for mut task in self.tasks.take() {
                if task.as_mut().poll(&mut context).is_pending() {
                    self.tasks.borrow_mut().push(task);
                } else {
                    self.took_effect();
                }
            }
            if self.effects.get() + self.network.effects() == before {
                return;
            }
        }
    }

    /// Lets time pass: timers expire in their order, and tasks go on in between.
    pub fn pass(&self, milliseconds: u64) {
        let end = self.now.get() + milliseconds;
        self.run();
        loop {
            let next = self.timers.borrow().keys().next().copied();
            let Some(due) = next.filter(|(at, _)| *at <= end) else {
                break;
            };
            self.now.set(due.0.max(self.now.get()));
            let callback = self.timers.borrow_mut().remove(&due);
            if let Some(callback) = callback {
                callback();
            }
            self.run();
        }
        self.now.set(end);
    }

    /// The browser says that it is online or offline.
    pub fn goes(&self, online: bool) {
        self.is_offline.set(!online);
        let listeners: Vec<_> = self.watches.borrow().values().cloned().collect();
        for listener in listeners {
            listener(online);
        }
        self.run();
    }

    /// The number of watches of the network.
    pub fn watches(&self) -> usize {
        self.watches.borrow().len()
    }

    fn took_effect(&self) {
        self.effects.set(self.effects.get() + 1);
    }
}

/// The platform of one uploader.
pub struct TestPlatform(pub Rc<World>);

impl TestPlatform {
    fn set_timer(&self, milliseconds: u32, callback: Box<dyn FnOnce()>) -> Timer {
        let world = &self.0;
        let number = world.next_timer.get() + 1;
        world.next_timer.set(number);
        let due = (world.now.get() + u64::from(milliseconds), number);
        world.timers.borrow_mut().insert(due, callback);
        Timer {
            world: Rc::clone(world),
            due,
        }
    }
}

/// Cancels its timer when it is dropped.
pub struct Timer {
    world: Rc<World>,
    due: Due,
}

impl Drop for Timer {
    fn drop(&mut self) {
        // The callback is dropped after the borrow has ended, since it may own other timers.
        let callback = self.world.timers.borrow_mut().remove(&self.due);
        drop(callback);
    }
}

/// Ends its watch of the network when it is dropped.
pub struct Watch {
    world: Rc<World>,
    number: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let listener = self.world.watches.borrow_mut().remove(&self.number);
        drop(listener);
    }
}

/// A signal that tests can look at.
#[derive(Clone, Default)]
pub struct TestSignal(Rc<Cell<bool>>);

impl Signal for TestSignal {
    fn is_aborted(&self) -> bool {
        self.0.get()
    }
}

impl From<TestSignal> for Option<AbortSignal> {
    fn from(_: TestSignal) -> Self {
        None
    }
}

/// Aborts its signal when it is dropped.
pub struct TestAbort(Option<TestSignal>);

impl Disarm for TestAbort {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for TestAbort {
    fn drop(&mut self) {
        if let Some(signal) = &self.0 {
            signal.0.set(true);
        }
    }
}

impl Network for TestPlatform {
    type Signal = TestSignal;
    type Abort = TestAbort;
    type XhrRequest = TestAbort;
    type TimeLimit = Timer;

    fn abort_on_drop(&self) -> (TestAbort, TestSignal) {
        let signal = TestSignal::default();
        (TestAbort(Some(signal.clone())), signal)
    }

    fn time_limit(&self, milliseconds: u32) -> (Timer, TestSignal) {
        let signal = TestSignal::default();
        let aborted = signal.clone();
        let timer = self.set_timer(milliseconds, Box::new(move || aborted.0.set(true)));
        (timer, signal)
    }

    async fn fetch(
        &self,
        request: Request<'_>,
        _follow: Follow,
        signal: &TestSignal,
    ) -> Result<Response, Failure> {
        let aborted = Rc::clone(&signal.0);
        let exchange = self.0.network.begin(&request, aborted, None);
        Ended(exchange).await
    }

    fn send(
        &self,
        request: Request<'_>,
        progress: Box<dyn Fn(u64)>,
    ) -> Result<
        (
            TestAbort,
            impl Future<Output = Result<Response, Failure>> + use<> + 'static,
        ),
        Failure,
    > {
        let (abort, signal) = self.abort_on_drop();
        let exchange = self.0.network.begin(&request, signal.0, Some(progress));
        Ok((abort, Ended(exchange)))
    }

    fn untyped(&self, text: &str) -> Body {
        Body::Text(text.to_owned())
    }

    async fn find_redirect(
        &self,
        _method: &str,
        _url: &str,
        _signal: &TestSignal,
    ) -> RedirectTarget {
        RedirectTarget::None
    }

    async fn is_reachable(&self, url: &str) -> bool {
        self.0.network.probe("no-cors HEAD", url);
        self.0.network.is_reachable.get()
    }

    async fn requires_corp(&self) -> bool {
        false
    }

    async fn may_read(&self, request: Request<'_>) -> Readability {
        let kind = match request.body {
            Body::Empty => format!("cors {}", request.method),
            _ => format!("cors {} with a body", request.method),
        };
        let names = request.headers.iter().map(|(name, _)| name.as_str());
        let line: Vec<&str> = std::iter::once(request.url).chain(names).collect();
        self.0.network.probe(&kind, &line.join(" "));
        self.0.network.seen.get()
    }

    async fn passes_preflight(&self, url: &str, _credentials: Credentials) -> Readability {
        self.0.network.probe("cors HEAD", url);
        self.0.network.seen.get()
    }

    async fn redirects(&self, _url: &str) -> bool {
        false
    }

    fn is_online(&self) -> bool {
        !self.0.is_offline.get()
    }

    fn next_hop_protocol(&self, _url: &str) -> String {
        self.0.network.next_hop_protocol.borrow().clone()
    }

    fn policy_moment(&self) -> Moment {
        Moment::default()
    }

    fn policy_violation(&self, address: &Address, _since: Moment) -> Option<String> {
        let blocked = self.0.network.blocked.borrow();
        (*blocked == address.origin).then(|| "connect-src".to_owned())
    }
}

impl Platform for TestPlatform {
    type File = TestFile;
    type Timer = Timer;
    type Frame = Timer;
    type NetworkWatch = Watch;
    type LeaveGuard = ();

    fn resolve(&self, url: &str) -> Option<Address> {
        self.resolve_at(url, PAGE)
    }

    /// Knows absolute addresses and absolute paths only.
    fn resolve_at(&self, url: &str, base: &str) -> Option<Address> {
        if url.starts_with('/') {
            let base = self.resolve_at(base, PAGE)?;
            return self.resolve_at(&format!("{}{url}", base.origin), PAGE);
        }
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (pathname, search) = path.split_at(path.find('?').unwrap_or(path.len()));
        Some(Address {
            href: url.to_owned(),
            origin: format!("{scheme}://{host}"),
            protocol: format!("{scheme}:"),
            hostname: host.split(':').next().unwrap_or_default().to_owned(),
            pathname: pathname.to_owned(),
            search: search.to_owned(),
        })
    }

    fn origin(&self) -> String {
        PAGE.to_owned()
    }

    fn host(&self) -> String {
        "app.test".to_owned()
    }

    fn is_mixed_content(&self, address: &Address) -> bool {
        address.protocol == "http:"
    }

    fn meta(&self, _name: &str) -> Option<String> {
        None
    }

    fn cookie(&self, _name: &str) -> Option<String> {
        None
    }

    fn now(&self) -> u64 {
        self.0.now.get()
    }

    #[allow(clippy::cast_precision_loss, reason = "a test is short")]
    fn date(&self) -> f64 {
        1_750_000_000_000.0 + self.0.now.get() as f64
    }

    fn parse_date(&self, _text: &str) -> Option<f64> {
        None
    }

    fn after(&self, milliseconds: u32, callback: impl FnOnce() + 'static) -> Timer {
        self.set_timer(milliseconds, Box::new(callback))
    }

    fn next_frame(&self, callback: impl Fn() + 'static) -> Timer {
        self.set_timer(16, Box::new(callback))
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.0.tasks.borrow_mut().push(Box::pin(task));
        self.0.took_effect();
    }

    fn watch_network(&self, changed: impl Fn(bool) + Clone + 'static) -> Watch {
        let world = &self.0;
        let number = world.next_watch.get();
        world.next_watch.set(number + 1);
        world.watches.borrow_mut().insert(number, Rc::new(changed));
        Watch {
            world: Rc::clone(world),
            number,
        }
    }

    fn ask_before_leaving(&self) {}

    fn warn(&self, text: &str) {
        self.0.warnings.borrow_mut().push(text.to_owned());
    }

    async fn dialect(&self, name: &'static str) -> Result<Option<&'static dyn Dialect>, NotLoaded> {
        Ok(s3_upload_protocol::named(name))
    }

    async fn diagnosis(&self) -> Result<&'static dyn Diagnosis<Self>, NotLoaded> {
        Ok(&Diagnose)
    }

    fn loaded_diagnosis(&self) -> Option<&'static dyn Diagnosis<Self>> {
        Some(&Diagnose)
    }

    async fn run_by_host(&self, call: HostCall<TestFile>) -> Result<Answer, UploadError> {
        host_client::run(call).await
    }

    fn seed(&self) -> u64 {
        7
    }

    fn uuid(&self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }

    fn write_json(&self, value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    fn read_json(&self, text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }
}
