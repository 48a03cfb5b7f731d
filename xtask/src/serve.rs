//! The development loop: Trunk builds the page again when a file changes, and forwards `/uploads` to the server, which
//! runs beside it. It is not a means of deployment.

use std::process::ExitCode;

use crate::demo;
use crate::error::Result;
use crate::process;
use crate::project::Project;
use crate::server;
use crate::setup::{rust, trunk, wasm_bindgen};

#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub port: u16,
    pub server_port: u16,
    pub store_port: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 8081,
            server_port: 8080,
            store_port: 9000,
        }
    }
}

pub fn run(project: &Project, options: &Options) -> Result<ExitCode> {
    server::check_ports(&[
        (options.port, "--port"),
        (options.server_port, "--server-port"),
        (options.store_port, "--store-port"),
    ])?;
    let toolchain = rust::ensure(project)?;
    let bindgen = wasm_bindgen::ensure(project, &toolchain)?;
    let trunk = trunk::ensure(project, &toolchain)?;
    let binary = server::build(project, &toolchain)?;

    let backend = demo::Options {
        port: options.server_port,
        store_port: options.store_port,
        data: None,
    };
    let mut server = demo::command(&binary, &backend)
        .spawn()
        .map_err(|error| format!("Cannot run {}: {error}.", binary.display()))?;
    // Ctrl-C in the terminal reaches xtask, Trunk and the server. The server is stopped when Trunk ends for any reason.
    let mut page = toolchain.command(&trunk.to_string_lossy(), project);
    page.arg("serve")
        .arg("--port")
        .arg(options.port.to_string());
    page.arg("--proxy-backend")
        .arg(format!("http://127.0.0.1:{}/uploads", options.server_port));
    if let Some(tools) = bindgen.bindgen.parent() {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(tools.to_path_buf()).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            page.env("PATH", path);
        }
    }
    let ended = process::run(&mut page);
    let _ = server.kill();
    let _ = server.wait();
    ended.map(|()| ExitCode::SUCCESS)
}
