//! What goes next: who gets the free lanes.
//!
//! To the backend: completes and aborts first, so that new parts never starve what is nearly done,
//! but never on all lanes, because S3 may take minutes to complete; then lists, signatures, and new
//! uploads last. Large files and others are begun in equal numbers, so that neither kind keeps the
//! other from beginning. To the store: the file with the fewest lanes first, so that a huge file does not
//! starve small ones; among equals the older one.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::Queue;
use crate::command::{Command, Notice, Transmit, Transport};
use crate::config::TransportChoice;
use crate::error::Step;
use crate::ids::{ByteRange, FileId, RequestId};
use crate::limits::KIB;
use crate::plan::part_size_for;
use crate::progress::ASSUMED_SPEED;
use crate::time::Instant;
use crate::upload::{BackendWant, Payload, Request, State, Upload, Work};

/// Files that are prepared beyond one for each lane: enough to keep lanes busy, few enough that
/// their URLs do not expire unused.
const PREPARED_AHEAD: u32 = 2;
/// While this many files wait for a retry no further one is begun: a backend that is down must not
/// spend the patience of a whole queue.
const MOST_WAITING: usize = 16;
/// Parts to sign in one request to the backend, at most.
const SIGN_BATCH: usize = 16;
/// A request expected to take longer is sent by a transport that reports progress.
const SILENT_AT_MOST: Duration = Duration::from_secs(1);
/// A transport that reports no progress is given the time of a link this slow, in bytes per
/// second, before it is taken for stalled.
const SLOWEST_LINK: u64 = 16 * KIB;
/// How many times slower than measured a link may become before what reports nothing is cut.
const SLOWDOWN: u64 = 16;

/// Who wants what, in the order in which they get it.
#[derive(Debug, Default)]
pub(super) struct Ready {
    backend: BTreeSet<(BackendWant, FileId)>,
    store: BTreeSet<(usize, FileId)>,
    keys: BTreeMap<FileId, (Option<BackendWant>, Option<usize>)>,
}

impl Ready {
    pub fn update(&mut self, upload: &Upload, lanes: usize) {
        self.remove(upload.id);
        let backend = upload.backend_want(lanes);
        let store = upload.wants_lane().then(|| upload.lanes());
        if let Some(want) = backend {
            self.backend.insert((want, upload.id));
        }
        if let Some(lanes) = store {
            self.store.insert((lanes, upload.id));
        }
        if backend.is_some() || store.is_some() {
            self.keys.insert(upload.id, (backend, store));
        }
    }

    pub fn remove(&mut self, file: FileId) {
        if let Some((backend, store)) = self.keys.remove(&file) {
            if let Some(want) = backend {
                self.backend.remove(&(want, file));
            }
            if let Some(lanes) = store {
                self.store.remove(&(lanes, file));
            }
        }
    }
}

impl Queue {
    /// Fills the free lanes.
    pub(super) fn dispatch(&mut self, now: Instant) {
        let mut last = self.next_request;
        while self.may_send()
            && (self.finish(now) || self.errand(now) || self.ask_backend(now) || self.send(now))
        {
            // To find that a URL grew too old is no request.
            if self.next_request != last {
                last = self.next_request;
                self.disarm_probe();
            }
        }
    }

    fn backend_lanes(&self) -> usize {
        usize::from(self.config.backend_lanes.max(1))
    }

    /// Whether there is a lane for a complete or an abort. They take all but one at most.
    pub(super) fn may_finish(&self) -> bool {
        let finishing = self.completing + self.errands.in_flight();
        self.backend_in_use < self.backend_lanes()
            && finishing < self.backend_lanes().saturating_sub(1).max(1)
    }

    /// Whether one more file may be begun, of the large ones or of the others.
    fn may_begin(&self, is_large: bool) -> bool {
        self.tally.open(is_large) < u32::from(self.config.max_lanes.max(1)) + PREPARED_AHEAD
            && self.gates.len() < MOST_WAITING
    }

    fn finish(&mut self, now: Instant) -> bool {
        let next = self.ready.backend.first().copied();
        match next {
            Some((BackendWant::Complete, file)) if self.may_finish() => {
                self.ask(now, file, BackendWant::Complete);
                true
            }
            _ => false,
        }
    }

    fn ask_backend(&mut self, now: Instant) -> bool {
        if self.backend_in_use >= self.backend_lanes() {
            return false;
        }
        let first = |from: BackendWant| {
            self.ready
                .backend
                .range((from, FileId(0))..)
                .next()
                .copied()
        };
        let next = first(BackendWant::List)
            .filter(|(want, _)| *want != BackendWant::Create || self.may_begin(false))
            .or_else(|| first(BackendWant::CreateLarge))
            .filter(|(want, _)| *want != BackendWant::CreateLarge || self.may_begin(true));
        let Some((want, file)) = next else {
            return false;
        };
        self.ask(now, file, want);
        true
    }

    fn ask(&mut self, now: Instant, file: FileId, want: BackendWant) {
        let Some((step, command)) = self.backend_command(file, want) else {
            // Nothing wants what it has no words for; but a loop over it would be endless.
            self.ready.remove(file);
            return;
        };
        let patience = if step == Step::Complete {
            self.config.complete_time
        } else {
            self.config.stall_time
        };
        let id = self.new_request(file);
        self.backend_in_use += 1;
        if step == Step::Complete {
            self.completing += 1;
        }
        if let Some(upload) = self.uploads.get_mut(&file) {
            let request = Request {
                id,
                step,
                payload: None,
                started: now,
                deadline: now + patience,
            };
            upload.requests.insert(id, request);
            if step == Step::Create {
                upload.state = State::Preparing;
            }
        }
        self.began(file);
        self.commands.push_back(command(id));
        self.touch(file);
    }

