//! Programs that are compiled from their crate, for being ready soon rather than for speed. It refuses to put anything
//! into the person's own `~/.cargo/bin`.

use std::path::Path;

use super::rust::Toolchain;
use crate::process;
use crate::project::{self, Project, Result};

/// A program that is installed from its crate.
pub struct Crate<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub root: &'a Path,
    pub arguments: &'a [&'a str],
}

/// Installs a crate's programs, compiled for being ready soon rather than for speed.
///
/// First with the versions its author tested with; where one of them is gone from the registry, with what fits.
pub fn install(project: &Project, toolchain: &Toolchain, wanted: &Crate) -> Result<()> {
    let build = project.tool_build(wanted.name);
    let attempt = |locked: &[&str]| {
        let mut cargo = toolchain.bare("cargo");
        cargo
            .args(["install", wanted.name, "--quiet", "--force", "--version"])
            .arg(format!("={}", wanted.version))
            .args(wanted.arguments)
            .args(locked)
            .arg("--root")
            .arg(wanted.root)
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        process::read(&mut cargo)
    };
    let installed = attempt(&["--locked"]).or_else(|_| attempt(&[]));
    project::remove_dir(&build)?;
    installed.map(drop).map_err(|complaint| {
        format!(
            "{} could not be installed. By hand: cargo install {} --version {}\n{complaint}",
            wanted.name, wanted.name, wanted.version
        )
    })
}
