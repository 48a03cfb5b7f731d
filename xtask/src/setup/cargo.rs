//! Programs that are compiled from their crate, with a short build rather than fast code. Nothing is installed into the
//! user's `~/.cargo/bin`.

use std::path::Path;

use super::progress::say;
use super::rust::Toolchain;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

/// A program that is installed from its crate.
pub struct Crate<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub root: &'a Path,
    pub arguments: &'a [&'a str],
}

/// Installs a crate's programs, with a short build rather than fast code.
///
/// The dependencies are those of the crate's own lock file. If the registry lacks one of them (a mirror that withholds
/// the newest releases), cargo chooses the versions, so that the tool can be built at all.
pub fn install(project: &Project, toolchain: &Toolchain, wanted: &Crate) -> Result<()> {
    let build = project.tool_build(wanted.name);
    let run = |lock: &[&str]| {
        let mut cargo = toolchain.bare("cargo");
        cargo
            .args(["install", wanted.name, "--quiet", "--force"])
            .args(lock)
            .arg("--version")
            .arg(format!("={}", wanted.version))
            .args(wanted.arguments)
            .arg("--root")
            .arg(wanted.root)
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        process::read(&mut cargo)
    };
    let installed = run(&["--locked"]).or_else(|complaint| {
        if !lacks_a_locked_release(&complaint) {
            return Err(complaint);
        }
        say(&format!(
            "the registry lacks a release of {}'s lock file, so cargo chooses another",
            wanted.name
        ));
        run(&[])
    });
    project::remove_dir(&build)?;
    installed.map(drop).map_err(|complaint| {
        format!(
            "{} could not be installed. By hand: cargo install {} --locked --version {}\n{complaint}",
            wanted.name, wanted.name, wanted.version
        )
    })
}

/// Returns true if cargo reports a release that the lock file names and the registry does not list.
fn lacks_a_locked_release(complaint: &str) -> bool {
    complaint.contains("failed to select a version for the requirement")
        && complaint.contains("(locked to ")
}

#[cfg(test)]
mod tests {
    use super::lacks_a_locked_release;

    #[test]
    fn only_a_release_that_the_registry_lacks_lets_cargo_choose() {
        let lacks = "error: failed to select a version for the requirement `webpki-roots = \"^1.0.10\"` \
                     (locked to 1.0.11)\ncandidate versions found which didn't match: 1.0.10, 1.0.9, ...";
        assert!(lacks_a_locked_release(lacks));
        assert!(!lacks_a_locked_release(
            "error: could not compile `ureq` (lib)"
        ));
        let wrong = "error: failed to select a version for the requirement `trunk = \"=9.9.9\"`";
        assert!(!lacks_a_locked_release(wrong));
    }
}
