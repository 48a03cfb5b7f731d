//! The names that backends give to things, and the places in an answer where they may stand.
//!
//! Names are compared without case, `_` and `-`. Most come from a survey of backends in the wild: `uploadURL`,
//! `presigned_url`, `signedRequest`, `postParams`, `s3_key`, … Refuses to say what an answer means.

use crate::Value;

/// The names of one thing, in lower case, the surest first.
pub type Names = &'static [&'static str];

// One list a thing, read as a table.
/// The first ones can only be where a file goes. Those after them may also be where it is read from later.
#[rustfmt::skip]
pub const URL: Names = &[
    "uploadurl", "uploadsignedurl", "uploadpresignedurl", "presigneduploadurl", "signeduploadurl", "presignedputurl",
    "signedputurl", "presignedposturl", "puturl", "posturl", "uploaduri", "uploadlink", "uploadhref", "signedrequest",
    "presignedurl", "signedurl", "url", "presigned", "signed", "uri", "href", "urls", "presignedurls", "signedurls",
];
/// Next to the fields of a form, and only there, these are an address as well.
pub const FORM_URL: Names = &["formaction", "action"];
#[rustfmt::skip]
pub const FIELDS: Names = &[
    "fields", "formfields", "formdata", "postparams", "postfields", "postdata", "formparams",
];
/// These may hold other things, as the parameters that an SDK was given.
pub const VAGUE_FIELDS: Names = &["params", "inputs", "form"];
#[rustfmt::skip]
pub const HEADERS: Names = &[
    "headers", "uploadheaders", "requestheaders", "requiredheaders", "signedheader", "signedheaders",
    "httpheaders",
];
pub const METHOD: Names = &[
    "method",
    "httpmethod",
    "requestmethod",
    "uploadmethod",
    "verb",
];
/// `path` is the last of them: it may also be a request's.
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

/// What is in these is not about where the whole file goes.
const NO_PLACES: Names = &["error", "errors", "parts", "parturls", "presignedparts"];

/// Objects deeper than this below the answer are not looked at: `{"data": {"upload": {…}}}`.
const DEEPEST: usize = 2;

/// An object in an answer.
struct Place<'a> {
    value: &'a Value,
    /// The one in which it stands.
    within: Option<usize>,
}

/// The objects in which a grant may stand: the answer, then what is nested in it, the outer first. A list of one is what
/// is in it: a backend that signs for several files was asked for one.
pub struct Places<'a>(Vec<Place<'a>>);

impl<'a> Places<'a> {
    /// The places in an answer. A form's fields are none: they may hold a `key`, and an `action`. An error is none, nor a
    /// part, nor what is told for later: each may hold an address, but not of where the file goes.
    pub fn of(answer: &'a Value) -> Self {
        let mut found = Vec::new();
        let mut level = vec![(answer, None)];
        for _ in 0..=DEEPEST {
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
                found.push(Place { value, within });
                let inner = value.members().iter();
                next.extend(
                    inner
                        .filter(|(name, _)| {
                            !is_named(name, FIELDS)
                                && !is_named(name, NO_PLACES)
                                && !is_for_later(name)
                        })
                        .map(|(_, value)| (value, Some(at))),
                );
            }
            level = next;
        }
        Self(found)
    }

    /// One object, without what is nested in it.
    pub fn only(value: &'a Value) -> Self {
        Self(vec![Place {
            value,
            within: None,
        }])
    }

    /// Each with its number, the outer first.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'a Value)> {
        self.0.iter().map(|place| place.value).enumerate()
    }

    /// A place, then what is around it, up to the answer.
    pub fn around(&self, at: usize) -> impl Iterator<Item = &'a Value> {
        let first = self.0.get(at);
        std::iter::successors(first, |place| self.0.get(place.within?)).map(|place| place.value)
    }

    /// The first member of one of these names, the outer first.
    pub fn named(&self, names: &[&str]) -> Option<&'a Value> {
        self.0.iter().find_map(|place| named(place.value, names))
    }
}

/// The first member whose name is one of these, in the order of the names.
pub fn named<'a>(place: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|wanted| {
        let is_it =
            |(name, value): &&(String, Value)| is_named(name, &[wanted]) && *value != Value::Null;
        place.members().iter().find(is_it).map(|(_, value)| value)
    })
}

/// Whether a name is one of these.
pub fn is_named(name: &str, names: &[&str]) -> bool {
    let plain = || {
        name.chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .flat_map(char::to_lowercase)
    };
    names.iter().any(|wanted| plain().eq(wanted.chars()))
}

/// Whether a name speaks of what is done once the file is there.
pub fn is_for_later(name: &str) -> bool {
    const ANYWHERE: Names = &[
        "download", "public", "complete", "finish", "abort", "delete", "thumb", "preview",
    ];
    // Too short to be looked for within a word: `target`, `already`.
    const WORDS: Names = &["get", "view", "read"];
    let plain = name.to_lowercase();
    ANYWHERE.iter().any(|word| plain.contains(word))
        || WORDS
            .iter()
            .any(|word| plain == *word || plain.strip_prefix(word) == Some("url"))
        || words(name).any(|word| WORDS.contains(&word.to_lowercase().as_str()))
}

/// `s3_get_url` and `presignedGetUrl` in words.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let is_mark = |c: char| matches!(c, '_' | '-' | ' ');
    name.split(is_mark).flat_map(|part| {
        let mut starts = vec![0];
        let after = part.char_indices().zip(part.char_indices().skip(1));
        let humps = after.filter(|((_, before), (_, c))| before.is_lowercase() && c.is_uppercase());
        starts.extend(humps.map(|(_, (at, _))| at));
        let ends: Vec<usize> = starts.iter().copied().skip(1).chain([part.len()]).collect();
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
            assert!(is_for_later(name), "{name}");
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
            assert!(!is_for_later(name), "{name}");
        }
    }
}
