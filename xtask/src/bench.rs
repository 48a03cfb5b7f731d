//! The benchmarks, which measure and judge nothing: the speed of uploads, and the load of a page.

use std::path::PathBuf;

use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::setup::esbuild::{self, BROWSERS};
use crate::setup::rust;
use crate::setup::{browser, node};
use crate::{test, widget};

/// The folder of the load benchmark, which has packages of its own.
const LOAD: &str = "tests/e2e/bench-load";

/// The options of the load benchmark.
#[derive(Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// The number of times that each side is measured.
    pub rounds: u16,
    /// The file for all figures, as JSON.
    pub json: Option<PathBuf>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            rounds: 5,
            json: None,
        }
    }
}

/// Compares the uploads of the widget with bare loops in the same browser.
pub fn uploads(project: &Project) -> Result<()> {
    let toolchain = rust::ensure(project)?;
    let mut bench = test::in_chromium(project, &toolchain, &browser::ensure()?.chromium)?;
    bench
        .arg("bench.mjs")
        .env("S3_UPLOAD_BENCH", project.scratch()?.join("bench.json"));
    process::run(&mut bench)
}

/// Compares the load of a page with the widget with that of a page with Uppy.
pub fn load(project: &Project, options: &LoadOptions) -> Result<()> {
    let browser = browser::ensure()?;
    let node = node::ensure()?;
    node::install_packages(project, &node, node::TESTS)?;
    node::install_packages(project, &node, LOAD)?;
    widget::dist(project, widget::Optimise::Required)?;
    let esbuild = esbuild::ensure(project)?;
    let mut bench = process::command(&node.node);
    bench
        .arg(project.root.join(LOAD).join("load.mjs"))
        .args(["--rounds", &options.rounds.to_string()])
        .env("S3_UPLOAD_DIST", &project.dist)
        .env("S3_UPLOAD_ESBUILD", esbuild.module())
        .env("S3_UPLOAD_BROWSERS", BROWSERS)
        .env("CHROMIUM", browser.chromium);
    if let Some(json) = &options.json {
        bench.arg("--json").arg(json);
    }
    process::run(&mut bench)
}
