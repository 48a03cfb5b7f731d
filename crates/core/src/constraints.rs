//! What may be added: limits on size, type and count. Pure checks, each naming what it refused.

use crate::file::FileInfo;

/// The page's limits. `None` is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// The types allowed.
    pub accept: Accept,
    /// In bytes.
    pub min_size: Option<u64>,
    /// In bytes.
    pub max_size: Option<u64>,
    /// Files at a time, those that failed or were cancelled not counted.
    pub max_files: Option<u32>,
    /// All files together, in bytes.
    pub max_total_size: Option<u64>,
}

/// A limit that a file breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Smaller than allowed.
    TooSmall {
        /// The file's size in bytes.
        size: u64,
        /// The limit in bytes.
        min: u64,
    },
    /// Larger than allowed.
    TooLarge {
        /// The file's size in bytes.
        size: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// Of a type that is not accepted.
    Type {
        /// The file's type.
        content_type: String,
        /// What is accepted, as the page wrote it.
        accept: String,
    },
    /// One file more than allowed.
    TooMany {
        /// The limit.
        max: u32,
    },
    /// With this file, all together would be larger than allowed.
    TotalTooLarge {
        /// The limit in bytes.
        max: u64,
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
        }
    }
}

impl Constraints {
    /// Checks `file` beside `count` files of `total` bytes that are there already.
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

/// The `accept` attribute of a file input: MIME types, `type/*` and `.extension`, by commas.
/// <https://html.spec.whatwg.org/multipage/input.html#attr-input-accept>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    text: String,
    rules: Vec<String>,
}

impl Accept {
    /// Reads the attribute. Empty allows everything.
    pub fn new(text: &str) -> Self {
        let rules = text
            .split(',')
            .map(|rule| rule.trim().to_ascii_lowercase())
            .filter(|rule| !rule.is_empty())
            .collect();
        Self {
            text: text.trim().to_owned(),
            rules,
        }
    }

    /// The attribute as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a file of this name and type is allowed.
    pub fn allows(&self, name: &str, content_type: &str) -> bool {
        if self.rules.is_empty() {
            return true;
        }
        let name = name.to_lowercase();
        let content_type = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        self.rules.iter().any(|rule| {
            if rule == "*" || rule == "*/*" {
                true
            } else if rule.starts_with('.') {
                name.ends_with(rule.as_str())
            } else if let Some(family) = rule.strip_suffix("/*") {
                content_type.split('/').next() == Some(family)
            } else {
                content_type == *rule
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_reads_what_the_attribute_allows() {
        let accept = Accept::new(" image/*, .PDF ,text/plain");
        assert!(accept.allows("a.png", "image/png"));
        assert!(accept.allows("Report.pdf", "application/octet-stream"));
        assert!(accept.allows("notes", "text/plain; charset=utf-8"));
        assert!(!accept.allows("a.exe", "application/octet-stream"));
        assert!(!accept.allows("imagepng", "imagex/png"));
        assert!(Accept::new("").allows("a", "b/c"));
        assert!(Accept::new("*/*").allows("a", "b/c"));
    }

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
