//! The server's binary: its build, and the check of the ports that it needs.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::setup::rust::Toolchain;

/// The cargo profile of the server, for the demo and for tests, so that they share compiled crates.
pub const PROFILE: &str = "server";
pub const PACKAGE: &str = "s3-upload-server";

/// Builds the server and returns the path of its binary.
pub fn build(project: &Project, toolchain: &Toolchain) -> Result<PathBuf> {
    let mut cargo = toolchain.command("cargo", project);
    process::run(cargo.args(["build", "--locked", "--profile", PROFILE, "-p", PACKAGE]))?;
    Ok(binary(project))
}

/// Returns the path at which cargo places the server's binary.
pub fn binary(project: &Project) -> PathBuf {
    project
        .target
        .join(PROFILE)
        .join(format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX))
}

/// Checks that ports are free, before minutes are spent on a build whose result could not start. Each port comes with
/// the option that changes it.
pub fn check_ports(ports: &[(u16, &str)]) -> Result<()> {
    for (index, (port, option)) in ports.iter().enumerate() {
        if *port == 0 {
            continue;
        }
        if let Some((_, other)) = ports.iter().take(index).find(|(other, _)| other == port) {
            return Err(format!(
                "`{other}` and `{option}` are both {port}: they need one port each."
            ));
        }
        match TcpListener::bind((Ipv4Addr::LOCALHOST, *port)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                return Err(format!(
                    "Port {port} is taken by another program. Choose another one with `{option}`."
                ));
            }
            Err(error) => {
                return Err(format!(
                    "Port {port} cannot be used ({error}). Choose another one with `{option}`."
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Ipv4Addr, TcpListener, check_ports};

    #[test]
    fn a_taken_port_is_named_with_the_option_that_changes_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let sentence = check_ports(&[(port, "--port")]).unwrap_err();
        assert_eq!(
            sentence,
            format!("Port {port} is taken by another program. Choose another one with `--port`.")
        );
        drop(taken);
        assert_eq!(check_ports(&[(port, "--port")]), Ok(()));
    }

    #[test]
    fn two_servers_cannot_share_a_port() {
        assert!(check_ports(&[(7, "--port"), (7, "--store-port")]).is_err());
        assert_eq!(check_ports(&[(0, "--port"), (0, "--store-port")]), Ok(()));
    }
}
