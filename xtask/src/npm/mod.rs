//! The npm package: the built widget with the entries that bundlers, servers and plain pages need, its declarations and
//! its manifest, in `target/npm/s3-upload-VERSION.tgz`.

mod api;
mod manifest;
mod types;

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::Result;
use crate::process;
use crate::project::{self, Project};
use crate::setup::{esbuild, node};
use crate::split;
use crate::widget::{self, OUT_NAME};

use api::Api;

/// The files of an entry that defines the element, by the conditions of those who import it. The first that applies
/// counts.
///
/// A bundler that emits the files to which `new URL("…", import.meta.url)` refers gets `s3-upload.js`: webpack and
/// Rspack, and Vite and Turbopack when they build for browsers in production. Node never loads the widget, so that it
/// gets the same file. All others get the module with the wasm inside: esbuild; Rollup, whose plugin sets `production`
/// without `browser`; Angular, which sets the condition `es2015` in each mode; the development server of Vite, which
/// moves the modules of packages to another folder.
const CONDITIONS: [(&str, Target); 5] = [
    ("node", Target::File("s3-upload.js")),
    ("webpack", Target::File("s3-upload.js")),
    ("es2015", Target::File("s3-upload.inline.js")),
    (
        "production",
        Target::ByPlatform {
            browser: "s3-upload.js",
            other: "s3-upload.inline.js",
        },
    ),
    ("default", Target::File("s3-upload.inline.js")),
];

/// The file of a condition.
#[derive(Clone, Copy)]
enum Target {
    File(&'static str),
    /// The files with and without the condition `browser`.
    ByPlatform {
        browser: &'static str,
        other: &'static str,
    },
}

impl Target {
    fn json(self) -> String {
        match self {
            Self::File(file) => format!("\"./dist/{file}\""),
            Self::ByPlatform { browser, other } => {
                format!("{{\"browser\": \"./dist/{browser}\", \"default\": \"./dist/{other}\"}}")
            }
        }
    }
}

/// The output of the build: the names of both wasm files, which contain a hash, and a hash for the README.
#[derive(Deserialize)]
struct Built {
    wasm: String,
    /// The name of the wasm that is loaded later.
    lazy: String,
    /// The hash of `s3-upload.js` for Subresource Integrity.
    integrity: String,
}

/// Builds the widget and packs it. Returns the path of the package.
pub fn pack(project: &Project) -> Result<PathBuf> {
    widget::dist(project, widget::Optimise::Required)?;
    let node = node::ensure()?;
    let esbuild = esbuild::ensure(project)?;
    let version = project.locked_version("s3-upload")?;
    let folder = project.target.join("npm");
    let package = folder.join("package");
    project::remove_dir(&package)?;
    for name in ["dist", "types"] {
        project::create_dir(&package.join(name))?;
    }
    let mut script = process::command(&node.node);
    script
        .arg(project.root.join("npm/build.mjs"))
        .arg(esbuild.module())
        .arg(project.root.join("src/element/s3-upload.js"))
        .arg(project.dist.join(format!("{OUT_NAME}.js")))
        .arg(project.dist.join(format!("{OUT_NAME}_bg.wasm")))
        .arg(project.dist.join(split::LAZY))
        .arg(package.join("dist"))
        .arg(&version)
        .arg(esbuild::BROWSERS);
    let said = process::read(&mut script)?;
    let built: Built = serde_json::from_str(&said)
        .map_err(|error| format!("npm/build.mjs said `{said}`: {error}."))?;

    let api = Api::read(project)?;
    project::write(&package.join("types/s3-upload.d.ts"), types::element(&api))?;
    project::write(&package.join("types/wasm.d.ts"), types::WASM)?;
    for (name, text) in types::FRAMEWORKS {
        project::write(&package.join(format!("types/{name}.d.ts")), text)?;
    }
    let manifest = format!("{:#}\n", manifest::of(&api));
    project::write(&package.join("custom-elements.json"), manifest)?;
    let template = project::read(&project.root.join("npm/package.json"))?;
    let json = package_json(&template, &version, &built);
    project::write(&package.join("package.json"), json)?;
    let readme = project::read(&project.root.join("npm/README.md"))?;
    let readme = readme
        .replace("@VERSION", &format!("@{version}"))
        .replace("INTEGRITY", &built.integrity);
    project::write(&package.join("README.md"), readme)?;
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        let from = project.root.join(name);
        fs::copy(&from, package.join(name))
            .map_err(|error| format!("Cannot copy {}: {error}.", from.display()))?;
    }

