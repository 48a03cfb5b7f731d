//! Tells the host what the engine noticed, in the engine's order, each with the snapshot of its
//! moment. No borrow is held while a listener runs.

use leptos::prelude::{ArcRwSignal, GetUntracked, Update};
use s3_upload_core::{Command, FileId, FileInfo, FileSnapshot, Notice, Status, Violation};

use super::{Driver, Step};
use crate::uploader::advice::advice;
use crate::uploader::{Rejection, Row, UploadEvent};

/// Refusals shown at a time; a folder of ten thousand wrong files must not fill the page.
const REJECTIONS_KEPT: usize = 50;

impl Driver {
    /// Takes the engine's commands over, each notice with the snapshot of its moment: a listener may
    /// change a file before the next one hears of it.
    pub(super) fn gather(&self) {
        let now = self.now();
        let mut queue = self.queue.borrow_mut();
        let mut pending = self.pending.borrow_mut();
        while let Some(command) = queue.poll() {
            pending.push_back(match command {
                Command::Notify(notice) => {
                    let snapshot = subject(&notice).and_then(|file| {
                        queue
                            .snapshot(now, file)
                            .or_else(|| self.last_drawn(file, &notice))
                    });
                    Step::Tell(notice, snapshot)
                }
                command => Step::Execute(command),
            });
        }
    }

    /// A file that was cancelled because it was removed is out of the books already.
    fn last_drawn(&self, file: FileId, notice: &Notice) -> Option<FileSnapshot> {
        let mut snapshot = self.drawn.borrow().get(&file)?.get_untracked();
        if matches!(notice, Notice::Cancelled(_)) {
            snapshot.status = Status::Cancelled;
        }
        Some(snapshot)
    }

    pub(super) fn tell(&self, notice: Notice, snapshot: Option<FileSnapshot>) {
        match notice {
            Notice::Added(file) => self.show(file, snapshot),
            Notice::Rejected(file, info, violation) => {
                self.sources.borrow_mut().remove(&file);
                self.bound.borrow_mut().remove(&file);
                self.reject(&info, violation);
            }
            Notice::Started(_) => self.emit_about(snapshot, UploadEvent::Start),
            Notice::Succeeded(_) => self.emit_about(snapshot, UploadEvent::Success),
            Notice::Failed(_) => {
                let advice = snapshot.as_ref().and_then(|file| match &file.status {
                    Status::Failed(error) => advice(error),
                    _ => None,
                });
                if let Some(advice) = advice {
                    self.note(&format!("{} {}", advice.cause, advice.fix));
                }
                self.emit_about(snapshot, UploadEvent::Error);
            }
            Notice::Cancelled(_) => self.emit_about(snapshot, UploadEvent::Cancel),
            Notice::Removed(file) => {
                // Its settings stay: what it left at the store may still have to be taken back.
                self.sources.borrow_mut().remove(&file);
                self.drawn.borrow_mut().remove(&file);
                self.rows.update(|rows| rows.retain(|row| row.id != file));
            }
            Notice::Settled { succeeded, failed } => {
                self.emit(&UploadEvent::Complete { succeeded, failed });
            }
        }
    }

    fn show(&self, file: FileId, snapshot: Option<FileSnapshot>) {
        let Some(snapshot) = snapshot else { return };
        let signal = ArcRwSignal::new(snapshot);
        let row = Row {
            id: file,
            snapshot: signal.read_only(),
        };
        self.drawn.borrow_mut().insert(file, signal);
        self.rows.update(|rows| rows.push(row));
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

    pub(super) fn reject(&self, info: &FileInfo, violation: Violation) {
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

/// Whose notice it is.
fn subject(notice: &Notice) -> Option<FileId> {
    match notice {
        Notice::Added(file)
        | Notice::Started(file)
        | Notice::Succeeded(file)
        | Notice::Failed(file)
        | Notice::Cancelled(file) => Some(*file),
        Notice::Rejected(..) | Notice::Removed(_) | Notice::Settled { .. } => None,
    }
}
