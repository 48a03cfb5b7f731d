//! Thousands of files at once: they are added in several tasks, in their order.

use reactive_graph::traits::GetUntracked;
use s3_upload_core::{FileId, Target};

use super::{Page, TestFile, settings};

const MANY: u64 = 1_050;

fn many(page: &Page) {
    let files = (0..MANY).map(|number| TestFile::new("a.txt", number));
    page.driver.add(files.collect(), false);
}

fn ids(page: &Page) -> Vec<u64> {
    let rows = page.driver.rows.get_untracked();
    rows.iter().map(|row| row.id.0).collect()
}

#[test]
fn many_files_are_added_in_several_tasks_and_counted_once() {
    let mut settings = settings();
    settings.engine.manual = true;
    let page = Page::with(settings);
    many(&page);
    let first = u64::try_from(ids(&page).len()).unwrap();
    assert!(first > 0 && first < MANY / 2, "{first}");
    // A later addition comes after the earlier one.
    page.driver.add(vec![TestFile::new("last.txt", 1)], false);
    let mut counts = Vec::new();
    while page.driver.totals.get_untracked().files <= 1_050 {
        let files = page.driver.totals.get_untracked().files;
        if counts.last() != Some(&files) {
            counts.push(files);
        }
        page.world.pass(20);
    }
    assert_eq!(counts, [0]);
    assert_eq!(ids(&page), (1..=MANY + 1).collect::<Vec<_>>());
    let last = page.driver.snapshot(FileId(MANY + 1)).unwrap();
    assert_eq!(last.info.name, "last.txt");
}

#[test]
fn files_that_have_not_come_yet_are_cancelled_with_all() {
    let page = Page::new();
    many(&page);
    let first = ids(&page);
    page.driver.give_up_checking(Target::All);
    page.driver
        .handle(s3_upload_core::Event::Cancel(Target::All));
    page.world.pass(1_000);
    assert_eq!(ids(&page), first);
}
