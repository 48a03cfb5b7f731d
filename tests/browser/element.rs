//! The custom element's Rust side: attributes, events and methods, without a backend.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, clippy::expect_used)]

#[path = "common.rs"]
mod common;

use common::{
    answer_add, collect, count, file, fire, part, part_text, presign_that, settle, text, until,
    warnings,
};
use core::cell::Cell;
use std::rc::Rc;

use js_sys::Reflect;
use s3_upload::element::UploadElement;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, ShadowRoot, ShadowRootInit, ShadowRootMode};

wasm_bindgen_test_configure!(run_in_browser);

/// An element on the page. It is `manual`, so that nothing is sent.
struct Shown {
    host: HtmlElement,
    root: ShadowRoot,
    element: Rc<UploadElement>,
}

impl Shown {
    fn new(attributes: &[(&str, &str)]) -> Self {
        let host = common::host();
        let root = host
            .attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open))
            .expect("a shadow root");
        let element = Rc::new(UploadElement::new());
        for (name, value) in [("manual", ""), ("endpoint", "/uploads")]
            .iter()
            .chain(attributes)
        {
            element.attribute(name, Some((*value).to_owned()));
        }
        element.connect(host.clone(), &root);
        Self {
            host,
            root,
            element,
        }
    }

    fn inside(&self) -> Element {
        self.root
            .query_selector("[part=root]")
            .expect("a selector")
            .expect("the widget")
    }

    fn statuses(&self) -> Vec<String> {
        let files = self.element.files();
        files
            .iter()
            .map(|file| get(&file, "status").as_string().unwrap_or_default())
            .collect()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.element.disconnect();
        self.host.remove();
    }
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).expect("an object")
}

#[wasm_bindgen_test]
async fn an_added_file_is_shown_and_told() {
    let shown = Shown::new(&[("multiple", "")]);
    let offered = collect(&shown.host, "upload-add");
    shown.element.add(vec![file("a.txt", 5, "text/plain")]);
    until("the file is queued", || shown.statuses() == ["queued"]).await;
    until("the row is there", || {
        count(&shown.inside(), "[part=file]") == 1
    })
    .await;
    assert_eq!(part_text(&shown.inside(), "status"), "Ready to upload");
    let first = offered.get(0);
    assert_eq!(get(&first, "name").as_string().as_deref(), Some("a.txt"));
    assert!(get(&first, "file").is_instance_of::<web_sys::File>());
    let expected = r#"{"id":1,"name":"a.txt","size":5,"type":"text/plain","status":"queued","sent":0,"percent":0,"speed":null,"remaining":null,"attempts":0,"error":null,"waitingFor":null,"result":null}"#;
    let mut shown_text = text(&shown.element.files().get(0));
    if let Some(id) = get(&shown.element.files().get(0), "id").as_f64() {
        shown_text = shown_text.replacen(&format!("\"id\":{id}"), "\"id\":1", 1);
    }
    assert_eq!(sorted(&shown_text), sorted(expected));
}

/// The order of properties is not part of the contract.
fn sorted(object: &str) -> Vec<&str> {
    let mut fields: Vec<_> = object.trim_matches(['{', '}']).split(',').collect();
    fields.sort_unstable();
    fields
}

#[wasm_bindgen_test]
async fn the_page_can_refuse_a_file() {
    for (answer, queued) in [("prevent", 0), ("false", 0), ("reject", 0), ("resolve", 1)] {
        let shown = Shown::new(&[("multiple", "")]);
        answer_add(&shown.host, answer);
        let offered = collect(&shown.host, "upload-add");
        shown.element.add(vec![file("a.txt", 5, "")]);
        until("the page was asked", || offered.length() == 1).await;
        if queued == 1 {
            until("it is queued", || shown.statuses().len() == 1).await;
        }
        settle().await;
        assert_eq!(shown.statuses().len(), queued, "{answer}");
    }
}

