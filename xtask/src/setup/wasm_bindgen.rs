//! wasm-bindgen's command line and test runner, in exactly the version that `Cargo.lock` has: the format between the
//! crate and the tool is not compatible between versions. An installation of the user's own is not replaced.

use std::path::{Path, PathBuf};

use super::cargo;
use super::progress::say;
use super::rust::Toolchain;
use crate::error::Result;
use crate::process;
use crate::project::Project;

/// The two programs, in one folder.
#[derive(Debug)]
pub struct WasmBindgen {
    pub bindgen: PathBuf,
    pub runner: PathBuf,
    pub version: String,
}

pub fn ensure(project: &Project, toolchain: &Toolchain) -> Result<WasmBindgen> {
    let version = project.locked_version("wasm-bindgen")?;
    let installed = project.tool("wasm-bindgen", &version);
    let on_path =
        process::find("wasm-bindgen").and_then(|tool| tool.parent().map(Path::to_path_buf));
    let folders = [on_path, Some(installed.join("bin"))];
    if let Some(tool) = folders
        .iter()
        .flatten()
        .find_map(|folder| at(folder, &version))
    {
        return Ok(tool);
    }
    say(&format!(
        "wasm-bindgen {version} is compiled (two to four minutes, once)"
    ));
    cargo::install(
        project,
        toolchain,
        &cargo::Crate {
            name: "wasm-bindgen-cli",
            version: &version,
            root: &installed,
            // TLS is left out, since the runner connects to a driver on this machine only.
            arguments: &[
                "--no-default-features",
                "--bin",
                "wasm-bindgen",
                "--bin",
                "wasm-bindgen-test-runner",
            ],
        },
    )?;
    at(&installed.join("bin"), &version)
        .ok_or_else(|| format!("cargo installed wasm-bindgen {version}, but it does not start."))
}

fn at(folder: &Path, version: &str) -> Option<WasmBindgen> {
    let program = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let tool = WasmBindgen {
        bindgen: program("wasm-bindgen"),
        runner: program("wasm-bindgen-test-runner"),
        version: version.to_owned(),
    };
    let fits = tool.runner.is_file() && process::version(&tool.bindgen)? == version;
    fits.then_some(tool)
}
