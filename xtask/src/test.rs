//! All checks, in stages, each of which sets up what it needs. The other stages still run if one fails or cannot be set
//! up. A stage without a single test is a failure.

use std::process::{Command, ExitCode};
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
use crate::setup::{browser, node, python, wasm_bindgen};
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

    fn run(self, project: &Project, toolchain: &Toolchain) -> Result<Count> {
        match self {
            Self::Lint => lint::count(project, toolchain, &Check::ALL),
            Self::Native => native(project, toolchain),
            Self::Browser => in_browser(project, toolchain),
            Self::EndToEnd => end_to_end(project, toolchain),
            Self::Embed => embed(project, toolchain, &["--grep", "@basic"]),
            Self::EmbedAll => embed(project, toolchain, &[]),
        }
    }
}

/// Runs stages and prints a summary, whose last line is machine-readable.
pub fn run(project: &Project, stages: &[Stage]) -> ExitCode {
    let mut total = Count::default();
    let mut summary = Vec::new();
    let toolchain = rust::ensure(project);
    for stage in stages {
        heading(stage.name());
        let start = Instant::now();
        let outcome = toolchain
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|toolchain| stage.run(project, toolchain));
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

fn native(project: &Project, toolchain: &Toolchain) -> Result<Count> {
    // Only the server is built in its own profile: the end-to-end tests need that build, and it is most of the work.
    let mut pure = toolchain.cargo(project, "test");
    pure.args([
        "--no-fail-fast",
        "--workspace",
        "--exclude",
        "s3-upload",
        "--exclude",
        server::PACKAGE,
    ]);
    let mut server = toolchain.cargo(project, "test");
    server.args([
        "--no-fail-fast",
        "--profile",
        server::PROFILE,
        "-p",
        server::PACKAGE,
    ]);
    // Signatures are compared with those of another implementation, if Python is installed.
    if let Ok(python) = python::ensure(project) {
        server.env("S3_UPLOAD_PYTHON", python);
    }
    // The widget's tests that need no browser, and the examples of its documentation.
    let mut words = toolchain.cargo(project, "test");
    words.args(["--no-fail-fast", "-p", "s3-upload", "--lib"]);
    let mut examples = toolchain.cargo(project, "test");
    examples.args(["--no-fail-fast", "-p", "s3-upload", "--doc"]);
    let mut count = Count::default();
    for tests in [&mut pure, &mut words, &mut examples, &mut server] {
        let (output, succeeded) = process::tee(tests)?;
        count += Count::of_cargo(&output, succeeded);
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

fn end_to_end(project: &Project, toolchain: &Toolchain) -> Result<Count> {
    let backends = Backends::ensure(project)?;
    let mut tests = in_chromium(project, toolchain)?;
    backends.tell(&mut tests);
    tests.args(["node_modules/@playwright/test/cli.js", "test"]);
    let (output, succeeded) = process::tee(&mut tests)?;
    for line in backends.skipped() {
        println!("{line}");
    }
    Ok(Count::of_playwright(&output, succeeded))
}

/// Tries the npm package in fresh projects, which npm installs.
fn embed(project: &Project, toolchain: &Toolchain, which: &[&str]) -> Result<Count> {
    let mut tests = in_chromium(project, toolchain)?;
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
fn in_chromium(project: &Project, toolchain: &Toolchain) -> Result<Command> {
    let node = node::ensure()?;
    let browser = browser::ensure()?;
    node::install_packages(project, &node)?;
    widget::dist(project, widget::Optimise::Required)?;
    let binary = server::build(project, toolchain)?;
    let mut command = process::command(&node.node);
    command
        .current_dir(project.root.join("tests/e2e"))
        .env("S3_UPLOAD_SERVER", binary)
        .env("S3_UPLOAD_DIST", &project.dist)
        .env("CHROMIUM", &browser.chromium)
        .env("S3_UPLOAD_ARTIFACTS", project.scratch()?.join("e2e"));
    Ok(command)
}

/// Runs the benchmark: the widget compared with bare loops in the same browser.
pub fn bench(project: &Project) -> Result<ExitCode> {
    let toolchain = rust::ensure(project)?;
    let mut bench = in_chromium(project, &toolchain)?;
    bench
        .arg("bench.mjs")
        .env("S3_UPLOAD_BENCH", project.scratch()?.join("bench.json"));
    process::run(&mut bench)?;
    Ok(ExitCode::SUCCESS)
}
