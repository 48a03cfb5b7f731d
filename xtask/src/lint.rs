//! Checks of the sources that run no test. The others still run if one fails.

use std::process::{Command, ExitCode};

use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::report::Count;
use crate::rules;
use crate::server;
use crate::setup::rust::{self, Toolchain, WASM};
use crate::size;

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The layout of the code, by rustfmt.
    Format,
    /// Clippy, for the native target and for the browser.
    Clippy,
    /// Cycles between modules, and dependencies that ARCHITECTURE.md does not allow.
    Modules,
    /// Rules of specifications that no test names.
    Rules,
    /// Links and markup in the documentation, by rustdoc.
    Docs,
    /// The size of what a page loads, against `size-budget.toml`.
    Size,
    /// Licences and sources of the dependencies, by cargo-deny if it is installed.
    Dependencies,
    /// Spelling, by typos if it is installed.
    Spelling,
}

impl Check {
    pub const ALL: [Self; 8] = [
        Self::Format,
        Self::Clippy,
        Self::Modules,
        Self::Rules,
        Self::Docs,
        Self::Size,
        Self::Dependencies,
        Self::Spelling,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Clippy => "clippy",
            Self::Modules => "modules",
            Self::Rules => "rules",
            Self::Docs => "docs",
            Self::Size => "size",
            Self::Dependencies => "dependencies",
            Self::Spelling => "spelling",
        }
    }

    pub fn named(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|check| check.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("`lint` has no check `{name}`, only {names}.")
            })
    }

    fn run(self, project: &Project, toolchain: &Toolchain) -> Count {
        match self {
            Self::Format => outcome(format(project, toolchain)),
            Self::Clippy => {
                let mut count = outcome(process::run(&mut native_clippy(project, toolchain)));
                for mut clippy in widget_clippy(project, toolchain) {
                    count += outcome(process::run(&mut clippy));
                }
                count
            }
            Self::Modules => outcome(process::run(&mut boundaries(project, toolchain))),
            Self::Rules => outcome(rules::check(project)),
            Self::Docs => {
                let mut count = outcome(process::run(&mut native_docs(project, toolchain)));
                count += outcome(process::run(&mut widget_docs(project, toolchain)));
                count
            }
            Self::Size => outcome(size::check(project)),
            Self::Dependencies => if_installed("cargo-deny", || {
                let mut deny = toolchain.command("cargo", project);
                deny.args(["deny", "--locked", "check", "licenses", "bans", "sources"]);
                deny
            }),
            Self::Spelling => if_installed("typos", || {
                let mut typos = process::command("typos");
                typos.current_dir(&project.root);
                typos
            }),
        }
    }
}

/// Runs checks as a command, and prints the counts.
pub fn run(project: &Project, checks: &[Check]) -> Result<ExitCode> {
    let toolchain = rust::ensure(project)?;
    let count = count(project, &toolchain, checks)?;
    println!("{count}");
    Ok(if count.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs checks and counts those that passed and failed.
pub fn count(project: &Project, toolchain: &Toolchain, checks: &[Check]) -> Result<Count> {
    toolchain.ensure_lints()?;
    let mut count = Count::default();
    for check in checks {
        count += check.run(project, toolchain);
    }
    Ok(count)
}

/// Runs a check by a program that is not installed everywhere. Without the program the check is not counted.
fn if_installed(program: &str, command: impl FnOnce() -> Command) -> Count {
    if process::find(program).is_some() {
        return outcome(process::run(&mut command()));
    }
    println!("{program} is not installed, so that its check is skipped.");
    Count::default()
}

fn outcome(result: Result<()>) -> Count {
    let count = Count::of_check(result.is_ok());
    if let Err(sentence) = result {
        eprintln!("{sentence}");
    }
    count
}

fn format(project: &Project, toolchain: &Toolchain) -> Result<()> {
    let mut format = toolchain.command("cargo", project);
    process::run(format.args(["fmt", "--all", "--check"]))
}

fn boundaries(project: &Project, toolchain: &Toolchain) -> Command {
    let mut test = toolchain.cargo(project, "test");
    test.args(["--quiet", "-p", "xtask", "--test", "boundaries"]);
    test
}

fn docs(project: &Project, toolchain: &Toolchain) -> Command {
    let mut docs = toolchain.cargo(project, "doc");
    docs.args(["--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings");
    docs
}

fn native_docs(project: &Project, toolchain: &Toolchain) -> Command {
    let mut docs = docs(project, toolchain);
    docs.args(["--workspace", "--exclude", "s3-upload", "--lib", "--bins"]);
    docs.args(["--profile", server::PROFILE]);
    docs
}

fn widget_docs(project: &Project, toolchain: &Toolchain) -> Command {
    let mut docs = docs(project, toolchain);
    docs.args(["-p", "s3-upload", "--lib", "--target", WASM]);
    docs
}

fn native_clippy(project: &Project, toolchain: &Toolchain) -> Command {
    let mut clippy = toolchain.cargo(project, "clippy");
    clippy.args(["--workspace", "--exclude", "s3-upload", "--all-targets"]);
    // The server's tests need the macros and build scripts in this profile as well.
    clippy.args(["--profile", server::PROFILE, "--", "-D", "warnings"]);
    clippy
}

/// The widget is checked for the browser, as the custom element without Leptos, whole and split, and for the native target,
/// on which most of its tests run.
fn widget_clippy(project: &Project, toolchain: &Toolchain) -> [Command; 4] {
    [
        &["--all-targets", "--target", WASM][..],
        &["--lib", "--no-default-features", "--target", WASM],
        &[
            "--lib",
            "--no-default-features",
            "--features",
            "split",
            "--target",
            WASM,
        ],
        &["--all-targets"],
    ]
    .map(|targets| {
        let mut clippy = toolchain.cargo(project, "clippy");
        clippy.args(["-p", "s3-upload"]).args(targets);
        clippy.args(["--", "-D", "warnings"]);
        clippy
    })
}
