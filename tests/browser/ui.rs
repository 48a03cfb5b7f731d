//! The components over plain snapshots: every state, without a single request.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, clippy::expect_used)]

#[path = "common.rs"]
mod common;

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use common::{
    attribute, click, controls, count, file, fire, hold_enter, hurry, is_hidden, part, part_text,
    pick, settle, small_controls, spoken, until, wider_than, without_focus_ring,
};
use leptos::callback::UnsyncCallback;
use leptos::mount::mount_to;
use leptos::prelude::*;
use s3_upload::core::{
    Accept, Constraints, FileId, FileInfo, FileSnapshot, Status, Step, StoredObject, Totals,
    UploadError, Violation, WaitReason,
};
use s3_upload::ui::{Action, DisplayOptions, S3Upload, UploadList, Widget};
use s3_upload::uploader::{Rejection, Settings, UploadRow, Uploader};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A widget on the page, with the signals that control it.
struct Shown {
    root: HtmlElement,
    rows: ArcRwSignal<Vec<UploadRow>>,
    totals: ArcRwSignal<Totals>,
    rejections: ArcRwSignal<Vec<Rejection>>,
    look: ArcRwSignal<DisplayOptions>,
    actions: Rc<RefCell<Vec<Action>>>,
    view: Option<Box<dyn std::any::Any>>,
}

impl Shown {
    fn new() -> Self {
        Self::over(Vec::new(), Totals::default(), Vec::new())
    }

    /// A widget that is mounted when these rows, totals and refused files exist already.
    fn over(rows: Vec<UploadRow>, totals: Totals, rejections: Vec<Rejection>) -> Self {
        let root = common::host();
        let rows = ArcRwSignal::new(rows);
        let totals = ArcRwSignal::new(totals);
        let rejections = ArcRwSignal::new(rejections);
        let look = ArcRwSignal::new(DisplayOptions {
            multiple: true,
            ..DisplayOptions::default()
        });
        let actions = Rc::new(RefCell::new(Vec::new()));
        let uploads = UploadList {
            rows: rows.read_only(),
            totals: totals.read_only(),
            rejections: rejections.read_only(),
        };
        let (seen, taken) = (look.clone(), actions.clone());
        let view = mount_to(root.clone(), move || {
            let act = UnsyncCallback::new(move |action| taken.borrow_mut().push(action));
            view! { <Widget uploads look=Signal::derive(move || seen.get()) act /> }
        });
        Self {
            root,
            rows,
            totals,
            rejections,
            look,
            actions,
            view: Some(Box::new(view)),
        }
    }

    fn add(&self, snapshot: FileSnapshot) -> ArcRwSignal<FileSnapshot> {
        let id = snapshot.id;
        let snapshot = ArcRwSignal::new(snapshot);
        self.rows.update(|rows| {
            rows.push(UploadRow {
                id,
                snapshot: snapshot.read_only(),
            });
        });
        snapshot
    }

    fn row(&self, id: u64) -> Option<Element> {
        self.root
            .query_selector(&format!("[data-id='{id}']"))
            .expect("a selector")
    }

    async fn wait_row(&self, id: u64) -> Element {
        until("the row is there", || self.row(id).is_some()).await;
        self.row(id).expect("the row")
    }

    fn done(&self) -> Vec<String> {
        self.actions
            .borrow()
            .iter()
            .map(|action| format!("{action:?}"))
            .collect()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.view.take();
        self.root.remove();
    }
}

fn snapshot(id: u64, name: &str, status: Status) -> FileSnapshot {
    FileSnapshot {
        awaited: None,
        id: FileId(id),
        info: FileInfo::new(name, 10_000_000, ""),
        status,
        sent: 0,
        percent: 0,
        speed: None,
        remaining: None,
        attempts: 0,
    }
}

fn added(actions: &Rc<RefCell<Vec<Action>>>) -> Vec<String> {
    let actions = actions.borrow();
    let files = actions.iter().filter_map(|action| match action {
        Action::Add(files) => Some(files),
        _ => None,
    });
    files.flatten().map(web_sys::File::name).collect()
}

