//! A Rust toolchain that is new enough and can build for the browser: the one in use, one that rustup installs for the
//! workspace, or, if rustup's servers are unreachable, Debian's compiler with a standard library for wasm built from
//! its sources. The user's default toolchain is not changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use super::progress::say;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

/// The target of everything that runs in a browser.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The name under which Debian's compiler is registered with rustup.
const DEBIAN_TOOLCHAIN: &str = "web";
/// Debian's packages of the newer compiler that its browsers need, besides the older one of the release.
const DEBIAN_PACKAGES: [&str; 7] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
    "rustfmt-web",
    "gcc",
];

/// A toolchain that builds the workspace, natively and for the browser.
#[derive(Debug)]
pub struct Toolchain {
    /// The toolchain's name in rustup. Without rustup there is only one toolchain, and no name.
    name: Option<String>,
}

impl Toolchain {
    /// Returns the command of one of the toolchain's programs, in the checkout and with the project's target folder.
    pub fn command(&self, program: &str, project: &Project) -> Command {
        let mut command = self.bare(program);
        command
            .current_dir(&project.root)
            .env("CARGO_TARGET_DIR", &project.target);
        command
    }

    /// Returns a cargo command in the checkout that must not change the lock file.
    pub fn cargo(&self, project: &Project, command: &str) -> Command {
        let mut cargo = self.command("cargo", project);
        cargo.args([command, "--locked"]);
        cargo
    }

    /// Returns the command of one of the toolchain's programs, for any folder.
    pub fn bare(&self, program: &str) -> Command {
        let mut command = process::command(program);
        match &self.name {
            Some(name) => command.env("RUSTUP_TOOLCHAIN", name),
            None => command.env_remove("RUSTUP_TOOLCHAIN"),
        };
        command
    }

    /// Installs Clippy and rustfmt if they are missing. rustup's minimal profile leaves them out, so that a machine may
    /// build the workspace and lack them.
    pub fn ensure_lints(&self) -> Result<()> {
        let missing = || {
            ["clippy", "fmt"].iter().find_map(|tool| {
                let mut cargo = self.bare("cargo");
                process::read(cargo.args([tool, "--version"])).err()
            })
        };
        let Some(complaint) = missing() else {
            return Ok(());
        };
        let name = self.name.as_deref();
        let Some(name) = name.filter(|name| *name != DEBIAN_TOOLCHAIN) else {
            return Err(format!("Clippy or rustfmt is missing: {complaint}"));
        };
        say(&format!(
            "rustup adds clippy and rustfmt to {name} (seconds)"
        ));
        let mut rustup = process::command("rustup");
        rustup.args(["component", "add", "clippy", "rustfmt"]);
        let added = process::read(rustup.args(["--toolchain", name]));
        match added.err().or_else(missing) {
            None => Ok(()),
            Some(complaint) => Err(format!(
                "Clippy or rustfmt is missing. By hand: rustup component add clippy rustfmt --toolchain {name}\n{complaint}"
            )),
        }
    }

    /// Returns the settings by which cargo builds the standard library for the wasm from its sources, with the crates that
    /// use it. rustup installs the sources if they are missing, and cargo fetches the crates that they need.
    pub fn small_std(&self, project: &Project) -> Result<[(&'static str, &'static str); 4]> {
        // The options are unstable, and may differ in another version of the compiler.
        let mut rustc = self.bare("rustc");
        rustc.envs(SMALL_STD).args(SMALL_STD_FLAGS.split(' '));
        process::read(rustc.args(["--target", WASM, "--print", "cfg"]))?;
        self.ensure_sources()?;
        let mut fetch = self.cargo(project, "fetch");
        process::read(fetch.envs(SMALL_STD).args(["--target", WASM]))?;
        Ok(SMALL_STD)
    }

    /// Installs the sources of the standard library if they are missing.
    fn ensure_sources(&self) -> Result<()> {
        let root = process::read(self.bare("rustc").args(["--print", "sysroot"]))?;
        let lock = Path::new(root.trim()).join("lib/rustlib/src/rust/library/Cargo.lock");
        if lock.exists() {
            return Ok(());
        }
        let name = self.name.as_deref();
        let Some(name) = name.filter(|name| *name != DEBIAN_TOOLCHAIN) else {
            return Err(format!(
                "The sources of the standard library are missing: {}",
                lock.display()
            ));
        };
        say(&format!(
            "rustup adds the standard library's sources to {name} (seconds)"
        ));
        let mut rustup = process::command("rustup");
        rustup.args(["component", "add", "rust-src", "--toolchain", name]);
        process::read(&mut rustup).map(drop)
    }

    pub fn describe(&self) -> Result<String> {
        let version = process::read(self.bare("rustc").arg("--version"))?;
        let name = self.name.as_deref().unwrap_or("the one on PATH");
        Ok(format!("{} (toolchain: {name})", version.trim()))
    }
}

