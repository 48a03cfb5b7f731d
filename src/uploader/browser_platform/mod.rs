//! The ports on the browser's own interfaces.

mod lazy;

use core::cell::Cell;
#[cfg(not(feature = "split"))]
use core::future::{Ready, ready};

use gloo_timers::callback::Timeout;
use s3_upload_core::{Answer, ByteRange, UploadError};
use s3_upload_protocol::{Dialect, Value};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, File};

use super::diagnosis::Diagnosis;
#[cfg(feature = "split")]
use super::future::LocalBoxFuture;
use super::json;
use super::network::{Disarm, Network, Signal};
use super::platform::{LocalFile, NotLoaded, Platform};
use super::presign::HostCall;
use crate::browser::address::Address;
use crate::browser::clock::{self, Clock};
use crate::browser::fetch::{self, AbortOnDrop, Follow, RedirectTarget};
use crate::browser::file::{self, Readable};
use crate::browser::form;
use crate::browser::frame::{self, NextFrame};
use crate::browser::http::{Body, Credentials, Failure, Request, Response};
use crate::browser::network::{self, NetworkWatch};
use crate::browser::page::{self, LeaveGuard};
use crate::browser::policy::{Moment, PolicyWatch};
use crate::browser::probe::{self, Readability, TimeLimit};
use crate::browser::{console, random, timing, xhr};
use lazy::{Code, LazyCode};

/// The time after a failed load in which no other one begins, in milliseconds.
const LOAD_PAUSE: u64 = 500;

/// The page that the widget is on.
#[derive(Default)]
pub(super) struct BrowserPlatform {
    clock: Clock,
    policy: PolicyWatch,
    /// The code that is loaded when it is first needed, once it is there.
    lazy: Cell<Option<&'static dyn LazyCode<Self>>>,
    /// The time of its last load that failed.
    load_failed_at: Cell<Option<u64>>,
}

/// Loads the code that few uploads need. In the files that sites load, that code is a file of its own. The feature `split`
/// marks this function, and `xtask` splits the wasm there.
#[cfg(feature = "split")]
#[wasm_split_helpers::wasm_split(lazy, fallible)]
#[allow(clippy::unnecessary_wraps, reason = "the load may fail")]
fn load() -> Result<&'static dyn LazyCode<BrowserPlatform>, NotLoaded> {
    Ok(&Code)
}

/// Gives the code, which is there already.
#[cfg(not(feature = "split"))]
fn load() -> Ready<Result<&'static dyn LazyCode<BrowserPlatform>, NotLoaded>> {
    ready(Ok(&Code))
}

/// Loads a part of the code.
#[cfg(feature = "split")]
type LoadPart = fn() -> LocalBoxFuture<'static, ()>;

#[cfg(feature = "split")]
thread_local! {
    static ALSO_LOADED: Cell<Option<LoadPart>> = const { Cell::new(None) };
}

/// Sets what is loaded together with the uploader's part, before a failure is reported.
#[cfg(feature = "split")]
pub fn load_also(part: LoadPart) {
    ALSO_LOADED.set(Some(part));
}

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for NotLoaded {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

impl BrowserPlatform {
    async fn lazy(&self) -> Result<&'static dyn LazyCode<Self>, NotLoaded> {
        if let Some(loaded) = self.lazy.get() {
            return Ok(loaded);
        }
        // One failure of a request asks for the code twice, and each load may take seconds.
        let failed_just_now = |at: u64| self.clock.now().saturating_sub(at) < LOAD_PAUSE;
        if self.load_failed_at.get().is_some_and(failed_just_now) {
            return Err(NotLoaded);
        }
        let Ok(loaded) = load().await else {
            self.load_failed_at.set(Some(self.clock.now()));
            return Err(NotLoaded);
        };
        #[cfg(feature = "split")]
        if let Some(load) = ALSO_LOADED.get() {
            load().await;
        }
        self.lazy.set(Some(loaded));
        Ok(loaded)
    }
}

impl Signal for Option<AbortSignal> {
    fn is_aborted(&self) -> bool {
        self.as_ref().is_some_and(AbortSignal::aborted)
    }
}

impl Disarm for AbortOnDrop {
    fn disarm(self) {
        Self::disarm(self);
    }
}

impl Network for BrowserPlatform {
    type Signal = Option<AbortSignal>;
    type Abort = AbortOnDrop;
    type XhrRequest = xhr::XhrRequest;
    type TimeLimit = TimeLimit;

    fn abort_on_drop(&self) -> (AbortOnDrop, Option<AbortSignal>) {
        let abort = AbortOnDrop::new();
        let signal = abort.signal();
        (abort, signal)
    }

    fn time_limit(&self, milliseconds: u32) -> (TimeLimit, Option<AbortSignal>) {
        let limit = TimeLimit::of(milliseconds);
        let signal = limit.signal();
        (limit, signal)
    }

    fn fetch(
        &self,
        request: Request<'_>,
        follow: Follow,
        signal: &Option<AbortSignal>,
    ) -> impl Future<Output = Result<Response, Failure>> {
        fetch::send_following(request, follow, signal.clone())
    }

