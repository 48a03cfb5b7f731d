//! Chromium and its driver, of the same version. A pair with different versions is not used: the driver would only
//! report "session not created".

use std::path::{Path, PathBuf};

use super::apt;
use super::progress::say;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
const MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

#[derive(Debug)]
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

impl Browser {
    /// Writes the file from which wasm-bindgen's test runner reads the path of this browser, and returns its path.
    pub fn webdriver_config(&self, project: &Project) -> Result<PathBuf> {
        let shared = project::read(&project.root.join("tests/browser/webdriver.json"))?;
        let path = self.chromium.display().to_string().replace('\\', "\\\\");
        let options = "\"goog:chromeOptions\": {";
        let own = shared.replacen(
            options,
            &format!("{options}\n    \"binary\": \"{path}\","),
            1,
        );
        let file = project.scratch()?.join("webdriver.json");
        project::write(&file, own)?;
        Ok(file)
    }
}

pub fn ensure() -> Result<Browser> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if apt::usable() {
        say("apt installs Chromium and its driver (a minute or two)");
        apt::install(&["chromium", "chromium-driver", "fonts-dejavu-core"])?;
        if let Some(found) = find() {
            return Ok(found);
        }
    }
    Err("Chromium (or Chrome) and a chromedriver of the same version are missing. Debian: as root, apt-get install \
         chromium chromium-driver. Elsewhere: https://googlechromelabs.github.io/chrome-for-testing, then set CHROME \
         and CHROMEDRIVER to the two programs, or put them on PATH."
        .into())
}

/// Returns the first browser with a driver of its version. Programs that the environment names take precedence.
fn find() -> Option<Browser> {
    let driver = named("CHROMEDRIVER").or_else(|| process::find("chromedriver"))?;
    let chosen = named("CHROME").or_else(|| named("CHROMIUM"));
    let browsers = if let Some(path) = chosen {
        vec![path]
    } else {
        let macos = Some(PathBuf::from(MACOS)).filter(|path| path.is_file());
        NAMES
            .iter()
            .filter_map(|name| process::find(name))
            .chain(macos)
            .collect()
    };
    let wanted = major(&driver)?;
    let chromium = browsers
        .into_iter()
        .find(|browser| major(browser) == Some(wanted))?;
    Some(Browser { chromium, driver })
}

/// Returns the program that a variable of the environment names.
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_file())
}

fn major(program: &Path) -> Option<u32> {
    process::numbers(&process::version(program)?)
        .first()
        .copied()
}
