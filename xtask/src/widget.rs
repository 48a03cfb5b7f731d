//! The widget as sites load it: cargo's wasm, wasm-bindgen's glue, wasm-opt, and the files beside them, in `dist/`.
//! Sites depend on the names there. Files in `dist/` that the build did not write are removed.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::compress;
use crate::error::Result;
use crate::process;
use crate::project::{self, Project};
use crate::setup::esbuild::{self, Esbuild};
use crate::setup::rust::{self, WASM};
use crate::setup::wasm_bindgen::{self, WasmBindgen};
use crate::setup::wasm_opt::{self, WasmOpt};
use crate::setup::wasm_split;
use crate::short_names;
use crate::split;

/// The glue and the wasm: `s3-upload-core.js` and `s3-upload-core_bg.wasm`, loaded by `s3-upload.js`.
pub const OUT_NAME: &str = "s3-upload-core";

/// The script that a page loads, with the modules that it imports.
const ENTRY: &str = "src/element/s3-upload.js";

/// The files of the demo page, where they exist: source and name.
const DEMO: [(&str, &str); 2] = [
    ("src/demo/index.html", "index.html"),
    ("style/demo.css", "demo.css"),
];

/// The options with which the download is smallest, by measurement. Compared with no wasm-opt, `-Os` reduces the wasm by
/// 5 % and its compressed size by 1 %. `-O1` and `-O2` leave half a kilobyte or more, and `-Oz` gives no more.
///
/// The features are those of rustc's target. `--all-features` would allow wasm that a two-year-old browser rejects.
const OPTIMISE: [&str; 8] = [
    "-Os",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--strip-producers",
];

/// The options of wasm-bindgen. `s3-upload.js` always says where the wasm is; the default address in the glue would be a
/// second reference, for which some bundlers emit a second copy.
const BINDGEN: [&str; 6] = [
    "--target",
    "web",
    "--no-typescript",
    "--omit-default-module-path",
    "--remove-name-section",
    "--remove-producers-section",
];

/// The loader of the part that is loaded later.
const LAZY_LOADER: &str = "src/element/lazy_loader.js";

/// The necessity of what makes the wasm smaller and the build longer: wasm-opt, and a standard library built for size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimise {
    Required,
    IfPossible,
}

/// The standard library in the wasm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardLibrary {
    /// Built from its sources, for size.
    ForSize,
    /// The toolchain's own. The wasm is larger.
    Prebuilt,
}

/// Builds the widget into `dist/` and prints the sizes.
pub fn dist(project: &Project, optimise: Optimise) -> Result<StandardLibrary> {
    let toolchain = rust::ensure(project)?;
    let bindgen = wasm_bindgen::ensure(project, &toolchain)?;
    let opt = match (wasm_opt::ensure(project), optimise) {
        (Ok(opt), _) => Some(opt),
        (Err(reason), Optimise::Required) => return Err(reason),
        (Err(reason), Optimise::IfPossible) => {
            eprintln!("The wasm stays larger than need be, without wasm-opt. {reason}");
            None
        }
    };
    let esbuild = esbuild::ensure(project)?;
    let mut cargo = toolchain.command("cargo", project);
    // `src/ui/style.rs` uses this text instead of the files.
    let style = esbuild.minify(&project.root.join("style/upload.css"))?;
    cargo.env("S3_UPLOAD_STYLE", style.trim());
    // The demo is ready sooner with the standard library as it is.
    let mut library = StandardLibrary::Prebuilt;
    if optimise == Optimise::Required {
        match toolchain.small_std(project) {
            Ok(settings) => {
                cargo.envs(settings);
                library = StandardLibrary::ForSize;
            }
            Err(reason) => eprintln!(
                "The wasm is 13 KB larger than need be, since the standard library is not built for size. {reason}"
            ),
        }
    }
    // The crate's other type, `rlib`, would leave the link-time optimization out. `cargo rustc` builds the wasm alone.
    cargo.args([
        "rustc",
        "--locked",
        "--release",
        "--lib",
        "--crate-type",
        "cdylib",
        "--no-default-features",
        "-p",
        "s3-upload",
        "--target",
        WASM,
    ]);
    let splitter = match optimise {
        Optimise::Required => Some(wasm_split::ensure(project, &toolchain)?),
        Optimise::IfPossible => None,
    };
    if splitter.is_some() {
        cargo.args(["--features", "split", "--"]).args(split::RUSTC);
    }
    process::run(&mut cargo)?;
    let wasm = project.target.join(WASM).join("release/s3_upload.wasm");
    let tools = Tools {
        splitter,
        bindgen,
        opt,
    };
    let glue = glue(project, &wasm, &tools)?;

    let mut wanted = files_below(&glue)?;
    let start = start(project, &esbuild, &version(&wanted)?)?;
    for (from, name) in DEMO {
        let from = project.root.join(from);
        if from.exists() {
            wanted.push((from, PathBuf::from(name)));
        }
    }
    minify(project, &esbuild, &mut wanted)?;
    wanted.push(start);
    publish(&project.dist, &wanted)?;
    compress::table(&project.dist)?;
    Ok(library)
}

