//! `api.json` is the table of the element's events, properties, methods, parts and CSS properties, and
//! `npm/types/details.d.ts` has the types of what they carry. `cargo xtask npm` generates the package's declarations and
//! its manifest from both. These tests compare them with the code.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::ui;

const SCRIPT: &str = include_str!("s3-upload.js");
const DETAIL: &str = include_str!("event_detail.rs");
const PRESIGN: &str = include_str!("page_presign.rs");
const ADMISSION: &str = include_str!("admission.rs");
const EVENTS: &str = include_str!("events.rs");
const STYLE: &str = include_str!("../../style/start.css");
const TYPES: &str = include_str!("../../npm/types/details.d.ts");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Api {
    events: Vec<Event>,
    properties: Vec<Property>,
    methods: Vec<Method>,
    static_methods: Vec<Method>,
    parts: Vec<Named>,
    css_properties: Vec<CssProperty>,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    detail: String,
    cancelable: bool,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    writable: bool,
}

#[derive(Deserialize)]
struct Method {
    name: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct CssProperty {
    name: String,
    default: String,
}

fn api() -> Api {
    serde_json::from_str(include_str!("api.json")).unwrap()
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic_at(start));
    rest.split_once(end).unwrap_or_else(|| panic_at(end)).0
}

#[expect(
    clippy::panic,
    reason = "it fails the test, with the text that is missing"
)]
fn panic_at(missing: &str) -> ! {
    panic!("there is no `{missing}`")
}

/// The body of a Rust function at the start of a line.
fn body<'a>(source: &'a str, signature: &str) -> &'a str {
    between(source, signature, "\n}\n")
}

/// The names that the code sets on an object by `set(&object, "name", …)`.
fn set_names(code: &str) -> BTreeSet<String> {
    let calls = code.split("set(").skip(1);
    let names = calls.filter_map(|call| {
        let (target, rest) = call.split_once(',')?;
        let is_object = target.trim().starts_with('&');
        let name = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        is_object.then(|| name.to_owned())
    });
    names.collect()
}

/// The members of an interface of the declarations, those of a base included.
fn members(interface: &str) -> BTreeSet<String> {
    let rest = TYPES
        .split(&format!("export interface {interface} "))
        .nth(1);
    let rest = rest.unwrap_or_else(|| panic_at(interface));
    let (head, rest) = rest.split_once("{\n").unwrap();
    let lines = rest.split("\n}").next().unwrap().lines();
    // Members are indented by two spaces. Lines of comments and of long signatures are not members.
    let mut names: BTreeSet<String> = lines
        .filter_map(|line| {
            let line = line.strip_prefix("  ")?;
            let end = line.find(|c: char| !c.is_ascii_alphanumeric())?;
            (end > 0).then(|| line[..end].to_owned())
        })
        .collect();
    if let Some(base) = head.trim().strip_prefix("extends ") {
        names.extend(members(base));
    }
    names
}

/// The texts of a union of the declarations.
fn union(name: &str) -> BTreeSet<String> {
    let text = between(TYPES, &format!("export type {name} ="), ";");
    quoted(text)
}

/// The texts in double quotes.
fn quoted(text: &str) -> BTreeSet<String> {
    let texts = text.split('"').skip(1).step_by(2);
    texts.map(str::to_owned).collect()
}

