//! The driver of the engine in tests. A test reads the commands, gives the answers and advances virtual time.

use core::time::Duration;

use s3_upload_core::concurrency::Connection;
use s3_upload_core::{
    Answer, BackendOperation, BackendRefusal, ByteRange, Command, Config, ETag, Event, FileId,
    FileInfo, FileSnapshot, Grant, GrantPlan, Instant, Method, Notice, PartNumber, Queue,
    RequestId, SecretUrl, SignedPart, SignedRequest, Status, Step, StoreRefusal, StoredObject,
    StoredPart, Target, Transmit, UploadError, UploadId, limits::MIB,
};

pub const PART: u64 = 8 * MIB;

pub struct Desk {
    pub queue: Queue,
    pub now: Instant,
    pub notices: Vec<Notice>,
    /// The commands that the test has not taken yet, without notices.
    pub inbox: Vec<Command>,
    files: u64,
}

/// The configuration of most tests. Its fixed number of lanes makes most rules easier to observe.
pub fn config() -> Config {
    Config {
        adaptive_lanes: false,
        max_lanes: Some(3),
        backend_lanes: 4,
        ..Config::default()
    }
}

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Desk {
    pub fn new(config: Config) -> Self {
        Self {
            queue: Queue::new(config),
            now: Instant::from_millis(1_000),
            notices: Vec::new(),
            inbox: Vec::new(),
            files: 0,
        }
    }

    /// Reports the connection to the store.
    pub fn connect(&mut self, protocol: &str, is_shared: bool) {
        self.event(Event::Connected(Connection::new(protocol, is_shared)));
    }

    /// Makes a driver with [`config`].
    pub fn usual() -> Self {
        Self::new(config())
    }

    fn collect(&mut self) {
        while let Some(command) = self.queue.poll_command() {
            match command {
                Command::Notify(notice) => self.notices.push(notice),
                other => self.inbox.push(other),
            }
        }
    }

    pub fn event(&mut self, event: Event) {
        self.queue.handle_event(self.now, event);
        self.collect();
    }

    pub fn add(&mut self, size: u64) -> FileId {
        self.files += 1;
        let file = FileId(self.files);
        self.event(Event::Add(file, FileInfo::new("file", size, "text/plain")));
        file
    }

    pub fn answer(&mut self, request: RequestId, answer: Answer) {
        self.event(Event::Answer(request, Ok(answer)));
    }

    pub fn fail(&mut self, request: RequestId, error: UploadError) {
        self.event(Event::Answer(request, Err(error)));
    }

    /// Advances the time, and handles every timeout on the way.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        let mut wakes = 0;
        while let Some(due) = self.queue.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.queue.handle_timeout(self.now);
            self.collect();
            wakes += 1;
            assert!(wakes < 10_000, "the engine wakes without end");
        }
        self.now = end;
    }

    /// Advances the time in one step, as after a suspension. All timeouts on the way are handled late.
    pub fn sleep(&mut self, span: Duration) {
        self.now = self.now + span;
        self.queue.handle_timeout(self.now);
        self.collect();
    }

    /// Takes the first command that `pick` accepts out of the inbox.
    fn take<T>(&mut self, what: &str, pick: impl Fn(&Command) -> Option<T>) -> T {
        let found = self
            .inbox
            .iter()
            .enumerate()
            .find_map(|(at, command)| Some((at, pick(command)?)));
        let Some((at, value)) = found else {
            panic!("no {what} among {:#?}", self.inbox);
        };
        self.inbox.remove(at);
        value
    }

    /// Takes the first request to the backend whose operation `pick` accepts.
    fn take_operation<T>(
        &mut self,
        what: &str,
        pick: impl Fn(&BackendOperation) -> Option<T>,
    ) -> (RequestId, FileId, T) {
        self.take(what, |command| match command {
            Command::Backend {
                request,
                file,
                operation,
            } => Some((*request, *file, pick(operation)?)),
            _ => None,
        })
    }

    pub fn create(&mut self) -> (RequestId, FileId) {
        let (request, file, ()) = self.take_operation("Create", |operation| {
            matches!(operation, BackendOperation::Create { .. }).then_some(())
        });
        (request, file)
    }

    pub fn sign(&mut self) -> (RequestId, Vec<(PartNumber, u64)>) {
        let (request, _, parts) = self.take_operation("SignParts", |operation| match operation {
            BackendOperation::SignParts { parts, .. } => Some(parts.clone()),
            _ => None,
        });
        (request, parts)
    }

    pub fn list(&mut self) -> RequestId {
        let (request, _, ()) = self.take_operation("ListParts", |operation| {
            matches!(operation, BackendOperation::ListParts { .. }).then_some(())
        });
        request
    }

    pub fn complete(&mut self) -> (RequestId, Option<Vec<(PartNumber, ETag)>>) {
        let (request, _, parts) = self.take_operation("Complete", |operation| match operation {
            BackendOperation::Complete { parts, .. } => Some(parts.clone()),
            _ => None,
        });
        (request, parts)
    }

    pub fn abort(&mut self) -> (RequestId, UploadId) {
        let (request, _, id) = self.take_operation("Abort", |operation| match operation {
            BackendOperation::Abort { id } => Some(id.clone()),
            _ => None,
        });
        (request, id)
    }

    pub fn send(&mut self) -> Transmit {
        self.take("Send", |command| match command {
            Command::Send(transmit) => Some(transmit.clone()),
            _ => None,
        })
    }

    pub fn sends(&mut self) -> Vec<Transmit> {
        let mut found = Vec::new();
        self.inbox.retain(|command| match command {
            Command::Send(transmit) => {
                found.push(transmit.clone());
                false
            }
            _ => true,
        });
        found
    }

    pub fn cancels(&mut self) -> Vec<RequestId> {
        let mut found = Vec::new();
        self.inbox.retain(|command| match command {
            Command::Cancel(request) => {
                found.push(*request);
                false
            }
            _ => true,
        });
        found
    }

    /// Asserts that no command is left.
    #[track_caller]
    pub fn quiet(&self) {
        assert!(self.inbox.is_empty(), "unexpected: {:#?}", self.inbox);
    }

    pub fn snapshot(&self, file: FileId) -> FileSnapshot {
        self.queue.snapshot(self.now, file).expect("a known file")
    }

    pub fn status(&self, file: FileId) -> Status {
        self.snapshot(file).status
    }

    #[track_caller]
    pub fn assert_status(&self, file: FileId, name: &str) {
        let status = self.status(file);
        assert_eq!(status.name(), name, "{status:?}");
    }

    pub fn count(&self, notice: &Notice) -> usize {
        self.notices.iter().filter(|seen| *seen == notice).count()
    }

    /// Answers a create with a single PUT.
    pub fn grant_single(&mut self, request: RequestId, id: Option<&str>, life: Option<u64>) {
        self.answer(
            request,
            Answer::Granted(Grant {
                value: None,
                id: id.map(UploadId::new),
                key: None,
                plan: GrantPlan::Single(signed("put", life)),
            }),
        );
    }

    /// Answers a create with a multipart upload of the id `id`.
    pub fn grant_parts(&mut self, request: RequestId, id: &str) {
        self.answer(
            request,
            Answer::Granted(Grant {
                value: None,
                id: Some(UploadId::new(id)),
                key: None,
                plan: GrantPlan::Multipart { part_size: PART },
            }),
        );
    }

    /// Answers a `SignParts` with a URL for each part.
    pub fn sign_all(&mut self, request: RequestId, parts: &[(PartNumber, u64)], life: u64) {
        let parts = parts
            .iter()
            .map(|(number, _)| SignedPart {
                number: *number,
                request: signed(&format!("part{}", number.get()), Some(life)),
            })
            .collect();
        self.answer(request, Answer::Signed(parts));
    }

    pub fn took(&mut self, sent: &Transmit) {
        let tag = sent.part.map_or(0, PartNumber::get);
        self.answer(sent.request, Answer::Sent(Some(etag(tag)).into()));
    }

    pub fn confirm(&mut self, request: RequestId) {
        self.answer(request, Answer::Confirmed(StoredObject::default()));
    }

    /// Drives a new file to its PUT in flight, which the backend granted.
    pub fn drive_to_put(&mut self, size: u64, id: Option<&str>) -> (FileId, Transmit) {
        let file = self.add(size);
        let (request, _) = self.create();
        self.grant_single(request, id, Some(300));
        (file, self.send())
    }

    /// Drives a new file of `parts` full parts to its first parts in flight on all lanes.
    pub fn drive_to_parts(&mut self, parts: u64) -> (FileId, Vec<Transmit>) {
        let file = self.add(parts * PART);
        let (request, _) = self.create();
        self.grant_parts(request, "u1");
        let (request, wanted) = self.sign();
        self.sign_all(request, &wanted, 300);
        let sends = self.sends();
        (file, sends)
    }

    /// Drives a new file of `parts` parts to its complete in flight, with all parts stored.
    pub fn drive_to_complete(&mut self, parts: u64) -> (FileId, RequestId) {
        let (file, mut sends) = self.drive_to_parts(parts);
        while !sends.is_empty() {
            for sent in sends {
                self.took(&sent);
            }
            self.sign_whatever_is_wanted();
            sends = self.sends();
        }
        let (request, tags) = self.complete();
        assert_eq!(tags.map(|tags| tags.len() as u64), Some(parts));
        (file, request)
    }

    /// Drives another file from the beginning to the end.
    pub fn another_is_stored(&mut self) {
        let kept = core::mem::take(&mut self.inbox);
        let (_, put) = self.drive_to_put(5, None);
        self.took(&put);
        let new = core::mem::replace(&mut self.inbox, kept);
        self.inbox.extend(new);
    }

    pub fn sign_whatever_is_wanted(&mut self) {
        while self
            .inbox
            .iter()
            .any(|command| is_operation(command, Step::SignParts))
        {
            let (request, wanted) = self.sign();
            self.sign_all(request, &wanted, 300);
        }
    }
}

