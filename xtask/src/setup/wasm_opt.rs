//! wasm-opt, which makes the widget's wasm smaller, from the npm package of Binaryen, in one pinned version, so that
//! sizes can be compared between machines. It refuses other versions.

use std::path::PathBuf;
use std::process::Command;

use super::{node, say};
use crate::process;
use crate::project::{self, Project, Result};

/// Binaryen's version, which is that of its npm package too.
pub const VERSION: &str = "132.0.0";

/// wasm-opt, and the Node that runs it when it is the one from npm.
#[derive(Debug)]
pub struct WasmOpt {
    node: Option<PathBuf>,
    program: PathBuf,
}

impl WasmOpt {
    pub fn command(&self) -> Command {
        match &self.node {
            None => process::command(&self.program),
            Some(node) => {
                let mut command = process::command(node);
                command.arg(&self.program);
                command
            }
        }
    }

    pub fn describe(&self) -> String {
        self.program.display().to_string()
    }
}

pub fn ensure(project: &Project) -> Result<WasmOpt> {
    if let Some(program) = process::find("wasm-opt").filter(|program| is_wanted(program)) {
        return Ok(WasmOpt {
            node: None,
            program,
        });
    }
    let node = node::ensure()?;
    let folder = project.tool("binaryen", VERSION);
    let program = folder.join("node_modules/binaryen/bin/wasm-opt");
    if !program.is_file() {
        say(&format!(
            "npm installs binaryen {VERSION} for wasm-opt (seconds)"
        ));
        project::create_dir(&folder)?;
        let mut npm = node.npm();
        npm.args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ])
        .arg(format!("binaryen@{VERSION}"))
        .arg("--prefix")
        .arg(&folder);
        process::read(&mut npm)?;
    }
    Ok(WasmOpt {
        node: Some(node.node),
        program,
    })
}

/// `wasm-opt version 132 (version_132)`: the numbers after the first are npm's own.
fn is_wanted(program: &std::path::Path) -> bool {
    let major = |version: &str| process::numbers(version).first().copied();
    process::version(program).is_some_and(|version| major(&version) == major(VERSION))
}