#[wasm_bindgen_test]
async fn a_picked_file_is_added_and_can_be_picked_again() {
    let shown = Shown::new();
    let input = shown
        .root
        .query_selector("input[type=file]")
        .expect("a selector")
        .expect("the input");
    pick(
        &input,
        vec![
            file("a.txt", 3, "text/plain"),
            file("b.txt", 3, "text/plain"),
        ],
    );
    assert_eq!(added(&shown.actions), ["a.txt", "b.txt"]);
    assert_eq!(
        input.unchecked_ref::<web_sys::HtmlInputElement>().value(),
        ""
    );
    pick(&input, vec![file("a.txt", 3, "text/plain")]);
    assert_eq!(added(&shown.actions), ["a.txt", "b.txt", "a.txt"]);
}

#[wasm_bindgen_test]
async fn dropped_and_pasted_files_are_added() {
    let shown = Shown::new();
    let zone = part(&shown.root, "dropzone").expect("the zone");
    let hint = part(&shown.root, "hint").expect("the hint");
    let dragging = || zone.class_list().contains("s3u-dragging");
    assert!(
        fire(&hint, "dragenter", vec![file("a", 1, "")], None),
        "the browser must not open the file"
    );
    until("it says so", dragging).await;
    // The pointer moves from a child to the zone, and stays inside.
    fire(
        &hint,
        "dragleave",
        vec![file("a", 1, "")],
        Some(zone.clone()),
    );
    settle().await;
    assert!(dragging());
    fire(&zone, "dragleave", vec![file("a", 1, "")], None);
    until("it is calm again", || !dragging()).await;
    assert!(fire(&zone, "drop", vec![file("dropped.txt", 1, "")], None));
    assert!(fire(
        &zone,
        "paste",
        vec![file("pasted.png", 1, "image/png")],
        None
    ));
    assert_eq!(added(&shown.actions), ["dropped.txt", "pasted.png"]);
}

#[wasm_bindgen_test]
async fn a_disabled_widget_takes_nothing() {
    let shown = Shown::new();
    shown.look.update(|look| look.disabled = true);
    let disabled = || attribute(&shown.root, "browse", "disabled").is_some();
    until("the button is disabled", disabled).await;
    let zone = part(&shown.root, "dropzone").expect("the zone");
    assert!(
        fire(&zone, "drop", vec![file("a", 1, "")], None),
        "the browser must not open the file"
    );
    // The picker was open when the widget was disabled.
    let input = shown
        .root
        .query_selector("input[type=file]")
        .expect("a selector")
        .expect("the input");
    pick(&input, vec![file("b", 1, "")]);
    assert!(added(&shown.actions).is_empty());
}

#[wasm_bindgen_test]
async fn the_limits_are_said_before_a_file_is_chosen() {
    let shown = Shown::new();
    shown.look.update(|look| {
        look.constraints = Constraints {
            accept: Accept::new("image/*,.pdf"),
            max_size: Some(2_000_000_000),
            ..Constraints::default()
        };
    });
    until("the hint", || {
        part_text(&shown.root, "hint") == "Images or PDF, up to 2 GB each"
    })
    .await;
    let input = shown
        .root
        .query_selector("input[type=file]")
        .expect("a selector")
        .expect("the input");
    assert_eq!(
        input.get_attribute("accept").as_deref(),
        Some("image/*,.pdf")
    );
}

#[wasm_bindgen_test]
async fn a_refused_file_is_named_with_its_limit_until_dismissed() {
    let shown = Shown::new();
    let violation = Violation::TooLarge {
        size: 12_000_000,
        max: 10_000_000,
    };
    shown.rejections.update(|list| {
        list.push(Rejection {
            id: 7,
            name: "big.mov".into(),
            size: 12_000_000,
            violation,
        });
    });
    let sentence = "big.mov The file is 12 MB. The limit is 10 MB.";
    until("the sentence", || {
        part_text(&shown.root, "rejection") == sentence
    })
    .await;
    until("said aloud", || {
        part_text(&shown.root, "error") == "big.mov: The file is 12 MB. The limit is 10 MB."
    })
    .await;
    click(&shown.root, "dismiss");
    // The first one belongs to the general notice, which is hidden.
    let dismiss = shown
        .root
        .query_selector("[part=rejection] [part=dismiss]")
        .expect("a selector")
        .expect("the button");
    dismiss.unchecked_into::<HtmlElement>().click();
    assert_eq!(shown.done(), ["Dismiss(7)"]);
}

