//! The names that backends use, and the places in an answer where members of these names may stand.
//!
//! Names are compared without case, `_` and `-`. Most come from a survey of existing backends: `uploadURL`,
//! `presigned_url`, `signedRequest`, `postParams`, `s3_key`, … The module does not interpret an answer.

use s3_upload_types::CollectVec;

use crate::Value;

/// Alternative names of one member, in lower case, the most certain first.
pub type Names = &'static [&'static str];

// Each list is formatted as a table.
/// The first names can only be the address of an upload. Those after them may also be an address for reading the
/// object.
#[rustfmt::skip]
pub const URL: Names = &[
    "uploadurl", "uploadsignedurl", "uploadpresignedurl", "presigneduploadurl", "signeduploadurl", "presignedputurl",
    "signedputurl", "presignedposturl", "puturl", "posturl", "uploaduri", "uploadlink", "uploadhref", "signedrequest",
    "presignedurl", "signedurl", "url", "presigned", "signed", "uri", "href", "urls", "presignedurls", "signedurls",
];
/// These name an address only next to the fields of a form.
pub const FORM_URL: Names = &["formaction", "action"];
#[rustfmt::skip]
pub const FIELDS: Names = &[
    "fields", "formfields", "formdata", "postparams", "postfields", "postdata", "formparams",
];
/// These may have other content, such as the parameters of an SDK.
pub const VAGUE_FIELDS: Names = &["params", "inputs", "form"];
#[rustfmt::skip]
pub const HEADERS: Names = &[
    "headers", "uploadheaders", "requestheaders", "requiredheaders", "signedheader", "signedheaders",
    "httpheaders",
];
/// Those of `HEADERS` that the answer of a server itself does not have.
pub const HEADERS_OF_UPLOAD: Names = &[
    "uploadheaders",
    "requiredheaders",
    "signedheader",
    "signedheaders",
];
pub const METHOD: Names = &[
    "method",
    "httpmethod",
    "requestmethod",
    "uploadmethod",
    "verb",
];
/// `path` is the last, since it may also be the path of a request.
#[rustfmt::skip]
pub const KEY: Names = &["key", "objectkey", "filekey", "s3key", "storagekey", "keyname", "objectname", "path"];
pub const EXPIRES: Names = &["expiresin", "expiresinseconds", "expires", "expiry", "ttl"];
pub const PART_SIZE: Names = &["partsize", "chunksize"];
#[rustfmt::skip]
pub const PARTS: Names = &["parts", "urls", "presignedurls", "signedurls", "parturls", "presignedparts"];
pub const NUMBER: Names = &["number", "partnumber", "part"];
pub const ETAG: Names = &["etag"];
pub const SIZE: Names = &["size", "contentlength", "bytes"];
pub const TYPE: Names = &["type", "contenttype", "mimetype", "mediatype"];
pub const LOCATION: Names = &["location", "publicurl", "fileurl", "objecturl"];
pub const DOWNLOAD: Names = &["downloadurl", "viewurl", "geturl", "accessurl"];

/// Members whose content does not describe the address of the whole file.
const SKIPPED_MEMBERS: Names = &["error", "errors", "parts", "parturls", "presignedparts"];

/// The maximum depth of an object below the answer that is searched: `{"data": {"upload": {…}}}`.
const MAX_DEPTH: usize = 2;

/// An object in an answer.
struct Node<'a> {
    value: &'a Value,
    /// The index of the object that contains it.
    parent: Option<usize>,
}

/// The objects that may contain a grant: the answer, then those nested in it, the outer first. A list with one item
/// stands for that item, since a backend that signs for several files was asked for one.
pub struct Nodes<'a>(Vec<Node<'a>>);

