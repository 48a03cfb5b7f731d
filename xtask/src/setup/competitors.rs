//! The other libraries with which the benchmarks compare, and esbuild, which bundles them.

use std::process::Command;

use super::esbuild::{self, BROWSERS};
use super::node;
use crate::error::Result;
use crate::project::Project;

/// The folder of the benchmark of uploads, which has packages of its own.
const UPLOADS: &str = "tests/e2e/bench";

/// Installs the packages of the benchmark of uploads, and tells a command of Node what bundles them.
pub fn install(project: &Project, command: &mut Command) -> Result<()> {
    node::install_packages(project, &node::ensure()?, UPLOADS)?;
    bundler(project, command)
}

/// Tells a command of Node what bundles scripts.
pub fn bundler(project: &Project, command: &mut Command) -> Result<()> {
    command
        .env("ESBUILD_MODULE", esbuild::ensure(project)?.module())
        .env("ESBUILD_TARGET", BROWSERS);
    Ok(())
}
