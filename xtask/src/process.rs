//! Other programs: an environment without the variables of rustup and cargo, functions that run a program, and a search
//! for programs. The module knows the purpose of none.

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Result;

/// Returns a command in the environment of the person who ran `cargo xtask`. rustup and cargo add their own toolchain
/// to the environment of their children, which may differ from the one that the workspace needs.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let package = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if package || matches!(text, "CARGO" | "RUSTC" | "RUSTDOC" | "RUST_RECURSION_COUNT") {
            command.env_remove(&name);
        }
    }
    if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
        let kept: Vec<PathBuf> = std::env::split_paths(&libraries)
            .filter(|path| !is_of_a_toolchain(path))
            .collect();
        match std::env::join_paths(&kept) {
            Ok(joined) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", joined),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command
}

/// Returns true for folders that `cargo run` and rustup add to the library path: those of a compiler and of the build.
fn is_of_a_toolchain(path: &Path) -> bool {
    path.ends_with("deps")
        || path
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("toolchains" | "rustlib")))
}

/// Runs a command in this terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .map_err(|error| not_started(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed ({status}).", line(command)))
    }
}

/// Runs a command and returns its standard output. The error contains its standard error.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`{}` failed ({}): {}",
        line(command),
        output.status,
        complaint.trim()
    ))
}

/// Runs a command, prints its output while it runs, and returns its standard output and true if it succeeded.
pub fn tee(command: &mut Command) -> Result<(String, bool)> {
    if std::io::stdout().is_terminal() {
        command
            .env("CARGO_TERM_COLOR", "always")
            .env("FORCE_COLOR", "1");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let mut seen = Vec::new();
    if let Some(mut output) = child.stdout.take() {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            let chunk = buffer.get(..count).unwrap_or_default();
            seen.extend_from_slice(chunk);
            let mut terminal = std::io::stdout().lock();
            // Counting continues if the terminal is closed.
            let _ = terminal.write_all(chunk).and_then(|()| terminal.flush());
        }
    }
    let status = child.wait().map_err(|error| not_started(command, &error))?;
    Ok((
        String::from_utf8_lossy(&seen).into_owned(),
        status.success(),
    ))
}

/// Runs a command, and returns its standard output and true if it succeeded. Its standard error is printed.
pub fn collect(command: &mut Command) -> Result<(String, bool)> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(command, &error))?;
    Ok((
        String::from_utf8_lossy(&output.stdout).into_owned(),
        output.status.success(),
    ))
}

/// Replaces this process by the command, so that signals, exit code and output need no forwarding.
#[cfg(unix)]
pub fn become_command(command: &mut Command) -> Result<std::process::ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(not_started(command, &error))
}

/// Runs a command to its end and returns its exit code. Ctrl-C reaches it by the console.
#[cfg(not(unix))]
pub fn become_command(command: &mut Command) -> Result<std::process::ExitCode> {
    let status = command
        .status()
        .map_err(|error| not_started(command, &error))?;
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Ok(std::process::ExitCode::from(code))
}

/// Returns the path of a program, if it is installed.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = [
        OsString::from(program),
        OsString::from(format!("{program}{}", std::env::consts::EXE_SUFFIX)),
    ];
    std::env::split_paths(&path)
        .flat_map(|folder| {
            names
                .iter()
                .map(move |name| folder.join(name))
                .collect::<Vec<_>>()
        })
        .find(|candidate| candidate.is_file())
}

/// Returns the first word of a program's `--version` that begins with a digit, or with a `v` before it:
/// `Chromium 156.0.8078.79` gives `156.0.8078.79`.
pub fn version(program: &Path) -> Option<String> {
    first_version(&read(command(program).arg("--version")).ok()?)
}

fn first_version(text: &str) -> Option<String> {
    text.split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
}

/// Returns the leading numbers of a version, for comparison: `1.96.0-nightly` gives `[1, 96, 0]`.
pub fn numbers(version: &str) -> Vec<u32> {
    version
        .split(['.', '-', '+'])
        .map_while(|part| part.parse().ok())
        .collect()
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!(
        "Cannot run `{}`: {error}.",
        command.get_program().to_string_lossy()
    )
}

#[cfg(test)]
mod tests {
    use super::{first_version, is_of_a_toolchain, numbers};
    use std::path::Path;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(
            first_version("wasm-bindgen 0.2.130").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(first_version("v20.20.2\n").as_deref(), Some("20.20.2"));
        assert_eq!(
            first_version("Chromium 156.0.1 built on Debian").as_deref(),
            Some("156.0.1")
        );
        assert_eq!(first_version("no number"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("1.100.0") > numbers("1.96"));
        assert!(numbers("1.96.0-nightly") > numbers("1.96"));
        assert!(numbers("1.95.1") < numbers("1.96"));
    }

    #[test]
    fn only_the_libraries_of_toolchains_leave_the_path() {
        assert!(is_of_a_toolchain(Path::new(
            "/home/me/.rustup/toolchains/stable/lib"
        )));
        assert!(is_of_a_toolchain(Path::new("/tmp/target/debug/deps")));
        assert!(!is_of_a_toolchain(Path::new("/opt/cuda/lib64")));
    }
}
