//! The requests that the uploader made, each of which a test answers.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::browser::http::{Body, Failure, Request, Response};
use crate::browser::probe::Readability;

/// All requests so far, and the results of probes.
pub struct ScriptedNetwork {
    exchanges: RefCell<Vec<Rc<Exchange>>>,
    effects: Cell<u64>,
    /// The probes that were sent, in order.
    pub probes: RefCell<Vec<String>>,
    /// The result of probes without CORS.
    pub is_reachable: Cell<bool>,
    /// The result of probes with CORS.
    pub seen: Cell<Readability>,
    /// The origin that the page's Content Security Policy blocks.
    pub blocked: RefCell<String>,
    /// The protocol of the connections, if the page may know it.
    pub next_hop_protocol: RefCell<String>,
}

impl Default for ScriptedNetwork {
    fn default() -> Self {
        Self {
            exchanges: RefCell::default(),
            effects: Cell::default(),
            probes: RefCell::default(),
            is_reachable: Cell::new(true),
            seen: Cell::new(Readability::Readable),
            blocked: RefCell::default(),
            next_hop_protocol: RefCell::default(),
        }
    }
}

impl ScriptedNetwork {
    /// Begins a request.
    pub fn begin(
        &self,
        request: &Request<'_>,
        aborted: Rc<Cell<bool>>,
        progress: Option<Box<dyn Fn(u64)>>,
    ) -> Rc<Exchange> {
        let exchange = Rc::new(Exchange {
            line: format!("{} {}", request.method, request.url),
            headers: request.headers.to_vec(),
            body: match &request.body {
                Body::Text(text) => text.clone(),
                _ => String::new(),
            },
            aborted,
            progress,
            ignores_abort: Cell::default(),
            result: RefCell::default(),
        });
        self.exchanges.borrow_mut().push(Rc::clone(&exchange));
        self.took_effect();
        exchange
    }

    /// Records a probe.
    pub fn probe(&self, kind: &str, url: &str) {
        self.probes.borrow_mut().push(format!("{kind} {url}"));
        self.took_effect();
    }

    /// The requests so far whose line starts with this text.
    pub fn requests(&self, start: &str) -> Vec<Rc<Exchange>> {
        let all = self.exchanges.borrow();
        let meant = all.iter().filter(|request| request.line.starts_with(start));
        meant.cloned().collect()
    }

    /// The lines of all requests so far.
    pub fn lines(&self) -> Vec<String> {
        let all = self.exchanges.borrow();
        all.iter().map(|request| request.line.clone()).collect()
    }

    /// The number of requests and probes.
    pub fn effects(&self) -> u64 {
        self.effects.get()
    }

    fn took_effect(&self) {
        self.effects.set(self.effects.get() + 1);
    }
}

/// One request.
pub struct Exchange {
    /// Method and address.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    aborted: Rc<Cell<bool>>,
    progress: Option<Box<dyn Fn(u64)>>,
    ignores_abort: Cell<bool>,
    result: RefCell<Option<Result<Response, Failure>>>,
}

impl Exchange {
    /// Answers with a status and a body.
    pub fn answer(&self, status: u16, body: &str) {
        self.answer_with(status, &[], body);
    }

    /// Answers with a status, headers and a body.
    pub fn answer_with(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.result.replace(Some(Ok(Response {
            status,
            headers: headers.iter().map(owned).collect(),
            body: body.to_owned(),
        })));
    }

    /// Keeps the request open when it is aborted, as for an answer that was already on its way.
    pub fn ignore_abort(&self) {
        self.ignores_abort.set(true);
    }

    /// True for a request that reports its progress.
    pub fn reports_progress(&self) -> bool {
        self.progress.is_some()
    }

    /// Breaks the connection.
    pub fn cut(&self) {
        self.result.replace(Some(Err(Failure::Network)));
    }

    /// Reports that this many bytes of the body were handed to the network.
    pub fn moved(&self, bytes: u64) {
        if let Some(progress) = &self.progress {
            progress(bytes);
        }
    }

    /// True if the uploader aborted it.
    pub fn is_aborted(&self) -> bool {
        self.aborted.get()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The end of a request.
pub struct Ended(pub Rc<Exchange>);

impl Future for Ended {
    type Output = Result<Response, Failure>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(result) = self.0.result.take() {
            return Poll::Ready(result);
        }
        if self.0.is_aborted() && !self.0.ignores_abort.get() {
            return Poll::Ready(Err(Failure::Network));
        }
        Poll::Pending
    }
}
