//! The demo: the built widget, its backend and a store, on this machine, until Ctrl-C. After building, this process
//! becomes the server, so that signals, output and exit code are those of the server.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::error::Result;
use crate::process;
use crate::project::{self, Project};
use crate::server;
use crate::setup::rust;
use crate::widget;

#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub port: u16,
    pub store_port: u16,
    pub data: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 8080,
            store_port: 9000,
            data: None,
        }
    }
}

pub fn run(project: &Project, options: &Options) -> Result<ExitCode> {
    server::check_ports(&[
        (options.port, "--port"),
        (options.store_port, "--store-port"),
    ])?;
    if let Some(data) = &options.data {
        project::create_dir(data)?;
    }
    widget::dist(project, widget::Optimise::IfPossible)?;
    let toolchain = rust::ensure(project)?;
    let mut server = command(&server::build(project, &toolchain)?, options);
    process::become_command(server.arg("--site").arg(&project.dist))
}

/// Returns the command of the server with an embedded store, without a site.
pub fn command(binary: &Path, options: &Options) -> Command {
    let mut server = process::command(binary);
    server.arg("--embedded");
    server.arg("--port").arg(options.port.to_string());
    server
        .arg("--store-port")
        .arg(options.store_port.to_string());
    if let Some(data) = &options.data {
        server.arg("--data").arg(data);
    }
    server
}
