//! The folders and versions of the project, as the workspace's files define them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::process;

/// The folders that the tasks work in.
#[derive(Debug)]
pub struct Project {
    /// The checkout.
    pub root: PathBuf,
    /// The folder in which cargo builds, as cargo reports it, with `CARGO_TARGET_DIR` and any configuration.
    pub target: PathBuf,
    /// The folder of the widget as sites load it.
    pub dist: PathBuf,
    /// The folder of installed tools, outside of the checkout so that all clones share it.
    pub cache: PathBuf,
}

impl Project {
    pub fn locate() -> Result<Self> {
        let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = xtask
            .parent()
            .ok_or("The folder of xtask has no parent.")?
            .to_path_buf();
        let target = target_directory(&root)?;
        Ok(Self {
            dist: root.join("dist"),
            target,
            cache: cache_directory()?,
            root,
        })
    }

    /// Returns the folder for files that xtask keeps between two runs.
    pub fn scratch(&self) -> Result<PathBuf> {
        let folder = self.target.join("xtask");
        create_dir(&folder)?;
        Ok(folder)
    }

    /// Returns the folder of an installed tool. The version is part of its name, so that versions are never mixed.
    pub fn tool(&self, name: &str, version: &str) -> PathBuf {
        self.cache.join("tools").join(format!("{name}-{version}"))
    }

    /// Returns a folder for building a tool, which is removed after the installation. It belongs to this process, since
    /// another clone may be building the same tool.
    pub fn tool_build(&self, name: &str) -> PathBuf {
        let name = format!("{name}-{}", std::process::id());
        self.cache.join("build").join(name)
    }

    /// Returns the version of a crate in `Cargo.lock`.
    pub fn locked_version(&self, name: &str) -> Result<String> {
        let lock = read(&self.root.join("Cargo.lock"))?;
        locked_version(&lock, name).ok_or_else(|| format!("Cargo.lock has no crate `{name}`."))
    }

    /// Returns the oldest Rust that builds the workspace: `rust-version` in `Cargo.toml`.
    pub fn rust_version(&self) -> Result<String> {
        let manifest = read(&self.root.join("Cargo.toml"))?;
        manifest
            .lines()
            .find_map(|line| line.strip_prefix("rust-version = "))
            .map(|value| value.trim().trim_matches('"').to_owned())
            .ok_or_else(|| "Cargo.toml has no `rust-version`.".into())
    }
}

fn locked_version(lock: &str, name: &str) -> Option<String> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == wanted)?;
    let version = lines.next()?.strip_prefix("version = ")?;
    Some(version.trim_matches('"').to_owned())
}

fn target_directory(root: &Path) -> Result<PathBuf> {
    let mut cargo = process::command("cargo");
    cargo
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root);
    let metadata = process::read(&mut cargo)?;
    metadata
        .split_once("\"target_directory\":\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(folder, _)| PathBuf::from(folder.replace("\\\\", "\\")))
        .ok_or_else(|| "cargo metadata names no target directory.".into())
}

fn cache_directory() -> Result<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .or_else(|| set("LOCALAPPDATA"))
        .ok_or("Neither XDG_CACHE_HOME nor HOME is set: there is no place to keep tools.")?;
    Ok(base.join("s3-upload"))
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("Cannot read {}: {error}.", path.display()))
}

pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, content).map_err(|error| format!("Cannot write {}: {error}.", path.display()))
}

pub fn create_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| format!("Cannot create {}: {error}.", path.display()))
}

/// Removes a folder and its content, if it exists.
pub fn remove_dir(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("Cannot remove {}: {error}.", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a file, if it exists.
pub fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("Cannot remove {}: {error}.", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn a_locked_version_is_that_of_exactly_this_crate() {
        let lock = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