impl<'a> Nodes<'a> {
    /// Returns the places in an answer. A form's fields are left out, since they may have a `key` and an `action`. So
    /// are an error, a part, and members that are used after the upload: each may contain an address, but not that of
    /// the upload.
    pub fn of(answer: &'a Value) -> Self {
        let mut found = Vec::new();
        let mut level = vec![(answer, None)];
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for (value, within) in level {
                let value = match value {
                    Value::List(items) => match items.as_slice() {
                        [only] => only,
                        _ => continue,
                    },
                    other => other,
                };
                if !matches!(value, Value::Object(_)) {
                    continue;
                }
                let at = found.len();
                found.push(Node {
                    value,
                    parent: within,
                });
                let inner = value.members().iter();
                next.extend(
                    inner
                        .filter(|(name, _)| {
                            !is_named(name, FIELDS)
                                && !is_named(name, SKIPPED_MEMBERS)
                                && !is_for_another_step(name)
                        })
                        .map(|(_, value)| (value, Some(at))),
                );
            }
            level = next;
        }
        Self(found)
    }

    /// Returns one object, without those nested in it.
    pub fn only(value: &'a Value) -> Self {
        Self(vec![Node {
            value,
            parent: None,
        }])
    }

    /// Iterates over the places with their indices, the outer first.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'a Value)> {
        self.0.iter().map(|place| place.value).enumerate()
    }

    /// Iterates over a place and the objects that contain it, up to the answer.
    pub fn ancestors(&self, at: usize) -> impl Iterator<Item = &'a Value> {
        let first = self.0.get(at);
        std::iter::successors(first, |place| self.0.get(place.parent?)).map(|place| place.value)
    }

    /// Iterates over the objects nested in a place, the outer first.
    pub fn descendants(&self, at: usize) -> impl Iterator<Item = &'a Value> {
        let is_below = move |found: usize| {
            let within = |found: &usize| self.0.get(*found)?.parent;
            std::iter::successors(within(&found), within).any(|around| around == at)
        };
        self.iter()
            .filter(move |(found, _)| is_below(*found))
            .map(|(_, place)| place)
    }

    /// Returns the first member that has one of these names, the outer first.
    pub fn named(&self, names: &[&str]) -> Option<&'a Value> {
        self.0.iter().find_map(|place| named(place.value, names))
    }
}

/// Returns the first member that has one of these names, in the order of the names.
pub fn named<'a>(place: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|wanted| {
        let is_it =
            |(name, value): &&(String, Value)| is_named(name, &[wanted]) && *value != Value::Null;
        place.members().iter().find(is_it).map(|(_, value)| value)
    })
}

/// Returns true if a name is one of these.
pub fn is_named(name: &str, names: &[&str]) -> bool {
    let plain = || {
        name.chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .map(|c| c.to_ascii_lowercase())
    };
    names.iter().any(|wanted| plain().eq(wanted.chars()))
}

/// Returns true if a name refers to an operation after the upload.
pub fn is_for_another_step(name: &str) -> bool {
    const ANYWHERE: Names = &[
        "download", "public", "complete", "finish", "abort", "delete", "thumb", "preview",
    ];
    // These are too short to be searched within a word: `target`, `already`.
    const WORDS: Names = &["get", "view", "read"];
    let plain = name.to_ascii_lowercase();
    ANYWHERE.iter().any(|word| plain.contains(word))
        || WORDS
            .iter()
            .any(|word| plain == *word || plain.strip_prefix(word) == Some("url"))
        || words(name).any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// Splits a name such as `s3_get_url` or `presignedGetUrl` into words.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let is_mark = |c: char| matches!(c, '_' | '-' | ' ');
    name.split(is_mark).flat_map(|part| {
        let mut starts = vec![0];
        let after = part.char_indices().zip(part.char_indices().skip(1));
        let humps = after.filter(|((_, before), (_, c))| before.is_lowercase() && c.is_uppercase());
        starts.extend(humps.map(|(_, (at, _))| at));
        let ends: Vec<usize> = starts
            .iter()
            .copied()
            .skip(1)
            .chain([part.len()])
            .collect_vec();
        starts
            .into_iter()
            .zip(ends)
            .filter_map(|(from, to)| part.get(from..to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_for_later() {
        for name in [
            "downloadUrl",
            "get_url",
            "presignedGetUrl",
            "getUrl",
            "geturl",
            "viewurl",
            "GET",
            "s3-read-url",
            "publicURL",
            "thumbnail",
            "completeSignedUrl",
            "view",
        ] {
            assert!(is_for_another_step(name), "{name}");
        }
        for name in [
            "target",
            "targetUrl",
            "already",
            "widget",
            "review",
            "uploadUrl",
            "url",
            "",
            "_",
            "É",
        ] {
            assert!(!is_for_another_step(name), "{name}");
        }
    }
}
