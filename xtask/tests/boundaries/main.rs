//! The test of the boundaries between modules: no crate has a cycle, and only the dependencies of ARCHITECTURE.md
//! exist.
//!
//! `cargo xtask lint` runs this test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod crate_map;
mod graph;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate_map::CrateMap;

/// The name of each crate in ARCHITECTURE.md, and the folder of its sources.
const CRATES: &[(&str, &str)] = &[
    ("widget", "src"),
    ("core", "crates/core/src"),
    ("protocol", "crates/protocol/src"),
    ("types", "crates/types/src"),
    ("server", "server/src"),
    ("xtask", "xtask/src"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

#[test]
fn no_crate_has_a_cycle_between_modules() {
    let mut found = Vec::new();
    for (name, sources) in CRATES {
        let cycles = graph::cycles(&CrateMap::read(&root().join(sources)).dependencies());
        found.extend(cycles.iter().map(|cycle| format!("{name}: {cycle}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_widgets_modules_depend_as_the_architecture_says() {
    let allowed = allowed_by_architecture();
    assert!(allowed.contains(&("element".to_owned(), "browser".to_owned())));
    assert!(allowed.contains(&("uploader".to_owned(), "core".to_owned())));
    let folders = ["element", "ui", "uploader", "browser"];
    let wrong = forbidden("src", &allowed, |folder| folders.contains(&folder));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The texts use no other module of the widget, so that they need no browser.
#[test]
fn the_folders_of_the_ui_depend_as_the_architecture_says() {
    let allowed = allowed_by_architecture();
    let arrow = ("ui::components".to_owned(), "ui::text".to_owned());
    assert!(allowed.contains(&arrow));
    let dependencies = CrateMap::read(&root().join("src")).dependencies();
    let is_of =
        |module: &str, folder: &str| module == folder || module.starts_with(&format!("{folder}::"));
    let found = |from: &str, to: &str| {
        let mut all = dependencies.iter();
        all.any(|dependency| is_of(&dependency.from, from) && is_of(&dependency.to, to))
    };
    assert!(found(&arrow.0, &arrow.1));
    let wrong: Vec<String> = dependencies
        .iter()
        .filter(|dependency| is_of(&dependency.from, &arrow.1) && !is_of(&dependency.to, &arrow.1))
        .filter(|dependency| !allowed.contains(&(arrow.1.clone(), dependency.to.clone())))
        .map(|dependency| format!("not in ARCHITECTURE.md: {dependency}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_servers_modules_depend_as_the_architecture_says() {
    let allowed = allowed_by_architecture();
    assert!(allowed.contains(&("http".to_owned(), "primitives".to_owned())));
    assert!(!allowed.contains(&("store".to_owned(), "config".to_owned())));
    // Only the root, which has the re-exports, may use every folder.
    let wrong = forbidden("server/src", &allowed, |folder| folder != "crate");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn allowed_by_architecture() -> BTreeSet<(String, String)> {
    allowed(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap())
}

/// Returns the dependencies between folders, and of folders on crates of the workspace, that are not allowed.
fn forbidden(
    sources: &str,
    allowed: &BTreeSet<(String, String)>,
    is_folder: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for dependency in CrateMap::read(&root().join(sources)).dependencies() {
        let (from, to) = (folder(&dependency.from), folder(&dependency.to));
        let counts = is_folder(from) && (is_folder(to) || is_crate(to));
        if counts && from != to && !allowed.contains(&(from.to_owned(), to.to_owned())) {
            wrong.push(format!("not in ARCHITECTURE.md: {dependency}"));
        }
    }
    wrong
}

/// Returns the first segment of a module's path, or the name of a crate of the workspace.
fn folder(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

fn is_crate(name: &str) -> bool {
    ["core", "protocol", "types"].contains(&name)
}

/// Returns the pairs that the arrows in backticks allow, and those that follow from them: `a → b → c` allows `a` to use
/// `c`.
fn allowed(architecture: &str) -> BTreeSet<(String, String)> {
    let mut pairs: BTreeSet<(String, String)> = BTreeSet::new();
    for chain in architecture
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains(" → "))
    {
        let names: Vec<&str> = chain.split(" → ").map(str::trim).collect();
        for pair in names.windows(2) {
            if let [from, to] = pair {
                pairs.insert(((*from).to_owned(), (*to).to_owned()));
            }
        }
    }
    loop {
        let derived: Vec<(String, String)> = pairs
            .iter()
            .flat_map(|(from, middle)| {
                let ends = pairs.iter().filter(move |(start, _)| start == middle);
                ends.map(move |(_, to)| (from.clone(), to.clone()))
            })
            .filter(|pair| !pairs.contains(pair))
            .collect();
        if derived.is_empty() {
            return pairs;
        }
        pairs.extend(derived);
    }
}

#[test]
fn a_cycle_and_what_ties_it_is_reported() {
    let map = CrateMap::of(&[
        ("lib.rs", "mod a; mod b; mod c; pub use b::B;"),
        ("a.rs", "use crate::B; pub struct A(B);"),
        ("b.rs", "pub struct B; pub fn b() { crate::c::c() }"),
        (
            "c.rs",
            "use super::a::{self}; pub fn c() { view! { <p>{a::A}</p> } }",
        ),
    ]);
    let cycles = graph::cycles(&map.dependencies());
    assert_eq!(
        cycles,
        ["a -> b: B; b -> c: c; c -> a: A"],
        "a re-export stands for the module that defines the item"
    );
}

#[test]
fn modules_that_form_no_cycle_pass() {
    let map = CrateMap::of(&[
        (
            "lib.rs",
            "mod a; pub mod b; pub use a::A; use b::run; pub fn start() { run() }",
        ),
        (
            "a.rs",
            "pub struct A; #[cfg(test)] mod tests { use crate::b::run; }",
        ),
        (
            "b/mod.rs",
            "mod inner; use crate::A; pub fn run() { inner::go(A) }",
        ),
        ("b/inner.rs", "use crate::a::A; pub fn go(_: A) {}"),
    ]);
    assert_eq!(graph::cycles(&map.dependencies()), Vec::<String>::new());
}

#[test]
fn a_child_that_uses_its_parents_items_is_in_a_cycle_with_it() {
    let map = CrateMap::of(&[
        ("lib.rs", "mod a;"),
        (
            "a/mod.rs",
            "mod child; pub struct A; pub fn run() { child::go() }",
        ),
        ("a/child.rs", "use super::A; pub fn go() -> A { A }"),
    ]);
    assert_eq!(
        graph::cycles(&map.dependencies()),
        ["a -> a::child: go; a::child -> a: A"]
    );
}

#[test]
fn the_arrows_of_a_document_are_transitive() {
    let pairs = allowed("In `a → b → c` and `c → d`, not `e`.");
    assert!(pairs.contains(&("a".to_owned(), "d".to_owned())));
    assert!(!pairs.contains(&("d".to_owned(), "a".to_owned())));
    assert_eq!(pairs.len(), 6);
}