fn set_of(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_table_has_the_events_that_the_element_dispatches() {
    let mut of_uploads = quoted(body(EVENTS, "pub(super) fn dispatch("));
    of_uploads.retain(|name| name.starts_with("upload-"));
    let cancelable = quoted(between(ADMISSION, "events::send(", ")"));
    let of_class = SCRIPT.split("#send(\"").skip(1);
    let of_class = of_class.filter_map(|rest| rest.split('"').next().map(str::to_owned));
    let of_class: BTreeSet<String> = of_class.collect();
    let events = api().events;
    let table: BTreeSet<String> = events.iter().map(|event| event.name.clone()).collect();
    assert_eq!(table, &(&of_uploads | &cancelable) | &of_class);
    for event in events {
        if event.detail != "null" {
            members(&event.detail);
        }
        if !of_class.contains(&event.name) {
            let expected = cancelable.contains(&event.name);
            assert_eq!(event.cancelable, expected, "{}", event.name);
        }
    }
    assert!(EVENTS.contains("send(host, name, &detail, false)"));
}

#[test]
fn the_declarations_have_the_members_of_details() {
    let described = set_names(body(DETAIL, "pub(super) fn file_info("));
    assert_eq!(described, set_of(&["id", "name", "size", "type"]));
    let with_description = |own: BTreeSet<String>| &own | &described;
    let file = with_description(set_names(body(DETAIL, "pub(super) fn file(")));
    assert_eq!(members("S3UploadFile"), file);
    let candidate = with_description(set_names(body(ADMISSION, "pub(super) async fn ask(")));
    assert_eq!(members("S3UploadCandidate"), candidate);
    let rejection = set_names(body(DETAIL, "pub(super) fn rejected("));
    assert_eq!(members("S3UploadRejection"), rejection);
    let failure = set_names(body(DETAIL, "\nfn failure("));
    assert_eq!(failure, set_of(&["code", "message"]));
    let error = &set_names(body(DETAIL, "\nfn error(")) | &failure;
    assert_eq!(members("S3UploadError"), error);
    let result = set_names(body(DETAIL, "\nfn result("));
    assert_eq!(members("S3UploadResult"), result);
    let totals = set_names(body(EVENTS, "pub(super) fn dispatch("));
    assert_eq!(members("S3UploadTotals"), totals);
}

#[test]
fn the_declarations_have_the_members_of_presign() {
    let options = set_names(body(PRESIGN, "\nfn options("));
    assert_eq!(members("S3UploadOptions"), options);
    let wish = &set_names(body(PRESIGN, "\nfn presign_options(")) | &options;
    assert_eq!(members("S3UploadPresignRequest"), wish);
    let part = set_names(body(PRESIGN, "\nfn part("));
    assert_eq!(members("S3UploadPart"), part);
    // The functions of an answer that are called.
    let called = PRESIGN.split("inner.operation(&id, \"").skip(1);
    let called: BTreeSet<&str> = called.filter_map(|rest| rest.split('"').next()).collect();
    let multipart = members("S3UploadMultipartGrant");
    for name in called {
        assert!(multipart.contains(name), "{name}");
    }
}

#[test]
fn the_declarations_have_the_codes_of_the_engine() {
    let code_of = |source: &str, start: &str| {
        let method = between(source, start, "\n    }\n");
        quoted(method)
    };
    let status = include_str!("../../crates/core/src/snapshot.rs");
    let status = code_of(status, "pub const fn name(&self)");
    assert_eq!(union("S3UploadStatus"), status);
    let error = include_str!("../../crates/core/src/error.rs");
    let error = code_of(error, "pub fn code(&self)");
    assert_eq!(union("S3UploadErrorCode"), error);
    let violation = include_str!("../../crates/core/src/constraints.rs");
    let violation = code_of(violation, "pub const fn code(&self)");
    assert_eq!(union("S3UploadRejectionCode"), violation);
}

/// The members of the JavaScript class at the first level: `(accessor, name)`.
fn class_members() -> BTreeSet<(String, String)> {
    let class = between(SCRIPT, "export class S3Upload extends Base {", "\n}\n");
    let members = class.lines().filter_map(|line| {
        let line = line.strip_prefix("  ")?;
        let (head, _) = line.split_once('(')?;
        let (accessor, name) = head.split_once(' ').unwrap_or(("", head));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        let accessor = if accessor == "async" { "" } else { accessor };
        let is_member =
            line.ends_with('{') && matches!(accessor, "" | "get" | "set" | "static") && is_name;
        is_member.then(|| (accessor.to_owned(), name.to_owned()))
    });
    members.collect()
}

#[test]
fn the_table_has_the_methods_and_properties_of_the_class() {
    let api = api();
    let found = class_members();
    let named = |accessor: &str| -> BTreeSet<String> {
        let members = found.iter().filter(|(kind, _)| kind == accessor);
        members.map(|(_, name)| name.clone()).collect()
    };
    let listed = |start: &str, end: &str| quoted(between(SCRIPT, start, end));
    let (of_queue, given) = (
        listed("for (const name of [\"start\"", "])"),
        between(SCRIPT, "const GIVEN = {", "};"),
    );
    let given = given.split(',').filter_map(|pair| pair.split(':').next());
    let given: BTreeSet<String> = given.map(|name| name.trim().to_owned()).collect();
    // The methods that the browser calls are not part of the interface, nor is the property of the attribute `name`.
    let mut methods = &named("") | &of_queue;
    methods.insert("start".to_owned());
    methods.retain(|name| {
        !name.ends_with("Callback") && name != "constructor" && name != "handleEvent"
    });
    let table: BTreeSet<String> = api.methods.iter().map(|row| row.name.clone()).collect();
    assert_eq!(table, methods);
    let table = api.static_methods.iter();
    let table: BTreeSet<String> = table.map(|row| row.name.clone()).collect();
    assert_eq!(table, named("static"));
    let (mut readable, mut writable) = (&named("get") | &given, &named("set") | &given);
    assert!(readable.remove("name") && writable.remove("name"));
    let table: BTreeSet<String> = api.properties.iter().map(|row| row.name.clone()).collect();
    assert_eq!(table, readable);
    let table = api.properties.iter().filter(|row| row.writable);
    let table: BTreeSet<String> = table.map(|row| row.name.clone()).collect();
    assert_eq!(table, writable);
}

#[test]
fn the_table_has_the_parts_and_properties_of_the_stylesheet() {
    let api = api();
    // The head of the stylesheet is compared with the sources by a test of its own.
    let head = between(STYLE, "/*", "*/");
    let (properties, parts) = head.split_once("everything ").unwrap();
    let is_property = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
    let named: BTreeSet<&str> = properties
        .split_whitespace()
        .filter(|word| {
            word.len() > 6 && word.starts_with("--s3u-") && word.chars().all(is_property)
        })
        .collect();
    let table: BTreeSet<&str> = api
        .css_properties
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(table, named);
    for row in &api.css_properties {
        let (_, rest) = properties.split_once(&format!("{} ", row.name)).unwrap();
        let default = rest.trim_start();
        assert!(
            default.starts_with(&row.default),
            "{}: {}",
            row.name,
            row.default
        );
    }
    // In a line with the names, the title is followed by two spaces. What is in parentheses explains.
    let parts = format!("everything {parts}");
    let mut named = BTreeSet::new();
    for line in parts.lines() {
        let Some((_, words)) = line.trim().split_once("  ") else {
            continue;
        };
        let mut depth = 0_i32;
        for word in words.split_whitespace() {
            depth += i32::try_from(word.matches('(').count()).unwrap();
            if depth == 0 {
                named.insert(word);
            }
            depth -= i32::try_from(word.matches(')').count()).unwrap();
        }
    }
    let table: BTreeSet<&str> = api.parts.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(table, named);
}

#[test]
fn every_key_of_the_catalogue_has_a_text() {
    // `cargo xtask npm` reads the keys by the shape of the lines: `("key", "text"),`.
    let source = [
        include_str!("../ui/text/catalogue.rs"),
        include_str!("../ui/text/failure_catalogue.rs"),
    ];
    let rows = source
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.strip_prefix("    (\""));
    let keys: Vec<&str> = rows.filter_map(|row| row.split('"').next()).collect();
    assert!(keys.len() > 100);
    for key in keys {
        assert!(ui::Messages::default().find(key).is_some(), "{key}");
    }
}