/// The options of the compiler that leave out what a panic says. In the wasm a panic is a trap in either case, which is an
/// exception in JavaScript.
const SMALL_STD_FLAGS: &str = "-Cpanic=immediate-abort -Zunstable-options";

/// The settings of cargo for a standard library that is built for size.
const SMALL_STD: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        SMALL_STD_FLAGS,
    ),
];

/// The reason why a toolchain cannot build the workspace.
#[derive(Debug, PartialEq, Eq)]
enum Lack {
    Toolchain,
    Version,
    Wasm(String),
}

pub fn ensure(project: &Project) -> Result<Toolchain> {
    let wanted = project.rust_version()?;
    let has_rustup = process::find("rustup").is_some();
    let mut reasons = Vec::new();

    let candidates = if has_rustup {
        // Only installed toolchains are tried, since rustup silently installs one that it is asked to run.
        let installed = process::read(process::command("rustup").args(["toolchain", "list"]))?;
        let active = std::env::var("RUSTUP_TOOLCHAIN").ok();
        let names = [active, Some(wanted.clone()), Some(DEBIAN_TOOLCHAIN.into())];
        let there = names
            .into_iter()
            .flatten()
            .filter(|name| is_listed(&installed, name));
        there.map(Some).collect()
    } else {
        vec![None]
    };
    let mut lacks_only_wasm = None;
    for name in candidates {
        let candidate = Toolchain { name };
        match lack(project, &candidate, &wanted) {
            Ok(()) => return Ok(candidate),
            Err(Lack::Wasm(_)) => lacks_only_wasm = lacks_only_wasm.or(candidate.name),
            Err(Lack::Toolchain | Lack::Version) => {}
        }
    }

    if has_rustup {
        match from_rustup(project, &wanted, lacks_only_wasm) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => reasons.push(format!("rustup could not: {reason}")),
        }
    }
    if apt::usable() {
        match from_debian(project, &wanted, has_rustup) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => reasons.push(format!("apt could not: {reason}")),
        }
    }
    Err(by_hand(&wanted, &reasons))
}

