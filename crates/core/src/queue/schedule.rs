//! The choice of the request that is sent next.
//!
//! To the backend, completes and aborts go first, so that new parts do not delay uploads that are almost done. They
//! leave one lane free where there are several, because S3 may take minutes to complete an upload. Lists and
//! signatures follow, and new uploads come last. Large files and others are begun in equal numbers, so that neither
//! kind delays the other.
//!
//! To the store, the file with the fewest lanes goes first, so that a large file does not delay small ones. Among
//! equals the older file goes first.

use core::time::Duration;

use super::Queue;
use super::ready::BackendEntry;
use crate::command::{BackendOperation, Command, Notice, Transmit, Transport};
use crate::config::{LONGEST_STALL_TIME, TransportChoice};
use crate::error::{Side, Step};
use crate::ids::{ByteRange, FileId};
use crate::time::Instant;
use crate::upload::{BackendWant, InFlightRequest, SentBytes, State, Transfer};
use s3_upload_types::limits::KIB;
use s3_upload_types::part_size_for;

/// The number of files that are prepared beyond one for each lane. It is small enough that the URLs do not expire
/// unused. Files that are sent within a second are also prepared on each lane of the backend, since a lane of the
/// store would otherwise wait for their URLs.
const PREPARED_AHEAD: u32 = 2;
/// The number of files waiting for a retry from which on no further file is begun. A backend that is down would
/// otherwise use up the retries of the whole queue.
const MOST_WAITING: usize = 16;
/// The largest number of parts that one request to the backend signs.
const SIGN_BATCH: usize = 36;
/// The expected duration from which on a request is sent by a transport that reports progress.
const LONGEST_WITHOUT_PROGRESS: Duration = Duration::from_secs(1);
/// The speed of the slowest link, in bytes per second. A transport that reports no progress counts as stalled only
/// after the time that this link needs.
const SLOWEST_LINK: u64 = 16 * KIB;
/// The factor by which a link may become slower than measured before a request without reports of progress is
/// cancelled.
const SLOWDOWN: u64 = 16;

/// The stall time `base`, doubled by each cancellation.
pub(super) fn stall_time_after(base: Duration, cuts: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(cuts.min(8)))
        .min(LONGEST_STALL_TIME.max(base))
}

impl Queue {
    /// Sends requests while there is room.
    pub(super) fn dispatch(&mut self, now: Instant) {
        let mut last = self.next_request;
        while self.may_send()
            && (self.dispatch_complete(now)
                || self.run_cleanup(now)
                || self.dispatch_backend(now)
                || self.dispatch_store(now))
        {
            // A URL found to be too old is no request.
            if self.next_request != last {
                last = self.next_request;
                self.disarm_probe();
            }
        }
    }

    fn backend_lanes(&self) -> usize {
        usize::from(self.config.backend_lanes.max(1))
    }

    /// Returns true if there is a lane for a complete or an abort. They leave one lane free where there are several.
    pub(super) fn may_complete(&self) -> bool {
        let finishing = self.in_flight.completing() + self.cleanup.in_flight();
        self.in_flight.backend() < self.backend_lanes()
            && finishing < self.backend_lanes().saturating_sub(1).max(1)
    }

    /// Returns true if one more file may be begun, of the large ones or of the others. `size` is its size, if known.
    fn may_create(&self, is_large: bool, size: Option<u64>) -> bool {
        let ahead = if size.is_some_and(|size| size < self.link_speed.expected()) {
            PREPARED_AHEAD + u32::from(self.config.backend_lanes)
        } else {
            PREPARED_AHEAD
        };
        self.totals.open(is_large) < u32::from(self.concurrency.limit()) + ahead
            && self.waits.len() < MOST_WAITING
    }

    fn dispatch_complete(&mut self, now: Instant) -> bool {
        if self.next_attempt(Side::Backend).is_some() {
            // In an outage the files take turns, so that a refused request of one file does not block the others.
            return false;
        }
        let next = self.ready.backend.first();
        match next {
            Some(BackendEntry {
                want: BackendWant::Complete,
                file,
            }) if self.may_request(Side::Backend) && self.may_complete() => {
                self.request_backend(now, file, BackendWant::Complete);
                true
            }
            _ => false,
        }
    }

