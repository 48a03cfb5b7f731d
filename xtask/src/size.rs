//! The size of what a page loads: by stage, compared with `size-budget.toml`, and by groups of functions of the wasm.

use std::fs;
use std::path::Path;

use crate::compress;
use crate::error::Result;
use crate::project::Project;
use crate::setup::rust::WASM;
use crate::widget::{self, StandardLibrary};

mod functions;

/// The budget, in the project's folder.
const BUDGET: &str = "size-budget.toml";

/// The number of groups of functions that are printed.
const GROUPS: usize = 25;

/// The files that a page loads together, and their budget.
#[derive(Debug, PartialEq, Eq)]
struct Stage {
    name: String,
    files: Vec<String>,
    /// The budget in bytes.
    brotli: u64,
    /// The budget where the standard library is not built for size, if it differs.
    brotli_prebuilt_std: Option<u64>,
}

/// Builds the widget and prints its sizes, the stages beside their budget, and the largest groups of functions.
pub fn print(project: &Project) -> Result<()> {
    let library = widget::dist(project, widget::Optimise::Required)?;
    println!();
    for stage in budget(project)? {
        println!("{}", stage.line(stage.size(&project.dist)?, library));
    }
    let wasm = project.target.join(WASM).join("release/s3_upload.wasm");
    let bytes =
        fs::read(&wasm).map_err(|error| format!("Cannot read {}: {error}.", wasm.display()))?;
    let functions = functions::read(&bytes)?;
    println!("\nfunctions before wasm-bindgen and wasm-opt, by crate");
    functions::print_groups(&functions, functions::krate, GROUPS);
    println!("\nby function, whatever types it is made for");
    functions::print_groups(&functions, functions::without_types, GROUPS);
    Ok(())
}

/// Builds the widget and compares each stage with its budget.
pub fn check(project: &Project) -> Result<()> {
    let library = widget::dist(project, widget::Optimise::Required)?;
    let mut over = Vec::new();
    for stage in budget(project)? {
        let size = stage.size(&project.dist)?;
        if size > stage.limit(library) {
            over.push(stage.line(size, library));
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    Err(format!(
        "A page loads more than {BUDGET} allows:\n{}\n`cargo xtask size` shows what takes the space.",
        over.join("\n")
    ))
}

fn budget(project: &Project) -> Result<Vec<Stage>> {
    let text = fs::read_to_string(project.root.join(BUDGET))
        .map_err(|error| format!("Cannot read {BUDGET}: {error}."))?;
    parsed(&text)
}

fn parsed(text: &str) -> Result<Vec<Stage>> {
    let table: toml::Table = text
        .parse()
        .map_err(|error| format!("{BUDGET} is no TOML: {error}"))?;
    let stages = table.get("stage").and_then(toml::Value::as_table);
    let stages = stages.ok_or_else(|| format!("{BUDGET} has no table `stage`."))?;
    let stage = |(name, stage): (&String, &toml::Value)| {
        let files = stage.get("files")?.as_array()?;
        let files = files.iter().map(|file| Some(file.as_str()?.to_owned()));
        let bytes = |value: &toml::Value| u64::try_from(value.as_integer()?).ok();
        Some(Stage {
            name: name.clone(),
            files: files.collect::<Option<_>>()?,
            brotli: bytes(stage.get("brotli")?)?,
            brotli_prebuilt_std: stage.get("brotli_prebuilt_std").and_then(bytes),
        })
    };
    let read = stages.iter().map(|entry| {
        stage(entry).ok_or_else(|| {
            format!(
                "`stage.{}` of {BUDGET} needs `files`, a list of names, and `brotli`, bytes.",
                entry.0
            )
        })
    });
    read.collect()
}

impl Stage {
    /// Returns the total size of the compressed files, in bytes.
    fn size(&self, dist: &Path) -> Result<u64> {
        let mut sum = 0;
        for file in &self.files {
            let path = compress::neighbour(&dist.join(file));
            let found = fs::metadata(&path).map_err(|error| {
                format!(
                    "{BUDGET} names {file}, and {} cannot be read: {error}.",
                    path.display()
                )
            })?;
            sum += found.len();
        }
        Ok(sum)
    }

    /// Returns the budget in bytes.
    fn limit(&self, library: StandardLibrary) -> u64 {
        match (library, self.brotli_prebuilt_std) {
            (StandardLibrary::Prebuilt, Some(limit)) => limit,
            _ => self.brotli,
        }
    }

    fn line(&self, size: u64, library: StandardLibrary) -> String {
        let (name, limit) = (&self.name, self.limit(library));
        let mark = if size > limit { "  above it" } else { "" };
        format!("stage {name:<8} {size:>8} bytes brotli, of {limit} allowed{mark}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_names_stages() {
        let text = "[stage.a]\nfiles = [\"x.js\", \"y.wasm\"]\nbrotli = 1_000\nbrotli_prebuilt_std = 1_100\n";
        let stages = parsed(text).unwrap();
        let expected = Stage {
            name: "a".to_owned(),
            files: vec!["x.js".to_owned(), "y.wasm".to_owned()],
            brotli: 1000,
            brotli_prebuilt_std: Some(1100),
        };
        assert_eq!(expected.limit(StandardLibrary::ForSize), 1000);
        assert_eq!(expected.limit(StandardLibrary::Prebuilt), 1100);
        assert_eq!(stages, [expected]);
        assert!(
            parsed("[stage.a]\nfiles = [\"x.js\"]\n").is_err_and(|error| error.contains("stage.a"))
        );
        assert!(parsed("stage = 1").is_err());
    }

    #[test]
    fn a_stage_is_measured_compressed() {
        let dist = std::env::temp_dir().join(format!("s3-upload-size-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        fs::write(dist.join("x.js"), "long, and not counted").unwrap();
        fs::write(dist.join("x.js.br"), "short").unwrap();
        let mut stage = Stage {
            name: "a".to_owned(),
            files: vec!["x.js".to_owned()],
            brotli: 5,
            brotli_prebuilt_std: None,
        };
        let line = |stage: &Stage, size| stage.line(size, StandardLibrary::Prebuilt);
        let size = stage.size(&dist).unwrap();
        assert_eq!(size, 5);
        assert!(!line(&stage, size).contains("above"));
        stage.brotli = 4;
        assert!(line(&stage, size).contains("above"));
        stage.files.push("missing.js".to_owned());
        assert!(
            stage
                .size(&dist)
                .is_err_and(|error| error.contains("missing.js"))
        );
        fs::remove_dir_all(dist).unwrap();
    }
}
