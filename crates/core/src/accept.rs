//! The `accept` attribute: the types of files that may be added.
//!
//! The module parses the attribute, including forms that pages write and the specification does not define, and
//! matches it with a file's name and type. Either may be unreliable, depending on the system. The content of a file
//! is never read.

use crate::file::UNKNOWN_TYPE;
use crate::types::{RegisteredType, extension, is_known, registered};

/// The `accept` attribute of a file input: MIME types, `type/*` and `.extension`, separated by commas.
/// <https://html.spec.whatwg.org/multipage/input.html#attr-input-accept>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    text: String,
    rules: Vec<String>,
    odd: Vec<String>,
}

/// The length up to which an unknown bare word is read as an extension, in characters. A longer word is an error.
const LONGEST_EXTENSION: usize = 5;

/// The interpretation of one entry of the `accept` attribute.
enum EntryMeaning {
    /// The entry allows every file, as `*/*` does.
    All,
    /// The entry is a rule of the specification: a MIME type, `type/*` or `.extension`.
    Rule(String),
    /// The entry is a parameter of a MIME type, and is skipped.
    Nothing,
    /// The entry is not understood, and is reported to the page's developer.
    Odd,
}

impl Accept {
    /// Parses the attribute. An empty attribute allows all files, and so does one without a valid entry.
    pub fn new(text: &str) -> Self {
        let (mut rules, mut odd, mut all) = (Vec::new(), Vec::new(), false);
        let is_mark = |c: char| matches!(c, ',' | ';' | '|') || c.is_whitespace();
        for entry in text.split(is_mark).filter(|entry| !entry.is_empty()) {
            let plain = entry.trim_matches(['"', '\'']).to_ascii_lowercase();
            match meaning(&plain) {
                EntryMeaning::All => all = true,
                EntryMeaning::Rule(rule) => rules.push(rule),
                EntryMeaning::Nothing => {}
                EntryMeaning::Odd => odd.push(entry.to_owned()),
            }
        }
        if all {
            rules.clear();
        }
        let written = text.split(',').map(|rule| rule.trim().to_ascii_lowercase());
        let text = if written.eq(rules.iter().cloned()) {
            text.trim().to_owned()
        } else {
            rules.join(",")
        };
        Self { text, rules, odd }
    }

    /// The attribute in the form that a browser's file input accepts. It is unchanged where the page wrote it in the
    /// specification's form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The entries that are not understood. They are ignored.
    pub fn odd(&self) -> &[String] {
        &self.odd
    }

    /// Returns true if the attribute allows a file of this name and MIME type.
    pub fn allows(&self, name: &str, content_type: &str) -> bool {
        if self.rules.is_empty() {
            return true;
        }
        let name = name.trim().to_ascii_lowercase();
        let declared = content_type.split(';').next().unwrap_or_default();
        let declared = declared.trim().to_ascii_lowercase();
        let own = extension(&name);
        let known = own.and_then(RegisteredType::of_extension);
        // A type that belongs to other extensions contradicts the name. The type then decides.
        let by_name = known.filter(|known| {
            declared == UNKNOWN_TYPE || known.has_type(&declared) || !is_known(&declared)
        });
        let any_type = |is_it: &dyn Fn(&str) -> bool| {
            is_it(&declared) || by_name.is_some_and(|known| known.types().any(is_it))
        };
        self.rules.iter().any(|rule| {
            if let Some(wanted) = rule.strip_prefix('.') {
                let meant = RegisteredType::of_extension(wanted);
                name.ends_with(rule.as_str())
                    || meant.is_some_and(|meant| match own {
                        Some(_) => known == Some(meant),
                        None => meant.has_type(&declared),
                    })
            } else if let Some(family) = rule.strip_suffix("/*") {
                any_type(&|known| known.split('/').next() == Some(family))
            } else {
                any_type(&|known| registered(known) == registered(rule))
            }
        })
    }
}

fn meaning(entry: &str) -> EntryMeaning {
    if matches!(
        entry,
        "*" | "*/*" | "*.*" | ".*" | "all" | "any" | "file" | "files"
    ) {
        return EntryMeaning::All;
    }
    if let Some((family, kind)) = entry.split_once('/') {
        return match kind {
            _ if !is_word(family) => EntryMeaning::Odd,
            "" | "*" => EntryMeaning::Rule(format!("{family}/*")),
            kind if is_word(kind) => EntryMeaning::Rule(registered(entry).to_owned()),
            _ => EntryMeaning::Odd,
        };
    }
    if entry.contains('=') {
        return EntryMeaning::Nothing;
    }
    let word = entry.strip_prefix('*').unwrap_or(entry);
    if let Some(extension) = word.strip_prefix('.') {
        return if is_word(extension) {
            EntryMeaning::Rule(format!(".{extension}"))
        } else {
            EntryMeaning::Odd
        };
    }
    let family = match word {
        "image" | "images" | "photo" | "photos" | "picture" | "pictures" => Some("image"),
        "video" | "videos" => Some("video"),
        "audio" => Some("audio"),
        "text" => Some("text"),
        _ => None,
    };
    if let Some(family) = family {
        return EntryMeaning::Rule(format!("{family}/*"));
    }
    let is_short = word.chars().count() <= LONGEST_EXTENSION;
    if is_word(word) && (is_short || RegisteredType::of_extension(word).is_some()) {
        EntryMeaning::Rule(format!(".{word}"))
    } else {
        EntryMeaning::Odd
    }
}

