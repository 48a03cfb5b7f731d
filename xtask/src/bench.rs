//! The benchmarks, which measure and judge nothing: the speed of uploads, and the load of a page.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::setup::{browser, competitors, node, rust};
use crate::{test, widget};

/// The folder of the load benchmark, which has packages of its own.
const LOAD: &str = "tests/e2e/bench-load";

/// The options of a benchmark.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// The number of times that each side is measured.
    pub rounds: u16,
    /// The file for all figures, as JSON.
    pub json: Option<PathBuf>,
    /// The names of the works that are measured; all if there is none.
    pub only: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: 5,
            json: None,
            only: Vec::new(),
        }
    }
}

impl Options {
    fn tell(&self, bench: &mut Command) -> Result<()> {
        bench.args(["--rounds", &self.rounds.to_string()]);
        if let Some(json) = &self.json {
            // The benchmark runs in a folder of its own.
            let path = std::path::absolute(json)
                .map_err(|error| format!("{} is no path: {error}", json.display()))?;
            bench.arg("--json").arg(path);
        }
        for name in &self.only {
            bench.args(["--only", name]);
        }
        Ok(())
    }
}

/// Compares the uploads of the widget with those of loops and of other libraries in the same browser.
pub fn uploads(project: &Project, options: &Options) -> Result<()> {
    let toolchain = rust::ensure(project)?;
    let mut bench = test::in_chromium(project, &toolchain, &browser::ensure()?.chromium)?;
    competitors::install(project, &mut bench)?;
    bench.arg("bench/bench.mjs");
    options.tell(&mut bench)?;
    process::run(&mut bench)
}

/// Compares the load of a page with the widget with that of a page with Uppy.
pub fn load(project: &Project, options: &Options) -> Result<()> {
    let browser = browser::ensure()?;
    let node = node::ensure()?;
    node::install_packages(project, &node, node::TESTS)?;
    node::install_packages(project, &node, LOAD)?;
    widget::dist(project, widget::Optimise::Required)?;
    let mut bench = process::command(&node.node);
    bench
        .arg(project.root.join(LOAD).join("load.mjs"))
        .env("S3_UPLOAD_DIST", &project.dist)
        .env("CHROMIUM", browser.chromium);
    competitors::bundler(project, &mut bench)?;
    options.tell(&mut bench)?;
    process::run(&mut bench)
}
