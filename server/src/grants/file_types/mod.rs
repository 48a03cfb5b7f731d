//! The MIME types of file name extensions.
//!
//! The table has extensions, their types, and the names that operating systems use for the same type. The first type of
//! a row is the registered one. An extension that is not in the table allows no conclusion. Pure.

use super::download_name::saved_name;
mod table;

use crate::primitives::is_active;
use table::{RUN, TABLE};

/// The class of a type's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MediaClass {
    Image,
    Audio,
    Font,
    Other,
}

/// The extension of a name, in lower case: the text after the last dot of the saved name. Characters that saving removes,
/// such as dots at the end and invisible characters, hide no extension.
pub fn extension(name: &str) -> Option<String> {
    let name = saved_name(name);
    let (_, extension) = name.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

/// True if it is the type of a file of unknown type.
pub fn is_unknown(media_type: &str) -> bool {
    matches!(
        &*essence(media_type),
        "" | "application/octet-stream" | "binary/octet-stream" | "application/x-unknown"
    )
}

/// True if an extension is of files that may be run.
pub fn is_run(extension: &str) -> bool {
    RUN.split(' ')
        .any(|known| !known.is_empty() && known == extension)
}

/// The types of an extension; none if it is not known.
pub fn types(extension: &str) -> impl Iterator<Item = &'static str> {
    let is_it = |(extensions, _): &&(&str, &str)| extensions.split(' ').any(|it| it == extension);
    let row = TABLE.iter().find(is_it);
    row.into_iter().flat_map(|(_, types)| types.split(' '))
}

/// True if files with this extension are of this type, as far as the table says.
pub fn fits(extension: &str, media_type: &str) -> bool {
    let media_type = essence(media_type);
    types(extension).any(|known| known == media_type)
}

/// True if an extension may be in the key of a file of this type: it fits, or both are unknown.
pub fn may_show(extension: &str, media_type: &str) -> bool {
    if is_unknown(media_type) {
        return !is_run(extension);
    }
    let is_known = types(extension).next().is_some();
    fits(extension, media_type)
        || (!is_known && !is_run(extension) && !is_listed(media_type) && !is_active(media_type))
}

/// True if a rule for an extension accepts a file of this type: it fits or is unknown. Of an extension that is not in the
/// table all types are accepted except those that may be run.
pub fn is_taken_as(extension: &str, media_type: &str) -> bool {
    if is_unknown(media_type) || fits(extension, media_type) {
        return true;
    }
    types(extension).next().is_none() && !is_active(media_type) && !is_of_run(media_type)
}

/// True if a name's extension and a type contradict each other: not both can be true of one file.
pub fn contradict(extension: &str, media_type: &str) -> bool {
    if is_unknown(media_type) || fits(extension, media_type) {
        return false;
    }
    let mut known = types(extension);
    let Some(first) = known.next() else {
        return is_run(extension) && is_listed(media_type);
    };
    let runs = is_run(extension);
    // Plain text is shown and never run, except under names that a browser would treat as a page.
    if essence(media_type) == "text/plain" && !is_active(first) {
        return false;
    }
    if is_active(media_type) || is_active(first) || is_of_run(media_type) {
        return true;
    }
    if class(first) != class(media_type) {
        return true;
    }
    // Of two kinds of text, images or sound, systems often know only one.
    let is_same_kind = class(first) != MediaClass::Other || is_text(first) && is_text(media_type);
    (runs || !is_same_kind) && is_listed(media_type)
}

/// A type without its parameters.
fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn is_text(media_type: &str) -> bool {
    media_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("text/")
}

/// True if a type is in the table.
fn is_listed(media_type: &str) -> bool {
    let media_type = essence(media_type);
    let mut all = TABLE.iter().flat_map(|(_, types)| types.split(' '));
    all.any(|known| known == media_type)
}