    fn send(
        &self,
        request: Request<'_>,
        progress: Box<dyn Fn(u64)>,
    ) -> Result<
        (
            xhr::XhrRequest,
            impl Future<Output = Result<Response, Failure>> + use<> + 'static,
        ),
        Failure,
    > {
        xhr::send(request, progress)
    }

    fn untyped(&self, text: &str) -> Body {
        Body::untyped(text)
    }

    fn find_redirect(
        &self,
        method: &str,
        url: &str,
        signal: &Option<AbortSignal>,
    ) -> impl Future<Output = RedirectTarget> {
        fetch::find_redirect(method, url, signal.as_ref())
    }

    fn is_reachable(&self, url: &str) -> impl Future<Output = bool> {
        probe::is_reachable(url)
    }

    fn requires_corp(&self) -> impl Future<Output = bool> {
        probe::requires_corp()
    }

    fn may_read(&self, request: Request<'_>) -> impl Future<Output = Readability> {
        probe::read(request)
    }

    fn passes_preflight(
        &self,
        url: &str,
        credentials: Credentials,
    ) -> impl Future<Output = Readability> {
        probe::passes_preflight(url, credentials)
    }

    fn redirects(&self, url: &str) -> impl Future<Output = bool> {
        probe::redirects(url)
    }

    fn is_online(&self) -> bool {
        network::is_online()
    }

    fn next_hop_protocol(&self, url: &str) -> String {
        timing::next_hop_protocol(url)
    }

    fn policy_moment(&self) -> Moment {
        self.policy.now()
    }

    fn policy_violation(&self, address: &Address, since: Moment) -> Option<String> {
        let violation = self.policy.take(address, since)?;
        Some(violation.directive)
    }
}

impl Platform for BrowserPlatform {
    type File = File;
    type Timer = Timeout;
    type Frame = NextFrame;
    type NetworkWatch = NetworkWatch;
    type LeaveGuard = LeaveGuard;

    fn resolve(&self, url: &str) -> Option<Address> {
        page::resolve(url)
    }

    fn resolve_at(&self, url: &str, base: &str) -> Option<Address> {
        page::resolve_at(url, base)
    }

    fn origin(&self) -> String {
        page::origin()
    }

    fn host(&self) -> String {
        page::host()
    }

    fn is_mixed_content(&self, address: &Address) -> bool {
        page::is_mixed_content(address)
    }

    fn meta(&self, name: &str) -> Option<String> {
        page::meta(name)
    }

    fn cookie(&self, name: &str) -> Option<String> {
        page::cookie(name)
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }

    fn date(&self) -> f64 {
        clock::date()
    }

    fn parse_date(&self, text: &str) -> Option<f64> {
        clock::parse_date(text)
    }

    fn after(&self, milliseconds: u32, callback: impl FnOnce() + 'static) -> Timeout {
        Timeout::new(milliseconds, callback)
    }

    fn next_frame(&self, callback: impl Fn() + 'static) -> NextFrame {
        frame::next(callback)
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        spawn_local(task);
    }

    fn watch_network(&self, changed: impl Fn(bool) + Clone + 'static) -> NetworkWatch {
        network::watch(changed)
    }

    fn ask_before_leaving(&self) -> LeaveGuard {
        page::ask_before_leaving()
    }

    fn warn(&self, text: &str) {
        console::warn(text);
    }

    async fn dialect(&self, name: &'static str) -> Result<Option<&'static dyn Dialect>, NotLoaded> {
        Ok(self.lazy().await?.dialect(name))
    }

    async fn diagnosis(&self) -> Result<&'static dyn Diagnosis<Self>, NotLoaded> {
        Ok(self.lazy().await?.diagnosis())
    }

    fn loaded_diagnosis(&self) -> Option<&'static dyn Diagnosis<Self>> {
        self.lazy.get().map(LazyCode::diagnosis)
    }

    async fn run_by_host(&self, call: HostCall<File>) -> Result<Answer, UploadError> {
        let step = call.operation.step();
        let lazy = self.lazy().await;
        let lazy = lazy.map_err(|NotLoaded| UploadError::Network { step })?;
        lazy.run_by_host(call).await
    }

    fn seed(&self) -> u64 {
        random::seed()
    }

    fn uuid(&self) -> String {
        random::uuid()
    }

    fn write_json(&self, value: &Value) -> String {
        json::write(value)
    }

    fn read_json(&self, text: &str) -> Option<Value> {
        json::read(text)
    }
}

impl LocalFile for File {
    fn name(&self) -> String {
        Self::name(self)
    }

    fn size(&self) -> u64 {
        file::size(self)
    }

    fn media_type(&self) -> String {
        self.type_()
    }

    fn modified(&self) -> f64 {
        self.last_modified()
    }

    fn slice(&self, range: ByteRange) -> Option<Body> {
        file::slice(self, range.start, range.end).map(Body::Blob)
    }

    fn form(&self, fields: &[(String, String)], range: ByteRange, name: &str) -> Option<Body> {
        let bytes = file::slice(self, range.start, range.end)?;
        form::with_file(fields, &bytes, name).map(Body::Form)
    }

    fn readable(&self) -> impl Future<Output = Readable> {
        file::probe(self)
    }

    async fn md5(&self, goes_on: impl Fn() -> bool) -> Option<String> {
        // The dialects that ask for a digest are loaded with it.
        load().await.ok()?.md5(self, &goes_on).await
    }
}
