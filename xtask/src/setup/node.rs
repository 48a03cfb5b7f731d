//! Node, which runs the end-to-end tests and wasm-opt, and the packages of the tests and benchmarks. No browser is
//! downloaded: Playwright drives the machine's Chromium.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::apt;
use super::progress::say;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

/// The oldest version that Vite 7 supports, with which the npm package is tried.
const OLDEST: &str = "20.19";

/// The folder of the end-to-end tests.
pub const TESTS: &str = "tests/e2e";

#[derive(Debug)]
pub struct Node {
    pub node: PathBuf,
    npm: PathBuf,
}

impl Node {
    pub fn npm(&self) -> Command {
        let mut npm = process::command(&self.npm);
        npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        npm
    }
}

pub fn ensure() -> Result<Node> {
    let found = || {
        Some(Node {
            node: process::find("node")?,
            npm: process::find("npm")?,
        })
    };
    let mut node = found();
    if node.is_none() && apt::usable() {
        say("apt installs nodejs and npm (a minute or two)");
        apt::install(&["nodejs", "npm"])?;
        node = found();
    }
    let node = node.ok_or_else(|| {
        format!("Node {OLDEST} or newer with npm is missing: https://nodejs.org.")
    })?;
    let version = process::version(&node.node).ok_or("`node --version` does not answer.")?;
    if process::numbers(&version) < process::numbers(OLDEST) {
        return Err(format!(
            "Node is {version}, and {OLDEST} or newer is needed: https://nodejs.org."
        ));
    }
    Ok(node)
}

/// Installs the packages that the `package-lock.json` of a folder names, unless they were installed from the same file.
pub fn install_packages(project: &Project, node: &Node, path: &str) -> Result<()> {
    let folder = project.root.join(path);
    let lock = project::read(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(&format!("npm installs the packages of {path} (seconds)"));
    process::read(
        node.npm()
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder),
    )?;
    project::write(&stamp, lock)
}
