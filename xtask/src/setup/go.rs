//! The backends in Go, compiled with Debian's packages of Go and of the AWS SDK. No module is downloaded.

use std::path::{Path, PathBuf};

use super::apt;
use super::progress::say;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

/// The names of the compiled backends, and the folders of their sources.
const BACKENDS: [(&str, &str); 2] = [
    ("sdk", "tests/e2e/contract/servers/go"),
    ("example", "examples/backends/go"),
];

/// The folder in which Debian keeps the sources of Go libraries.
const SOURCES: &str = "/usr/share/gocode";
const LIBRARIES: [&str; 2] = [
    "src/github.com/aws/aws-sdk-go-v2/service/s3",
    "src/github.com/google/uuid",
];
const DEBIAN_PACKAGES: [&str; 3] = [
    "golang-go",
    "golang-github-aws-aws-sdk-go-v2-dev",
    "golang-github-google-uuid-dev",
];

/// Compiles the backends and returns their folder. Go itself skips those that have not changed.
pub fn ensure(project: &Project) -> Result<PathBuf> {
    let go = compiler()?;
    let folder = project.scratch()?.join("backends-go");
    if !folder.is_dir() {
        say("Go compiles the backends in Go (half a minute)");
        project::create_dir(&folder)?;
    }
    for (name, sources) in BACKENDS {
        let binary = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        process::read(
            process::command(&go)
                .args(["build", "-o"])
                .arg(&binary)
                .arg(".")
                .current_dir(project.root.join(sources))
                .env("GOPATH", SOURCES)
                // Libraries come from GOPATH only.
                .env("GO111MODULE", "off")
                .env("GOFLAGS", ""),
        )?;
    }
    Ok(folder)
}

fn compiler() -> Result<PathBuf> {
    let found = || {
        process::find("go").filter(|_| {
            let sources = Path::new(SOURCES);
            LIBRARIES
                .iter()
                .all(|library| sources.join(library).is_dir())
        })
    };
    if let Some(go) = found() {
        return Ok(go);
    }
    if apt::usable() {
        say("apt installs Go and the AWS SDK for Go (half a minute)");
        apt::install(&DEBIAN_PACKAGES)?;
        if let Some(go) = found() {
            return Ok(go);
        }
    }
    Err(format!(
        "Go with the AWS SDK in {SOURCES} is missing. Debian: as root, apt-get install {}.",
        DEBIAN_PACKAGES.join(" ")
    ))
}
