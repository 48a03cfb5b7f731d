//! The folder that holds the embedded store's files.

use std::{
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The bucket's name.
pub const BUCKET: &str = "uploads";

/// The longest key in bytes: the folder store makes file names of keys, and the longest are those of multipart uploads.
pub const MAX_KEY: usize = 128;

/// The folder that holds the files.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataDir {
    /// A folder that stays.
    Persistent(PathBuf),
    /// A folder that is removed when this is dropped.
    Temporary(TempDir),
}

impl DataDir {
    /// Opens a folder and checks that it is writable; without one creates a temporary folder.
    pub fn open(folder: Option<&Path>) -> io::Result<Self> {
        let data = match folder {
            Some(folder) => Self::Persistent(folder.to_owned()),
            None => Self::Temporary(tempfile::Builder::new().prefix("s3-upload-").tempdir()?),
        };
        // A bucket is a folder. Only its owner has access.
        private_folder(&data.path().join(BUCKET))?;
        tempfile::tempfile_in(data.path())?;
        Ok(data)
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Persistent(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

#[cfg(unix)]
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_folder_is_its_owners_alone() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::open(Some(&parent.path().join("data"))).unwrap();
        for folder in [data.path().to_owned(), data.path().join(BUCKET)] {
            let mode = std::fs::metadata(folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}
