//! Trunk, which rebuilds and reloads the page during development. Only `serve` needs it.

use std::path::PathBuf;

use super::cargo;
use super::progress::say;
use super::rust::Toolchain;
use crate::error::Result;
use crate::process;
use crate::project::Project;

pub const VERSION: &str = "0.21.14";

pub fn ensure(project: &Project, toolchain: &Toolchain) -> Result<PathBuf> {
    let fits =
        |program: &PathBuf| process::version(program).is_some_and(|version| version == VERSION);
    let root = project.tool("trunk", VERSION);
    let installed = root
        .join("bin")
        .join(format!("trunk{}", std::env::consts::EXE_SUFFIX));
    if let Some(program) = process::find("trunk")
        .into_iter()
        .chain([installed.clone()])
        .find(fits)
    {
        return Ok(program);
    }
    say(&format!(
        "trunk {VERSION} is compiled (about five minutes, once)"
    ));
    cargo::install(
        project,
        toolchain,
        &cargo::Crate {
            name: "trunk",
            version: VERSION,
            root: &root,
            arguments: &["--no-default-features"],
        },
    )?;
    Some(installed)
        .filter(fits)
        .ok_or_else(|| format!("cargo installed trunk {VERSION}, but it does not start."))
}
