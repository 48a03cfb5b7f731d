//! The backend in Go, compiled with Debian's packages of Go and of the AWS SDK. It refuses to download modules.

use std::path::{Path, PathBuf};

use super::{apt, say};
use crate::process;
use crate::project::{Project, Result};

/// Where Debian keeps the sources of Go libraries.
const SOURCES: &str = "/usr/share/gocode";
const SDK: &str = "src/github.com/aws/aws-sdk-go-v2/service/s3";
const DEBIAN_PACKAGES: [&str; 2] = ["golang-go", "golang-github-aws-aws-sdk-go-v2-dev"];

/// The compiled backend. Go itself knows what of it is still as it was.
pub fn ensure(project: &Project) -> Result<PathBuf> {
    let go = compiler()?;
    let binary = project
        .scratch()?
        .join(format!("backend-go{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        say("Go compiles the backend in Go (half a minute)");
    }
    process::read(
        process::command(go)
            .args(["build", "-o"])
            .arg(&binary)
            .arg(".")
            .current_dir(project.root.join("tests/e2e/contract/servers/go"))
            .env("GOPATH", SOURCES)
            // Libraries are where GOPATH says, and nowhere else.
            .env("GO111MODULE", "off")
            .env("GOFLAGS", ""),
    )?;
    Ok(binary)
}

fn compiler() -> Result<PathBuf> {
    let found = || process::find("go").filter(|_| Path::new(SOURCES).join(SDK).is_dir());
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