/// Returns true for a request to the backend of this step.
pub fn is_operation(command: &Command, step: Step) -> bool {
    matches!(command, Command::Backend { operation, .. } if operation.step() == step)
}

pub fn signed(name: &str, life: Option<u64>) -> SignedRequest {
    SignedRequest {
        method: Method::Put,
        url: SecretUrl::new(format!("https://store.test/{name}?X-Amz-Signature=secret")),
        headers: Vec::new(),
        expires_in: life.map(Duration::from_secs),
    }
}

pub fn etag(number: u16) -> ETag {
    ETag::new(format!("\"{number}\""))
}

pub fn number(number: u16) -> PartNumber {
    PartNumber::new(number).unwrap()
}

/// A part in the form in which the store lists it.
pub fn listed(part: u16) -> StoredPart {
    StoredPart {
        number: number(part),
        size: PART,
        etag: etag(part),
    }
}

/// The answer of a backend that found an object of `size` bytes.
pub fn found(size: u64) -> Answer {
    Answer::Confirmed(StoredObject {
        size: Some(size),
        ..StoredObject::default()
    })
}

pub fn part_range(number: u16) -> ByteRange {
    ByteRange {
        start: u64::from(number - 1) * PART,
        end: u64::from(number) * PART,
    }
}

pub fn network() -> UploadError {
    UploadError::Network { step: Step::Send }
}

pub fn store(status: u16, code: &str) -> UploadError {
    UploadError::Store(StoreRefusal {
        status,
        code: (!code.is_empty()).then(|| code.to_owned()),
        ..StoreRefusal::default()
    })
}

pub fn slow_down(seconds: u64) -> UploadError {
    UploadError::Store(StoreRefusal {
        status: 503,
        code: Some("SlowDown".to_owned()),
        retry_after: Some(secs(seconds)),
        ..StoreRefusal::default()
    })
}

pub fn url_expired() -> UploadError {
    UploadError::Store(StoreRefusal {
        status: 403,
        code: Some("AccessDenied".to_owned()),
        message: Some("Request has expired".to_owned()),
        ..StoreRefusal::default()
    })
}

pub fn backend(status: u16, code: &str) -> UploadError {
    UploadError::Backend(BackendRefusal {
        status,
        code: (!code.is_empty()).then(|| code.to_owned()),
        ..BackendRefusal::default()
    })
}

pub const fn one(file: FileId) -> Target {
    Target::One(file)
}
