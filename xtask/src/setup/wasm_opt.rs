//! wasm-opt, which makes the widget's wasm smaller. It comes from the npm package of Binaryen in one pinned version, so
//! that sizes can be compared between machines. Other versions are not used.

use std::path::PathBuf;
use std::process::Command;

use super::node;
use super::npm::Package;
use crate::error::Result;
use crate::process;
use crate::project::Project;

/// The package that npm installs. The version is Binaryen's own.
pub const PACKAGE: Package = Package {
    name: "binaryen",
    version: "132.0.0",
    manifest: include_str!("binaryen/package.json"),
    lock: include_str!("binaryen/package-lock.json"),
};

/// wasm-opt, and the Node that runs it if it is the one from npm.
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

const PROGRAM: &str = "bin/wasm-opt";

pub fn ensure(project: &Project) -> Result<WasmOpt> {
    if let Some(program) = process::find("wasm-opt").filter(|program| is_wanted(program)) {
        return Ok(WasmOpt {
            node: None,
            program,
        });
    }
    let node = node::ensure()?;
    let program = PACKAGE.ensure(project, &node, PROGRAM)?.join(PROGRAM);
    Ok(WasmOpt {
        node: Some(node.node),
        program,
    })
}

/// Returns true if a program has the major version of the package: `wasm-opt version 132 (version_132)`. The numbers
/// after the first are npm's own.
fn is_wanted(program: &std::path::Path) -> bool {
    let major = |version: &str| process::numbers(version).first().copied();
    process::version(program).is_some_and(|version| major(&version) == major(PACKAGE.version))
}
