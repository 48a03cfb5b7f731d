//! All checks, in stages, each of which sets up what it needs. The other stages still run if one fails or cannot be set
//! up. A stage without a single test is a failure.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::lint::{self, Check};
use crate::npm;
use crate::process;
use crate::project::Project;
use crate::report::Count;
use crate::server;
use crate::setup::backends::Backends;
use crate::setup::rust::{self, Toolchain, WASM};
use crate::setup::{browser, competitors, node, python, wasm_bindgen};
use crate::widget;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The checks that run no test.
    Lint,
    /// The tests that need no browser: the core, the dialects, the server, the widget's messages, xtask itself.
    Native,
    /// The widget's Rust in a real browser.
    Browser,
    /// The built widget against the real server and store.
    EndToEnd,
    /// The npm package in fresh projects: those that are tried each time.
    Embed,
    /// The npm package in fresh projects of all bundlers and frameworks, which takes several minutes. `--only embed`.
    EmbedAll,
}

impl Stage {
    /// The stages that run without an option.
    pub const ALL: [Self; 5] = [
        Self::Lint,
        Self::Native,
        Self::Browser,
        Self::EndToEnd,
        Self::Embed,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::EndToEnd => "e2e",
            Self::Embed | Self::EmbedAll => "embed",
        }
    }

    /// Finds a stage that is asked for by its name. All projects are tried if the name is `embed`.
    pub fn named(name: &str) -> Result<Self> {
        let stage = Self::ALL.into_iter().find(|stage| stage.name() == name);
        let all = |stage| match stage {
            Self::Embed => Self::EmbedAll,
            other => other,
        };
        stage.map(all).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`test` has no stage `{name}`, only {names}.")
        })
    }

    fn run(self, project: &Project, toolchain: &Toolchain, plan: &Plan) -> Result<Count> {
        match self {
            Self::Lint => lint::count(project, toolchain, &Check::ALL),
            Self::Native => native(project, toolchain, &plan.native),
            Self::Browser => in_browser(project, toolchain),
            Self::EndToEnd => end_to_end(project, toolchain, &plan.end_to_end),
            Self::Embed => embed(project, toolchain, &["--grep", "@basic"]),
            Self::EmbedAll => embed(project, toolchain, &[]),
        }
    }
}

/// A package with tests that need no browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Package {
    Core,
    Types,
    Protocol,
    Widget,
    Server,
    Xtask,
}

impl Package {
    pub const ALL: [Self; 6] = [
        Self::Core,
        Self::Types,
        Self::Protocol,
        Self::Widget,
        Self::Server,
        Self::Xtask,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Core => "s3-upload-core",
            Self::Types => "s3-upload-types",
            Self::Protocol => "s3-upload-protocol",
            Self::Widget => "s3-upload",
            Self::Server => server::PACKAGE,
            Self::Xtask => "xtask",
        }
    }
}

/// The specs of the end-to-end tests that run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Specs {
    #[default]
    None,
    /// Those whose paths in `tests/e2e` contain one of these texts.
    Some(BTreeSet<String>),
    All,
}

impl Specs {
    pub fn add<'a>(&mut self, specs: impl IntoIterator<Item = &'a str>) {
        let specs: BTreeSet<String> = specs.into_iter().map(str::to_owned).collect();
        match self {
            Self::None if !specs.is_empty() => *self = Self::Some(specs),
            Self::Some(others) => others.extend(specs),
            Self::None | Self::All => {}
        }
    }
}

/// The tests of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub lint: bool,
    pub native: BTreeSet<Package>,
    pub browser: bool,
    pub end_to_end: Specs,
    pub embed: Projects,
}

/// The fresh projects in which the npm package is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Projects {
    #[default]
    None,
    Basic,
    All,
}

impl Plan {
    pub fn all() -> Self {
        Self::of(&Stage::ALL)
    }

