//! Cycles of a graph of modules.

use std::collections::{BTreeMap, BTreeSet};

use crate::crate_map::Dependency;

/// Returns each strongly connected group of more than one module, as the dependencies within it.
pub fn cycles(dependencies: &[Dependency]) -> Vec<String> {
    let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for dependency in dependencies {
        let of = targets.entry(&dependency.from).or_default();
        of.insert(&dependency.to);
    }
    let reachable: BTreeMap<&str, BTreeSet<&str>> = targets
        .keys()
        .map(|from| (*from, reached(from, &targets)))
        .collect();
    let reaches = |from: &str, to: &str| {
        reachable
            .get(from)
            .is_some_and(|reached| reached.contains(to))
    };
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for dependency in dependencies {
        let (from, to) = (dependency.from.as_str(), dependency.to.as_str());
        if reaches(to, from) {
            let first = reachable.keys().find(|module| {
                **module == from || (reaches(from, module) && reaches(module, from))
            });
            groups
                .entry(first.copied().unwrap_or(from))
                .or_default()
                .push(dependency.to_string());
        }
    }
    groups.into_values().map(|ties| ties.join("; ")).collect()
}

/// Returns the modules that can be reached from one by at least one dependency.
fn reached<'a>(from: &'a str, targets: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for target in targets.get(module).into_iter().flatten() {
            if found.insert(*target) {
                open.push(target);
            }
        }
    }
    found
}
