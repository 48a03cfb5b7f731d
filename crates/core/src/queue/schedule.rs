//! What goes next: who gets the free lanes.
//!
//! To the backend: completes first, so that new parts never starve what is nearly done; then
//! lists, signatures, and new uploads last. To the store: the file with the fewest lanes first, so
//! that a huge file does not starve small ones; among equals the older one.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::Queue;
use crate::command::{Command, Notice, Transmit, Transport};
use crate::config::TransportChoice;
use crate::error::Step;
use crate::ids::{ByteRange, FileId, RequestId};
use crate::limits::{KIB, MIB};
use crate::plan::part_size_for;
use crate::time::Instant;
use crate::upload::{BackendWant, Payload, Request, State, Upload, Work};

/// Uploads that are prepared beyond those that have a lane: enough to keep lanes busy, few
/// enough that their URLs do not expire unused.
const PREPARED_AHEAD: usize = 2;
/// Parts to sign in one request to the backend, at most.
const SIGN_BATCH: usize = 16;
/// The speed that is assumed while none was measured, in bytes per second.
const ASSUMED_SPEED: u64 = MIB;
/// A request expected to take longer is sent by a transport that reports progress.
const SILENT_AT_MOST: Duration = Duration::from_secs(1);
/// A transport that reports no progress is given the time of a link this slow, in bytes per
/// second, before it is taken for stalled.
const SLOWEST_LINK: u64 = 16 * KIB;

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
        while self.may_send() && (self.errand(now) || self.ask_backend(now) || self.send(now)) {
            if let Some(offline) = &mut self.offline {
                // One probe at a time.
                offline.armed = false;
            }
        }
    }

    fn errand(&mut self, now: Instant) -> bool {
        if self.backend_in_use >= usize::from(self.config.backend_lanes.max(1)) {
            return false;
        }
        let Some(entry) = self
            .errands
            .due
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        else {
            return false;
        };
        let errand = entry.remove();
        self.next_request += 1;
        let request = RequestId(self.next_request);
        self.commands.push_back(Command::Abort {
            request,
            file: errand.file,
            id: errand.id.clone(),
        });
        self.errands
            .in_flight
            .insert(request, (errand, now + self.config.stall_time));
        self.backend_in_use += 1;
        true
    }

    fn ask_backend(&mut self, now: Instant) -> bool {
        if self.backend_in_use >= usize::from(self.config.backend_lanes.max(1)) {
            return false;
        }
        let Some((want, file)) = self.ready.backend.first().copied() else {
            return false;
        };
        let prepared = self.ready.store.len() + self.creating;
        if want == BackendWant::Create
            && prepared + self.lanes_in_use >= usize::from(self.lanes.limit()) + PREPARED_AHEAD
        {
            return false;
        }
        let command = self.backend_command(file, want);
        if let Some((step, command)) = command {
            let patience = if step == Step::Complete {
                self.config.complete_time
            } else {
                self.config.stall_time
            };
            let request = self.new_request(file);
            self.backend_in_use += 1;
            if step == Step::Create {
                self.creating += 1;
            }
            if let Some(upload) = self.uploads.get_mut(&file) {
                upload.requests.insert(
                    request,
                    Request {
                        step,
                        payload: None,
                        started: now,
                        deadline: now + patience,
                    },
                );
                if step == Step::Create {
                    upload.state = State::Preparing;
                }
                if !core::mem::replace(&mut upload.started, true) {
                    self.notify(Notice::Started(file));
                }
            }
            self.commands.push_back(command(request));
        }
        self.touch(file);
        true
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
            (BackendWant::Create, State::Queued { .. }) => {
                let size = upload.info.size;
                let prefer_multipart = size > self.config.multipart_threshold;
                let part_size = part_size_for(size, self.lane_speed(), self.config.part_size);
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
                    // The URL grew too old while it waited: have a new one made.
                    upload.state = State::Queued { held: false };
                    None
                }
                _ => None,
            });
        if let Some((part, range, target)) = next {
            let transport = self.transport(range.len());
            let reports = transport == Transport::Xhr;
            let deadline = now + self.send_patience(range.len(), reports);
            let request = self.new_request(file);
            let payload = Payload {
                part,
                range,
                moved: 0,
            };
            if let Some(upload) = self.uploads.get_mut(&file) {
                upload.requests.insert(
                    request,
                    Request {
                        step: Step::Send,
                        payload: Some(payload),
                        started: now,
                        deadline,
                    },
                );
                upload.meter.record(now, 0);
            }
            self.meter.record(now, 0);
            self.lanes_in_use += 1;
            self.commands.push_back(Command::Send(Transmit {
                request,
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

    /// How long a request for `bytes` may go without progress.
    fn send_patience(&self, bytes: u64, reports: bool) -> Duration {
        if reports {
            self.config.stall_time
        } else {
            self.config.stall_time + Duration::from_secs(bytes / SLOWEST_LINK)
        }
    }

    /// The measured speed of one lane, in bytes per second.
    fn lane_speed(&self) -> Option<u64> {
        let lanes = u64::try_from(self.lanes_in_use.max(1)).unwrap_or(1);
        self.meter.last_speed().map(|speed| speed / lanes)
    }

    fn transport(&self, bytes: u64) -> Transport {
        match self.config.transport {
            TransportChoice::Fetch => Transport::Fetch,
            TransportChoice::Xhr => Transport::Xhr,
            TransportChoice::Auto => {
                let speed = self.lane_speed().unwrap_or(ASSUMED_SPEED).max(1);
                if Duration::from_secs(bytes / speed) >= SILENT_AT_MOST {
                    Transport::Xhr
                } else {
                    Transport::Fetch
                }
            }
        }
    }
}
