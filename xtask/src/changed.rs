//! The stages of tests that changed files can affect.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::test::Stage;

const ALL: &[Stage] = &Stage::ALL;
const LINT: &[Stage] = &[Stage::Lint];
const NATIVE: &[Stage] = &[Stage::Lint, Stage::Native];
const BROWSER: &[Stage] = &[Stage::Lint, Stage::Browser];
const END_TO_END: &[Stage] = &[Stage::Lint, Stage::Native, Stage::EndToEnd];

/// The stages that files below a path affect. The first row that matches applies. A path without a row affects all.
const TABLE: &[(&str, &[Stage])] = &[
    ("crates/", ALL),
    ("src/", ALL),
    ("style/", ALL),
    ("server/tests/", NATIVE),
    ("server/", END_TO_END),
    ("tests/browser/", BROWSER),
    ("tests/e2e/embed/", &[Stage::Lint, Stage::Embed]),
    ("tests/e2e/", &[Stage::Lint, Stage::EndToEnd]),
    // The tests of the widget compare the declarations with the code.
    ("npm/", &[Stage::Lint, Stage::Native, Stage::Embed]),
    ("examples/", &[Stage::Lint, Stage::EndToEnd]),
    // Tests compare the documents with the code, and set up a bucket according to the README.
    ("docs/", END_TO_END),
    ("README.md", END_TO_END),
    (".github/", LINT),
    (".forgejo/", LINT),
    ("CONTRIBUTING.md", LINT),
    ("SECURITY.md", LINT),
];

/// Returns the stages that are affected by the files that differ from the merge base with main, also those in the work
/// tree.
pub fn stages(project: &Project) -> Result<Vec<Stage>> {
    let git = |arguments: &[&str]| {
        let mut git = process::command("git");
        process::read(git.current_dir(&project.root).args(arguments))
    };
    let base = git(&["merge-base", "HEAD", "main"]).unwrap_or_else(|_| "HEAD".into());
    let mut files = git(&["diff", "--name-only", "--no-renames", base.trim()])?;
    files += &git(&["ls-files", "--others", "--exclude-standard"])?;
    Ok(affected(files.lines()))
}

fn affected<'a>(files: impl Iterator<Item = &'a str>) -> Vec<Stage> {
    let mut found = BTreeSet::new();
    for file in files {
        let row = TABLE.iter().find(|(path, _)| file.starts_with(path));
        let stages = row.map_or(ALL, |(_, stages)| stages);
        found.extend(stages.iter().map(|stage| *stage as usize));
    }
    let stages = Stage::ALL.into_iter();
    stages
        .filter(|stage| found.contains(&(*stage as usize)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::affected;
    use crate::test::Stage;

    #[test]
    fn files_affect_the_stages_of_their_rows() {
        assert_eq!(affected([].into_iter()), []);
        assert_eq!(affected(["SECURITY.md"].into_iter()), [Stage::Lint]);
        assert_eq!(
            affected(["server/tests/put.rs", "tests/browser/ui.rs"].into_iter()),
            [Stage::Lint, Stage::Native, Stage::Browser]
        );
        assert_eq!(affected(["src/ui/mod.rs"].into_iter()), Stage::ALL);
    }

    #[test]
    fn the_package_is_tried_when_it_changes() {
        let stages = affected(["tests/e2e/embed/project.mjs"].into_iter());
        assert_eq!(stages, [Stage::Lint, Stage::Embed]);
        let stages = affected(["npm/build.mjs"].into_iter());
        assert_eq!(stages, [Stage::Lint, Stage::Native, Stage::Embed]);
    }

    #[test]
    fn a_file_without_a_row_affects_all_stages() {
        assert_eq!(affected(["Cargo.lock"].into_iter()), Stage::ALL);
    }
}