    /// The whole of these stages.
    pub fn of(stages: &[Stage]) -> Self {
        let mut plan = Self::default();
        for stage in stages {
            match stage {
                Stage::Lint => plan.lint = true,
                Stage::Native => plan.native.extend(Package::ALL),
                Stage::Browser => plan.browser = true,
                Stage::EndToEnd => plan.end_to_end = Specs::All,
                Stage::Embed => plan.embed = Projects::Basic,
                Stage::EmbedAll => plan.embed = Projects::All,
            }
        }
        plan
    }

    fn stages(&self) -> impl Iterator<Item = Stage> {
        let stages = Stage::ALL.into_iter().chain([Stage::EmbedAll]);
        stages.filter(|stage| match stage {
            Stage::Lint => self.lint,
            Stage::Native => !self.native.is_empty(),
            Stage::Browser => self.browser,
            Stage::EndToEnd => self.end_to_end != Specs::None,
            Stage::Embed => self.embed == Projects::Basic,
            Stage::EmbedAll => self.embed == Projects::All,
        })
    }
}

/// Runs stages and prints a summary, whose last line is machine-readable.
pub fn run(project: &Project, plan: &Plan) -> ExitCode {
    let mut total = Count::default();
    let mut summary = Vec::new();
    let toolchain = rust::ensure(project);
    for stage in plan.stages() {
        heading(stage.name());
        let start = Instant::now();
        let outcome = toolchain
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|toolchain| stage.run(project, toolchain, plan));
        let mut count = outcome.unwrap_or_else(|sentence| {
            eprintln!("{sentence}");
            Count::FAILURE
        });
        if count.passed + count.failed == 0 {
            eprintln!("There is not one test in this stage.");
            count = Count::FAILURE;
        }
        summary.push(line(stage.name(), count, start.elapsed()));
        total += count;
    }
    heading("summary");
    for line in summary {
        println!("{line}");
    }
    println!("{total}");
    if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn heading(name: &str) {
    println!(
        "\n── {name} {}",
        "─".repeat(60_usize.saturating_sub(name.len()))
    );
}

fn line(name: &str, count: Count, time: Duration) -> String {
    let mark = if count.failed == 0 { "ok" } else { "FAILED" };
    let (passed, failed, seconds) = (count.passed, count.failed, time.as_secs());
    let skipped = if count.skipped == 0 {
        String::new()
    } else {
        format!("  {} skipped", count.skipped)
    };
    format!("{name:<8} {mark:<6} {passed:>5} passed {failed:>4} failed  {seconds:>5} s{skipped}")
}

/// Runs the tests of the server beside those of the other packages. The two are built in folders of their own, and those
/// of the server wait for most of their time.
fn native(project: &Project, toolchain: &Toolchain, packages: &BTreeSet<Package>) -> Result<Count> {
    let mut server = native_server(project, toolchain);
    thread::scope(|scope| {
        let server = packages
            .contains(&Package::Server)
            .then(|| scope.spawn(|| process::collect(&mut server)));
        let others = native_others(project, toolchain, packages);
        let mut count = Count::default();
        if let Some(server) = server {
            let output = server
                .join()
                .map_err(|_| "The tests of the server were not run.")?;
            let (output, succeeded) = output?;
            print!("{output}");
            count += Count::of_cargo(&output, succeeded);
        }
        count += others?;
        Ok(count)
    })
}

/// Only the server is built in its own profile: the end-to-end tests need that build, and it is most of the work.
fn native_server(project: &Project, toolchain: &Toolchain) -> Command {
    let mut tests = toolchain.cargo(project, "test");
    tests.args([
        "--no-fail-fast",
        "--profile",
        server::PROFILE,
        "-p",
        server::PACKAGE,
    ]);
    // Signatures are compared with those of another implementation, if Python is installed.
    if let Ok(python) = python::ensure(project) {
        tests.env("S3_UPLOAD_PYTHON", python);
    }
    tests
}

