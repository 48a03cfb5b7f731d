//! The uploader on a scripted network and in virtual time, without a browser.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod adding;
mod admission;
mod conversation;
mod diagnosis;
mod fault_table;
mod file;
mod network;
mod offline;
mod platform;
mod uploads;

use std::cell::RefCell;
use std::rc::Rc;

use s3_upload_core::{FileId, Status, Target, TransportChoice, UploadError, WaitReason};

use super::driver::Driver;
use super::event::UploadEvent;
use super::settings::Settings;
use file::TestFile;
use network::Exchange;
use platform::{TestPlatform, World};

const MIB: u64 = 1 << 20;
/// The endpoint of the backend.
const BACKEND: &str = "/uploads";
/// The store's origin.
const STORE: &str = "https://store.test";

/// A page with an uploader.
struct Page {
    world: Rc<World>,
    driver: Rc<Driver<TestPlatform>>,
    events: Rc<RefCell<Vec<String>>>,
    files: u64,
}

impl Page {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let world = Rc::<World>::default();
        let driver = Driver::new(TestPlatform(Rc::clone(&world)), settings);
        let events = Rc::<RefCell<Vec<String>>>::default();
        let heard = Rc::clone(&events);
        driver.listen(Rc::new(move |event| {
            let name = match event {
                UploadEvent::Start(_) => "start",
                UploadEvent::Success(_) => "success",
                UploadEvent::Error(_) => "error",
                UploadEvent::Cancel(_) => "cancel",
                UploadEvent::Complete { .. } => "complete",
                UploadEvent::Reject { .. } => "reject",
                UploadEvent::Progress(_) => return,
            };
            heard.borrow_mut().push(name.to_owned());
        }));
        Self {
            world,
            driver,
            events,
            files: 0,
        }
    }

    /// Adds a file of this size.
    fn add(&mut self, size: u64) -> FileId {
        self.add_file(TestFile::new("a.txt", size))
    }

    fn add_file(&mut self, file: TestFile) -> FileId {
        self.driver.add(vec![file], false);
        self.files += 1;
        self.world.run();
        FileId(self.files)
    }

    fn cancel(&self, file: FileId) {
        let event = s3_upload_core::Event::Cancel(Target::One(file));
        self.driver.handle(event);
        self.world.run();
    }

    fn status(&self, file: FileId) -> Status {
        self.driver.snapshot(file).unwrap().status
    }

    /// The error after which a file waits for its next attempt.
    fn awaited_error(&self, file: FileId) -> UploadError {
        match self.status(file) {
            Status::Waiting {
                reason: WaitReason::Backoff(error),
                ..
            } => error,
            other => panic!("{other:?}, after {:?}", self.world.network.lines()),
        }
    }

    /// The error of a failed file.
    fn error(&self, file: FileId) -> UploadError {
        match self.status(file) {
            Status::Failed(error) => error,
            other => panic!("{other:?}, after {:?}", self.world.network.lines()),
        }
    }

    /// The latest request whose line starts with this text.
    fn latest(&self, start: &str) -> Rc<Exchange> {
        let requests = self.world.network.requests(start);
        let lines = self.world.network.lines();
        requests
            .last()
            .unwrap_or_else(|| panic!("no {start} among {lines:?}"))
            .clone()
    }

    /// The number of requests whose line starts with this text.
    fn count(&self, start: &str) -> usize {
        self.world.network.requests(start).len()
    }

    fn answer(&self, exchange: &Exchange, status: u16, body: &str) {
        exchange.answer(status, body);
        self.world.run();
    }

    fn answer_with(&self, exchange: &Exchange, status: u16, headers: &[(&str, &str)]) {
        exchange.answer_with(status, headers, "");
        self.world.run();
    }

    fn cut(&self, exchange: &Exchange) {
        exchange.cut();
        self.world.run();
    }

    /// Answers the latest request to create an upload with a presigned PUT and the id `u1`.
    fn grant(&self) {
        let body = format!(r#"{{"id":"u1","url":"{STORE}/b/k?X-Amz-Signature=5","key":"k"}}"#);
        self.answer(&self.latest("POST /uploads"), 200, &body);
    }

    /// Answers the latest request to create an upload with an upload in parts and the id `u1`.
    fn grant_parts(&self) {
        let body = r#"{"id":"u1","key":"k","partSize":8388608}"#;
        self.answer(&self.latest("POST /uploads"), 200, body);
    }

    /// Answers the latest request to sign parts, whichever it asks for.
    fn sign_parts(&self) {
        let parts = |part: u32| {
            format!(
                r#"{{"number":{part},"url":"{STORE}/b/k?partNumber={part}&X-Amz-Signature=5"}}"#
            )
        };
        let sign = self.latest("POST /uploads/u1/parts");
        let is_asked = |part: &u32| sign.body.contains(&format!("\"number\":{part},"));
        let parts: Vec<String> = (1..=13).filter(is_asked).map(parts).collect();
        let body = format!(r#"{{"parts":[{}]}}"#, parts.join(","));
        self.answer(&sign, 200, &body);
    }
}

fn settings() -> Settings {
    let mut settings = Settings::new(BACKEND);
    // XHR tells how many bytes were sent.
    settings.engine.transport = TransportChoice::Xhr;
    settings.engine.adaptive_lanes = false;
    settings
}