fn refused(id: u64, name: &str) -> Rejection {
    Rejection {
        id,
        name: name.into(),
        size: 0,
        violation: Violation::TooMany { max: 3 },
    }
}

fn refuse(shown: &Shown, id: u64, name: &str) {
    shown.rejections.update(|list| list.push(refused(id, name)));
}

#[wasm_bindgen_test]
async fn the_same_sentence_is_said_again_and_deceives_no_ear() {
    let shown = Shown::new();
    let said = || part_text(&shown.root, "error");
    let sentence = "a\u{FFFD}b: No more than 3 files can be uploaded at a time. Remove one first.";
    for id in [1, 2] {
        refuse(&shown, id, "a\u{202E}b");
        until("silence before it", || said().is_empty()).await;
        until("said", || said() == sentence).await;
    }
}

/// The announcements, each once.
fn said(all: &js_sys::Array) -> Vec<String> {
    all.iter().filter_map(|text| text.as_string()).collect()
}

/// <https://www.w3.org/TR/WCAG22/#status-messages>
#[wasm_bindgen_test]
async fn many_small_files_are_a_few_announcements_and_the_last_is_said() {
    let shown = Shown::new();
    let region = part(&shown.root, "live").expect("the region");
    let all = spoken(&region);
    let arrive = |completed: u32| Totals {
        files: 24,
        active: 24 - completed,
        completed,
        percent: u8::try_from(completed * 100 / 24).unwrap_or_default(),
        ..Totals::default()
    };
    shown.totals.set(arrive(0));
    until("24 files", || said(&all) == ["24 files added."]).await;
    for completed in 1..24 {
        shown.totals.set(arrive(completed));
        settle().await;
    }
    let before = said(&all).len();
    assert!(before <= 2, "{:?}", said(&all));
    shown.totals.set(arrive(24));
    until("the last word", || {
        said(&all).last().map(String::as_str) == Some("All files are uploaded.")
    })
    .await;
    assert_eq!(said(&all).len(), before + 1, "{:?}", said(&all));
}

#[wasm_bindgen_test]
async fn what_waits_to_be_said_is_said_after_a_while() {
    let slow = hurry();
    let shown = Shown::new();
    let all = spoken(&part(&shown.root, "live").expect("the region"));
    let arrive = |completed: u32| Totals {
        files: 8,
        active: 8 - completed,
        completed,
        ..Totals::default()
    };
    shown.totals.set(arrive(0));
    until("8 files", || said(&all) == ["8 files added."]).await;
    for completed in [2, 4, 6] {
        shown.totals.set(arrive(completed));
        settle().await;
    }
    until("the last of them", || {
        said(&all).last().map(String::as_str) == Some("6 files uploaded.")
    })
    .await;
    slow.call0(&slow).expect("a function");
}

#[wasm_bindgen_test]
async fn at_rest_it_is_said_how_many_failed() {
    let shown = Shown::new();
    let at = |active, completed, failed| Totals {
        files: 5,
        active,
        completed,
        failed,
        ..Totals::default()
    };
    shown.totals.set(at(5, 0, 0));
    settle().await;
    shown.totals.set(at(1, 3, 1));
    settle().await;
    shown.totals.set(at(0, 3, 2));
    until("both counts", || {
        part_text(&shown.root, "live") == "3 of 5 files uploaded, 2 failed."
    })
    .await;
}