/// Returns true if rustup's list has a toolchain, by its name or by its name without the target triple.
fn is_listed(installed: &str, name: &str) -> bool {
    let mut listed = installed
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    listed.any(|toolchain| {
        toolchain
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

fn by_hand(wanted: &str, reasons: &[String]) -> String {
    let mut sentence = format!(
        "Rust {wanted} or newer with the target {WASM} is missing. With rustup (https://rustup.rs):\n    \
         rustup toolchain install {wanted} --component clippy,rustfmt --target {WASM}"
    );
    if apt::present() && !apt::is_root() {
        sentence += "\nWhere rustup's servers are out of reach, run this once as root on Debian: cargo xtask setup rust";
    }
    for reason in reasons {
        sentence += "\n";
        sentence += reason;
    }
    sentence
}

/// Compiles and links a few lines for the browser. Only this proves that compiler, library and linker fit together.
fn lack(project: &Project, toolchain: &Toolchain, wanted: &str) -> std::result::Result<(), Lack> {
    let version =
        process::read(toolchain.bare("rustc").arg("--version")).map_err(|_| Lack::Toolchain)?;
    let version = version.split_whitespace().nth(1).unwrap_or_default();
    if process::numbers(version) < process::numbers(wanted) {
        return Err(Lack::Version);
    }
    let compiled = project.scratch().and_then(|folder| {
        let source = folder.join("probe.rs");
        project::write(
            &source,
            "pub fn probe() -> String { std::env::args().collect() }\n",
        )?;
        let mut rustc = toolchain.bare("rustc");
        rustc
            .args(["--crate-type", "cdylib", "--target", WASM, "-o"])
            .arg(folder.join("probe.wasm"))
            .arg(&source);
        process::read(&mut rustc)
    });
    compiled.map(drop).map_err(Lack::Wasm)
}

fn from_rustup(
    project: &Project,
    wanted: &str,
    lacks_only_wasm: Option<String>,
) -> Result<Toolchain> {
    let mut rustup = process::command("rustup");
    let name = if let Some(name) = lacks_only_wasm.filter(|name| name != DEBIAN_TOOLCHAIN) {
        say(&format!("rustup adds {WASM} to {name} (seconds)"));
        rustup.args(["target", "add", WASM, "--toolchain", &name]);
        name
    } else {
        say(&format!(
            "rustup installs Rust {wanted} beside your own (under a minute)"
        ));
        rustup.args([
            "toolchain",
            "install",
            wanted,
            "--no-self-update",
            "--profile",
            "minimal",
        ]);
        rustup.args(["--component", "clippy,rustfmt", "--target", WASM]);
        wanted.to_owned()
    };
    process::read(&mut rustup)?;
    let toolchain = Toolchain { name: Some(name) };
    checked(project, toolchain, wanted)
}

fn from_debian(project: &Project, wanted: &str, has_rustup: bool) -> Result<Toolchain> {
    let usr = Path::new("/usr/bin");
    let missing: Vec<&str> = ["rustc", "cargo", "rustfmt", "cargo-clippy"]
        .into_iter()
        .filter(|program| !usr.join(program).is_file())
        .collect();
    let source = Path::new("/usr/lib/rustlib/src/rust/library/Cargo.lock");
    if !missing.is_empty() || !source.exists() || !is_new_enough(&usr.join("rustc"), wanted) {
        say("apt installs Debian's own Rust compiler, rustc-web (a minute or two)");
        apt::install(&DEBIAN_PACKAGES)?;
    }
    let lld = format!("lld-{}", llvm_major()?);
    if !usr.join(&lld).exists() {
        apt::install(&[&lld])?;
    }
    if has_rustup {
        process::read(process::command("rustup").args([
            "toolchain",
            "link",
            DEBIAN_TOOLCHAIN,
            "/usr",
        ]))?;
    }
    let toolchain = Toolchain {
        name: has_rustup.then(|| DEBIAN_TOOLCHAIN.to_owned()),
    };
    if lack(project, &toolchain, wanted).is_err() {
        build_std(project)?;
    }
    checked(project, toolchain, wanted)
}

fn checked(project: &Project, toolchain: Toolchain, wanted: &str) -> Result<Toolchain> {
    match lack(project, &toolchain, wanted) {
        Ok(()) => Ok(toolchain),
        Err(Lack::Toolchain) => Err("the installed toolchain does not start".into()),
        Err(Lack::Version) => Err(format!("the installed toolchain is older than {wanted}")),
        Err(Lack::Wasm(complaint)) => Err(format!(
            "the installed toolchain does not build for {WASM}: {complaint}"
        )),
    }
}

fn is_new_enough(rustc: &Path, wanted: &str) -> bool {
    process::version(rustc)
        .is_some_and(|version| process::numbers(&version) >= process::numbers(wanted))
}

/// Returns the major version of the compiler's LLVM, which must be that of the linker.
fn llvm_major() -> Result<String> {
    let about = process::read(process::command("/usr/bin/rustc").arg("-vV"))?;
    about
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))
        .and_then(|version| version.split('.').next())
        .map(str::to_owned)
        .ok_or_else(|| "rustc does not say its LLVM version".into())
}

/// Builds the standard library for wasm, for which Debian has no package. It is built from Debian's sources, as a
/// dependency of an empty crate, and its files are copied to the compiler's library folder.
fn build_std(project: &Project) -> Result<()> {
    say("the standard library is built for wasm, once for this machine (about a minute)");
    let folder = project.tool_build("std");
    project::remove_dir(&folder)?;
    project::create_dir(&folder.join("src"))?;
    let manifest =
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    project::write(&folder.join("Cargo.toml"), manifest)?;
    project::write(&folder.join("src/lib.rs"), "")?;
    let built = folder.join("target");
    let mut cargo = process::command("/usr/bin/cargo");
    cargo
        .args([
            "build",
            "--release",
            "-Z",
            "build-std=std,panic_abort,test,proc_macro",
            "--target",
            WASM,
        ])
        .current_dir(&folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-C embed-bitcode=yes")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_TARGET_DIR", &built);
    process::read(&mut cargo)?;
    install_std(&built.join(WASM).join("release/deps"))?;
    project::remove_dir(&folder)
}

fn install_std(built: &Path) -> Result<()> {
    let mut rustc = process::command("/usr/bin/rustc");
    let lib = process::read(rustc.args(["--print", "target-libdir", "--target", WASM]))?;
    let lib = PathBuf::from(lib.trim());
    // The files are copied beside the final folder first, since the compiler would accept an incomplete library.
    let new = lib.with_extension("new");
    project::remove_dir(&new)?;
    project::create_dir(&new)?;
    let entries = fs::read_dir(built)
        .map_err(|error| format!("Cannot read {}: {error}.", built.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "rlib")
            && !name.starts_with("libempty-")
        {
            fs::copy(&path, new.join(name))
                .map_err(|error| format!("Cannot copy {name}: {error}."))?;
        }
    }
    project::remove_dir(&lib)?;
    fs::rename(&new, &lib)
        .map_err(|error| format!("Cannot put the library into {}: {error}.", lib.display()))
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn a_toolchain_is_listed_with_or_without_its_machine() {
        let installed = "stable-x86_64-unknown-linux-gnu (active, default)\n1.96.1-x86_64-unknown-linux-gnu\nweb\n";
        assert!(is_listed(installed, "web"));
        assert!(is_listed(installed, "stable"));
        assert!(is_listed(installed, "stable-x86_64-unknown-linux-gnu"));
        assert!(is_listed(installed, "1.96.1"));
        assert!(!is_listed(installed, "1.96"));
    }
}
