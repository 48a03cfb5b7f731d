//! Python with the packages of the tests: those of a backend, and a store of another project. They are in a virtual
//! environment in the cache, and never among the user's own packages.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::apt;
use super::progress::say;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

/// The oldest version that the packages support.
const OLDEST: &str = "3.10";
const REQUIREMENTS: &str = "tests/e2e/contract/servers/requirements.txt";

/// Returns the Python of an environment that has exactly the packages of `requirements.txt`.
pub fn ensure(project: &Project) -> Result<PathBuf> {
    let requirements = project.root.join(REQUIREMENTS);
    let wanted = project::read(&requirements)?;
    let folder = project.tool("python-packages", &digest(&wanted));
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let stamp = folder.join(".installed");
    // An environment does not start if its Python was removed or renamed since.
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted)
        && process::version(&python).is_some()
    {
        return Ok(python);
    }
    let system = interpreter()?;
    say("pip installs the packages of the backends in Python, and ministack (half a minute)");
    project::remove_dir(&folder)?;
    environment(&system, &folder)?;
    process::read(
        process::command(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&requirements),
    )?;
    project::write(&stamp, wanted)?;
    Ok(python)
}

fn interpreter() -> Result<PathBuf> {
    let fits = |program: &PathBuf| {
        process::version(program)
            .is_some_and(|version| process::numbers(&version) >= process::numbers(OLDEST))
    };
    let found = || {
        ["python3", "python"]
            .iter()
            .filter_map(|name| process::find(name))
            .find(fits)
    };
    if let Some(program) = found() {
        return Ok(program);
    }
    if apt::usable() {
        say("apt installs Python (seconds)");
        apt::install(&["python3", "python3-venv"])?;
        if let Some(program) = found() {
            return Ok(program);
        }
    }
    Err(format!(
        "Python {OLDEST} or newer is missing: https://www.python.org."
    ))
}

fn environment(system: &Path, folder: &Path) -> Result<()> {
    let create = || process::read(process::command(system).args(["-m", "venv"]).arg(folder));
    let Err(complaint) = create() else {
        return Ok(());
    };
    // Debian has the files for new environments in a package of their own.
    if !apt::usable() {
        return Err(format!(
            "Python cannot make an environment (Debian: apt-get install python3-venv). {complaint}"
        ));
    }
    say("apt installs python3-venv (seconds)");
    apt::install(&["python3-venv"])?;
    project::remove_dir(folder)?;
    create().map(drop)
}

/// Returns a digest that distinguishes lists of packages, so that clones with different lists do not replace each
/// other's environments.
fn digest(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
