//! The engine's description of a file. It does not contain the file's bytes.

use crate::types::{self, RegisteredType};

/// The type that is signed and sent for a file whose type the browser does not know.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

/// The longest name that is sent to a backend, in UTF-16 code units. File systems accept no longer names.
const LONGEST_NAME: usize = 255;
/// The longest extension, in characters. A longer suffix is part of the name.
const LONGEST_EXTENSION: usize = 20;

/// The description of a file, fixed at the time at which the file was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// The name as the person's system gave it. It is shown and sent to the backend. The widget never makes it part
    /// of a key.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// The MIME type of the file. Signing and sending use the same type.
    pub content_type: String,
}

impl FileInfo {
    /// Makes a description.
    ///
    /// `content_type` may be empty, as `File.type` is when the browser knows no type
    /// (<https://w3c.github.io/FileAPI/#dfn-type>). The type is then derived from the name's extension; without a
    /// known extension it is [`UNKNOWN_TYPE`]. The extension also decides where a system gives such files a type that
    /// is registered for other files, as Excel's type for CSV. A file without a name gets one.
    pub fn new(name: impl Into<String>, size: u64, content_type: &str) -> Self {
        let mut name = name.into();
        let plain = content_type.trim().to_ascii_lowercase();
        let known = types::extension(&name).and_then(RegisteredType::of_extension);
        let is_of_others = |known: &RegisteredType| {
            known.has_type(&plain) && plain != "text/plain" && types::is_registered(&plain)
        };
        let is_unknown = plain.is_empty() || plain == UNKNOWN_TYPE;
        let content_type = match known.filter(|known| is_unknown || is_of_others(known)) {
            Some(known) => known.media_type(),
            _ if plain.is_empty() => UNKNOWN_TYPE,
            _ => content_type.trim(),
        };
        if name.trim().is_empty() {
            let plain = plain.split(';').next().unwrap_or_default().trim();
            name = types::extension_of(plain).map_or_else(
                || "file".to_owned(),
                |extension| format!("file.{extension}"),
            );
        }
        Self {
            name,
            size,
            content_type: content_type.to_owned(),
        }
    }

    /// The name that is sent to a backend and to a store. A name above the limit loses a piece of its middle, so that
    /// its extension stays.
    pub fn upload_name(&self) -> String {
        let units = |text: &str| text.encode_utf16().count();
        if units(&self.name) <= LONGEST_NAME {
            return self.name.clone();
        }
        let extension = types::extension(&self.name)
            .filter(|extension| extension.chars().count() <= LONGEST_EXTENSION);
        let ending = extension.map_or_else(String::new, |extension| format!(".{extension}"));
        let mut room = LONGEST_NAME - units(&ending);
        let fits = |c: &char| {
            let left = room.checked_sub(c.len_utf16());
            room = left.unwrap_or_default();
            left.is_some()
        };
        let stem: String = self.name.chars().take_while(fits).collect();
        stem.trim_end().to_owned() + &ending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://w3c.github.io/FileAPI/#dfn-type>
    #[test]
    fn the_extension_tells_a_type_that_the_browser_does_not_know() {
        for (name, given, sent) in [
            ("IMG_4711.HEIC", "", "image/heic"),
            ("IMG_4711.HEIC", "application/octet-stream", "image/heic"),
            ("data.csv", "application/vnd.ms-excel", "text/csv"),
            (
                "data.xls",
                "application/vnd.ms-excel",
                "application/vnd.ms-excel",
            ),
            ("data.csv", "text/plain", "text/plain"),
            ("a.m4v", "video/mp4", "video/mp4"),
            (
                "a.zip",
                "application/x-zip-compressed",
                "application/x-zip-compressed",
            ),
            ("a.jpg", "IMAGE/JPG", "IMAGE/JPG"),
            (
                "a.txt",
                "text/plain;charset=utf-8",
                "text/plain;charset=utf-8",
            ),
            ("a.png", "image/jpeg", "image/jpeg"),
            ("a.unknown", " ", UNKNOWN_TYPE),
            ("a.unknown", "TEXT/HTML", "TEXT/HTML"),
            ("LICENCE", "", UNKNOWN_TYPE),
        ] {
            assert_eq!(FileInfo::new(name, 1, given).content_type, sent, "{name}");
        }
    }

    #[test]
    fn a_file_without_a_name_gets_one() {
        for (name, content_type, made) in [
            ("", "image/png", "file.png"),
            ("", "text/plain;charset=utf-8", "file.txt"),
            ("  ", "", "file"),
            ("", "a/b", "file"),
            (".env", "", ".env"),
        ] {
            assert_eq!(FileInfo::new(name, 1, content_type).name, made);
        }
    }

    #[test]
    fn a_long_name_is_told_shorter_with_its_extension() {
        for (name, count, ending) in [
            ("x".repeat(255), 255, "x"),
            ("x".repeat(400) + ".pdf", 255, "x.pdf"),
            ("ü".repeat(300) + ".jpeg", 255, "ü.jpeg"),
            ("😀".repeat(200) + ".png", 254, "😀.png"),
            ("x".repeat(300), 255, "x"),
        ] {
            let info = FileInfo::new(name.clone(), 1, "");
            let told = info.upload_name();
            let units = told.encode_utf16().count();
            assert!(units <= count && units + 2 > count, "{units}: {told}");
            assert!(told.ends_with(ending), "{told}");
            assert_eq!(info.name, name);
        }
    }
}
