//! `attributes.json` is the table of the element's attributes. These tests compare it with the JavaScript class, the
//! attributes that the Rust side reads, and the README's table.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::attributes::Attributes;

const SCRIPT: &str = include_str!("s3-upload.js");
const README: &str = include_str!("../../README.md");

/// A row of the README's table.
#[derive(Deserialize)]
struct Row {
    attributes: Vec<Attribute>,
    meaning: String,
    default: String,
}

#[derive(Deserialize)]
struct Attribute {
    name: String,
    property: String,
    /// The property's type, as TypeScript writes it.
    #[serde(rename = "type")]
    kind: String,
    /// A value that differs from the default.
    example: String,
}

/// The attribute with the name of a form's field. Only the JavaScript class reads it.
const OF_THE_FORM: &str = "name";

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("attributes.json")).unwrap()
}

fn attributes() -> Vec<Attribute> {
    rows().into_iter().flat_map(|row| row.attributes).collect()
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn the_class_has_the_attributes_and_properties_of_the_table() {
    let texts: BTreeMap<String, String> = between(SCRIPT, "const TEXTS = {", "};")
        .lines()
        .filter_map(|line| line.trim().trim_end_matches(',').split_once(": "))
        .map(|(name, property)| {
            let plain = |text: &str| text.trim_matches('"').to_owned();
            (plain(name), plain(property))
        })
        .collect();
    let flags: Vec<&str> = between(SCRIPT, "const FLAGS = [", "]")
        .split(", ")
        .map(|name| name.trim_matches('"'))
        .collect();
    let table = attributes();
    let (boolean, others): (Vec<_>, Vec<_>) = table
        .iter()
        .filter(|attribute| attribute.name != OF_THE_FORM)
        .partition(|attribute| attribute.kind == "boolean");
    let expected: BTreeMap<String, String> = others
        .iter()
        .map(|attribute| (attribute.name.clone(), attribute.property.clone()))
        .collect();
    assert_eq!(texts, expected);
    let names: Vec<&str> = boolean
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    assert_eq!(flags, names);
    assert!(SCRIPT.contains("get name()") && SCRIPT.contains("set name(value)"));
}

#[test]
fn every_attribute_of_the_table_is_read() {
    for attribute in attributes() {
        if attribute.name == OF_THE_FORM {
            continue;
        }
        let mut read = Attributes::default();
        let before = format!("{read:?}");
        let warning = read.set(&attribute.name, Some(&attribute.example));
        assert_eq!(warning, None, "{}", attribute.name);
        assert_ne!(format!("{read:?}"), before, "{}", attribute.name);
        assert_eq!(read.set(&attribute.name, None), None);
        assert_eq!(format!("{read:?}"), before, "{}", attribute.name);
    }
}

#[test]
fn the_readme_shows_the_table() {
    let mut expected = "| attribute | what it says | default |\n|---|---|---|\n".to_owned();
    for row in rows() {
        let names: Vec<String> = row
            .attributes
            .iter()
            .map(|attribute| format!("`{}`", attribute.name))
            .collect();
        let cells = [names.join(", "), row.meaning, row.default];
        expected.extend(["| ", &cells.join(" | "), " |\n"]);
    }
    assert!(
        README.contains(&expected),
        "the README's table of attributes should be:\n{expected}"
    );
}
