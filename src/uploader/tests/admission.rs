//! The host's decision about each file, `before_add`.

use core::future::{pending, poll_fn, ready};
use core::task::Poll;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use reactive_graph::traits::GetUntracked;
use s3_upload_core::{FileId, FileInfo, Status, Target, UploadError, Violation};

use super::file::TestFile;
use super::{Page, settings};

/// The host's decisions, by the names of the files. A file without a decision waits for it.
#[derive(Clone, Default)]
struct Host {
    decisions: Rc<RefCell<Vec<(String, bool)>>>,
    asked: Rc<RefCell<Vec<(String, u64)>>>,
}

impl Host {
    /// A host that is asked about each file of the page.
    fn of(page: &Page) -> Self {
        let host = Self::default();
        let own = host.clone();
        page.driver
            .set_before_add(Rc::new(move |_: TestFile, info: FileInfo| {
                own.asked.borrow_mut().push((info.name.clone(), info.size));
                let own = own.clone();
                Box::pin(poll_fn(move |_| {
                    let decisions = own.decisions.borrow();
                    let mut known = decisions.iter().filter(|(name, _)| *name == info.name);
                    known
                        .next()
                        .map_or(Poll::Pending, |(_, welcome)| Poll::Ready(*welcome))
                }))
            }));
        host
    }

    fn decides(&self, page: &Page, name: &str, welcome: bool) {
        self.decisions.borrow_mut().push((name.to_owned(), welcome));
        page.world.run();
    }
}

/// The statuses of the rows that are shown, in their order.
fn shown(page: &Page) -> Vec<(u64, Status)> {
    let rows = page.driver.rows.get_untracked();
    rows.iter()
        .map(|row| (row.id.0, row.snapshot.get_untracked().status))
        .collect()
}

fn is_uploaded_like_any_other(page: &Page, file: FileId) {
    page.grant();
    page.answer(&page.latest("PUT"), 200, "");
    page.answer(
        &page.latest("POST /uploads/u1/complete"),
        200,
        r#"{"key":"k"}"#,
    );
    assert!(
        matches!(page.status(file), Status::Completed(_)),
        "{:?}",
        page.status(file)
    );
}

#[test]
fn a_file_that_the_host_accepts_is_uploaded() {
    let mut page = Page::new();
    let host = Host::of(&page);
    host.decides(&page, "a.txt", true);
    let file = page.add(300);
    assert_eq!(*host.asked.borrow(), [("a.txt".to_owned(), 300)]);
    is_uploaded_like_any_other(&page, file);
}

#[test]
fn a_file_that_the_host_refuses_is_neither_shown_nor_sent() {
    let mut page = Page::new();
    let host = Host::of(&page);
    host.decides(&page, "a.txt", false);
    let file = page.add(300);
    page.world.pass(60_000);
    assert_eq!(shown(&page), []);
    assert!(page.driver.snapshot(file).is_none());
    assert_eq!(page.world.network.lines(), Vec::<String>::new());
    assert_eq!(*page.events.borrow(), Vec::<String>::new());
}

#[test]
fn a_reason_for_a_refusal_is_kept_for_the_person() {
    let mut page = Page::new();
    let driver = Rc::downgrade(&page.driver);
    page.driver
        .set_before_add(Rc::new(move |_: TestFile, info: FileInfo| {
            let reason = "Too dark.".to_owned();
            driver
                .upgrade()
                .unwrap()
                .reject(&info, Violation::Refused { reason });
            Box::pin(ready(false))
        }));
    page.add(300);
    let rejections = page.driver.rejections.get_untracked();
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].name, "a.txt");
    let reason = "Too dark.".to_owned();
    assert_eq!(rejections[0].violation, Violation::Refused { reason });
    assert_eq!(*page.events.borrow(), ["reject"]);
    assert_eq!(page.world.network.lines(), Vec::<String>::new());
}

#[test]
fn a_file_waits_for_a_slow_answer_in_its_place() {
    let mut page = Page::new();
    let host = Host::of(&page);
    host.decides(&page, "quick.txt", true);
    let slow = page.add_file(TestFile::new("slow.txt", 300));
    let quick = page.add_file(TestFile::new("quick.txt", 400));
    page.world.pass(60_000);
    // Only the quick one is asked for.
    let creates = page.world.network.requests("POST /uploads");
    assert!(!creates.is_empty());
    for create in &creates {
        assert!(create.body.contains("quick.txt"), "{}", create.body);
    }
    let rows = shown(&page);
    assert_eq!(rows[0], (slow.0, Status::Checking));
    assert_eq!(rows[1].0, quick.0);
    host.decides(&page, "slow.txt", true);
    let create = page.latest("POST /uploads");
    assert!(create.body.contains("slow.txt"), "{}", create.body);
    page.world.pass(100);
    assert_eq!(shown(&page)[0], (slow.0, Status::Preparing));
    is_uploaded_like_any_other(&page, slow);
}