#[wasm_bindgen_test]
async fn a_reason_for_a_refusal_is_shown() {
    let shown = Shown::new(&[("multiple", "")]);
    answer_add(&shown.host, "reject");
    let refused = collect(&shown.host, "upload-reject");
    shown.element.add(vec![file("a.txt", 5, "")]);
    until("it is refused", || refused.length() == 1).await;
    assert_eq!(
        text(&get(&refused.get(0), "error")),
        r#"{"code":"refused","message":"no."}"#
    );
    until("it is shown", || {
        part_text(&shown.inside(), "rejection") == "a.txt no."
    })
    .await;
    assert_eq!(count(&shown.inside(), "[part=file]"), 0);
}

#[wasm_bindgen_test]
async fn a_drop_of_nothing_is_answered() {
    let shown = Shown::new(&[]);
    let zone = part(&shown.inside(), "dropzone").expect("the zone");
    assert!(fire(&zone, "drop", vec![], None));
    until("it is said", || {
        part_text(&shown.inside(), "notice").starts_with("Nothing was added")
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_name_is_made_up_and_an_extension_tells_the_type() {
    let shown = Shown::new(&[("multiple", ""), ("accept", "images")]);
    shown.element.add(vec![
        file("", 1, "image/png"),
        file("IMG_4711.HEIC", 1, ""),
        file("a.exe", 1, ""),
    ]);
    until("two are queued", || shown.statuses().len() == 2).await;
    let files = shown.element.files();
    let about = |at, name| get(&files.get(at), name).as_string().unwrap_or_default();
    assert_eq!(about(0, "name"), "file.png");
    assert_eq!(about(1, "type"), "image/heic");
    until("one is refused", || {
        count(&shown.inside(), "[part=rejection]") == 1
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_file_beyond_a_limit_is_refused_with_a_sentence() {
    let shown = Shown::new(&[
        ("multiple", ""),
        ("max-size", "10 bytes"),
        ("accept", ".txt"),
    ]);
    let refused = collect(&shown.host, "upload-reject");
    shown.element.add(vec![
        file("big.txt", 12, "text/plain"),
        file("a.exe", 1, ""),
    ]);
    until("both are refused", || refused.length() == 2).await;
    until("both are shown", || {
        count(&shown.inside(), "[part=rejection]") == 2
    })
    .await;
    let error = get(&refused.get(0), "error");
    assert_eq!(
        text(&error),
        r#"{"code":"too-large","message":"The file is 12 bytes. The limit is 10 bytes."}"#
    );
    assert_eq!(
        part_text(&shown.inside(), "rejection"),
        "big.txt The file is 12 bytes. The limit is 10 bytes."
    );
    assert!(shown.statuses().is_empty());
}

#[wasm_bindgen_test]
async fn attributes_can_change_while_it_is_shown() {
    let shown = Shown::new(&[("multiple", ""), ("max-size", "5MB")]);
    until("the hint", || {
        part_text(&shown.inside(), "hint") == "Up to 5 MB each"
    })
    .await;
    shown
        .element
        .attribute("max-size", Some("2 GiB".to_owned()));
    until("the new hint", || {
        part_text(&shown.inside(), "hint") == "Up to 2.1 GB each"
    })
    .await;
    shown
        .element
        .attribute("max-size", Some("nonsense".to_owned()));
    until("no hint", || part_text(&shown.inside(), "hint").is_empty()).await;
    shown.element.attribute("multiple", None);
    until("one file", || {
        part_text(&shown.inside(), "browse") == "Choose a file"
    })
    .await;
}

#[wasm_bindgen_test]
async fn without_multiple_there_is_one_file_at_a_time() {
    let shown = Shown::new(&[]);
    shown.element.add(vec![file("a.txt", 1, "")]);
    until("it is queued", || shown.statuses().len() == 1).await;
    let refused = collect(&shown.host, "upload-reject");
    shown.element.add(vec![file("b.txt", 1, "")]);
    until("the second is refused", || refused.length() == 1).await;
    shown.element.cancel(None);
    until("cancelled", || {
        shown.statuses().iter().all(|status| status == "cancelled")
    })
    .await;
    shown.element.add(vec![file("c.txt", 1, "")]);
    until("it took the place", || shown.statuses() == ["queued"]).await;
}

#[wasm_bindgen_test]
async fn a_refused_file_takes_no_place() {
    let shown = Shown::new(&[("max-size", "10 bytes")]);
    let refused = collect(&shown.host, "upload-reject");
    shown.element.add(vec![file("a.txt", 1, "")]);
    until("it is queued", || shown.statuses().len() == 1).await;
    shown.element.cancel(None);
    until("it is finished", || shown.statuses() == ["cancelled"]).await;
    shown.element.add(vec![file("big.txt", 11, "")]);
    until("the next is refused", || refused.length() == 1).await;
    let error = get(&refused.get(0), "error");
    assert_eq!(
        get(&error, "code").as_string().as_deref(),
        Some("too-large")
    );
    settle().await;
    assert_eq!(shown.statuses(), ["cancelled"]);
}

#[wasm_bindgen_test]
async fn a_file_that_the_page_refuses_takes_no_place() {
    for (answer, statuses) in [
        ("prevent", "cancelled"),
        ("false", "cancelled"),
        ("resolve", "queued"),
    ] {
        let shown = Shown::new(&[]);
        shown.element.add(vec![file("a.txt", 1, "")]);
        until("it is queued", || shown.statuses().len() == 1).await;
        shown.element.cancel(None);
        until("it is finished", || shown.statuses() == ["cancelled"]).await;
        answer_add(&shown.host, answer);
        let offered = collect(&shown.host, "upload-add");
        shown.element.add(vec![file("b.txt", 1, "")]);
        until("the page was asked", || offered.length() == 1).await;
        settle().await;
        assert_eq!(shown.statuses(), [statuses], "{answer}");
    }
}

#[wasm_bindgen_test]
async fn an_id_that_no_file_has_does_nothing() {
    let shown = Shown::new(&[("multiple", "")]);
    shown
        .element
        .add(vec![file("a.txt", 1, ""), file("b.txt", 1, "")]);
    until("both are queued", || shown.statuses().len() == 2).await;
    let id = get(&shown.element.files().get(1), "id")
        .as_f64()
        .expect("an id");
    for wrong in [id + 0.5, id + 100.0, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        shown.element.cancel(Some(wrong));
        assert_eq!(shown.statuses(), ["queued", "queued"], "{wrong}");
    }
    shown.element.cancel(Some(id));
    assert_eq!(shown.statuses(), ["queued", "cancelled"]);
}

/// <https://fetch.spec.whatwg.org/#fetch-method>
#[wasm_bindgen_test]
async fn the_error_of_a_fetch_without_a_network_is_no_mistake_of_the_page() {
    for (fails, status) in [("without a network", "waiting"), ("by a mistake", "failed")] {
        let shown = Shown::new(&[]);
        shown.element.set_presign(&presign_that(fails));
        shown.element.add(vec![file("a.txt", 1, "")]);
        until("it is queued", || shown.statuses() == ["queued"]).await;
        shown.element.start();
        until("it is waiting or failed", || {
            shown.statuses() == ["waiting"] || shown.statuses() == ["failed"]
        })
        .await;
        assert_eq!(shown.statuses(), [status], "{fails}");
    }
}

#[wasm_bindgen_test]
async fn a_listener_may_set_an_attribute() {
    let shown = Shown::new(&[("multiple", "")]);
    let heard = Rc::new(Cell::new(0));
    let (element, count) = (shown.element.clone(), heard.clone());
    let listener = Closure::<dyn Fn()>::new(move || {
        let done = count.get();
        // The event of the next file comes meanwhile.
        element.attribute("max-files", Some((done + 2).to_string()));
        count.set(count.get() + 1);
    });
    shown
        .host
        .add_event_listener_with_callback("upload-cancel", listener.as_ref().unchecked_ref())
        .expect("a listener");
    let files = ["a", "b", "c"].map(|name| file(name, 1, ""));
    shown.element.add(files.into());
    until("all are queued", || shown.statuses().len() == 3).await;
    shown.element.cancel(None);
    assert_eq!(heard.get(), 3);
}

#[wasm_bindgen_test]
async fn the_page_has_words_of_its_own() {
    let shown = Shown::new(&[]);
    let words = |text: &str| {
        let words = js_sys::Object::new();
        let (key, text) = (
            JsValue::from_str("button.browse.one"),
            JsValue::from_str(text),
        );
        Reflect::set(&words, &key, &text).expect("an object");
        shown.element.set_messages(&words);
    };
    until("English", || {
        part_text(&shown.inside(), "browse") == "Choose a file"
    })
    .await;
    words("Datei wählen");
    until("German", || {
        part_text(&shown.inside(), "browse") == "Datei wählen"
    })
    .await;
    shown.element.add(vec![file("a.txt", 1, "")]);
    until("the row is there", || {
        count(&shown.inside(), "[part=file]") == 1
    })
    .await;
    words("Escolher");
    until("Portuguese, with the row", || {
        part_text(&shown.inside(), "browse") == "Escolher"
            && count(&shown.inside(), "[part=file]") == 1
    })
    .await;
    assert_eq!(count(&shown.inside(), "[part=browse]"), 1);
}

#[wasm_bindgen_test]
async fn it_leaves_the_page_and_comes_back_with_its_files() {
    let shown = Shown::new(&[("multiple", "")]);
    shown.element.add(vec![file("a.txt", 1, "")]);
    until("the row is there", || {
        count(&shown.inside(), "[part=file]") == 1
    })
    .await;
    shown.element.disconnect();
    assert_eq!(shown.root.child_element_count(), 0, "the view stayed");
    shown.element.connect(shown.host.clone(), &shown.root);
    until("the row is back", || {
        count(&shown.inside(), "[part=file]") == 1
    })
    .await;
}

#[wasm_bindgen_test]
async fn two_elements_do_not_know_of_each_other() {
    let (one, other) = (
        Shown::new(&[("multiple", "")]),
        Shown::new(&[("multiple", "")]),
    );
    let heard = collect(&other.host, "upload-add");
    one.element.add(vec![file("a.txt", 1, "")]);
    until("one has it", || one.statuses().len() == 1).await;
    settle().await;
    assert!(other.statuses().is_empty());
    assert_eq!(heard.length(), 0);
}

#[wasm_bindgen_test]
fn metadata_takes_plain_values_only() {
    let shown = Shown::new(&[]);
    let plain = js_sys::Object::new();
    for (name, value) in [
        ("album", JsValue::from_str("x")),
        ("year", JsValue::from_f64(2026.0)),
        ("ok", JsValue::TRUE),
    ] {
        Reflect::set(&plain, &JsValue::from_str(name), &value).expect("an object");
    }
    let said = warnings();
    shown.element.set_metadata(plain.unchecked_ref());
    shown.element.set_metadata(&JsValue::NULL);
    assert_eq!(said.length(), 0);
    let nested = js_sys::Object::new();
    Reflect::set(&nested, &JsValue::from_str("album"), &plain).expect("an object");
    for (count, wrong) in (1..).zip([JsValue::from_str("not an object"), nested.into()]) {
        shown.element.set_metadata(&wrong);
        assert_eq!(said.length(), count);
        assert_eq!(
            said.get(count - 1).as_string().as_deref(),
            Some(
                "<s3-upload>.metadata: expected an object whose values are texts, numbers or booleans."
            )
        );
    }
}
