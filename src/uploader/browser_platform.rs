//! The ports on the browser's own interfaces.

use gloo_timers::callback::Timeout;
use s3_upload_core::ByteRange;
use s3_upload_protocol::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, File};

use super::json;
use super::network::{Disarm, Network, Signal};
use super::platform::{LocalFile, Platform};
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
use crate::browser::{console, digest, random, xhr};

/// The page that the widget is on.
#[derive(Debug, Default)]
pub(super) struct BrowserPlatform {
    clock: Clock,
    policy: PolicyWatch,
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

    fn md5(&self, goes_on: impl Fn() -> bool) -> impl Future<Output = Option<String>> {
        digest::md5_base64(self, goes_on)
    }
}
