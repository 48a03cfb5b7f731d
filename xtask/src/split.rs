//! Splits the wasm: code behind the functions that `wasm_split` marks goes into a file of its own, which the glue loads when
//! the first of these functions is called.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::process;
use crate::project;

/// The name of the file, beside the glue.
pub const LAZY: &str = "s3-upload-core_lazy.wasm";

/// The options of rustc by which the linker leaves what the program needs: the relocations, and the names of functions.
pub const RUSTC: [&str; 2] = ["-Clink-args=--emit-relocs", "-Cstrip=none"];

/// The options of wasm-bindgen by which it keeps what the later file imports.
pub const BINDGEN: [&str; 2] = ["--keep-lld-exports", "--no-demangle"];

/// The module that the wasm imports the loader from, as the program names it.
pub const LINK: &str = "./__wasm_split.js";
/// The loader of the file.
const LOADER: &str = "__wasm_split_load_lazy";

/// The two files.
#[derive(Debug)]
pub struct Split {
    pub main: PathBuf,
    pub lazy: PathBuf,
}

/// Splits a wasm into the files of a folder, which is emptied first.
pub fn split(program: &Path, wasm: &Path, folder: &Path) -> Result<Split> {
    project::remove_dir(folder)?;
    let mut command = process::command(program);
    command.arg(wasm).arg(folder);
    process::read(command.args(["--target", "web", "--out-name", "main"]))?;
    let found = Split {
        main: folder.join("main.wasm"),
        lazy: folder.join("split_lazy.wasm"),
    };
    let entries = fs::read_dir(folder)
        .map_err(|error| format!("Cannot read {}: {error}.", folder.display()))?;
    let mut wasms: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "wasm"))
        .collect();
    wasms.sort();
    if wasms != [found.main.clone(), found.lazy.clone()] {
        return Err(format!(
            "wasm-split wrote other files than main.wasm and split_lazy.wasm: {wasms:?}. The loader knows one file; see \
             `src/element/lazy_loader.js`."
        ));
    }
    Ok(found)
}

/// The module that the later file imports the memory and the table from.
const SHARED: &str = "__wasm_split";

/// Names the module that the later file imports from by a version, in the file and in the glue. A file of another version,
/// whose addresses differ, is then refused instead of called. The name keeps its length, which the file tells.
pub fn bind(lazy: &[u8], glue: &str, version: u64) -> Result<(Vec<u8>, String)> {
    let name = format!("s3u_{:08x}", version & 0xFFFF_FFFF);
    // The length of a name stands before it. `__wasm_split_shared0` is another name.
    let with_length = |name: &str| [&[12], name.as_bytes()].concat();
    let (from, to) = (with_length(SHARED), with_length(&name));
    let (mut bytes, mut rest) = (Vec::with_capacity(lazy.len()), lazy);
    while let Some(at) = rest.windows(from.len()).position(|found| found == from) {
        let (before, after) = rest.split_at(at);
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(&to);
        rest = after.get(from.len()..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    if bytes == lazy {
        return Err(format!("The later file imports nothing from `{SHARED}`."));
    }
    let member = |name: &str| format!("{{ {name}: shared }}");
    Ok((bytes, replace_once(glue, &member(SHARED), &member(&name))?))
}

/// Puts the loader into wasm-bindgen's glue, in place of the module that the program writes.
pub fn link(glue: &str, loader: &str) -> Result<String> {
    let import = format!("import * as import1 from \"{LINK}\"\n");
    let glue = replace_once(glue, &import, "")?;
    let glue = replace_once(&glue, &format!("        \"{LINK}\": import1,\n"), "")?;
    let object = "    const import0 = {\n";
    let member = format!("{object}        {LOADER}: loadLazy,\n");
    let glue = replace_once(&glue, object, &member)?;
    Ok(format!("{glue}\n{loader}"))
}

/// Replaces the one place of a text in the glue. Another number of places means that the glue has another form.
pub fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replace(from, to)),
        count => Err(format!(
            "wasm-bindgen's glue has {count} places like `{}`, where one was expected. Its form has changed; adapt \
             `xtask/src/split.rs` and `short_names.rs`.",
            from.trim()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{bind, link};

    #[test]
    fn the_later_file_and_the_glue_have_one_version() {
        let (bytes, glue) = bind(
            b"\x0c__wasm_split\x06memory\x14__wasm_split_shared0\x0c__wasm_split",
            "({ __wasm_split: shared }, wasm.__wasm_split_shared0)",
            0x1_0000_00ab,
        )
        .unwrap();
        let expected = b"\x0cs3u_000000ab\x06memory\x14__wasm_split_shared0\x0cs3u_000000ab";
        assert_eq!(bytes, expected);
        assert_eq!(
            glue,
            "({ s3u_000000ab: shared }, wasm.__wasm_split_shared0)"
        );
        assert!(bind(b"", "{ __wasm_split: shared }", 1).is_err());
    }

    const GLUE: &str = r#"import * as import1 from "./__wasm_split.js"
function __wbg_get_imports() {
    const import0 = {
        __wbg_f: f,
    };
    return {
        "./x_bg.js": import0,
        "./__wasm_split.js": import1,
    };
}
"#;

    #[test]
    fn the_loader_is_a_function_of_the_glue() {
        let expected = r#"function __wbg_get_imports() {
    const import0 = {
        __wasm_split_load_lazy: loadLazy,
        __wbg_f: f,
    };
    return {
        "./x_bg.js": import0,
    };
}

function loadLazy() {}
"#;
        assert_eq!(link(GLUE, "function loadLazy() {}\n").unwrap(), expected);
        assert!(link("", "").is_err());
    }
}
