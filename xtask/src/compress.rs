//! The sizes of `dist/` as a visitor's browser downloads them, and the compressed files (`.br`) that a server can send
//! without compressing. Node compresses. Without Node, the table shows uncompressed sizes only.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::process;
use crate::setup::node;

const SCRIPT: &str = include_str!("compress.mjs");

/// Returns the path of the compressed file beside this one.
pub fn neighbour(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

/// Compresses the files that have no compressed file of the same content, and prints a table of all sizes.
pub fn table(dist: &Path) -> Result<()> {
    let Ok(node) = node::ensure() else {
        println!(
            "The widget is in {}. (Node would show its sizes.)",
            dist.display()
        );
        return Ok(());
    };
    let mut command = process::command(&node.node);
    command
        .args(["--input-type=module", "--eval", SCRIPT, "--"])
        .arg(dist);
    print!("{}", process::read(&mut command)?);
    Ok(())
}
