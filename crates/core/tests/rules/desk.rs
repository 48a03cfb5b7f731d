//! A desk at which a test sits in the driver's place: it reads commands, gives answers and lets
//! virtual time pass.

use core::time::Duration;

use s3_upload_core::{
    Answer, BackendRefusal, ByteRange, Command, Config, ETag, Event, FileId, FileInfo,
    FileSnapshot, Grant, GrantPlan, Instant, Method, Notice, PartNumber, PresignedUrl, Queue,
    RequestId, SignedPart, SignedRequest, Status, Step, StoreRefusal, StoredObject, Target,
    Transmit, UploadError, UploadId, limits::MIB,
};

pub const PART: u64 = 8 * MIB;

pub struct Desk {
    pub queue: Queue,
    pub now: Instant,
    pub notices: Vec<Notice>,
    /// Commands that no test looked at yet, notices aside.
    pub inbox: Vec<Command>,
    files: u64,
}

/// Fixed lanes: most rules are easier to see with them.
pub fn config() -> Config {
    Config {
        adaptive_lanes: false,
        max_lanes: 3,
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

    /// With these tests' settings.
    pub fn usual() -> Self {
        Self::new(config())
    }

    fn collect(&mut self) {
        while let Some(command) = self.queue.poll() {
            match command {
                Command::Notify(notice) => self.notices.push(notice),
                other => self.inbox.push(other),
            }
        }
    }

    pub fn event(&mut self, event: Event) {
        self.queue.handle(self.now, event);
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

    /// Lets time pass, with every timeout that falls due.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        let mut wakes = 0;
        while let Some(due) = self.queue.next_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.queue.handle_timeout(self.now);
            self.collect();
            wakes += 1;
            assert!(wakes < 10_000, "the engine wakes without end");
        }
        self.now = end;
    }

    /// Nothing runs for a while; then everything that fell due does, late.
    pub fn sleep(&mut self, span: Duration) {
        self.now = self.now + span;
        self.queue.handle_timeout(self.now);
        self.collect();
    }

    /// The first command that `pick` takes, out of the inbox.
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

    pub fn create(&mut self) -> (RequestId, FileId) {
        self.take("Create", |command| match command {
            Command::Create { request, file, .. } => Some((*request, *file)),
            _ => None,
        })
    }

    pub fn sign(&mut self) -> (RequestId, Vec<(PartNumber, u64)>) {
        self.take("SignParts", |command| match command {
            Command::SignParts { request, parts, .. } => Some((*request, parts.clone())),
            _ => None,
        })
    }

    pub fn list(&mut self) -> RequestId {
        self.take("ListParts", |command| match command {
            Command::ListParts { request, .. } => Some(*request),
            _ => None,
        })
    }

    pub fn complete(&mut self) -> (RequestId, Option<Vec<(PartNumber, ETag)>>) {
        self.take("Complete", |command| match command {
            Command::Complete { request, parts, .. } => Some((*request, parts.clone())),
            _ => None,
        })
    }

    pub fn abort(&mut self) -> (RequestId, UploadId) {
        self.take("Abort", |command| match command {
            Command::Abort { request, id, .. } => Some((*request, id.clone())),
            _ => None,
        })
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

    /// Nothing is asked of the driver.
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

    /// Answers a Create with a single PUT.
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

    /// Answers a Create with a multipart upload named `id`.
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

    /// A file for which the backend granted one PUT, and that PUT in flight.
    pub fn drive_to_put(&mut self, size: u64, id: Option<&str>) -> (FileId, Transmit) {
        let file = self.add(size);
        let (request, _) = self.create();
        self.grant_single(request, id, Some(300));
        (file, self.send())
    }

    /// A file of `parts` full parts, with the first ones in flight on all lanes.
    pub fn drive_to_parts(&mut self, parts: u64) -> (FileId, Vec<Transmit>) {
        let file = self.add(parts * PART);
        let (request, _) = self.create();
        self.grant_parts(request, "u1");
        let (request, wanted) = self.sign();
        self.sign_all(request, &wanted, 300);
        let sends = self.sends();
        (file, sends)
    }

    /// A file of `parts` parts, all stored, with its Complete in flight.
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

    pub fn sign_whatever_is_wanted(&mut self) {
        while self
            .inbox
            .iter()
            .any(|command| matches!(command, Command::SignParts { .. }))
        {
            let (request, wanted) = self.sign();
            self.sign_all(request, &wanted, 300);
        }
    }
}

pub fn signed(name: &str, life: Option<u64>) -> SignedRequest {
    SignedRequest {
        method: Method::Put,
        url: PresignedUrl::new(format!("https://store.test/{name}?X-Amz-Signature=secret")),
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
