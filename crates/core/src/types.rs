//! A table of file name extensions and MIME types.
//!
//! Browsers ask the system for a file's type, and systems differ: Chromium knows no type for HEIC, Windows reports a
//! CSV file as an Excel sheet where Excel is installed, and older programs register names of their own. The table is
//! not complete: it contains the types that are often uploaded. For all other files the browser's type is used.

/// Equivalent extensions, and their types: the registered type first, then others that systems report.
type TypeEntry = (&'static str, &'static str);

// Registered types: <https://www.iana.org/assignments/media-types/media-types.xhtml>
#[rustfmt::skip]
const TABLE: &[TypeEntry] = &[
    ("jpg jpeg jpe jfif pjpeg pjp", "image/jpeg image/jpg image/pjpeg image/x-citrix-jpeg"),
    ("png", "image/png image/x-png image/x-citrix-png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic heics hif", "image/heic image/heic-sequence"),
    ("heif heifs", "image/heif image/heif-sequence"),
    ("jxl", "image/jxl"),
    ("jp2", "image/jp2"),
    ("bmp", "image/bmp image/x-bmp image/x-ms-bmp image/x-windows-bmp"),
    ("tif tiff", "image/tiff image/x-tiff"),
    ("ico", "image/vnd.microsoft.icon image/x-icon image/ico"),
    ("svg", "image/svg+xml image/svg"),
    ("psd", "image/vnd.adobe.photoshop image/x-photoshop image/psd application/x-photoshop application/photoshop"),
    ("dng", "image/x-adobe-dng image/dng"),
    ("cr2", "image/x-canon-cr2"),
    ("cr3", "image/x-canon-cr3"),
    ("nef", "image/x-nikon-nef"),
    ("arw", "image/x-sony-arw"),
    ("raf", "image/x-fuji-raf"),
    ("mp4 mp4v", "video/mp4"),
    ("m4v", "video/mp4 video/x-m4v"),
    ("mov qt", "video/quicktime"),
    ("webm", "video/webm"),
    ("mkv", "video/matroska video/x-matroska"),
    ("avi", "video/x-msvideo video/avi video/msvideo video/vnd.avi"),
    ("wmv", "video/x-ms-wmv"),
    ("mpg mpeg mpe", "video/mpeg video/mpg video/x-mpeg"),
    ("mts m2ts", "video/mp2t video/vnd.dlna.mpeg-tts"),
    ("3gp 3gpp", "video/3gpp"),
    ("ogv", "video/ogg"),
    ("flv", "video/x-flv"),
    ("mp3", "audio/mpeg audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg audio/mpg"),
    ("m4a", "audio/mp4 audio/x-m4a audio/m4a"),
    ("aac", "audio/aac audio/x-aac audio/vnd.dlna.adts audio/x-hx-aac-adts"),
    ("wav", "audio/wav audio/x-wav audio/wave audio/vnd.wave"),
    ("flac", "audio/flac audio/x-flac"),
    ("ogg oga", "audio/ogg application/ogg audio/x-ogg"),
    ("opus", "audio/opus audio/ogg"),
    ("wma", "audio/x-ms-wma"),
    ("aif aiff", "audio/aiff audio/x-aiff"),
    ("mid midi", "audio/midi audio/mid audio/x-midi"),
    ("amr", "audio/amr"),
    ("pdf", "application/pdf application/x-pdf text/pdf"),
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("csv", "text/csv application/csv text/x-csv application/vnd.ms-excel text/comma-separated-values text/plain"),
    ("tsv", "text/tab-separated-values text/tsv text/plain"),
    ("md markdown", "text/markdown text/x-markdown text/x-web-markdown text/plain"),
    ("rtf", "application/rtf text/rtf application/msword"),
    ("html htm", "text/html"),
    ("css", "text/css"),
    ("js mjs", "text/javascript application/javascript application/x-javascript"),
    ("json", "application/json text/json"),
    ("geojson", "application/geo+json application/json"),
    ("xml", "application/xml text/xml"),
    ("yaml yml", "application/yaml text/yaml application/x-yaml text/x-yaml"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard text/x-vcard text/directory"),
    ("eml", "message/rfc822"),
    ("msg", "application/vnd.ms-outlook"),
    ("srt", "application/x-subrip text/plain"),
    ("vtt", "text/vtt"),
    ("doc", "application/msword application/vnd.ms-word"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel application/msexcel application/x-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt", "application/vnd.ms-powerpoint application/mspowerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("pages", "application/vnd.apple.pages application/x-iwork-pages-sffpages"),
    ("numbers", "application/vnd.apple.numbers application/x-iwork-numbers-sffnumbers"),
    ("key", "application/vnd.apple.keynote application/x-iwork-keynote-sffkey"),
    ("epub", "application/epub+zip"),
    ("ai eps ps", "application/postscript application/illustrator"),
    ("zip", "application/zip application/x-zip-compressed application/x-zip"),
    ("7z", "application/x-7z-compressed"),
    ("rar", "application/vnd.rar application/x-rar-compressed application/x-rar"),
    ("gz", "application/gzip application/x-gzip"),
    ("tgz", "application/gzip application/x-gzip application/x-compressed application/x-compressed-tar"),
    ("tar", "application/x-tar"),
    ("bz2", "application/x-bzip2"),
    ("apk", "application/vnd.android.package-archive"),
    ("exe", "application/vnd.microsoft.portable-executable application/x-msdownload application/x-msdos-program"),
    ("dmg", "application/x-apple-diskimage"),
    ("parquet", "application/vnd.apache.parquet"),
    ("sqlite", "application/vnd.sqlite3 application/x-sqlite3"),
    ("stl", "model/stl application/vnd.ms-pki.stl application/sla"),
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
    ("obj", "model/obj"),
    ("gpx", "application/gpx+xml"),
    ("kml", "application/vnd.google-earth.kml+xml"),
    ("kmz", "application/vnd.google-earth.kmz"),
    ("ttf", "font/ttf application/x-font-ttf"),
    ("otf", "font/otf application/x-font-otf"),
    ("woff", "font/woff application/font-woff"),
    ("woff2", "font/woff2"),
];

/// The row of an extension in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegisteredType(&'static TypeEntry);

impl RegisteredType {
    /// Finds the row of an extension, which is written without its dot.
    pub fn of_extension(extension: &str) -> Option<Self> {
        let is_it = |row: &&TypeEntry| {
            row.0
                .split(' ')
                .any(|known| known.eq_ignore_ascii_case(extension))
        };
        TABLE.iter().find(is_it).map(Self)
    }

    /// The registered type of the extension.
    pub fn media_type(self) -> &'static str {
        self.types().next().unwrap_or_default()
    }

    /// All types that systems report, the registered one first.
    pub fn types(self) -> impl Iterator<Item = &'static str> {
        self.0.1.split(' ')
    }

    /// Returns true if the row has this type, which must be in lower case.
    pub fn has_type(self, media_type: &str) -> bool {
        self.types().any(|known| known == media_type)
    }
}

