//! `attributes.json` is the table of the element's attributes. These tests compare it with the JavaScript class, the
//! attributes that the Rust side reads, and the README's table.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use serde::Deserialize;

use super::attributes::Attributes;

const SCRIPT: &str = include_str!("s3-upload.js");
const README: &str = include_str!("../../README.md");

/// A row of the README's table.
#[derive(Deserialize)]
struct ReadmeRow {
    attributes: Vec<ScriptAttribute>,
    meaning: String,
    default: String,
}

#[derive(Deserialize)]
struct ScriptAttribute {
    name: String,
    property: String,
    /// The property's type, as TypeScript writes it.
    #[serde(rename = "type")]
    kind: String,
    /// A value that differs from the default.
    example: String,
}

/// The attributes that only the JavaScript class reads.
const OF_THE_CLASS: [&str; 3] = ["name", "load", "wasm-src"];
/// The attribute whose property has no default accessors: the name of a form's field.
const OF_THE_FORM: &str = "name";

fn rows() -> Vec<ReadmeRow> {
    serde_json::from_str(include_str!("attributes.json")).unwrap()
}

fn attributes() -> Vec<ScriptAttribute> {
    rows().into_iter().flat_map(|row| row.attributes).collect()
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

/// The name of the property of an attribute, as the class forms it.
fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let mut text = words.next().unwrap().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        text.push_str(&first.to_ascii_uppercase());
        text.push_str(rest);
    }
    text
}

#[test]
fn the_class_has_the_attributes_and_properties_of_the_table() {
    let texts: Vec<&str> = between(SCRIPT, "const TEXTS = (", ").split")
        .split(['"', '+', ' ', '\n'])
        .filter(|name| !name.is_empty())
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
    let expected: Vec<&str> = others
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    assert_eq!(texts, expected);
    let names: Vec<&str> = boolean
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    assert_eq!(flags, names);
    for attribute in &table {
        assert_eq!(camel_case(&attribute.name), attribute.property);
    }
    assert!(SCRIPT.contains("get name()") && SCRIPT.contains("set name(value)"));
}

#[test]
fn every_attribute_of_the_table_is_read() {
    for attribute in attributes() {
        if OF_THE_CLASS.contains(&attribute.name.as_str()) {
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
