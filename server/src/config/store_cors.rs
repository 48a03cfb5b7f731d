//! The option `--store-cors`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The CORS rule of the embedded store's bucket, written `on`, `off` or as the name of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum StoreCors {
    /// The rule that uploads need.
    #[default]
    On,
    /// None.
    Off,
    /// Those of a JSON file, as S3's console takes them.
    File(PathBuf),
}

impl From<String> for StoreCors {
    fn from(text: String) -> Self {
        match &*text {
            "on" => Self::On,
            "off" => Self::Off,
            _ => Self::File(text.into()),
        }
    }
}

impl From<StoreCors> for String {
    fn from(cors: StoreCors) -> Self {
        match cors {
            StoreCors::On => "on".to_owned(),
            StoreCors::Off => "off".to_owned(),
            StoreCors::File(path) => path.display().to_string(),
        }
    }
}