/// True if a type is first of all one of files that may be run.
fn is_of_run(media_type: &str) -> bool {
    let media_type = essence(media_type);
    let is_its = |(_, types): &&(&str, &str)| types.split(' ').any(|known| known == media_type);
    let row = TABLE.iter().find(is_its);
    row.is_some_and(|(extensions, _)| extensions.split(' ').next().is_some_and(is_run))
}

fn class(media_type: &str) -> MediaClass {
    let media_type = essence(media_type);
    match media_type.split('/').next().unwrap_or_default() {
        "image" => MediaClass::Image,
        "audio" | "video" => MediaClass::Audio,
        "font" => MediaClass::Font,
        _ => MediaClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_that_of_the_saved_name() {
        for (name, expected) in [
            ("a.HTML", Some("html")),
            ("a.html. ", Some("html")),
            ("a.ht\u{200B}ml", Some("html")),
            ("a.tar.gz", Some("gz")),
            ("a", None),
            (".htaccess", None),
        ] {
            assert_eq!(extension(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn what_systems_call_the_same_type_fits() {
        for (extension, media_type) in [
            ("csv", "application/vnd.ms-excel"),
            ("csv", "text/plain; charset=utf-8"),
            ("jpg", "image/jpg"),
            ("jpeg", "image/pjpeg"),
            ("zip", "application/x-zip-compressed"),
            ("heic", "image/heif"),
            ("mp3", "AUDIO/MP3"),
            ("m4a", "audio/x-m4a"),
            ("wav", "audio/x-wav"),
            ("rtf", "application/msword"),
            ("ts", "video/mp2t"),
            ("docx", "application/zip"),
            ("svg", "image/svg+xml"),
        ] {
            assert!(fits(extension, media_type), "{extension} {media_type}");
            assert!(
                !contradict(extension, media_type),
                "{extension} {media_type}"
            );
            assert!(is_taken_as(extension, media_type) && may_show(extension, media_type));
        }
    }

    #[test]
    fn a_name_and_a_type_that_contradict_are_told_from_those_that_may_agree() {
        for (extension, media_type) in [
            ("html", "image/png"),
            ("htm", "text/plain"),
            ("svg", "image/png"),
            ("exe", "image/png"),
            ("exe", "application/pdf"),
            ("php", "image/jpeg"),
            ("png", "text/html"),
            ("pdf", "application/x-msdownload"),
            ("pdf", "text/html"),
            ("pdf", "image/png"),
            ("pdf", "application/zip"),
            ("mp4", "image/png"),
            ("png", "application/pdf"),
            ("hta", "image/png"),
            ("htaccess", "image/png"),
            ("jpg", "application/x-httpd-php"),
        ] {
            assert!(
                contradict(extension, media_type),
                "{extension} {media_type}"
            );
            assert!(!may_show(extension, media_type), "{extension} {media_type}");
        }
        for (extension, media_type) in [
            ("html", ""),
            ("exe", "application/octet-stream"),
            ("exe", "application/x-msdownload"),
            ("png", "image/jpeg"),
            ("txt", "text/markdown"),
            ("csv", "text/x-something"),
            ("mp4", "audio/mpeg"),
            ("xyz", "image/png"),
            ("pdf", "application/x-something"),
            ("xyz", "text/html"),
            ("png", "text/plain"),
            ("exe", "text/plain"),
        ] {
            assert!(
                !contradict(extension, media_type),
                "{extension} {media_type}"
            );
        }
    }

    #[test]
    fn an_unknown_type_shows_no_extension_that_may_be_run() {
        for extension in ["html", "svg", "exe", "php", "js", "hta"] {
            assert!(!may_show(extension, ""), "{extension}");
            assert!(!may_show(extension, "application/octet-stream"));
        }
        for extension in ["heic", "gz", "dwg", "bin"] {
            assert!(may_show(extension, ""), "{extension}");
        }
        assert!(may_show("dwg", "application/acad"));
        assert!(!may_show("dwg", "image/png") && !may_show("png", "image/jpeg"));
    }
}