    fn dispatch_backend(&mut self, now: Instant) -> bool {
        if !self.may_request(Side::Backend) || self.in_flight.backend() >= self.backend_lanes() {
            return false;
        }
        if self.next_attempt(Side::Backend).is_some() {
            let may = |want| match want {
                BackendWant::Complete => self.may_complete(),
                BackendWant::Create => self.may_create(false, None),
                BackendWant::CreateLarge => self.may_create(true, None),
                BackendWant::List | BackendWant::Sign => true,
            };
            let Some(entry) = self.ready.next_probe(self.last_probes.backend, may) else {
                return false;
            };
            self.last_probes.backend = Some(entry);
            self.request_backend(now, entry.file, entry.want);
            return true;
        }
        let is_allowed = |entry: &BackendEntry, want: BackendWant, is_large: bool| {
            let size = || Some(self.uploads.get(&entry.file)?.info.size);
            entry.want != want || self.may_create(is_large, size())
        };
        let first = |from: BackendWant| {
            self.ready.backend.from(BackendEntry {
                want: from,
                file: FileId(0),
            })
        };
        let next = first(BackendWant::List)
            .filter(|entry| is_allowed(entry, BackendWant::Create, false))
            .or_else(|| first(BackendWant::CreateLarge))
            .filter(|entry| is_allowed(entry, BackendWant::CreateLarge, true));
        let Some(BackendEntry { want, file }) = next else {
            return false;
        };
        self.request_backend(now, file, want);
        true
    }

    fn request_backend(&mut self, now: Instant, file: FileId, want: BackendWant) {
        let Some(operation) = self.operation(file, want) else {
            // A file never wants what its state has no operation for. The removal prevents an endless loop
            // nevertheless.
            self.ready.remove(file);
            return;
        };
        let step = operation.step();
        let base = if step == Step::Complete {
            self.config.complete_time
        } else {
            self.config.stall_time
        };
        let stalled = self
            .uploads
            .get(&file)
            .map_or(0, |upload| upload.retry.stalled);
        let stall_time = stall_time_after(base, stalled);
        let id = self.new_request(file);
        let heard = self.availability.of(Side::Backend).answers();
        self.record_sent(Side::Backend, id);
        self.in_flight.add(step);
        if let Some(upload) = self.uploads.get_mut(&file) {
            let request = InFlightRequest {
                id,
                step,
                payload: None,
                started: now,
                answers_when_sent: heard,
                stall_time,
                last_moved: now,
                deadline: now + stall_time,
            };
            upload.requests.insert(id, request);
            if step == Step::Create {
                upload.state = State::Preparing;
            }
        }
        self.notify_started(file);
        self.commands.push_back(Command::Backend {
            request: id,
            file,
            operation,
        });
        self.refresh_derived(file);
    }

    /// Notifies the page, once for each run, that work on the file began.
    fn notify_started(&mut self, file: FileId) {
        if let Some(upload) = self.uploads.get_mut(&file)
            && !core::mem::replace(&mut upload.started, true)
        {
            self.notify(Notice::Started(file));
        }
    }

    /// The operation for `want`; `None` where the state of the upload has none.
    fn operation(&self, file: FileId, want: BackendWant) -> Option<BackendOperation> {
        let upload = self.uploads.get(&file)?;
        Some(match (want, &upload.state) {
            (BackendWant::Create | BackendWant::CreateLarge, State::Queued { .. }) => {
                let size = upload.info.size;
                let speed = self.link_speed.speed();
                BackendOperation::Create {
                    prefer_multipart: self.config.wants_parts(size),
                    part_size: part_size_for(
                        size,
                        self.concurrency.limit(),
                        speed,
                        self.config.part_size,
                    ),
                }
            }
            (BackendWant::Sign, State::Uploading(Transfer::Multipart(multi))) => {
                let lanes = usize::from(self.concurrency.limit());
                let batch = lanes + multi.wanted_ahead(lanes, self.link_speed.speed());
                BackendOperation::SignParts {
                    id: multi.id.clone(),
                    parts: multi.to_sign(batch.min(SIGN_BATCH)),
                }
            }
            (BackendWant::List, State::Uploading(Transfer::Multipart(multi))) => {
                BackendOperation::ListParts {
                    id: multi.id.clone(),
                }
            }
            (BackendWant::Complete, State::Completing(transfer)) => {
                let (id, parts) = match transfer {
                    Transfer::Multipart(multi) => (multi.id.clone(), Some(multi.tags()?)),
                    Transfer::Single(single) => (single.id.clone()?, None),
                    Transfer::NotCreated => return None,
                };
                BackendOperation::Complete { id, parts }
            }
            _ => return None,
        })
    }