#[test]
fn a_slow_refusal_removes_the_row() {
    let mut page = Page::new();
    let host = Host::of(&page);
    let file = page.add(300);
    assert_eq!(shown(&page), [(file.0, Status::Checking)]);
    host.decides(&page, "a.txt", false);
    assert_eq!(shown(&page), []);
    page.world.pass(60_000);
    assert_eq!(page.world.network.lines(), Vec::<String>::new());
}

#[test]
fn a_file_that_the_person_removes_meanwhile_is_not_added() {
    for target in [Target::All, Target::One(FileId(1))] {
        let mut page = Page::new();
        let host = Host::of(&page);
        page.add(300);
        page.driver.give_up_checking(target);
        assert_eq!(shown(&page), []);
        host.decides(&page, "a.txt", true);
        page.world.pass(60_000);
        assert_eq!(shown(&page), []);
        assert_eq!(page.world.network.lines(), Vec::<String>::new());
    }
}

#[test]
fn an_answer_that_never_comes_delays_no_other_file() {
    let mut page = Page::new();
    page.driver
        .set_before_add(Rc::new(|file: TestFile, _: FileInfo| {
            if file.name == "stuck.txt" {
                Box::pin(pending())
            } else {
                Box::pin(ready(true))
            }
        }));
    let stuck = page.add_file(TestFile::new("stuck.txt", 300));
    let other = page.add_file(TestFile::new("b.txt", 300));
    is_uploaded_like_any_other(&page, other);
    page.world.pass(3_600_000);
    assert_eq!(shown(&page)[0], (stuck.0, Status::Checking));
}

#[test]
fn the_host_may_change_the_settings_while_it_decides() {
    let mut page = Page::new();
    let host = Host::of(&page);
    let file = page.add(300);
    let mut changed = settings();
    "/elsewhere".clone_into(&mut changed.backend.endpoint);
    page.driver.configure(changed);
    host.decides(&page, "a.txt", true);
    assert_eq!(page.world.network.lines(), ["POST /elsewhere"]);
    assert_eq!(page.status(file), Status::Preparing);
}

#[test]
fn a_file_that_changes_while_the_host_decides_is_not_sent() {
    let mut page = Page::new();
    let host = Host::of(&page);
    let source = TestFile::new("a.txt", 300);
    let file = page.add_file(source.clone());
    source.size.set(301);
    host.decides(&page, "a.txt", true);
    page.grant();
    assert_eq!(page.error(file), UploadError::FileChanged);
    assert_eq!(page.count("PUT"), 0);
}

#[test]
fn the_host_is_not_asked_about_a_file_that_breaks_a_limit() {
    let mut limited = settings();
    limited.engine.constraints.max_size = Some(299);
    let mut page = Page::with(limited);
    let host = Host::of(&page);
    page.add(300);
    assert_eq!(*host.asked.borrow(), []);
    assert_eq!(*page.events.borrow(), ["reject"]);
    assert_eq!(page.driver.rejections.get_untracked().len(), 1);
}

#[test]
fn a_limit_that_is_reached_meanwhile_counts() {
    let mut limited = settings();
    limited.engine.constraints.max_files = Some(1);
    let mut page = Page::with(limited);
    let host = Host::of(&page);
    page.add_file(TestFile::new("first.txt", 300));
    page.add_file(TestFile::new("second.txt", 300));
    assert_eq!(host.asked.borrow().len(), 2);
    host.decides(&page, "second.txt", true);
    host.decides(&page, "first.txt", true);
    let rejections = page.driver.rejections.get_untracked();
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].name, "first.txt");
    assert_eq!(rejections[0].violation, Violation::TooMany { max: 1 });
    assert_eq!(page.world.network.lines(), ["POST /uploads"]);
    assert_eq!(shown(&page).len(), 1);
}

#[test]
fn the_host_may_call_the_uploader_while_it_is_asked() {
    let mut page = Page::new();
    let driver = Rc::downgrade(&page.driver);
    let calls = Rc::<Cell<u64>>::default();
    let counted = Rc::clone(&calls);
    page.driver
        .set_before_add(Rc::new(move |_: TestFile, _: FileInfo| {
            counted.set(counted.get() + 1);
            let driver = driver.upgrade().unwrap();
            if counted.get() == 1 {
                driver.add(vec![TestFile::new("thumbnail.txt", 20)], false);
            }
            driver.pause(Target::All);
            Box::pin(ready(true))
        }));
    page.add(300);
    assert_eq!(calls.get(), 2);
    let creates = page.world.network.requests("POST /uploads");
    let names: Vec<bool> = ["a.txt", "thumbnail.txt"]
        .iter()
        .map(|name| creates.iter().any(|create| create.body.contains(name)))
        .collect();
    assert_eq!(names, [true, true]);
}

#[test]
fn an_uploader_that_is_dropped_while_the_host_decides_sends_nothing() {
    let mut page = Page::new();
    let host = Host::of(&page);
    page.add(300);
    let world = Rc::clone(&page.world);
    drop(page);
    host.decisions.borrow_mut().push(("a.txt".to_owned(), true));
    world.pass(60_000);
    assert_eq!(world.network.lines(), Vec::<String>::new());
}
