//! The programs that a build needs, one file for each tool. Each file searches for its tool, installs only what is
//! missing, and describes the manual installation if it cannot. An installed tool of another version is not changed:
//! the project's own tools are in its cache.

pub mod apt;
pub mod backends;
pub mod browser;
mod cargo;
pub mod competitors;
pub mod esbuild;
mod go;
pub mod node;
pub mod npm;
mod progress;
pub mod python;
mod ruby;
pub mod rust;
pub mod trunk;
pub mod wasm_bindgen;
pub mod wasm_opt;
pub mod wasm_split;

use crate::error::Result;
use crate::project::Project;

/// A part of the set-up that can be named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Rust,
    Wasm,
    Browser,
    Node,
    Backends,
    Trunk,
}

impl Part {
    pub const ALL: [Self; 6] = [
        Self::Rust,
        Self::Wasm,
        Self::Browser,
        Self::Node,
        Self::Backends,
        Self::Trunk,
    ];
    /// The parts without Trunk, which only `serve` needs, and which takes minutes to build.
    pub const DEFAULT: [Self; 5] = [
        Self::Rust,
        Self::Wasm,
        Self::Browser,
        Self::Node,
        Self::Backends,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Wasm => "wasm",
            Self::Browser => "browser",
            Self::Node => "node",
            Self::Backends => "backends",
            Self::Trunk => "trunk",
        }
    }

    pub fn named(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|part| part.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("`setup` knows no `{name}`, only {names}.")
            })
    }
}

/// Installs the parts that are missing, and prints the path of each.
pub fn run(project: &Project, parts: &[Part]) -> Result<()> {
    for part in parts {
        match part {
            Part::Rust => println!("rust     {}", rust::ensure(project)?.describe()?),
            Part::Wasm => {
                let toolchain = rust::ensure(project)?;
                println!(
                    "wasm     {}",
                    wasm_bindgen::ensure(project, &toolchain)?.bindgen.display()
                );
                println!("wasm     {}", wasm_opt::ensure(project)?.describe());
                println!(
                    "wasm     {}",
                    wasm_split::ensure(project, &toolchain)?.display()
                );
                println!("wasm     {}", esbuild::ensure(project)?.describe());
            }
            Part::Browser => {
                let browser = browser::ensure()?;
                println!("browser  {}", browser.chromium.display());
                println!("browser  {}", browser.driver.display());
            }
            Part::Node => {
                let node = node::ensure()?;
                node::install_packages(project, &node, node::TESTS)?;
                println!(
                    "node     {} (and the packages of tests/e2e)",
                    node.node.display()
                );
            }
            Part::Backends => {
                for (language, outcome) in backends::Backends::ensure(project)?.found() {
                    let name = language.name();
                    match outcome {
                        Ok(program) => println!("backends {} ({name})", program.display()),
                        Err(reason) => println!("backends no {name}: {reason}"),
                    }
                }
            }
            Part::Trunk => {
                let toolchain = rust::ensure(project)?;
                println!("trunk    {}", trunk::ensure(project, &toolchain)?.display());
            }
        }
    }
    Ok(())
}