#[wasm_bindgen_test]
async fn what_failed_far_down_is_said_and_drawn() {
    let snapshots: Vec<_> = (1..=1_000)
        .map(|id| {
            let name = format!("{id}.png");
            ArcRwSignal::new(snapshot(id, &name, Status::Queued { held: false }))
        })
        .collect();
    let rows = snapshots.iter().map(|snapshot| UploadRow {
        id: snapshot.with_untracked(|file| file.id),
        snapshot: snapshot.read_only(),
    });
    let before = Totals {
        files: 1_000,
        active: 1_000,
        ..Totals::default()
    };
    let shown = Shown::over(rows.collect(), before.clone(), Vec::new());
    until("the first rows", || {
        count(&shown.root, "[part=file]") == 200
    })
    .await;
    let set = |id: u64, status: Status| {
        let is_meant = |file: &FileSnapshot| file.id == FileId(id);
        let found = snapshots
            .iter()
            .find(|snapshot| snapshot.with_untracked(is_meant))
            .expect("the file");
        found.update(|file| file.status = status);
    };
    for id in [640, 900] {
        set(id, Status::Failed(UploadError::Offline));
    }
    shown.totals.set(Totals {
        active: 998,
        failed: 2,
        first_failed: vec![FileId(640), FileId(900)],
        ..before
    });
    let row = shown.wait_row(640).await;
    assert_eq!(row.get_attribute("data-status").as_deref(), Some("failed"));
    assert!(shown.row(639).is_none());
    let text = "640.png: You are offline. The upload continues by itself when the connection is back. \
                1 more message.";
    until("said aloud", || part_text(&shown.root, "error") == text).await;
    let line = || {
        let more = shown.root.query_selector(".s3u-list + .s3u-more span");
        more.expect("a selector")
            .and_then(|line| line.text_content())
    };
    assert_eq!(
        line().as_deref(),
        Some("202 of 1000 files are shown."),
        "{:?}",
        line()
    );

    // A file that is retried stays in its place.
    set(640, Status::Preparing);
    shown.totals.update(|all| {
        all.first_failed.remove(0);
    });
    until("it goes on", || {
        row.get_attribute("data-status").as_deref() == Some("preparing")
    })
    .await;
    settle().await;
    assert_eq!(shown.row(640), Some(row));
    click(&shown.root, "more");
    until("the next rows", || count(&shown.root, "[part=file]") == 402).await;
}

#[wasm_bindgen_test]
async fn what_was_there_before_the_widget_is_no_news() {
    let totals = Totals {
        files: 3,
        active: 1,
        completed: 2,
        ..Totals::default()
    };
    let shown = Shown::over(Vec::new(), totals.clone(), vec![refused(4, "old.txt")]);
    let polite = spoken(&part(&shown.root, "live").expect("the region"));
    let alert = spoken(&part(&shown.root, "error").expect("the region"));
    settle().await;
    refuse(&shown, 5, "new.txt");
    shown.totals.set(Totals { files: 4, ..totals });
    until("the news", || polite.length() > 0 && alert.length() > 0).await;
    assert_eq!(said(&polite), ["1 file added."]);
    let text = "new.txt: No more than 3 files can be uploaded at a time. Remove one first.";
    assert_eq!(said(&alert), [text]);
}

fn focused() -> Option<Element> {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|page| page.active_element())
}

fn focus(root: &Element, name: &str) {
    let button = part(root, name).expect("the button");
    button
        .unchecked_into::<HtmlElement>()
        .focus()
        .expect("focus");
}

