//! The stages of tests, the packages and the end-to-end specs that changed files can affect.

use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::test::{Package, Plan, Projects, Specs};

/// The tests that files below a path affect, in addition to the checks of the stage `lint`.
#[derive(Debug, Clone, Copy)]
enum Affects {
    /// All stages.
    All,
    /// The checks only.
    Nothing,
    /// The tests of these packages.
    Native(&'static [Package]),
    /// The component tests in a browser.
    Browser,
    /// The tests of these packages, the component tests and all end-to-end tests.
    Widget(&'static [Package]),
    /// The tests of these packages and all end-to-end tests.
    Server(&'static [Package]),
    /// The tests of these packages and the end-to-end specs below these paths of `tests/e2e`.
    Specs(&'static [Package], &'static [&'static str]),
    /// The file itself if it is a spec, else these specs, of `tests/e2e`. Without a name: all specs.
    SpecOr(&'static [&'static str]),
    /// The tests of these packages and the npm package in fresh projects.
    Embed(&'static [Package]),
}

use Affects::{All, Browser, Embed, Native, Nothing, Server, SpecOr, Specs as SomeSpecs, Widget};
use Package as P;

/// The first row that matches applies. A path without a row affects all stages. A package appears in the row of each
/// package that it uses, and in that of each file that its tests read.
const TABLE: &[(&str, Affects)] = &[
    ("crates/core/", Widget(&[P::Core, P::Widget])),
    (
        "crates/types/",
        Widget(&[P::Core, P::Types, P::Protocol, P::Widget, P::Server]),
    ),
    ("crates/protocol/tests/", Native(&[P::Protocol])),
    (
        "crates/protocol/",
        Widget(&[P::Protocol, P::Widget, P::Server]),
    ),
    ("src/uploader/tests/", Native(&[P::Widget])),
    ("src/demo/", SomeSpecs(&[], &["smoke"])),
    ("src/", Widget(&[P::Widget])),
    ("style/demo.css", SomeSpecs(&[], &["smoke"])),
    ("style/", Widget(&[P::Widget])),
    ("server/tests/", Native(&[P::Server])),
    ("server/", Server(&[P::Server])),
    ("tests/browser/", Browser),
    ("tests/e2e/contract/", SpecOr(&["contract/"])),
    ("tests/e2e/fault-table/", SpecOr(&["fault-table/"])),
    ("tests/e2e/embed/", Embed(&[])),
    ("tests/e2e/bench-load/", Nothing),
    ("tests/e2e/bench/", SomeSpecs(&[], &["bench.spec"])),
    ("tests/e2e/bench-shared/", SomeSpecs(&[], &["bench.spec"])),
    ("tests/e2e/", SpecOr(&[])),
    ("xtask/tests/", Nothing),
    ("xtask/src/changed.rs", Native(&[P::Xtask])),
    ("xtask/src/demo.rs", Native(&[P::Xtask])),
    ("xtask/src/lint.rs", Native(&[P::Xtask])),
    ("xtask/src/rules.rs", Native(&[P::Xtask])),
    ("xtask/src/serve.rs", Native(&[P::Xtask])),
    ("xtask/src/size", Native(&[P::Xtask])),
    // The tests of the widget compare the declarations with the code.
    ("npm/", Embed(&[P::Widget])),
    ("xtask/src/npm/", Embed(&[P::Xtask])),
    ("examples/backends/", SomeSpecs(&[], &["contract/examples"])),
    ("examples/html/", SomeSpecs(&[], &["embedding"])),
    ("examples/", Nothing),
    // The list of dialects is compared with the guide.
    ("docs/dialects.md", Native(&[P::Protocol])),
    // The table of faults is compared with the document.
    ("docs/faults.md", SomeSpecs(&[], &["fault-table/document"])),
    ("docs/", Nothing),
    // The table of attributes is compared with the code, and a bucket of the tests gets the CORS rule.
    ("README.md", SomeSpecs(&[P::Widget], &["contract/node-sdk"])),
    ("ARCHITECTURE.md", Nothing),
    ("CHANGELOG.md", Nothing),
    ("CONTRIBUTING.md", Nothing),
    ("SECURITY.md", Nothing),
    ("LICENSE", Nothing),
    (".editorconfig", Nothing),
    (".forgejo/", Nothing),
    (".github/", Nothing),
    ("deny.toml", Nothing),
    ("rustfmt.toml", Nothing),
    ("size-budget.toml", Nothing),
    ("typos.toml", Nothing),
];

/// Returns what is affected by the files that differ from the merge base with main, also those in the work tree.
pub fn plan(project: &Project) -> Result<Plan> {
    let git = |arguments: &[&str]| {
        let mut git = process::command("git");
        process::read(git.current_dir(&project.root).args(arguments))
    };
    let base = git(&["merge-base", "HEAD", "main"]).unwrap_or_else(|_| "HEAD".into());
    let mut files = git(&["diff", "--name-only", "--no-renames", base.trim()])?;
    files += &git(&["ls-files", "--others", "--exclude-standard"])?;
    Ok(affected(files.lines(), |file| {
        project.root.join(file).exists()
    }))
}

fn affected<'a>(files: impl Iterator<Item = &'a str>, exists: impl Fn(&str) -> bool) -> Plan {
    let mut plan = Plan::default();
    for file in files {
        plan.lint = true;
        let row = TABLE.iter().find(|(path, _)| file.starts_with(path));
        match row.map_or(All, |(_, affects)| *affects) {
            All => return Plan::all(),
            Nothing => {}
            Native(packages) => plan.native.extend(packages),
            Browser => plan.browser = true,
            Embed(packages) => {
                plan.native.extend(packages);
                plan.embed = Projects::Basic;
            }
            Widget(packages) => {
                plan.native.extend(packages);
                plan.browser = true;
                plan.end_to_end = Specs::All;
                plan.embed = Projects::Basic;
            }
            Server(packages) => {
                plan.native.extend(packages);
                plan.end_to_end = Specs::All;
            }
            SomeSpecs(packages, specs) => {
                plan.native.extend(packages);
                plan.end_to_end.add(specs.iter().copied());
            }
            SpecOr(specs) => match file.strip_prefix("tests/e2e/") {
                Some(spec) if spec.ends_with(".spec.mjs") => {
                    plan.end_to_end.add(exists(file).then_some(spec));
                }
                _ if specs.is_empty() => plan.end_to_end = Specs::All,
                _ => plan.end_to_end.add(specs.iter().copied()),
            },
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{TABLE, affected};
    use crate::test::{Package, Plan, Projects, Specs};

    fn plan(files: &[&str]) -> Plan {
        affected(files.iter().copied(), |_| true)
    }

    fn lint() -> Plan {
        Plan {
            lint: true,
            ..Plan::default()
        }
    }

    #[test]
    fn a_document_affects_the_checks_only() {
        assert_eq!(plan(&[]), Plan::default());
        assert_eq!(plan(&["SECURITY.md", "docs/server.md"]), lint());
    }

    #[test]
    fn a_package_affects_those_that_use_it() {
        let core = Plan {
            native: [Package::Core, Package::Widget].into(),
            browser: true,
            end_to_end: Specs::All,
            embed: Projects::Basic,
            ..lint()
        };
        assert_eq!(plan(&["crates/core/src/retry.rs"]), core);
        let server = Plan {
            native: [Package::Server].into(),
            end_to_end: Specs::All,
            ..lint()
        };
        assert_eq!(plan(&["server/src/main.rs"]), server);
    }

    #[test]
    fn tests_affect_themselves() {
        let some = Plan {
            native: [Package::Server].into(),
            browser: true,
            end_to_end: Specs::Some(BTreeSet::from([
                "contract/".to_owned(),
                "many.spec.mjs".to_owned(),
            ])),
            ..lint()
        };
        let files = [
            "server/tests/put.rs",
            "tests/browser/ui.rs",
            "tests/e2e/many.spec.mjs",
            "tests/e2e/contract/stores.mjs",
        ];
        assert_eq!(plan(&files), some);
        let shared = plan(&["tests/e2e/many.spec.mjs", "tests/e2e/lab.mjs"]);
        assert_eq!(shared.end_to_end, Specs::All);
        let removed = affected(["tests/e2e/old.spec.mjs"].into_iter(), |_| false);
        assert_eq!(removed, lint());
    }

    #[test]
    fn the_package_is_tried_when_it_changes() {
        let embed = Plan {
            embed: Projects::Basic,
            ..lint()
        };
        assert_eq!(plan(&["tests/e2e/embed/project.mjs"]), embed);
        let declared = Plan {
            native: [Package::Widget].into(),
            ..embed
        };
        assert_eq!(plan(&["npm/build.mjs"]), declared);
    }

    #[test]
    fn a_file_without_a_row_affects_all_stages() {
        assert_eq!(plan(&["SECURITY.md", "Cargo.lock"]), Plan::all());
    }

    /// A row that matches no file, or specs that do not exist, would be a silent gap.
    #[test]
    fn rows_name_what_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let names = |folder: &Path| -> Vec<String> {
            std::fs::read_dir(folder)
                .map(|entries| {
                    entries
                        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                        .collect()
                })
                .unwrap_or_default()
        };
        let exists = |path: &Path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            names(path.parent().unwrap())
                .iter()
                .any(|other| other.starts_with(&name))
        };
        for (path, affects) in TABLE {
            assert!(exists(&root.join(path)), "{path}");
            if let super::Affects::Specs(_, specs) | super::Affects::SpecOr(specs) = affects {
                for spec in *specs {
                    assert!(exists(&root.join("tests/e2e").join(spec)), "{spec}");
                }
            }
        }
    }
}
