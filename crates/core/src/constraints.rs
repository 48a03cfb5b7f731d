//! The constraints on the files that may be added: limits on type, size and number. The checks are pure functions.
//! Each returns the limit that the file breaks.

use crate::accept::Accept;
use crate::file::FileInfo;

/// The page's limits. `None` means no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// The accepted types.
    pub accept: Accept,
    /// The smallest size of a file, in bytes.
    pub min_size: Option<u64>,
    /// The largest size of a file, in bytes.
    pub max_size: Option<u64>,
    /// The largest number of files. Files that failed or were cancelled do not count.
    pub max_files: Option<u32>,
    /// The largest sum of the sizes of all files, in bytes.
    pub max_total_size: Option<u64>,
}

/// A limit that a file breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The file is smaller than the limit.
    TooSmall {
        /// The file's size in bytes.
        size: u64,
        /// The limit in bytes.
        min: u64,
    },
    /// The file is larger than the limit.
    TooLarge {
        /// The file's size in bytes.
        size: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// The file's type is not accepted.
    Type {
        /// The file's type.
        content_type: String,
        /// The accepted types, as the page wrote them.
        accept: String,
    },
    /// The file would exceed the limit of the number of files.
    TooMany {
        /// The limit.
        max: u32,
    },
    /// The file would exceed the limit of the total size.
    TotalTooLarge {
        /// The limit in bytes.
        max: u64,
    },
    /// The host refused the file.
    Refused {
        /// The host's reason; empty if it gave none.
        reason: String,
    },
}

impl Violation {
    /// A stable name for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooSmall { .. } => "too-small",
            Self::TooLarge { .. } => "too-large",
            Self::Type { .. } => "type-not-accepted",
            Self::TooMany { .. } => "too-many-files",
            Self::TotalTooLarge { .. } => "total-too-large",
            Self::Refused { .. } => "refused",
        }
    }
}

impl Constraints {
    /// Checks `file`, given that the queue already has `count` files of `total` bytes.
    pub fn check(&self, file: &FileInfo, count: u32, total: u64) -> Result<(), Violation> {
        if !self.accept.allows(&file.name, &file.content_type) {
            return Err(Violation::Type {
                content_type: file.content_type.clone(),
                accept: self.accept.as_str().to_owned(),
            });
        }
        if let Some(min) = self.min_size.filter(|min| file.size < *min) {
            return Err(Violation::TooSmall {
                size: file.size,
                min,
            });
        }
        if let Some(max) = self.max_size.filter(|max| file.size > *max) {
            return Err(Violation::TooLarge {
                size: file.size,
                max,
            });
        }
        if let Some(max) = self.max_files.filter(|max| count >= *max) {
            return Err(Violation::TooMany { max });
        }
        if let Some(max) = self
            .max_total_size
            .filter(|max| total.saturating_add(file.size) > *max)
        {
            return Err(Violation::TotalTooLarge { max });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_names_itself() {
        let limits = Constraints {
            min_size: Some(2),
            max_size: Some(10),
            max_files: Some(3),
            max_total_size: Some(20),
            ..Constraints::default()
        };
        let file = |size| FileInfo::new("a", size, "");
        assert_eq!(limits.check(&file(5), 0, 0), Ok(()));
        assert_eq!(limits.check(&file(10), 2, 10), Ok(()));
        assert_eq!(
            limits.check(&file(1), 0, 0),
            Err(Violation::TooSmall { size: 1, min: 2 })
        );
        assert_eq!(
            limits.check(&file(11), 0, 0),
            Err(Violation::TooLarge { size: 11, max: 10 })
        );
        assert_eq!(
            limits.check(&file(5), 3, 0),
            Err(Violation::TooMany { max: 3 })
        );
        assert_eq!(
            limits.check(&file(5), 0, 16),
            Err(Violation::TotalTooLarge { max: 20 })
        );
    }
}