/// <https://www.w3.org/TR/WCAG22/#focus-order>
#[wasm_bindgen_test]
async fn what_hides_leaves_the_focus_in_the_widget() {
    let shown = Shown::new();
    let state = shown.add(snapshot(1, "a.pdf", Status::Uploading));
    let row = shown.wait_row(1).await;
    let browse = part(&shown.root, "browse");
    focus(&row, "pause");
    state.update(|file| file.status = Status::Failed(UploadError::Offline));
    until("the same button does another thing", || {
        part(&row, "retry").is_some()
    })
    .await;
    assert_eq!(focused(), part(&row, "retry"));
    state.update(|file| file.status = Status::Completing);
    until("the control hides", || focused() == browse).await;

    for id in 1..=3 {
        refuse(&shown, id, &format!("{id}.txt"));
    }
    until("all are there", || {
        count(&shown.root, "[part=rejection]") == 3
    })
    .await;
    let rejections = part(&shown.root, "rejections").expect("the list");
    let label = || focused().and_then(|element| element.get_attribute("aria-label"));
    click(&rejections, "dismiss");
    assert_eq!(label().as_deref(), Some("Dismiss the message about 2.txt"));
    assert!(!is_hidden(&shown.root, "dismiss-all"));
    focus(&shown.root, "dismiss-all");
    shown.rejections.update(|list| list.truncate(1));
    until("one needs no button for all", || {
        is_hidden(&shown.root, "dismiss-all")
    })
    .await;
    until("focus moves on", || focused() == browse).await;
    focus(&rejections, "dismiss");
    click(&rejections, "dismiss");
    assert_eq!(focused(), browse);
}

#[wasm_bindgen_test]
async fn a_page_hands_in_its_uploader_with_its_limits() {
    let mut settings = Settings::default();
    settings.engine.constraints.max_files = Some(3);
    settings.engine.constraints.max_size = Some(5_000_000);
    let uploader = Uploader::new(settings);
    let most = || uploader.settings().engine.constraints.max_files;
    let root = common::host();

    let mine = uploader.clone();
    let view = mount_to(root.clone(), move || view! { <S3Upload uploader=mine /> });
    until("its limits are said", || {
        part_text(&root, "hint") == "Up to 5 MB each, 3 files at most"
    })
    .await;
    settle().await;
    assert_eq!(most(), Some(3));
    drop(view);

    let mine = uploader.clone();
    let view = mount_to(
        root.clone(),
        move || view! { <S3Upload uploader=mine multiple=false /> },
    );
    until("one at a time", || most() == Some(1)).await;
    assert_eq!(part_text(&root, "hint"), "Up to 5 MB");
    drop(view);
    until("the component's limit ends with it", || most() == Some(3)).await;
    root.remove();
}

/// <https://www.w3.org/TR/WCAG22/#use-of-color>
#[wasm_bindgen_test]
async fn every_state_has_its_words_and_controls() {
    let shown = Shown::new();
    let row = snapshot(1, "report.pdf", Status::Queued { held: false });
    let state = shown.add(row);
    let row = shown.wait_row(1).await;
    let lost = UploadError::Network { step: Step::Send };
    let wait = |reason| Status::Waiting {
        reason,
        remaining: Duration::from_secs(3),
    };
    for (status, name, words, controls) in [
        (
            Status::Queued { held: true },
            "queued",
            "Ready to upload",
            vec!["remove"],
        ),
        (
            Status::Queued { held: false },
            "queued",
            "Waiting for its turn",
            vec!["pause", "cancel"],
        ),
        (
            Status::Preparing,
            "preparing",
            "Preparing",
            vec!["pause", "cancel"],
        ),
        (
            Status::Uploading,
            "uploading",
            "Uploading",
            vec!["pause", "cancel"],
        ),
        (
            Status::Completing,
            "completing",
            "Finishing",
            vec!["cancel"],
        ),
        (Status::Paused, "paused", "Paused", vec!["resume", "cancel"]),
        (
            wait(WaitReason::Backoff(lost.clone())),
            "waiting",
            "The connection to the storage was lost. Trying again in 3 s.",
            vec!["pause", "cancel"],
        ),
        (
            Status::Failed(lost),
            "failed",
            "The connection to the storage was lost. Check your internet connection, then try again.",
            vec!["retry", "remove"],
        ),
        (Status::Cancelled, "cancelled", "Cancelled", vec!["remove"]),
        (
            Status::Completed(StoredObject::default()),
            "completed",
            "Uploaded",
            vec!["remove"],
        ),
    ] {
        state.update(|file| file.status = status);
        until(words, || part_text(&row, "status") == words).await;
        assert_eq!(row.get_attribute("data-status").as_deref(), Some(name));
        for control in ["pause", "resume", "retry", "cancel", "remove"] {
            assert_eq!(
                !is_hidden(&row, control),
                controls.contains(&control),
                "{control} while {name}: {words}"
            );
        }
    }
}

