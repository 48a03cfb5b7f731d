//! The sizes of `dist/` as a visitor's browser downloads them, and the compressed neighbours (`.br`) that a server can
//! send as they are. Node does the compressing; without it, the table shows plain sizes only.

use std::path::{Path, PathBuf};

use crate::process;
use crate::project::Result;
use crate::setup::node;

const SCRIPT: &str = include_str!("compress.mjs");

/// The compressed file beside this one.
pub fn neighbour(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

/// Compresses what has no compressed neighbour of the same content, and prints a table of all sizes.
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
