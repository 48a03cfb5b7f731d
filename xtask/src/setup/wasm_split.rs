//! The program of `wasm_split_cli_support`, which moves code of a wasm that is loaded later into a file of its own. Its
//! version is pinned, since it reads marks that the crate `wasm_split_helpers` makes.

use std::path::{Path, PathBuf};

use super::cargo;
use super::progress::say;
use super::rust::Toolchain;
use crate::error::Result;
use crate::project::Project;

pub const VERSION: &str = "0.2.4";
const CRATE: &str = "wasm_split_cli_support";
const PROGRAM: &str = "wasm-split-cli";

/// Returns the program.
pub fn ensure(project: &Project, toolchain: &Toolchain) -> Result<PathBuf> {
    let root = project.tool("wasm-split", VERSION);
    let program = program_in(&root);
    if program.is_file() {
        return Ok(program);
    }
    say(&format!(
        "{PROGRAM} {VERSION} is compiled (about a minute, once)"
    ));
    cargo::install(
        project,
        toolchain,
        &cargo::Crate {
            name: CRATE,
            version: VERSION,
            root: &root,
            arguments: &["--features", "build-binary", "--bin", PROGRAM],
        },
    )?;
    Some(program)
        .filter(|program| program.is_file())
        .ok_or_else(|| format!("cargo installed {CRATE} {VERSION}, but {PROGRAM} is missing."))
}

fn program_in(root: &Path) -> PathBuf {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    root.join("bin").join(name)
}