/// <https://www.w3.org/TR/WCAG22/#name-role-value>
#[wasm_bindgen_test]
async fn progress_is_said_to_everyone() {
    let shown = Shown::new();
    let state = shown.add(snapshot(1, "report.pdf", Status::Uploading));
    let row = shown.wait_row(1).await;
    state.update(|file| {
        file.sent = 4_200_000;
        file.percent = 42;
        file.speed = Some(1_200_000);
        file.remaining = Some(Duration::from_secs(170));
    });
    until("42 %", || {
        attribute(&row, "progress", "aria-valuenow").as_deref() == Some("42")
    })
    .await;
    assert_eq!(
        attribute(&row, "progress", "role").as_deref(),
        Some("progressbar")
    );
    assert_eq!(
        attribute(&row, "progress", "aria-label").as_deref(),
        Some("Upload of report.pdf")
    );
    assert_eq!(
        attribute(&row, "progress", "aria-valuetext").as_deref(),
        Some("42 %, 4.2 MB of 10 MB")
    );
    assert_eq!(part_text(&row, "size"), "4.2 MB of 10 MB");
    assert_eq!(part_text(&row, "speed"), "1.2 MB/s · 3 min left");
    // The bar moves by far less than a percent.
    let width = || {
        let bar = row.query_selector(".s3u-bar").expect("a selector");
        bar.and_then(|bar| bar.get_attribute("style"))
    };
    assert_eq!(width().as_deref(), Some("inline-size: 42%;"));
    state.update(|file| file.sent += 3_000);
    until("the bar moved", || {
        width().as_deref() == Some("inline-size: 42.03%;")
    })
    .await;
    assert_eq!(
        attribute(&row, "cancel", "aria-label").as_deref(),
        Some("Cancel report.pdf")
    );
    click(&row, "pause");
    click(&row, "cancel");
    assert_eq!(
        shown.done(),
        ["Pause(One(FileId(1)))", "Cancel(One(FileId(1)))"]
    );
    assert!(
        shown.row(1).is_some_and(|same| same == row),
        "the row was drawn anew"
    );
}

#[wasm_bindgen_test]
async fn a_name_is_text_and_nothing_else() {
    let shown = Shown::new();
    let name = "<img src=x onerror=\"window.broken=1\">\u{202E}gpj.exe";
    shown.add(snapshot(1, name, Status::Uploading));
    let row = shown.wait_row(1).await;
    assert_eq!(count(&shown.root, "img"), 0);
    let shown_name = part(&row, "name").expect("the name");
    assert_eq!(shown_name.tag_name(), "BDI");
    assert_eq!(
        shown_name.text_content().as_deref(),
        Some("<img src=x onerror=\"window.broken=1\">\u{FFFD}gpj.exe")
    );
    assert_eq!(shown_name.get_attribute("title"), shown_name.text_content());
}

#[wasm_bindgen_test]
async fn a_stored_file_can_be_opened_but_never_as_script() {
    let shown = Shown::new();
    let stored = |url: &str| {
        Status::Completed(StoredObject {
            size: Some(9_000_000),
            download_url: Some(url.to_owned()),
            ..StoredObject::default()
        })
    };
    shown.add(snapshot(
        1,
        "a.pdf",
        stored("https://files.example.com/a.pdf"),
    ));
    shown.add(snapshot(2, "b.pdf", stored("javascript:alert(1)")));
    let good = shown.wait_row(1).await;
    let bad = shown.wait_row(2).await;
    assert_eq!(
        attribute(&good, "link", "href").as_deref(),
        Some("https://files.example.com/a.pdf")
    );
    assert_eq!(
        attribute(&good, "link", "rel").as_deref(),
        Some("noopener noreferrer")
    );
    assert_eq!(
        attribute(&good, "link", "aria-label").as_deref(),
        Some("Open a.pdf in a new tab")
    );
    assert_eq!(
        attribute(&good, "copy", "aria-label").as_deref(),
        Some("Copy link: a.pdf")
    );
    assert_eq!(part_text(&good, "size"), "9 MB");
    assert!(part(&bad, "link").is_none());
}