fn native_others(
    project: &Project,
    toolchain: &Toolchain,
    packages: &BTreeSet<Package>,
) -> Result<Count> {
    let mut count = Count::default();
    let pure: Vec<&str> = packages
        .iter()
        .filter(|package| !matches!(package, Package::Widget | Package::Server))
        .flat_map(|package| ["-p", package.name()])
        .collect();
    if !pure.is_empty() {
        let mut tests = toolchain.cargo(project, "test");
        let (output, succeeded) = process::tee(tests.arg("--no-fail-fast").args(pure))?;
        count += Count::of_cargo(&output, succeeded);
    }
    // The widget's tests that need no browser, and the examples of its documentation.
    if packages.contains(&Package::Widget) {
        for target in ["--lib", "--doc"] {
            let mut tests = toolchain.cargo(project, "test");
            tests.args(["--no-fail-fast", "-p", Package::Widget.name(), target]);
            let (output, succeeded) = process::tee(&mut tests)?;
            count += Count::of_cargo(&output, succeeded);
        }
    }
    Ok(count)
}

fn in_browser(project: &Project, toolchain: &Toolchain) -> Result<Count> {
    let bindgen = wasm_bindgen::ensure(project, toolchain)?;
    let browser = browser::ensure()?;
    let mut tests = toolchain.cargo(project, "test");
    tests
        .args([
            "--no-fail-fast",
            "-p",
            "s3-upload",
            "--target",
            WASM,
            "--test",
            "*",
        ])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            &bindgen.runner,
        )
        .env(
            "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
            browser.webdriver_config(project)?,
        )
        .env("CHROMEDRIVER", &browser.driver);
    for other in [
        "GECKODRIVER",
        "SAFARIDRIVER",
        "CHROMEDRIVER_REMOTE",
        "GECKODRIVER_REMOTE",
        "SAFARIDRIVER_REMOTE",
    ] {
        tests.env_remove(other);
    }
    let (output, succeeded) = process::tee(&mut tests)?;
    Ok(Count::of_cargo(&output, succeeded))
}

fn end_to_end(project: &Project, toolchain: &Toolchain, specs: &Specs) -> Result<Count> {
    let backends = Backends::ensure(project)?;
    let browser = browser::ensure()?;
    let mut tests = in_chromium(project, toolchain, &browser.chromium)?;
    backends.tell(&mut tests);
    competitors::install(project, &mut tests)?;
    tests.args(["node_modules/@playwright/test/cli.js", "test"]);
    if let Specs::Some(specs) = specs {
        tests.args(specs);
    }
    let (output, succeeded) = process::tee(&mut tests)?;
    for line in backends.skipped() {
        println!("{line}");
    }
    Ok(Count::of_playwright(&output, succeeded))
}

/// Tries the npm package in fresh projects, which npm installs.
fn embed(project: &Project, toolchain: &Toolchain, which: &[&str]) -> Result<Count> {
    let browser = browser::ensure()?;
    let mut tests = in_chromium(project, toolchain, &browser.chromium)?;
    let package = npm::pack(project)?;
    let config = "embed/playwright.config.mjs";
    tests
        .args(["node_modules/@playwright/test/cli.js", "test", "--config"])
        .arg(config)
        .args(which)
        .env("EMBED_PACKAGE", package)
        .env("EMBED_PROJECTS", project.scratch()?.join("embed"));
    let (output, succeeded) = process::tee(&mut tests)?;
    Ok(Count::of_playwright(&output, succeeded))
}

/// Returns a Node command in the folder of the end-to-end tests, with the paths of the built widget, the server and the
/// browser in its environment.
pub fn in_chromium(project: &Project, toolchain: &Toolchain, chromium: &Path) -> Result<Command> {
    let node = node::ensure()?;
    node::install_packages(project, &node, node::TESTS)?;
    widget::dist(project, widget::Optimise::Required)?;
    let binary = server::build(project, toolchain)?;
    let mut command = process::command(&node.node);
    command
        .current_dir(project.root.join(node::TESTS))
        .env("S3_UPLOAD_SERVER", binary)
        .env("S3_UPLOAD_DIST", &project.dist)
        .env("CHROMIUM", chromium)
        .env("S3_UPLOAD_ARTIFACTS", project.scratch()?.join("e2e"));
    Ok(command)
}