/// The extension of a name, without its dot; `None` for a name that has none, such as `.env`.
pub(crate) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.')
        .filter(|(stem, extension)| !stem.is_empty() && !extension.is_empty())
        .map(|(_, extension)| extension)
}

/// The usual extension of a type.
pub(crate) fn extension_of(media_type: &str) -> Option<&'static str> {
    let registered = TABLE
        .iter()
        .find(|row| RegisteredType(row).media_type() == media_type);
    let row = registered.or_else(|| {
        TABLE
            .iter()
            .find(|row| RegisteredType(row).has_type(media_type))
    })?;
    row.0.split(' ').next()
}

/// The registered name of a type that is known by another name; any other type is returned unchanged. `media_type`
/// must be in lower case.
pub(crate) fn registered(media_type: &str) -> &str {
    if is_registered(media_type) {
        return media_type;
    }
    TABLE
        .iter()
        .find(|row| RegisteredType(row).has_type(media_type))
        .map_or(media_type, |row| RegisteredType(row).media_type())
}

/// Returns true if the type is the registered one of any extension.
pub(crate) fn is_registered(media_type: &str) -> bool {
    TABLE
        .iter()
        .any(|row| RegisteredType(row).media_type() == media_type)
}

/// Returns true if the table has this type for any extension.
pub(crate) fn is_known(media_type: &str) -> bool {
    TABLE
        .iter()
        .any(|row| RegisteredType(row).has_type(media_type))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_extension_stands_twice_and_all_is_lower_case() {
        let mut seen = BTreeSet::new();
        for (extensions, types) in TABLE {
            for extension in extensions.split(' ') {
                assert!(seen.insert(extension), "{extension}");
            }
            for word in extensions.split(' ').chain(types.split(' ')) {
                assert!(
                    !word.is_empty() && word == word.to_ascii_lowercase(),
                    "{word}"
                );
            }
            assert!(types.split(' ').all(|media_type| media_type.contains('/')));
        }
    }

    #[test]
    fn types_and_extensions_stand_for_each_other() {
        let registered_for = |name| {
            extension(name)
                .and_then(RegisteredType::of_extension)
                .map(RegisteredType::media_type)
        };
        assert_eq!(registered_for("IMG_4711.HEIC"), Some("image/heic"));
        assert_eq!(registered_for("a.b.csv"), Some("text/csv"));
        for name in ["heic", ".heic", "a.", "a.unknown", ""] {
            assert_eq!(registered_for(name), None, "{name}");
        }
        assert_eq!(extension_of("image/jpeg"), Some("jpg"));
        assert_eq!(extension_of("application/vnd.ms-excel"), Some("xls"));
        assert_eq!(extension_of("image/jpg"), Some("jpg"));
        assert_eq!(extension_of("application/octet-stream"), None);
        assert_eq!(registered("image/jpg"), "image/jpeg");
        assert_eq!(
            registered("application/vnd.ms-excel"),
            "application/vnd.ms-excel"
        );
        assert_eq!(registered("a/b"), "a/b");
    }
}
