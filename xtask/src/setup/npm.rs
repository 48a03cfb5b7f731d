//! Programs from npm packages, each in one pinned version and in a folder of its own.

use std::path::PathBuf;

use super::node::Node;
use super::progress::say;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

/// A package, and the files from which npm installs it.
pub struct Package {
    /// The name of the package.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The text of a `package.json` that depends on this version.
    pub manifest: &'static str,
    /// The text of its `package-lock.json`, which has the hash of each package.
    pub lock: &'static str,
}

impl Package {
    /// Returns the package's folder, which npm fills if `program` is not in it.
    pub fn ensure(&self, project: &Project, node: &Node, program: &str) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let folder = project.tool(name, version);
        let package = folder.join("node_modules").join(name);
        if !package.join(program).is_file() {
            say(&format!("npm installs {name} {version} (seconds)"));
            project::create_dir(&folder)?;
            project::write(&folder.join("package.json"), self.manifest)?;
            project::write(&folder.join("package-lock.json"), self.lock)?;
            let mut npm = node.npm();
            npm.args([
                "ci",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--loglevel=error",
            ])
            .current_dir(&folder);
            process::read(&mut npm)?;
        }
        Ok(package)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{esbuild, wasm_opt};

    #[test]
    fn the_locks_are_of_these_versions() {
        for package in [&wasm_opt::PACKAGE, &esbuild::PACKAGE] {
            let version = format!("\"version\": \"{}\"", package.version);
            assert!(package.lock.contains(&version) && package.lock.contains("\"integrity\""));
            let depends = format!("\"{}\": \"{}\"", package.name, package.version);
            assert!(package.manifest.contains(&depends));
        }
    }
}
