//! esbuild, which bundles and minifies scripts and stylesheets, from its npm package.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::node;
use super::npm::Package;
use crate::error::Result;
use crate::process;
use crate::project::Project;

/// The package that npm installs.
pub const PACKAGE: Package = Package {
    name: "esbuild",
    version: "0.28.2",
    manifest: include_str!("esbuild/package.json"),
    lock: include_str!("esbuild/package-lock.json"),
};

/// The oldest browsers whose syntax the output keeps to: the first ones that have the stylesheet's `light-dark()`.
/// <https://developer.mozilla.org/docs/Web/CSS/color_value/light-dark>
pub const BROWSERS: &str = "es2022,chrome123,firefox120,safari17.5";

/// esbuild, and the Node that starts it.
#[derive(Debug)]
pub struct Esbuild {
    node: PathBuf,
    program: PathBuf,
}

pub fn ensure(project: &Project) -> Result<Esbuild> {
    let node = node::ensure()?;
    let package = PACKAGE.ensure(project, &node, "bin/esbuild")?;
    Ok(Esbuild {
        node: node.node,
        program: package.join("bin/esbuild"),
    })
}

impl Esbuild {
    pub fn describe(&self) -> String {
        self.program.display().to_string()
    }

    /// Returns the path of the module that a script of Node requires.
    pub fn module(&self) -> PathBuf {
        let package = self.program.ancestors().nth(2).unwrap_or(&self.program);
        package.join("lib/main.js")
    }

    /// Returns a script with the modules that it imports by a relative path, minified. Each name of `values` is replaced
    /// by its text in the scripts.
    pub fn bundle(&self, entry: &Path, values: &[(&str, &str)]) -> Result<String> {
        let mut command = self.command(entry);
        command.args(["--bundle", "--format=esm"]);
        for (name, value) in values {
            // Rust's form of a printable ASCII text is also JavaScript's.
            command.arg(format!("--define:{name}={value:?}"));
        }
        process::read(&mut command)
    }

    /// Returns a script or a stylesheet without comments, spaces and long local names. The imports and exports of a
    /// script keep their names.
    pub fn minify(&self, file: &Path) -> Result<String> {
        process::read(&mut self.command(file))
    }

    fn command(&self, file: &Path) -> Command {
        let mut command = process::command(&self.node);
        command.arg(&self.program).arg(file);
        command.args(["--minify", "--legal-comments=none", "--charset=utf8"]);
        command.arg(format!("--target={BROWSERS}"));
        command
    }
}
