//! The browser's events `online` and `offline`.

use reactive_graph::traits::GetUntracked;
use s3_upload_core::{FileId, Status, WaitReason};

use super::Page;

fn waits_for_the_network(page: &Page, file: FileId) -> bool {
    matches!(
        page.status(file),
        Status::Waiting {
            reason: WaitReason::Offline,
            ..
        }
    )
}

#[test]
fn what_is_added_offline_is_asked_for_when_the_browser_is_online() {
    let mut page = Page::new();
    page.world.goes(false);
    let file = page.add(300);
    page.world.pass(1_000);
    assert_eq!(page.world.network.lines(), Vec::<String>::new());
    assert!(
        waits_for_the_network(&page, file),
        "{:?}",
        page.status(file)
    );
    assert!(page.driver.totals.get_untracked().offline);
    page.world.goes(true);
    assert_eq!(page.world.network.lines(), ["POST /uploads"]);
    page.world.pass(100);
    assert!(!page.driver.totals.get_untracked().offline);
}

#[test]
fn a_request_that_breaks_offline_is_sent_again_online_and_costs_no_attempt() {
    let mut page = Page::new();
    let file = page.add(300);
    page.grant();
    page.world.goes(false);
    page.cut(&page.latest("PUT"));
    assert!(
        waits_for_the_network(&page, file),
        "{:?}",
        page.status(file)
    );
    assert_eq!(*page.world.network.probes.borrow(), Vec::<String>::new());
    page.world.goes(true);
    assert_eq!(page.count("PUT"), 2);
    assert_eq!(page.driver.snapshot(file).unwrap().attempts, 0);
    page.answer(&page.latest("PUT"), 200, "");
    assert_eq!(page.status(file), Status::Completing);
}

#[test]
fn an_answer_ends_the_offline_state_without_an_event() {
    let mut page = Page::new();
    page.world.goes(false);
    let (first, second) = (page.add(300), page.add(400));
    // The browser's events are unreliable, so that one request checks the network now and then.
    page.world.pass(5_100);
    assert_eq!(page.count("POST /uploads"), 1);
    page.grant();
    assert_eq!(page.status(first), Status::Uploading);
    assert_eq!(page.status(second), Status::Preparing);
    assert_eq!(page.count("POST /uploads"), 2);
}

#[test]
fn an_uploader_that_is_dropped_watches_the_network_no_longer() {
    let page = Page::new();
    assert_eq!(page.world.watches(), 1);
    drop(page.driver);
    assert_eq!(page.world.watches(), 0);
    page.world.goes(false);
    page.world.goes(true);
    assert_eq!(page.world.network.lines(), Vec::<String>::new());
}