/// Returns a name for the content of these files, which differs where the content differs.
fn version(files: &[(PathBuf, PathBuf)]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for (from, _) in files {
        let content = read_bytes(from)?;
        content.hash(&mut hasher);
    }
    let hash = format!("{:016x}", hasher.finish());
    // Eight characters tell the versions that a browser may still keep apart.
    Ok(hash.chars().take(8).collect())
}

/// Returns the script that a page loads. It contains the first half of the style, and names the version of the files
/// that it loads.
fn start(project: &Project, esbuild: &Esbuild, version: &str) -> Result<(PathBuf, PathBuf)> {
    let style = esbuild.minify(&project.root.join("style/start.css"))?;
    let values = [("START_STYLE", style.trim()), ("VERSION", version)];
    let script = esbuild.bundle(&project.root.join(ENTRY), &values)?;
    let to = project.scratch()?.join("s3-upload.js");
    project::write(&to, script)?;
    Ok((to, PathBuf::from("s3-upload.js")))
}

/// The programs that make the files of sites from cargo's wasm.
struct Tools {
    splitter: Option<PathBuf>,
    bindgen: WasmBindgen,
    opt: Option<WasmOpt>,
}

/// Returns the folder of wasm-bindgen's output after wasm-opt. The programs take seconds, so that the output is kept until
/// its input changes.
fn glue(project: &Project, wasm: &Path, tools: &Tools) -> Result<PathBuf> {
    let folder = project.scratch()?.join("glue");
    let stamp = project.scratch()?.join("glue.stamp");
    let loader = read(&project.root.join(LAZY_LOADER))?;
    let mut hasher = DefaultHasher::new();
    (
        read_bytes(wasm)?,
        &loader,
        (&tools.bindgen.version, BINDGEN, split::BINDGEN),
        tools.splitter.as_ref().map(|_| wasm_split::VERSION),
        tools
            .opt
            .as_ref()
            .map(|_| (wasm_opt::PACKAGE.version, OPTIMISE)),
    )
        .hash(&mut hasher);
    let hash = hasher.finish().to_string();
    if fs::read_to_string(&stamp).is_ok_and(|last| last == hash) {
        return Ok(folder);
    }
    // The stamp is removed first, so that an interrupted build does not count as complete.
    project::remove_file(&stamp)?;
    project::remove_dir(&folder)?;

    let parts = match &tools.splitter {
        Some(program) => {
            let parts = project.scratch()?.join("split");
            Some(split::split(program, wasm, &parts)?)
        }
        None => None,
    };
    let mut command = process::command(&tools.bindgen.bindgen);
    command.args(BINDGEN);
    if parts.is_some() {
        command.args(split::BINDGEN);
    }
    command
        .args(["--out-name", OUT_NAME, "--out-dir"])
        .arg(&folder)
        .arg(parts.as_ref().map_or(wasm, |parts| parts.main.as_path()));
    process::read(&mut command)?;

    let script = folder.join(format!("{OUT_NAME}.js"));
    let main = folder.join(format!("{OUT_NAME}_bg.wasm"));
    let mut text = read(&script)?;
    if parts.is_some() {
        text = split::link(&text, &loader)?;
    }
    if let Some(opt) = &tools.opt {
        let printed = optimise_file(project, opt, &main, &main, short_names::OPTION)?;
        text = short_names::rename(&text, &printed)?;
    }
    if let Some(parts) = &parts {
        let lazy = folder.join(split::LAZY);
        match &tools.opt {
            Some(opt) => {
                optimise_file(project, opt, &parts.lazy, &lazy, "--strip-debug")?;
            }
            None => project::write(&lazy, read_bytes(&parts.lazy)?)?,
        }
        let mut hasher = DefaultHasher::new();
        read_bytes(&main)?.hash(&mut hasher);
        let (bytes, bound) = split::bind(&read_bytes(&lazy)?, &text, hasher.finish())?;
        project::write(&lazy, bytes)?;
        text = bound;
    }
    project::write(&script, text)?;
    project::write(&stamp, hash)?;
    Ok(folder)
}

