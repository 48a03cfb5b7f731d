//! Packages of Debian and its children. It refuses to remove a package, and does nothing without root.

use std::path::Path;

use crate::process;
use crate::project::Result;

/// Whether this machine takes packages from apt, and this person may install them.
pub fn usable() -> bool {
    Path::new("/usr/bin/apt-get").exists() && is_root()
}

/// Whether this machine takes packages from apt at all.
pub fn present() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

pub fn is_root() -> bool {
    process::read(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs packages. The lists are read again first: the ones of an image are old or missing.
pub fn install(packages: &[&str]) -> Result<()> {
    // An unreachable third-party list is no reason to give up: the next command says whether the packages are there.
    let _ = process::read(apt().args(["-qq", "update"]));
    process::read(
        apt()
            .args([
                "-qq",
                "install",
                "-y",
                "--no-install-recommends",
                "--no-remove",
            ])
            .args(packages),
    )?;
    Ok(())
}

fn apt() -> std::process::Command {
    let mut apt = process::command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=300"]);
    apt
}