    fn dispatch_store(&mut self, now: Instant) -> bool {
        if !self.may_request(Side::Store)
            || self.in_flight.store() >= usize::from(self.concurrency.limit())
        {
            return false;
        }
        let last = self.last_probes.store;
        let next = match self.next_attempt(Side::Store) {
            Some(_) => self.ready.next_to_store(last),
            None => self.ready.store.first().map(|entry| entry.file),
        };
        let Some(file) = next else {
            return false;
        };
        self.last_probes.store = Some(file);
        let next = self
            .uploads
            .get_mut(&file)
            .and_then(|upload| match &mut upload.state {
                State::Uploading(Transfer::Multipart(multi)) => multi
                    .take(now)
                    .map(|(part, range, request)| (Some(part), range, request)),
                State::Uploading(Transfer::Single(single)) if single.signed.is_valid(now) => {
                    let range = ByteRange {
                        start: 0,
                        end: upload.info.size,
                    };
                    Some((None, range, single.signed.request.clone()))
                }
                State::Uploading(Transfer::Single(_)) => {
                    // The URL has become too old while the upload waited.
                    upload.change_state(State::with_new_url);
                    None
                }
                _ => None,
            });
        if let Some((part, range, target)) = next {
            let transport = self.transport(range.len());
            let stalled = self
                .uploads
                .get(&file)
                .map_or(0, |upload| upload.retry.stalled);
            let stall_time = stall_time_after(self.silent_stall_time(range.len()), stalled);
            let id = self.new_request(file);
            let heard = self.availability.of(Side::Store).answers();
            self.record_sent(Side::Store, id);
            let payload = SentBytes {
                part,
                range,
                moved: 0,
            };
            if let Some(upload) = self.uploads.get_mut(&file) {
                let request = InFlightRequest {
                    id,
                    step: Step::Send,
                    payload: Some(payload),
                    started: now,
                    answers_when_sent: heard,
                    stall_time,
                    last_moved: now,
                    deadline: now + stall_time,
                };
                upload.requests.insert(id, request);
            }
            self.measure(now, file, 0);
            self.in_flight.add(Step::Send);
            self.notify_started(file);
            self.commands.push_back(Command::Send(Transmit {
                request: id,
                file,
                range,
                part,
                target,
                transport,
            }));
        }
        self.refresh_derived(file);
        true
    }

    /// The time that a request for `bytes` may take without a report of progress: the time that it takes on a link
    /// much slower than the measured one, or on the slowest link. `fetch` reports no progress, and XHR reports none
    /// where a service worker takes the request over.
    fn silent_stall_time(&self, bytes: u64) -> Duration {
        let slowest = self
            .link_speed
            .speed()
            .map_or(SLOWEST_LINK, |speed| SLOWEST_LINK.max(speed / SLOWDOWN));
        self.config.stall_time + Duration::from_secs(bytes / slowest)
    }

    fn transport(&self, bytes: u64) -> Transport {
        match self.config.transport {
            TransportChoice::Fetch => Transport::Fetch,
            TransportChoice::Xhr => Transport::Xhr,
            TransportChoice::Auto => {
                let speed = self.link_speed.expected();
                if Duration::from_secs(bytes / speed) >= LONGEST_WITHOUT_PROGRESS {
                    Transport::Xhr
                } else {
                    Transport::Fetch
                }
            }
        }
    }
}
