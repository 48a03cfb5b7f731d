//! Passes the engine's notices to the host, in the engine's order, each with a snapshot taken at the same time. No
//! borrow is held while a listener runs.

use reactive_graph::signal::ArcRwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update};
use s3_upload_core::{
    Command, FileId, FileInfo, FileSnapshot, Notice, Status, UploadError, Violation,
};

use super::Driver;
use crate::uploader::event::UploadEvent;
use crate::uploader::platform::Platform;
use crate::uploader::remediation::Remediation;
use crate::uploader::row::{Rejection, UploadRow};
use crate::uploader::transfer::CompletionSink;

/// The number of refused files that are kept, so that a folder of ten thousand such files does not fill the page.
const REJECTIONS_KEPT: usize = 50;

impl<P: Platform> Driver<P> {
    /// Takes the engine's commands, each notice with a snapshot taken at this time. A listener may change a file before
    /// the next notice is delivered.
    pub(super) fn drain(&self) {
        let now = self.now();
        let mut queue = self.queue.borrow_mut();
        let mut pending = self.pending.borrow_mut();
        while let Some(command) = queue.poll_command() {
            let snapshot = match &command {
                Command::Notify(notice) => file_of(notice).and_then(|file| {
                    let snapshot = queue.snapshot(now, file);
                    snapshot.or_else(|| self.last_shown(file, notice))
                }),
                _ => None,
            };
            pending.push_back((command, snapshot));
        }
    }

    /// The last snapshot that was shown of a file. The engine has none of a file that was cancelled by its removal.
    fn last_shown(&self, file: FileId, notice: &Notice) -> Option<FileSnapshot> {
        let mut snapshot = self.files.snapshot(file)?.get_untracked();
        if matches!(notice, Notice::Cancelled(_)) {
            snapshot.status = Status::Cancelled;
        }
        Some(snapshot)
    }

    pub(super) fn notify(&self, notice: Notice, snapshot: Option<FileSnapshot>) {
        match notice {
            Notice::Added(file) => self.show(file, snapshot),
            Notice::Rejected(file, info, violation) => {
                self.files.reject(file);
                self.forget_row(file);
                self.reject(&info, violation);
            }
            Notice::Started(_) => self.emit_about(snapshot, UploadEvent::Start),
            Notice::Succeeded(_) => self.emit_about(snapshot, UploadEvent::Success),
            Notice::Failed(_) => {
                if let Some(Status::Failed(error)) = snapshot.as_ref().map(|file| &file.status) {
                    self.explain(error);
                }
                self.emit_about(snapshot, UploadEvent::Error);
            }
            Notice::Cancelled(_) => self.emit_about(snapshot, UploadEvent::Cancel),
            Notice::Removed(file) => {
                self.files.remove(file);
                self.rows.update(|rows| rows.retain(|row| row.id != file));
            }
            Notice::Unavailable(outage) => {
                if outage.is_named {
                    self.explain(&outage.error);
                }
            }
            Notice::Available(_) => {}
            Notice::Settled { succeeded, failed } => {
                self.emit(&UploadEvent::Complete { succeeded, failed });
            }
        }
    }

    /// Tells the developer the cause of an error and its remedy.
    fn explain(&self, error: &UploadError) {
        if let Some(Remediation { cause, fix }) = self.remediation(error) {
            self.warn_once(&format!("{cause} {fix}"));
        }
    }

    /// The cause of an error and its remedy. `None` if only the person can act, or if the code is not loaded.
    pub fn remediation(&self, error: &UploadError) -> Option<Remediation> {
        self.platform.loaded_diagnosis()?.remediation(error)
    }

    /// Shows a file in the order of adding. A file that was shown while the host decided keeps its place.
    pub(super) fn show(&self, file: FileId, snapshot: Option<FileSnapshot>) {
        let Some(snapshot) = snapshot else { return };
        let shown = self.files.snapshot(file);
        if let Some(shown) = shown {
            shown.set(snapshot);
            return;
        }
        let signal = ArcRwSignal::new(snapshot);
        let row = UploadRow {
            id: file,
            snapshot: signal.read_only(),
        };
        self.files.show(file, signal);
        self.rows.update(|rows| {
            let at = rows.partition_point(|known| known.id < file);
            rows.insert(at, row);
        });
    }

    fn emit_about(&self, snapshot: Option<FileSnapshot>, event: fn(FileSnapshot) -> UploadEvent) {
        if let Some(snapshot) = snapshot {
            self.emit(&event(snapshot));
        }
    }

    pub(super) fn emit(&self, event: &UploadEvent) {
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener(event);
        }
    }

    pub fn reject(&self, info: &FileInfo, violation: Violation) {
        let id = self.next_rejection.get() + 1;
        self.next_rejection.set(id);
        let (name, size) = (info.name.clone(), info.size);
        self.emit(&UploadEvent::Reject {
            name: name.clone(),
            size,
            violation: violation.clone(),
        });
        self.rejections.update(|rejections| {
            rejections.push(Rejection {
                id,
                name,
                size,
                violation,
            });
            let excess = rejections.len().saturating_sub(REJECTIONS_KEPT);
            rejections.drain(..excess);
        });
    }

    pub fn dismiss(&self, rejection: u64) {
        self.rejections
            .update(|rejections| rejections.retain(|kept| kept.id != rejection));
    }
}

/// The file whose snapshot goes with a notice.
fn file_of(notice: &Notice) -> Option<FileId> {
    match notice {
        Notice::Added(file)
        | Notice::Started(file)
        | Notice::Succeeded(file)
        | Notice::Failed(file)
        | Notice::Cancelled(file) => Some(*file),
        Notice::Rejected(..)
        | Notice::Removed(_)
        | Notice::Unavailable(_)
        | Notice::Available(_)
        | Notice::Settled { .. } => None,
    }
}