/// Writes an optimized wasm, and returns what wasm-opt prints.
fn optimise_file(
    project: &Project,
    opt: &WasmOpt,
    from: &Path,
    to: &Path,
    option: &str,
) -> Result<String> {
    let small = project.scratch()?.join("small.wasm");
    let mut command = opt.command();
    command.args(OPTIMISE).args([option, "-o"]);
    let printed = process::read(command.arg(&small).arg(from))?;
    fs::rename(&small, to).map_err(|error| format!("Cannot replace {}: {error}.", to.display()))?;
    Ok(printed)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("Cannot read {}: {error}.", path.display()))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("Cannot read {}: {error}.", path.display()))
}

/// Replaces the scripts and stylesheets in the list by minified copies.
fn minify(project: &Project, minifier: &Esbuild, files: &mut [(PathBuf, PathBuf)]) -> Result<()> {
    let folder = project.scratch()?.join("minified");
    project::create_dir(&folder)?;
    for (from, name) in files {
        if name
            .extension()
            .is_some_and(|kind| kind == "js" || kind == "css")
        {
            let to = folder.join(name.as_path());
            project::write(&to, minifier.minify(from)?)?;
            *from = to;
        }
    }
    Ok(())
}

/// Returns all files below a folder, with their paths relative to it.
fn files_below(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        let entries = fs::read_dir(&current)
            .map_err(|error| format!("Cannot read {}: {error}.", current.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                found.push((path.clone(), name.to_path_buf()));
            }
        }
    }
    Ok(found)
}

/// Makes `dist/` contain exactly these files. Files that have not changed keep their date and their compressed file.
/// [`compress`] checks that the compressed file has the same content.
fn publish(dist: &Path, wanted: &[(PathBuf, PathBuf)]) -> Result<()> {
    project::create_dir(dist)?;
    let mut kept = BTreeSet::new();
    for (from, name) in wanted {
        let to = dist.join(name);
        let content = read_bytes(from)?;
        if fs::read(&to).is_ok_and(|there| there == content) {
            kept.insert(compress::neighbour(&to));
        } else {
            if let Some(folder) = to.parent() {
                project::create_dir(folder)?;
            }
            project::write(&to, content)?;
        }
        kept.insert(to);
    }
    for (path, _) in files_below(dist)? {
        if !kept.contains(&path) {
            fs::remove_file(&path)
                .map_err(|error| format!("Cannot remove {}: {error}.", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{fs, publish};

    #[test]
    fn publishing_keeps_what_is_unchanged_and_removes_the_rest() {
        let base = std::env::temp_dir().join(format!("s3-upload-publish-{}", std::process::id()));
        let dist = base.join("dist");
        fs::create_dir_all(dist.join("old")).unwrap();
        for (name, content) in [
            ("a.js", "same"),
            ("a.js.br", "a"),
            ("b.js", "before"),
            ("b.js.br", "b"),
            ("old/c", "c"),
        ] {
            fs::write(dist.join(name), content).unwrap();
        }
        for (name, content) in [("a.js", "same"), ("b.js", "after")] {
            fs::write(base.join(name), content).unwrap();
        }
        let wanted = ["a.js", "b.js"].map(|name| (base.join(name), name.into()));
        publish(&dist, &wanted).unwrap();
        let mut names: Vec<_> = super::files_below(&dist)
            .unwrap()
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["a.js", "a.js.br", "b.js"].map(std::path::PathBuf::from)
        );
        assert_eq!(fs::read_to_string(dist.join("b.js")).unwrap(), "after");
        fs::remove_dir_all(base).unwrap();
    }
}
