//! The admission of files: by the limits, then by the host's decision, then into the queue.
//!
//! While the host decides, a row shows the file, which the queue does not know yet. No request begins before the host
//! accepts the file.

use core::cell::Cell;
use core::future::poll_fn;
use core::task::Poll;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use reactive_graph::traits::Update;
use s3_upload_core::CollectVec;
use s3_upload_core::{Event, FileId, FileInfo, FileSnapshot, Status, Target};

use super::Driver;
use crate::uploader::before_add::BeforeAdd;
use crate::uploader::platform::{LocalFile, Platform};
use crate::uploader::source::{ArrivingFile, FileSource};

/// The number of files that are added in one task.
const ADDED_PER_TASK: usize = 100;

impl<P: Platform> Driver<P> {
    /// Calls `before_add` for each file that is added from now on.
    pub fn set_before_add(&self, before_add: BeforeAdd<P::File>) {
        self.before_add.replace(Some(before_add));
    }

    /// Adds files. With `replacing`, the first that is accepted replaces all files in a final state.
    ///
    /// The first files are added at once. The others follow in tasks of their own, so that the page stays responsive
    /// while thousands are added.
    pub fn add(&self, files: Vec<P::File>, replacing: bool) {
        let replacing = Rc::new(Cell::new(replacing));
        let arriving = files.into_iter().map(|file| ArrivingFile {
            file,
            replacing: Rc::clone(&replacing),
        });
        self.arriving.borrow_mut().extend(arriving);
        if self.next_arrival.borrow().is_none() {
            self.admit_next();
        }
    }

    fn admit_next(&self) {
        for _ in 0..ADDED_PER_TASK {
            let next = self.arriving.borrow_mut().pop_front();
            let Some(ArrivingFile { file, replacing }) = next else {
                break;
            };
            self.admit(file, replacing);
        }
        if self.arriving.borrow().is_empty() {
            // The totals were not updated meanwhile.
            self.schedule_sync();
            return;
        }
        let me = Weak::clone(&self.weak_self);
        let next = self.platform.after(0, move || {
            if let Some(driver) = me.upgrade() {
                driver.next_arrival.replace(None);
                driver.admit_next();
            }
        });
        self.next_arrival.replace(Some(next));
    }

    fn admit(&self, file: P::File, replacing: Rc<Cell<bool>>) {
        let info = FileInfo::new(file.name(), file.size(), &file.media_type());
        let modified = file.modified();
        let source = FileSource {
            file,
            info,
            modified,
            md5: Rc::default(),
        };
        // Ids begin at 1, since 0 is falsy in a script. They are in the order of adding, whichever file the host
        // decides about first.
        let id = FileId(self.next_file.get() + 1);
        self.next_file.set(id.0);
        let Some(before_add) = self.before_add.borrow().clone() else {
            self.enqueue(id, source, &replacing);
            return;
        };
        // A file that breaks a limit is refused without a call to the host.
        let checked = if replacing.get() {
            self.queue.borrow().check_replacing(&source.info)
        } else {
            self.queue.borrow().check(&source.info)
        };
        if let Err(violation) = checked {
            self.reject(&source.info, violation);
            return;
        }
        let me = Weak::clone(&self.weak_self);
        self.platform.spawn(async move {
            let mut asked = before_add(source.file.clone(), source.info.clone());
            let mut welcome = at_once(&mut asked).await;
            if welcome.is_none() {
                if let Some(driver) = me.upgrade() {
                    driver.show_checking(id, &source.info);
                }
                welcome = Some(asked.await);
                // The person may have removed the file from the list meanwhile.
                let is_wanted = me.upgrade().is_some_and(|driver| driver.end_checking(id));
                if !is_wanted {
                    return;
                }
            }
            let Some(driver) = me.upgrade() else { return };
            if welcome == Some(true) {
                driver.enqueue(id, source, &replacing);
            } else {
                driver.forget_row(id);
            }
        });
    }

    fn enqueue(&self, id: FileId, source: FileSource<P::File>, replacing: &Cell<bool>) {
        // Files in a final state stay if no file can replace them.
        if replacing.get() && self.queue.borrow().check_replacing(&source.info).is_ok() {
            replacing.set(false);
            self.handle(Event::Remove(Target::All));
        }
        let info = source.info.clone();
        self.files.add(id, source);
        if !self.is_suspended.get() || self.files.settings().engine.manual {
            self.handle(Event::Add(id, info));
            return;
        }
        // The widget is not on the page. The file waits with the suspended ones.
        self.handle(Event::AddHeld(id, info));
        self.suspended.borrow_mut().push(id);
    }

    /// Shows a file about which the host has not decided yet.
    fn show_checking(&self, id: FileId, info: &FileInfo) {
        self.checking.borrow_mut().push(id);
        self.show(
            id,
            Some(FileSnapshot {
                id,
                info: info.clone(),
                status: Status::Checking,
                sent: 0,
                percent: 0,
                speed: None,
                remaining: None,
                attempts: 0,
                awaited: None,
            }),
        );
    }

    /// Ends the wait for the host's decision about a file. Returns true if the file was waiting.
    fn end_checking(&self, file: FileId) -> bool {
        let mut checking = self.checking.borrow_mut();
        let place = checking.iter().position(|id| *id == file);
        place.is_some_and(|place| checking.swap_remove(place) == file)
    }

    /// Removes files about which the host has not decided yet from the list. They are not added, whatever the host
    /// decides. With [`Target::All`], files that were not offered to the host yet are not added either.
    pub fn give_up_checking(&self, target: Target) {
        if target == Target::All {
            self.arriving.borrow_mut().clear();
        }
        let meant = |file: &FileId| target == Target::All || target == Target::One(*file);
        let given_up: Vec<FileId> = {
            let mut checking = self.checking.borrow_mut();
            let given_up = checking.iter().copied().filter(meant).collect_vec();
            checking.retain(|file| !meant(file));
            given_up
        };
        for file in given_up {
            self.forget_row(file);
        }
    }

    /// Removes a row of a file that is not in the queue.
    pub(super) fn forget_row(&self, file: FileId) {
        let was_shown = self.files.hide(file);
        if was_shown {
            self.rows.update(|rows| rows.retain(|row| row.id != file));
        }
    }
}

/// The value of a future that is ready at its first poll. `None` if it is pending.
async fn at_once<T>(future: &mut Pin<Box<dyn Future<Output = T>>>) -> Option<T> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}
