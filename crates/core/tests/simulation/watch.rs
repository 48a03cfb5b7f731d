//! The rules that are checked at every step.

use std::collections::{BTreeMap, BTreeSet};

use s3_upload_core::concurrency::CONNECTIONS;
use s3_upload_core::{
    Answer, BackendOperation, Command, Config, Event, FileId, Instant, Notice, PartNumber, Queue,
    RequestId, Status, Target, Transmit, UploadError,
};

use crate::coverage::Coverage;
use crate::store::{Allows, Store, upload_number};
use crate::trouble::step_of;
use crate::world::{Ask, Flight};

/// The record of one file.
#[derive(Debug, Default)]
struct Life {
    size: u64,
    sent: u64,
    percent: u8,
    /// The end of the file's run; `None` before it.
    ended: Option<&'static str>,
    removed: bool,
    changed: bool,
    /// The key of the last grant.
    key: Option<u64>,
    /// The parts that the store confirmed to the engine.
    confirmed: BTreeSet<PartNumber>,
    /// The time before which no request may be sent, by the other side's `Retry-After`.
    not_before: u64,
    /// The number of failed tries, which must not change with the next answer.
    attempts: Option<u32>,
    /// The state that was shown last.
    state: Option<&'static str>,
}

/// The record of one multipart upload.
#[derive(Debug, Default)]
struct Seen {
    aborts: u32,
    /// True if the engine has a reason not to abort it.
    excused: bool,
}

pub struct Watch {
    config: Config,
    /// The most requests to the store that any connection so far allowed.
    browser_lanes: u8,
    lives: BTreeMap<FileId, Life>,
    /// The multipart uploads whose ids reached the engine.
    uploads: BTreeMap<u64, Seen>,
    offline_before: bool,
    /// The time since which the engine is offline, and the number of requests that it sent since.
    offline: Option<(u64, u64)>,
    sent_now: u64,
    failures: (u32, u32),
    pub coverage: Coverage,
}