    let mut npm = node.npm();
    npm.args(["pack", "--silent", "--pack-destination"])
        .arg(&folder)
        .current_dir(&package);
    process::read(&mut npm)?;
    let packed = folder.join(format!("s3-upload-{version}.tgz"));
    println!("The package is {}.", packed.display());
    Ok(packed)
}

/// Fills in the version, the names of both wasm files, and the entries that define the element. The text is not parsed, since
/// the order of conditions matters.
fn package_json(template: &str, version: &str, built: &Built) -> String {
    let mut text = template
        .replace("VERSION", version)
        .replace("WASM", &built.wasm)
        .replace("LAZY", &built.lazy);
    let frameworks = types::FRAMEWORKS.map(|(name, _)| (format!("ELEMENT {name}"), name));
    let element = ("ELEMENT".to_owned(), "s3-upload");
    for (mark, types) in frameworks.into_iter().chain([element]) {
        let mut rows = vec![format!("\"types\": \"./types/{types}.d.ts\"")];
        rows.extend(
            CONDITIONS.map(|(condition, target)| format!("\"{condition}\": {}", target.json())),
        );
        let entry = format!("{{\n      {}\n    }}", rows.join(",\n      "));
        text = text.replace(&format!("\"{mark}\""), &entry);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Built, CONDITIONS, Target, package_json, types};

    #[test]
    fn each_entry_of_the_element_has_its_types_and_all_conditions() {
        let template = include_str!("../../../npm/package.json");
        let built = Built {
            wasm: "core-1.wasm".to_owned(),
            lazy: "lazy-1.wasm".to_owned(),
            integrity: String::new(),
        };
        let text = package_json(template, "1.2.3", &built);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let text_at = |pointer: &str| json.pointer(pointer).and_then(|value| value.as_str());
        assert_eq!(text_at("/version"), Some("1.2.3"));
        assert_eq!(
            text_at("/exports/.~1wasm/default"),
            Some("./dist/core-1.wasm")
        );
        assert_eq!(
            text_at("/exports/.~1lazy/default"),
            Some("./dist/lazy-1.wasm")
        );
        let frameworks = types::FRAMEWORKS.map(|(name, _)| (format!(".~1{name}"), name));
        let element = (".".to_owned(), "s3-upload");
        for (entry, types) in frameworks.into_iter().chain([element]) {
            let declared = format!("./types/{types}.d.ts");
            let found = text_at(&format!("/exports/{entry}/types"));
            assert_eq!(found, Some(declared.as_str()));
            for (condition, target) in CONDITIONS {
                let (pointer, file) = match target {
                    Target::File(file) => (condition.to_owned(), file),
                    Target::ByPlatform { browser, .. } => (format!("{condition}/browser"), browser),
                };
                let file = format!("./dist/{file}");
                let found = text_at(&format!("/exports/{entry}/{pointer}"));
                assert_eq!(found, Some(file.as_str()));
            }
        }
        // TypeScript takes the first condition that it knows, and so does a bundler.
        let (_, exports) = text.split_once("\"exports\"").unwrap();
        let (before, rest) = exports.split_once("\"types\"").unwrap();
        assert_eq!(before.trim(), ": {\n    \".\": {");
        let order: Vec<_> = CONDITIONS
            .iter()
            .map(|(condition, _)| rest.find(&format!("\"{condition}\"")))
            .collect();
        assert!(order.is_sorted() && order.iter().all(Option::is_some));
        assert!(!text.contains("ELEMENT"));
    }
}
