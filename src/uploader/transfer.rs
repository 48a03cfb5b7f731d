//! Launches a request that the engine wants, and reports how it ended.
//!
//! Each request is a task and a guard: dropping the guard ends the request, and the driver then
//! hears nothing of it any more.

use std::rc::{Rc, Weak};

use s3_upload_core::{
    Answer, Command, FileId, Grant, RequestId, Step, Transmit, Transport, TransportChoice,
    UploadError, UploadId,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortSignal;

use super::backend::Backend;
use super::diagnose::{self, Moved, Silence};
use super::driver::{Driver, Source};
use super::hint;
use super::presign::{Presign, PresignRequest};
use super::settings::Settings;
use super::store;
use crate::browser::fetch::{self, AbortOnDrop};
use crate::browser::http::{Failure, Response};
use crate::browser::{page, xhr};

/// Ends a request when dropped.
#[must_use = "dropping it cancels the request"]
pub(super) enum Guard {
    /// By its abort controller.
    Fetch(AbortOnDrop),
    /// By its own abort.
    Xhr { _xhr: xhr::InFlight },
    /// There is nothing to end: it failed before it was sent.
    Nothing,
}

impl Guard {
    /// The request ended by itself.
    pub fn disarm(self) {
        if let Self::Fetch(abort) = self {
            abort.disarm();
        }
    }
}

/// Starts what `command` asks for. The guard must be kept until [`Driver::ended`] is called, which
/// is never before this function has returned.
pub(super) fn launch(driver: &Rc<Driver>, command: Command) -> (RequestId, Option<Guard>) {
    match command {
        Command::Send(transmit) => {
            let request = transmit.request;
            (request, Some(send(driver, transmit)))
        }
        Command::Create { request, file, .. }
        | Command::SignParts { request, file, .. }
        | Command::ListParts { request, file, .. }
        | Command::Complete { request, file, .. }
        | Command::Abort { request, file, .. } => {
            (request, Some(ask(driver, request, file, command)))
        }
        Command::Cancel(request) => (request, None),
        Command::Notify(_) => (RequestId(0), None),
    }
}

fn ask(driver: &Rc<Driver>, request: RequestId, file: FileId, command: Command) -> Guard {
    let is_abort = matches!(command, Command::Abort { .. });
    let abort = AbortOnDrop::new();
    let signal = abort.signal();
    let settings = driver.settings_of(file);
    let (answered, policy) = (driver.answered_by(&settings), Rc::clone(&driver.policy));
    let me = Rc::downgrade(driver);
    spawn_local(async move {
        let answer = if let Some(presign) = &settings.presign {
            ask_host(presign.as_ref(), &settings, signal, &me, command).await
        } else {
            let backend = Backend {
                settings: &settings,
                signal,
                answered: &answered,
                policy: &policy,
            };
            converse(&backend, &me, &command).await
        };
        if let Some(driver) = me.upgrade() {
            if let Some(note) = hint::of_answer(is_abort, &answer) {
                driver.note(&note);
            }
            driver.ended(request, answer);
        }
    });
    Guard::Fetch(abort)
}

/// Asks the backend.
async fn converse(
    backend: &Backend<'_>,
    driver: &Weak<Driver>,
    command: &Command,
) -> Result<Answer, UploadError> {
    let session = |file: &FileId, id: &UploadId| {
        let driver = driver.upgrade();
        driver.map_or_else(Rc::default, |driver| {
            driver.sessions.borrow().find(*file, id)
        })
    };
    let forget = |file: &FileId, id: &UploadId| {
        if let Some(driver) = driver.upgrade() {
            driver.sessions.borrow_mut().forget(*file, id);
        }
    };
    match command {
        Command::Create {
            request,
            file,
            prefer_multipart,
            part_size,
        } => {
            let source = source_of(driver, *file)?;
            let reading = || {
                if let Some(driver) = driver.upgrade() {
                    driver.progressed(*request, 0);
                }
            };
            let wish = (*prefer_multipart, *part_size);
            let (answer, session) = backend.create(&source, wish, reading).await?;
            if let (Some(driver), Answer::Granted(Grant { id: Some(id), .. })) =
                (driver.upgrade(), &answer)
            {
                driver.sessions.borrow_mut().keep(*file, id, session);
            }
            Ok(answer)
        }
        Command::SignParts {
            file, id, parts, ..
        } => backend.sign_parts(id, &session(file, id), parts).await,
        Command::ListParts { file, id, .. } => backend.list_parts(id, &session(file, id)).await,
        Command::Complete {
            file, id, parts, ..
        } => {
            let session = session(file, id);
            let answer = backend.complete(id, &session, parts.as_deref()).await?;
            forget(file, id);
            Ok(answer)
        }
        Command::Abort { file, id, .. } => {
            let answer = backend.abort(id, &session(file, id)).await?;
            forget(file, id);
            Ok(answer)
        }
        Command::Send(_) | Command::Cancel(_) | Command::Notify(_) => Ok(Answer::Aborted),
    }
}

/// Asks the host that presigns by itself.
async fn ask_host(
    presign: &dyn Presign,
    settings: &Settings,
    signal: Option<AbortSignal>,
    driver: &Weak<Driver>,
    command: Command,
) -> Result<Answer, UploadError> {
    match command {
        Command::Create {
            file,
            prefer_multipart,
            part_size,
            ..
        } => {
            let source = source_of(driver, file)?;
            let request = PresignRequest {
                file: source.file,
                info: source.info,
                metadata: settings.metadata.clone(),
                prefer_multipart,
                part_size,
            };
            presign.create(request, signal).await.map(Answer::Granted)
        }
        Command::SignParts { id, parts, .. } => presign
            .sign_parts(id, parts, signal)
            .await
            .map(Answer::Signed),
        Command::ListParts { id, .. } => presign.list_parts(id, signal).await.map(Answer::Listed),
        Command::Complete { id, parts, .. } => presign
            .complete(id, parts, signal)
            .await
            .map(Answer::Confirmed),
        Command::Abort { id, .. } => presign.abort(id, signal).await.map(|()| Answer::Aborted),
        Command::Send(_) | Command::Cancel(_) | Command::Notify(_) => Ok(Answer::Aborted),
    }
}

fn source_of(driver: &Weak<Driver>, file: FileId) -> Result<Source, UploadError> {
    let source = driver.upgrade().and_then(|driver| driver.source(file));
    source.ok_or(UploadError::FileUnreadable)
}

fn send(driver: &Rc<Driver>, transmit: Transmit) -> Guard {
    let me = Rc::downgrade(driver);
    let Some(source) = driver.source(transmit.file) else {
        return fail_soon(me, transmit.request, UploadError::FileUnreadable);
    };
    let body = match store::body(&transmit, &source.file, source.info.size, source.modified) {
        Ok(body) => body,
        Err(error) => return fail_soon(me, transmit.request, error),
    };
    // Where a silence of the store was unclear, XHR finds out, unless the page insists on fetch.
    let insists = driver.settings().engine.transport == TransportChoice::Fetch;
    let unclear = !insists && driver.stores_unclear.borrow().contains(&origin(&transmit));
    match if unclear {
        Transport::Xhr
    } else {
        transmit.transport
    } {
        Transport::Fetch => {
            let abort = AbortOnDrop::new();
            let signal = abort.signal();
            spawn_local(async move {
                let answer = fetch::send(store::request(&transmit, body), signal).await;
                let moved = if insists { Moved::None } else { Moved::Unknown };
                report(me, transmit, source, moved, answer).await;
            });
            Guard::Fetch(abort)
        }
        Transport::Xhr => {
            let request = transmit.request;
            let moved = Rc::new(core::cell::Cell::new(0));
            let (seen, listener) = (Rc::clone(&moved), Weak::clone(&me));
            let progress = move |bytes| {
                seen.set(bytes);
                if let Some(driver) = listener.upgrade() {
                    driver.progressed(request, bytes);
                }
            };
            let sent = xhr::send(store::request(&transmit, body), Box::new(progress));
            match sent {
                Ok((xhr, answer)) => {
                    spawn_local(async move {
                        let answer = answer.await;
                        let moved = if moved.get() > 0 {
                            Moved::Some
                        } else {
                            Moved::None
                        };
                        report(me, transmit, source, moved, answer).await;
                    });
                    Guard::Xhr { _xhr: xhr }
                }
                Err(failure) => {
                    spawn_local(report(me, transmit, source, Moved::None, Err(failure)));
                    Guard::Nothing
                }
            }
        }
    }
}

/// The store's origin.
fn origin(transmit: &Transmit) -> String {
    page::resolve(transmit.target.url.expose())
        .map(|url| url.origin())
        .unwrap_or_default()
}

fn fail_soon(driver: Weak<Driver>, request: RequestId, error: UploadError) -> Guard {
    spawn_local(async move {
        if let Some(driver) = driver.upgrade() {
            driver.ended(request, Err(error));
        }
    });
    Guard::Nothing
}

/// Tells the driver how a request to the store ended.
async fn report(
    driver: Weak<Driver>,
    transmit: Transmit,
    source: Source,
    moved: Moved,
    answer: Result<Response, Failure>,
) {
    let Some(driver) = driver
        .upgrade()
        .filter(|driver| driver.is_wanted(transmit.request))
    else {
        return;
    };
    let host = origin(&transmit);
    let answer = match answer {
        Ok(response) => {
            driver.stores_unclear.borrow_mut().remove(&host);
            driver.stores_answered.borrow_mut().insert(host);
            let read = store::read(&response).map_err(|error| hint::given(error, &transmit));
            if let Some(note) = hint::note(&transmit, &read) {
                driver.note(note);
            }
            read.map(Answer::Sent)
        }
        Err(Failure::Invalid) => Err(UploadError::Malformed {
            step: if transmit.part.is_some() {
                Step::SignParts
            } else {
                Step::Create
            },
            expected: "an absolute URL and valid headers".to_owned(),
            got: "a URL or a header that the browser refuses".to_owned(),
        }),
        Err(Failure::Network) => {
            let settings = driver.settings_of(transmit.file);
            let answered = driver.answered_by(&settings);
            let backend = Backend {
                settings: &settings,
                signal: None,
                answered: &answered,
                policy: &driver.policy,
            };
            let silence = Silence {
                moved,
                answered: driver.stores_answered.borrow().contains(&host),
            };
            let cause = diagnose::store(&transmit, &source.file, silence, &backend).await;
            Err(cause.unwrap_or_else(|| {
                driver.stores_unclear.borrow_mut().insert(host);
                UploadError::Network { step: Step::Send }
            }))
        }
    };
    driver.ended(transmit.request, answer);
}
