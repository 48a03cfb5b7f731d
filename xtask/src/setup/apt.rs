//! Packages of Debian and its derivatives. The module removes no package, and does nothing without root.

use std::path::Path;

use crate::error::Result;
use crate::process;

/// Returns true if this machine has apt, and this user may install packages.
pub fn usable() -> bool {
    Path::new("/usr/bin/apt-get").exists() && is_root()
}

/// Returns true if this machine has apt.
pub fn present() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

pub fn is_root() -> bool {
    process::read(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs packages. The package lists are updated first, since those of an image are old or missing.
pub fn install(packages: &[&str]) -> Result<()> {
    // The failure of a third-party list is ignored: the next command shows whether the packages are available.
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