/// <https://www.w3.org/TR/WCAG22/#focus-order>
#[wasm_bindgen_test]
async fn focus_goes_to_the_neighbour_of_a_removed_row() {
    let shown = Shown::new();
    shown.add(snapshot(1, "a.pdf", Status::Cancelled));
    shown.add(snapshot(2, "b.pdf", Status::Cancelled));
    let row = shown.wait_row(2).await;
    click(&row, "remove");
    let label =
        |element: Option<Element>| element.and_then(|element| element.get_attribute("aria-label"));
    assert_eq!(
        label(focused()).as_deref(),
        Some("Remove a.pdf from the list")
    );
    shown.rows.update(|rows| drop(rows.pop()));
    until("the row is gone", || shown.row(2).is_none()).await;
    let last = shown.wait_row(1).await;
    click(&last, "remove");
    assert_eq!(focused(), part(&shown.root, "browse"));
}

#[wasm_bindgen_test]
async fn a_held_key_presses_nothing_again() {
    let shown = Shown::new();
    shown.add(snapshot(1, "a.pdf", Status::Cancelled));
    shown.add(snapshot(2, "b.pdf", Status::Uploading));
    let row = shown.wait_row(1).await;
    focus(&row, "remove");
    assert!(!hold_enter(&part(&row, "remove").expect("the button")));
    let row = shown.wait_row(2).await;
    assert!(!hold_enter(&part(&row, "cancel").expect("the button")));
}

#[wasm_bindgen_test]
async fn what_was_cancelled_can_be_cleared() {
    let shown = Shown::new();
    shown.totals.set(Totals {
        cancelled: 3,
        ..Totals::default()
    });
    until("shown", || !is_hidden(&shown.root, "overall")).await;
    let line = part_text(&shown.root, "overall");
    assert!(line.starts_with("3 cancelled"), "{line}");
    click(&shown.root, "clear");
    assert_eq!(shown.done(), ["Clear"]);
}

#[wasm_bindgen_test]
async fn all_files_have_one_line() {
    let shown = Shown::new();
    until("hidden for none", || is_hidden(&shown.root, "overall")).await;
    shown.totals.set(Totals {
        files: 3,
        active: 2,
        completed: 1,
        size: 30_000_000,
        sent: 15_000_000,
        percent: 50,
        speed: Some(2_000_000),
        remaining: Some(Duration::from_secs(8)),
        offline: true,
        ..Totals::default()
    });
    until("shown", || !is_hidden(&shown.root, "overall")).await;
    let line = part_text(&shown.root, "overall");
    for words in [
        "1 of 3 files uploaded",
        "15 MB of 30 MB",
        "2 MB/s · 8 s left",
    ] {
        assert!(line.contains(words), "{line}");
    }
    assert!(!is_hidden(&shown.root, "offline"));
    assert!(is_hidden(&shown.root, "start"));
    click(&shown.root, "pause-all");
    click(&shown.root, "cancel-all");
    assert_eq!(shown.done(), ["Pause(All)", "Cancel(All)"]);
}

#[wasm_bindgen_test]
async fn ten_thousand_files_draw_a_few_hundred_rows() {
    let shown = Shown::new();
    let rows = (1..=10_000).map(|id| {
        let snapshot = snapshot(id, "scan.png", Status::Queued { held: false });
        UploadRow {
            id: FileId(id),
            snapshot: ArcRwSignal::new(snapshot).read_only(),
        }
    });
    shown.rows.set(rows.collect());
    until("the first rows", || {
        count(&shown.root, "[part=file]") == 200
    })
    .await;
    click(&shown.root, "more");
    until("more rows", || count(&shown.root, "[part=file]") == 400).await;
}