/// Returns true if `text` can be an extension, or the part of a MIME type before or after its slash. Extensions may
/// be in any script.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$&^_.+-~".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://html.spec.whatwg.org/multipage/input.html#attr-input-accept>
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
        assert_eq!(accept.as_str(), "image/*, .PDF ,text/plain");
    }

    #[test]
    fn extensions_and_types_stand_for_each_other() {
        const NONE: &str = UNKNOWN_TYPE;
        for (accept, name, media_type, allowed) in [
            ("image/*", "IMG_4711.HEIC", NONE, true),
            ("image/*", "IMG_4711.HEIC", "", true),
            ("image/heic", "IMG_4711.HEIC", NONE, true),
            ("image/png", "IMG_4711.HEIC", NONE, false),
            ("video/*", "IMG_4711.HEIC", NONE, false),
            ("text/csv", "data.csv", "application/vnd.ms-excel", true),
            ("text/csv", "data.csv", "text/plain", true),
            ("text/csv", "data.xls", "application/vnd.ms-excel", false),
            ("application/vnd.ms-excel", "data.csv", "text/csv", true),
            (
                "application/zip",
                "a.zip",
                "application/x-zip-compressed",
                true,
            ),
            (
                "application/x-zip-compressed",
                "a.zip",
                "application/zip",
                true,
            ),
            ("audio/mp3", "a.mp3", "audio/mpeg", true),
            ("image/jpg", "a.jpg", "image/jpeg", true),
            ("image/jpeg", "photo", "image/jpg", true),
            ("application/pdf", "a.pdf", "application/x-something", true),
            (".jpg", "photo.jpeg", "image/jpeg", true),
            (".jpg", "photo", "image/jpeg", true),
            (".heic", "IMG_4711", "image/heic", true),
            (".txt", "a.log", "text/plain", false),
            (".png", "a.exe", "image/png", false),
            // The type contradicts the name.
            ("image/*", "a.png", "text/html", false),
            ("image/png", "a.png", "image/jpeg", false),
            (".tar.gz", "a.tar.gz", "application/gzip", true),
            ("image/*", "a.exe", NONE, false),
        ] {
            let allows = Accept::new(accept).allows(name, media_type);
            assert_eq!(allows, allowed, "{accept}: {name}, {media_type}");
        }
    }

    #[test]
    fn other_ways_to_write_it_are_understood() {
        for (written, meant) in [
            ("pdf", ".pdf"),
            ("*.pdf", ".pdf"),
            ("PDF", ".pdf"),
            ("jpg, png", ".jpg,.png"),
            ("jpg png", ".jpg,.png"),
            (".jpg;.png", ".jpg,.png"),
            (".jpg|.png", ".jpg,.png"),
            ("'.pdf'", ".pdf"),
            ("image/jpg", "image/jpeg"),
            ("image", "image/*"),
            ("images,videos", "image/*,video/*"),
            ("image/", "image/*"),
            ("text/plain;charset=utf-8", "text/plain"),
            ("foo", ".foo"),
            ("*.*", ""),
            ("*", ""),
            ("image/*,*/*", ""),
            ("image/*,.pdf", "image/*,.pdf"),
            (".docx, .xlsx", ".docx, .xlsx"),
        ] {
            let accept = Accept::new(written);
            assert_eq!(accept.as_str(), meant, "{written}");
            assert!(accept.odd().is_empty(), "{written}");
        }
        assert!(Accept::new("pdf").allows("a.pdf", "application/pdf"));
        assert!(!Accept::new("pdf").allows("a.png", "image/png"));
        assert!(Accept::new("image/jpg").allows("a.jpg", "image/jpeg"));
    }

    #[test]
    fn what_is_not_understood_is_named_and_refuses_nothing() {
        let accept = Accept::new("documents, image/png/x");
        assert_eq!(accept.odd(), ["documents", "image/png/x"]);
        assert!(accept.allows("a.exe", ""));
        let accept = Accept::new("documents,.pdf");
        assert_eq!((accept.odd().len(), accept.as_str()), (1, ".pdf"));
        assert!(!accept.allows("a.exe", ""));
    }
}