    /// Tells the page, once a run, that work on the file began.
    fn began(&mut self, file: FileId) {
        if let Some(upload) = self.uploads.get_mut(&file)
            && !core::mem::replace(&mut upload.started, true)
        {
            self.notify(Notice::Started(file));
        }
    }

    /// The step that `want` is, and the command that still lacks its request's id.
    #[allow(
        clippy::type_complexity,
        reason = "a name for it would hide what it is"
    )]
    fn backend_command(
        &self,
        file: FileId,
        want: BackendWant,
    ) -> Option<(Step, Box<dyn FnOnce(RequestId) -> Command>)> {
        let upload = self.uploads.get(&file)?;
        Some(match (want, &upload.state) {
            (BackendWant::Create | BackendWant::CreateLarge, State::Queued { .. }) => {
                let size = upload.info.size;
                let prefer_multipart = self.config.wants_parts(size);
                let part_size = part_size_for(size, self.pace.speed(), self.config.part_size);
                (
                    Step::Create,
                    Box::new(move |request| Command::Create {
                        request,
                        file,
                        prefer_multipart,
                        part_size,
                    }),
                )
            }
            (BackendWant::Sign, State::Uploading(Work::Multi(multi))) => {
                let batch = (usize::from(self.lanes.limit()) * 2).min(SIGN_BATCH);
                let (id, parts) = (multi.id.clone(), multi.to_sign(batch));
                (
                    Step::SignParts,
                    Box::new(move |request| Command::SignParts {
                        request,
                        file,
                        id,
                        parts,
                    }),
                )
            }
            (BackendWant::List, State::Uploading(Work::Multi(multi))) => {
                let id = multi.id.clone();
                (
                    Step::ListParts,
                    Box::new(move |request| Command::ListParts { request, file, id }),
                )
            }
            (BackendWant::Complete, State::Completing(work)) => {
                let (id, parts) = match work {
                    Work::Multi(multi) => (multi.id.clone(), multi.tags()),
                    Work::Single(single) => (single.id.clone()?, None),
                    Work::Unsigned => return None,
                };
                (
                    Step::Complete,
                    Box::new(move |request| Command::Complete {
                        request,
                        file,
                        id,
                        parts,
                    }),
                )
            }
            _ => return None,
        })
    }

    fn send(&mut self, now: Instant) -> bool {
        if self.lanes_in_use >= usize::from(self.lanes.limit()) {
            return false;
        }
        let Some((_, file)) = self.ready.store.first().copied() else {
            return false;
        };
        let next = self
            .uploads
            .get_mut(&file)
            .and_then(|upload| match &mut upload.state {
                State::Uploading(Work::Multi(multi)) => multi
                    .take(now)
                    .map(|(part, range, request)| (Some(part), range, request)),
                State::Uploading(Work::Single(single)) if single.signed.is_good(now) => {
                    let range = ByteRange {
                        start: 0,
                        end: upload.info.size,
                    };
                    Some((None, range, single.signed.request.clone()))
                }
                State::Uploading(Work::Single(_)) => {
                    // The URL grew too old while it waited.
                    upload.sign_anew();
                    None
                }
                _ => None,
            });
        if let Some((part, range, target)) = next {
            let transport = self.transport(range.len());
            let reports = transport == Transport::Xhr;
            let deadline = now + self.send_patience(range.len(), reports);
            let id = self.new_request(file);
            let payload = Payload {
                part,
                range,
                moved: 0,
            };
            if let Some(upload) = self.uploads.get_mut(&file) {
                let request = Request {
                    id,
                    step: Step::Send,
                    payload: Some(payload),
                    started: now,
                    deadline,
                };
                upload.requests.insert(id, request);
            }
            self.measure(now, file, 0);
            self.lanes_in_use += 1;
            self.began(file);
            self.commands.push_back(Command::Send(Transmit {
                request: id,
                file,
                range,
                part,
                target,
                transport,
            }));
        }
        self.touch(file);
        true
    }

    /// How long a request for `bytes` may go without progress. One that reports none is given the
    /// time that it takes on a link much slower than the measured one, or than any.
    fn send_patience(&self, bytes: u64, reports: bool) -> Duration {
        if reports {
            return self.config.stall_time;
        }
        let slowest = self
            .pace
            .speed()
            .map_or(SLOWEST_LINK, |speed| SLOWEST_LINK.max(speed / SLOWDOWN));
        self.config.stall_time + Duration::from_secs(bytes / slowest)
    }

    fn transport(&self, bytes: u64) -> Transport {
        match self.config.transport {
            TransportChoice::Fetch => Transport::Fetch,
            TransportChoice::Xhr => Transport::Xhr,
            TransportChoice::Auto => {
                let speed = self.pace.speed().unwrap_or(ASSUMED_SPEED).max(1);
                if Duration::from_secs(bytes / speed) >= SILENT_AT_MOST {
                    Transport::Xhr
                } else {
                    Transport::Fetch
                }
            }
        }
    }
}