/// A widget that shows everything that it can show, with long names.
async fn full() -> Shown {
    let shown = Shown::new();
    let long = "a_name_without_a_single_space_".repeat(4);
    let lost = UploadError::Network { step: Step::Send };
    let stored = StoredObject {
        download_url: Some("https://files.example.com/a.pdf".to_owned()),
        ..StoredObject::default()
    };
    let waiting = Status::Waiting {
        reason: WaitReason::Backoff(lost.clone()),
        remaining: Duration::from_secs(3),
    };
    let statuses = [
        Status::Checking,
        Status::Queued { held: true },
        Status::Queued { held: false },
        Status::Preparing,
        Status::Uploading,
        Status::Completing,
        Status::Paused,
        waiting,
        Status::Failed(lost),
        Status::Cancelled,
        Status::Completed(stored),
    ];
    let files = u32::try_from(statuses.len()).expect("a few");
    for (id, status) in (1..).zip(statuses) {
        let row = shown.add(snapshot(id, &format!("{long}{id}.pdf"), status));
        row.update(|file| {
            file.sent = 4_200_000;
            file.percent = 42;
            file.speed = Some(1_200_000);
            file.remaining = Some(Duration::from_secs(170));
        });
    }
    for id in [1, 2] {
        refuse(&shown, id, &format!("{long}.exe"));
    }
    shown.totals.set(Totals {
        files,
        active: 4,
        held: 1,
        completed: 1,
        failed: 1,
        cancelled: 1,
        size: 30_000_000,
        sent: 15_000_000,
        percent: 50,
        speed: Some(2_000_000),
        remaining: Some(Duration::from_secs(8)),
        offline: true,
        ..Totals::default()
    });
    shown.wait_row(files.into()).await;
    until("the refused files", || {
        count(&shown.root, "[part=rejection]") == 2 && !is_hidden(&shown.root, "overall")
    })
    .await;
    shown
}

/// <https://www.w3.org/TR/WCAG22/#name-role-value>
#[wasm_bindgen_test]
async fn every_control_has_a_name_of_its_own() {
    let shown = full().await;
    let mut named = controls(&shown.root);
    assert!(named.len() > 25, "{named:?}");
    let nameless: Vec<_> = named.iter().filter(|name| name.ends_with(": ")).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
    named.retain(|name| !name.starts_with("dismiss:"));
    let all = named.len();
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), all, "{named:?}");
}

/// <https://www.w3.org/TR/WCAG22/#target-size-minimum>
#[wasm_bindgen_test]
async fn no_control_is_smaller_than_24_pixels() {
    let shown = full().await;
    assert!(controls(&shown.root).len() > 25);
    assert_eq!(small_controls(&shown.root, 24), Vec::<String>::new());
}

/// <https://www.w3.org/TR/WCAG22/#focus-visible>
#[wasm_bindgen_test]
async fn the_focus_is_seen_on_every_control() {
    let shown = full().await;
    assert!(controls(&shown.root).len() > 25);
    assert_eq!(without_focus_ring(&shown.root), Vec::<String>::new());
}

/// <https://www.w3.org/TR/WCAG22/#reflow>
#[wasm_bindgen_test]
async fn nothing_is_wider_than_a_narrow_page() {
    let shown = full().await;
    assert_eq!(wider_than(&shown.root, 320), Vec::<String>::new());
}

#[wasm_bindgen_test]
async fn two_widgets_do_not_know_of_each_other() {
    let (one, other) = (Shown::new(), Shown::new());
    one.add(snapshot(1, "a.pdf", Status::Uploading));
    one.wait_row(1).await;
    let input = one
        .root
        .query_selector("input[type=file]")
        .expect("a selector")
        .expect("the input");
    pick(&input, vec![file("only-here.txt", 1, "")]);
    settle().await;
    assert_eq!(count(&other.root, "[part=file]"), 0);
    assert!(other.done().is_empty());
    drop(other);
    settle().await;
    assert_eq!(count(&one.root, "[part=file]"), 1);
}
