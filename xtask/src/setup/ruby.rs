//! Ruby with Rails' Active Storage and the AWS SDK, from Debian's packages. No gem is installed.

use std::path::{Path, PathBuf};

use super::apt;
use super::progress::say;
use crate::error::Result;
use crate::process;

/// The libraries that the servers in Ruby load.
const LIBRARIES: [&str; 6] = [
    "rails",
    "active_record",
    "active_storage",
    "aws-sdk-s3",
    "puma",
    "webrick",
];
const DEBIAN_PACKAGES: [&str; 7] = [
    "ruby",
    "ruby-activestorage",
    "ruby-railties",
    "ruby-sqlite3",
    "ruby-aws-sdk-s3",
    "ruby-webrick",
    "puma",
];

pub fn ensure() -> Result<PathBuf> {
    // Debian's packages belong to Debian's Ruby, which may not be the first on PATH.
    let found = || {
        let debian = Some(PathBuf::from("/usr/bin/ruby")).filter(|path| path.is_file());
        process::find("ruby")
            .into_iter()
            .chain(debian)
            .find(|ruby| has_libraries(ruby))
    };
    if let Some(ruby) = found() {
        return Ok(ruby);
    }
    if apt::usable() {
        say("apt installs Ruby, Rails and the AWS SDK for Ruby (half a minute)");
        apt::install(&DEBIAN_PACKAGES)?;
        if let Some(ruby) = found() {
            return Ok(ruby);
        }
    }
    Err(format!(
        "Ruby with {} is missing. Debian: as root, apt-get install {}.",
        LIBRARIES.join(", "),
        DEBIAN_PACKAGES.join(" ")
    ))
}

fn has_libraries(ruby: &Path) -> bool {
    let mut command = process::command(ruby);
    for library in LIBRARIES {
        command.arg(format!("-r{library}"));
    }
    process::read(command.args(["-rsqlite3", "-e", ""])).is_ok()
}