impl Watch {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            browser_lanes: CONNECTIONS,
            lives: BTreeMap::new(),
            uploads: BTreeMap::new(),
            offline_before: false,
            offline: None,
            sent_now: 0,
            failures: (0, 0),
            coverage: Coverage::default(),
        }
    }

    fn life(&mut self, file: FileId) -> &mut Life {
        self.lives.get_mut(&file).expect("an added file")
    }

    pub fn size(&self, file: FileId) -> u64 {
        self.lives[&file].size
    }

    pub fn stored(&self) -> u64 {
        let stored = |life: &&Life| life.ended == Some("completed");
        self.lives.values().filter(stored).count() as u64
    }

    pub fn change(&mut self, file: FileId) {
        if let Some(life) = self.lives.get_mut(&file) {
            life.changed = true;
        }
    }

    pub fn is_changed(&self, file: FileId) -> bool {
        self.lives[&file].changed
    }

    pub fn before(&mut self, queue: &Queue) {
        self.offline_before = queue.totals().offline;
        self.sent_now = 0;
    }

    pub fn event(&mut self, now: Instant, queue: &Queue, event: &Event) {
        match event {
            Event::Add(file, info) | Event::AddHeld(file, info) => {
                let life = Life {
                    size: info.size,
                    ..Life::default()
                };
                self.lives.insert(*file, life);
            }
            Event::Retry(target) => {
                for (file, life) in &mut self.lives {
                    let meant = *target == Target::All || *target == Target::One(*file);
                    if meant
                        && queue
                            .snapshot(now, *file)
                            .is_some_and(|shown| matches!(shown.status, Status::Failed(_)))
                    {
                        life.ended = None;
                    }
                }
                self.allow_all();
            }
            Event::Cancel(target) => {
                // Cancelling a file that had failed gives another notice. Cancelling all files leaves failed ones as
                // they are.
                for (file, life) in &mut self.lives {
                    if *target == Target::One(*file) && life.ended == Some("failed") {
                        life.ended = None;
                    }
                }
                self.allow_all();
            }
            Event::Pause(_) | Event::Resume(_) | Event::Start(_) | Event::Remove(_) => {
                self.allow_all();
            }
            Event::Connected(connection) => {
                self.browser_lanes = self.browser_lanes.max(connection.max_lanes());
            }
            Event::Offline | Event::Online | Event::Progress(..) | Event::Answer(..) => {}
        }
    }

    /// A person's operation overrides the `Retry-After` of the other side.
    fn allow_all(&mut self) {
        for life in self.lives.values_mut() {
            life.not_before = 0;
        }
    }

    /// Checks an answer before it reaches an engine that waits for it.
    pub fn answered(
        &mut self,
        now: Instant,
        flight: &Flight,
        answer: &Result<Answer, UploadError>,
        queue: &Queue,
        store: &Store,
    ) {
        self.coverage.answer(step_of(&flight.ask), answer);
        let shown = queue.snapshot(now, flight.file);
        let life = self.lives.get_mut(&flight.file).expect("an added file");
        life.attempts = None;
        match answer {
            Ok(Answer::Granted(grant)) => {
                life.key = grant.key.as_ref().and_then(|key| key.as_str().parse().ok());
                life.confirmed.clear();
                if let (Some(id), s3_upload_core::GrantPlan::Multipart { .. }) =
                    (&grant.id, &grant.plan)
                {
                    self.uploads.insert(upload_number(id), Seen::default());
                }
            }
            Ok(Answer::Sent(_)) => {
                if let Ask::Send(Transmit {
                    part: Some(part), ..
                }) = &flight.ask
                {
                    life.confirmed.insert(*part);
                }
            }
            // The list may lack parts, or have other sizes.
            Ok(Answer::Listed(_)) => life.confirmed.clear(),
            Ok(_) => {}
            Err(error) => {
                if let Some(wait) = error.retry_after()
                    && !matches!(flight.ask, Ask::Abort { .. })
                    && shown.as_ref().is_some_and(|shown| shown.status.is_active())
                {
                    let wait = u64::try_from(wait.as_millis()).unwrap().min(600_000);
                    life.not_before = life.not_before.max(now.as_millis() + wait);
                }
                if matches!(error, UploadError::Store(refusal)
                    if refusal.message.as_deref() == Some("Request has expired"))
                {
                    life.attempts = shown.map(|shown| shown.attempts);
                }
                self.excuse(&flight.ask, error, store);
            }
        }
    }

    /// Excuses the engine from aborting an upload that the other side reported as gone.
    fn excuse(&mut self, ask: &Ask, error: &UploadError, store: &Store) {
        let gone = match error {
            UploadError::Store(refusal) => refusal.code.as_deref() == Some("NoSuchUpload"),
            UploadError::Backend(refusal) => matches!(refusal.status, 403 | 404 | 409),
            UploadError::Expired | UploadError::Malformed { .. } => true,
            _ => false,
        };
        let id = match ask {
            Ask::Sign { id, .. }
            | Ask::List { id }
            | Ask::Complete { id, .. }
            | Ask::Abort { id } => upload_number(id),
            Ask::Create { .. } => return,
            Ask::Send(sent) => match store.urls[Store::url_of(sent)].allows {
                Allows::Part { upload, .. } => upload,
                Allows::Object { .. } => return,
            },
        };
        if gone {
            self.uploads.entry(id).or_default().excused = true;
        }
    }

    /// Checks that an expired signature costs no attempt.
    pub fn attempts(&mut self, now: Instant, file: FileId, queue: &Queue) {
        let before = self.life(file).attempts.take();
        if let (Some(before), Some(shown)) = (before, queue.snapshot(now, file)) {
            assert_eq!(before, shown.attempts, "an expired signature costs nothing");
        }
    }

    pub fn command(
        &mut self,
        now: Instant,
        command: &Command,
        flights: &BTreeMap<RequestId, Flight>,
        store: &Store,
    ) {
        self.coverage.command(command);
        let now = now.as_millis();
        match command {
            Command::Notify(notice) => self.notice(notice, flights, store),
            Command::Cancel(request) => {
                assert!(flights.contains_key(request), "cut what is in flight, once");
            }
            Command::Backend {
                operation: BackendOperation::Abort { id },
                ..
            } => {
                self.sent_now += 1;
                self.uploads.entry(upload_number(id)).or_default().aborts += 1;
            }
            Command::Backend { file, .. } => {
                self.sent_now += 1;
                self.may_ask(now, *file);
            }
            Command::Send(sent) => {
                self.sent_now += 1;
                self.may_ask(now, sent.file);
                self.may_send(now, sent, flights, store);
            }
        }
    }

    fn may_ask(&mut self, now: u64, file: FileId) {
        let life = self.life(file);
        assert!(life.ended.is_none(), "{file:?} has ended");
        assert!(
            now >= life.not_before,
            "{file:?} was asked to wait until {}",
            life.not_before
        );
    }

    fn may_send(
        &mut self,
        now: u64,
        sent: &Transmit,
        flights: &BTreeMap<RequestId, Flight>,
        store: &Store,
    ) {
        let url = &store.urls[Store::url_of(sent)];
        assert!(
            url.promised.is_none_or(|promised| now < promised),
            "a URL past its expiry is not used"
        );
        let life = &self.lives[&sent.file];
        match (url.allows, sent.part) {
            (Allows::Object { key }, None) => {
                assert_eq!(Some(key), life.key);
                assert_eq!((sent.range.start, sent.range.end), (0, life.size));
            }
            (Allows::Part { upload, number }, Some(part)) => {
                assert_eq!(number, part);
                let upload = &store.uploads[&upload];
                assert_eq!(upload.file, sent.file);
                assert_eq!(sent.range, upload.range(part), "parts tile the file");
                assert!(u64::from(part.get()) <= upload.count());
                assert!(!life.confirmed.contains(&part), "it is there already");
            }
            other => panic!("a URL for something else: {other:?}"),
        }
        for flight in flights.values() {
            if let Ask::Send(other) = &flight.ask {
                assert!(
                    other.file != sent.file || other.part != sent.part,
                    "the same bytes twice at once"
                );
            }
        }
    }

    fn notice(&mut self, notice: &Notice, flights: &BTreeMap<RequestId, Flight>, store: &Store) {
        let (file, how) = match notice {
            Notice::Succeeded(file) => (*file, "completed"),
            Notice::Failed(file) => (*file, "failed"),
            Notice::Cancelled(file) => (*file, "cancelled"),
            // A file that was refused is not in the queue.
            Notice::Removed(file) | Notice::Rejected(file, ..) => {
                self.life(*file).removed = true;
                return;
            }
            Notice::Settled { succeeded, failed } => {
                assert_eq!((*succeeded, *failed), self.failures);
                self.failures = (0, 0);
                return;
            }
            Notice::Added(_)
            | Notice::Started(_)
            | Notice::Unavailable(_)
            | Notice::Available(_) => return,
        };
        match how {
            "completed" => self.failures.0 += 1,
            "failed" => self.failures.1 += 1,
            _ => {}
        }
        let life = self.life(file);
        assert_eq!(life.ended, None, "one final notice for each run");
        life.ended = Some(how);
        for flight in flights.values().filter(|flight| flight.file == file) {
            assert!(
                matches!(flight.ask, Ask::Abort { .. })
                    || (how == "cancelled" && matches!(flight.ask, Ask::Create { .. })),
                "a request is left: {flight:?}"
            );
        }
        if how == "completed" {
            let key = life.key.expect("something was granted");
            let size = life.size;
            assert!(
                store.is_exactly(key, file, size),
                "the object is exactly the file: {:?}",
                store.objects.get(&key)
            );
        }
    }

    pub fn lanes(&self, flights: &BTreeMap<RequestId, Flight>) {
        let sends = flights
            .values()
            .filter(|flight| flight.ask.is_send())
            .count();
        assert!(
            sends <= usize::from(self.config.max_lanes.unwrap_or(self.browser_lanes)),
            "lanes to the store"
        );
        assert!(
            flights.len() - sends <= usize::from(self.config.backend_lanes),
            "lanes to the backend"
        );
    }

    pub fn after(&mut self, now: Instant, queue: &mut Queue) {
        let offline = queue.totals().offline;
        self.offline = match (self.offline_before, offline, self.offline) {
            (true, true, Some((since, sent))) => {
                let sent = sent + self.sent_now;
                let probes = (now.as_millis() - since) / 5_000;
                assert!(
                    sent <= probes,
                    "{sent} requests while offline, {probes} probes"
                );
                Some((since, sent))
            }
            (false, true, _) => {
                assert_eq!(self.sent_now, 0, "offline suspends");
                Some((now.as_millis(), 0))
            }
            (_, true, _) => Some((now.as_millis(), 0)),
            (_, false, _) => None,
        };
        for file in queue.take_changed() {
            let Some(shown) = queue.snapshot(now, file) else {
                continue;
            };
            let life = self.lives.get_mut(&file).expect("an added file");
            assert!(shown.sent >= life.sent, "progress goes backward");
            assert!(shown.sent <= life.size, "progress beyond the file");
            assert!(shown.percent >= life.percent, "percent go backward");
            let done = matches!(shown.status, Status::Completed(_));
            assert_eq!(shown.percent == 100, done, "whole when confirmed");
            assert!(
                done || shown.sent < life.size.max(1),
                "all is shown before it is confirmed"
            );
            assert!(!done || shown.sent == life.size);
            assert_eq!(life.ended, final_name(&shown.status), "told what is shown");
            life.sent = shown.sent;
            life.percent = shown.percent;
            life.state = Some(self.coverage.status(life.state, &shown.status));
        }
    }

    /// Checks the final state, in which nothing waits any more.
    pub fn at_the_end(
        &self,
        queue: &Queue,
        now: Instant,
        flights: &BTreeMap<RequestId, Flight>,
        store: &Store,
    ) {
        assert!(flights.is_empty(), "requests are left: {flights:#?}");
        let totals = queue.totals();
        assert_eq!(totals.active, 0, "a deadlock: {totals:?}");
        let mut completed = 0;
        for (file, life) in &self.lives {
            let Some(shown) = queue.snapshot(now, *file) else {
                assert!(life.removed);
                continue;
            };
            match &shown.status {
                Status::Completed(_) => completed += 1,
                Status::Cancelled => {}
                Status::Failed(UploadError::FileChanged) if life.changed => {}
                other => panic!("{file:?} did not end well: {other:?}"),
            }
        }
        assert_eq!(totals.completed, completed);
        for (id, upload) in store.uploads.iter().filter(|(_, upload)| upload.open) {
            let Some(seen) = self.uploads.get(id) else {
                // The answer with the upload's id was lost.
                continue;
            };
            let life = &self.lives[&upload.file];
            assert!(
                seen.excused
                    || seen.aborts >= self.config.max_attempts
                    || (life.ended == Some("failed") && !life.removed),
                "upload {id} of {:?} is left behind: {seen:?}, {life:?}",
                upload.file
            );
        }
    }
}

const fn final_name(status: &Status) -> Option<&'static str> {
    match status {
        Status::Completed(_) => Some("completed"),
        Status::Failed(_) => Some("failed"),
        Status::Cancelled => Some("cancelled"),
        _ => None,
    }
}
