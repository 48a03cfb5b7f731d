//! The texts that `start_text.js` shows before the widget is loaded equal those of the widget. `start_text.json` has the
//! cases for both; `tests/e2e/start.spec.mjs` runs them in JavaScript.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::attributes::Attributes;
use crate::ui::Messages;
use crate::ui::text::catalogue::english;
use crate::ui::text::{constraint_text, format};

const SCRIPT: &str = include_str!("start_text.js");

#[derive(Deserialize)]
struct Cases {
    limits: Vec<Limits>,
    sizes: Vec<(u64, String)>,
    names: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Limits {
    attributes: BTreeMap<String, String>,
    multiple: bool,
    line: String,
}

#[test]
fn the_widget_shows_the_texts_of_the_cases() {
    let cases: Cases = serde_json::from_str(include_str!("start_text.json")).unwrap();
    for Limits {
        attributes: given,
        multiple,
        line,
    } in cases.limits
    {
        let mut attributes = Attributes::default();
        for (name, value) in &given {
            attributes.set(name, Some(value));
        }
        let look = attributes.display_options();
        let shown = constraint_text::constraints(&Messages::default(), &look.constraints, multiple);
        assert_eq!(shown, line, "{given:?}");
    }
    for (size, shown) in cases.sizes {
        assert_eq!(format::bytes(size), shown);
    }
    for (name, shown) in cases.names {
        assert_eq!(format::display_name(&name), shown);
    }
}

#[test]
fn the_script_has_the_words_of_the_catalogue() {
    let table = SCRIPT.split_once("ENGLISH = {").unwrap().1;
    let table = table.split_once("};").unwrap().0;
    let mut count = 0;
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let entry: BTreeMap<String, String> =
            serde_json::from_str(&format!("{{{}}}", line.trim_end_matches(','))).unwrap();
        for (key, text) in entry {
            count += 1;
            let is_own = key.starts_with("load.") || key == "status.loading";
            assert_eq!(english(&key), (!is_own).then_some(text.as_str()), "{key}");
        }
    }
    assert!(count > 20);
}
