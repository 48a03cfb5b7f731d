//! Recognises what a backend means under the many names that backends give it.
//!
//! Names are compared without case, `_` and `-`. Most come from a survey of backends in the wild: `uploadURL`,
//! `presigned_url`, `signedRequest`, `postParams`, `s3_key`, … Refuses to guess where two readings would differ in
//! where the file goes.

use crate::grant::is_forbidden;
use crate::native::StoredPart;
use crate::{Granted, Part, Plan, SecretFields, SecretUrl, Signed, SignedPart, Stored, Value};

/// The names of one thing, in lower case, the surest first.
type Names = &'static [&'static str];

// One list a thing, read as a table.
/// Next to one of the first, a plain `url` is often that of the finished object.
#[rustfmt::skip]
const URL: Names = &[
    "presignedurl", "presignedputurl", "presigneduploadurl", "presignedposturl", "uploadpresignedurl", "signedurl",
    "signeduploadurl", "signedputurl", "signedrequest", "puturl", "posturl", "uploadurl", "uploadsignedurl", "uploaduri",
    "uploadlink", "uploadhref", "url", "uri", "href", "formaction", "action", "presigned", "signed", "urls",
    "presignedurls", "signedurls",
];
#[rustfmt::skip]
const FIELDS: Names = &[
    "fields", "formfields", "formdata", "postparams", "postfields", "postdata", "formparams", "params", "inputs", "form",
];
#[rustfmt::skip]
const HEADERS: Names = &["headers", "uploadheaders", "requestheaders", "requiredheaders", "signedheaders", "httpheaders"];
const METHOD: Names = &[
    "method",
    "httpmethod",
    "requestmethod",
    "uploadmethod",
    "verb",
];
#[rustfmt::skip]
const KEY: Names = &["key", "objectkey", "filekey", "s3key", "storagekey", "keyname", "objectname", "path"];
const EXPIRES: Names = &["expiresin", "expiresinseconds", "expires", "expiry", "ttl"];
const PART_SIZE: Names = &["partsize", "chunksize"];
#[rustfmt::skip]
const PARTS: Names = &["parts", "urls", "presignedurls", "signedurls", "parturls", "presignedparts"];
const NUMBER: Names = &["number", "partnumber", "part"];
const ETAG: Names = &["etag"];
const SIZE: Names = &["size", "contentlength", "bytes"];
const TYPE: Names = &["type", "contenttype", "mimetype", "mediatype"];
const LOCATION: Names = &["location", "publicurl", "fileurl", "objecturl"];
const DOWNLOAD: Names = &["downloadurl", "viewurl", "geturl", "accessurl"];

/// Names and values, in their order.
type Pairs = Vec<(String, String)>;

/// Objects deeper than this below the answer are not looked at: `{"data": {"upload": {…}}}`.
const DEEPEST: usize = 2;

/// The grant in an answer; `None` when there is none. The error says what is wrong with one.
pub fn grant(answer: &Value, media_type: &str) -> Option<Result<Granted, &'static str>> {
    let places = places(answer);
    places
        .iter()
        .find_map(|place| granted_by(place, &places, media_type))
}

fn granted_by(
    place: &Value,
    places: &[&Value],
    media_type: &str,
) -> Option<Result<Granted, &'static str>> {
    // What stands around the address may stand beside it or around it.
    let anywhere = |names: &[&str]| {
        named(place, names).or_else(|| places.iter().find_map(|place| named(place, names)))
    };
    let id = place
        .get("id")
        .or_else(|| places.iter().find_map(|place| place.get("id")))
        .and_then(Value::written)
        .filter(|id| !id.is_empty());
    let key = anywhere(KEY).and_then(Value::text).map(str::to_owned);
    let part_size = named(place, PART_SIZE).and_then(Value::whole);

    if let (Some(part_size), None) = (part_size, address(place)) {
        // `uploadId` alone is S3's; a backend that answers no id of its own means that one.
        let id = id.or_else(|| named(place, &["uploadid"]).and_then(Value::written));
        if id.is_none() {
            return Some(Err("JSON with a part size but without an \"id\""));
        }
        return Some(Ok(Granted {
            id,
            key,
            session: signed_ahead(place),
            ..Granted::new(Plan::Multipart { part_size })
        }));
    }

    let (url, fields) = mixed_form(place)
        .or_else(|| Some((address(place)?, named(place, FIELDS).and_then(pairs))))?;
    let method = named(place, METHOD)
        .or_else(|| places.iter().find_map(|place| named(place, METHOD)))
        .and_then(Value::text)
        .unwrap_or("PUT");
    // An empty list of fields accompanies many a PUT.
    let fields = fields.filter(|fields| !fields.is_empty());
    if fields.is_none() && !method.eq_ignore_ascii_case("PUT") {
        return Some(Err(
            "JSON with another method than PUT, and without the \"fields\" of a form",
        ));
    }
    let key = key.or_else(|| {
        let fields = fields.as_ref()?;
        let found = fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("key"));
        found.map(|(_, key)| key.clone())
    });
    let expires_in = anywhere(EXPIRES)
        .and_then(Value::whole)
        // A larger number is a moment, not a span; S3 allows 7 days.
        .filter(|seconds| (1..=604_800).contains(seconds));
    let mut signed = Signed::put(&url);
    signed.expires_in = expires_in.or(signed.expires_in);
    for (name, value) in headers(anywhere(HEADERS)) {
        signed = signed.header(&name, value);
    }
    signed.fields = fields.map(SecretFields::new);
    if signed.fields.is_none() {
        signed = as_put(signed, media_type);
    }
    Some(Ok(Granted {
        id,
        key,
        ..Granted::new(Plan::Single(signed))
    }))
}

/// The parts that a backend signed with its first answer, all of them or none.
fn signed_ahead(place: &Value) -> Value {
    named(place, PARTS).map_or(Value::Null, |parts| Value::from([("parts", parts.clone())]))
}

/// A PUT by an address alone.
pub fn bare_url(text: &str, media_type: &str) -> Option<Signed> {
    let text = text.trim();
    (is_absolute(text) && !text.contains(char::is_whitespace))
        .then(|| as_put(Signed::put(text), media_type))
}

/// One type per file: what was told to the backend is what is sent. And what a store needs of every PUT.
fn as_put(signed: Signed, media_type: &str) -> Signed {
    let url = signed.url.expose();
    // Azure takes a whole blob in one PUT only when it is told so.
    // <https://learn.microsoft.com/rest/api/storageservices/put-blob>
    let is_azure = host(url).ends_with(".blob.core.windows.net");
    let signed = signed.header("Content-Type", media_type);
    if is_azure {
        signed.header("x-ms-blob-type", "BlockBlob")
    } else {
        signed
    }
}

fn host(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

/// The parts in an answer, if all that are wanted are there.
pub fn parts(answer: &Value, wanted: &[Part]) -> Option<Vec<SignedPart>> {
    let places = places(answer);
    let list = places
        .iter()
        .find_map(|place| named(place, PARTS))
        .unwrap_or(answer);
    let around = |names: &[&str]| places.iter().find_map(|place| named(place, names));
    let of = |part: &Part, at: usize| -> Option<SignedPart> {
        let entry = match list {
            // By number: `{"1": "https://…"}`. <https://uppy.io/docs/companion/>
            Value::Object(_) => list.get(&part.number.to_string()),
            Value::List(entries) => {
                let number = u64::from(part.number);
                let is_it =
                    |entry: &&Value| named(entry, NUMBER).and_then(Value::whole) == Some(number);
                let unnumbered = entries.iter().all(|entry| named(entry, NUMBER).is_none());
                entries
                    .iter()
                    .find(is_it)
                    // All of a file's, or just those that were asked for, in their order.
                    .or_else(|| {
                        unnumbered
                            .then(|| {
                                entries.get(if entries.len() == wanted.len() {
                                    at
                                } else {
                                    usize::from(part.number).checked_sub(1)?
                                })
                            })
                            .flatten()
                    })
            }
            _ => None,
        };
        // One part was asked for, and one address came.
        let entry = entry
            .or_else(|| (wanted.len() == 1 && matches!(list, Value::Object(_))).then_some(list))?;
        let url = entry
            .text()
            .filter(|text| is_address(text))
            .map(str::to_owned);
        let mut request = Signed::put(&url.or_else(|| address(entry))?);
        for (name, value) in headers(named(entry, HEADERS)) {
            request = request.header(&name, value);
        }
        let expires_in = named(entry, EXPIRES)
            .or_else(|| around(EXPIRES))
            .and_then(Value::whole);
        request.expires_in = expires_in.or(request.expires_in);
        Some(SignedPart {
            number: part.number,
            request,
        })
    };
    wanted
        .iter()
        .enumerate()
        .map(|(at, part)| of(part, at))
        .collect()
}

/// The parts that a store holds.
pub fn stored_parts(answer: &Value) -> Option<Vec<StoredPart>> {
    let places = places(answer);
    let list = places
        .iter()
        .find_map(|place| named(place, &["parts"]))
        .unwrap_or(answer);
    let Value::List(entries) = list else {
        // S3's SDKs leave out a list that is empty.
        return matches!(list, Value::Null).then(Vec::new);
    };
    let read = |entry: &Value| {
        Some(StoredPart {
            number: u16::try_from(named(entry, NUMBER)?.whole()?).ok()?,
            size: named(entry, SIZE)?.whole()?,
            etag: named(entry, ETAG)?.text()?.to_owned(),
        })
    };
    entries.iter().map(read).collect()
}

/// What is confirmed of a stored object.
pub fn stored(answer: &Value) -> Stored {
    let places = places(answer);
    let find = |names: &[&str]| places.iter().find_map(|place| named(place, names));
    let text = |names: &[&str]| find(names).and_then(Value::text).map(str::to_owned);
    let url = |names: &[&str]| {
        text(names)
            .filter(|text| is_address(text))
            .map(SecretUrl::new)
    };
    Stored {
        key: text(KEY),
        value: None,
        size: find(SIZE).and_then(Value::whole),
        media_type: text(TYPE).filter(|text| text.contains('/')),
        etag: text(ETAG),
        location: url(LOCATION),
        download_url: url(DOWNLOAD),
    }
}

/// The objects in which a grant may stand: the answer, then what is nested in it, the outer first. A list of one is what
/// is in it: a backend that signs for several files was asked for one.
fn places(answer: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut level = vec![answer];
    for _ in 0..=DEEPEST {
        let mut next = Vec::new();
        for value in level {
            let value = match value {
                Value::List(items) => match items.as_slice() {
                    [only] => only,
                    _ => continue,
                },
                other => other,
            };
            if matches!(value, Value::Object(_)) {
                found.push(value);
                let inner = value.members().iter();
                // A form's fields are no place: they may hold a `key`, and an `action`.
                next.extend(
                    inner
                        .filter(|(name, _)| !is_named(name, FIELDS))
                        .map(|(_, value)| value),
                );
            }
        }
        level = next;
    }
    found
}

/// The first member whose name is one of these, in the order of the names.
fn named<'a>(place: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|wanted| {
        let is_it =
            |(name, value): &&(String, Value)| is_named(name, &[wanted]) && *value != Value::Null;
        place.members().iter().find(is_it).map(|(_, value)| value)
    })
}

fn is_named(name: &str, names: &[&str]) -> bool {
    let plain = || {
        name.chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .flat_map(char::to_lowercase)
    };
    names.iter().any(|wanted| plain().eq(wanted.chars()))
}

/// The address in an object: by its name, or as the only text that is signed.
fn address(place: &Value) -> Option<String> {
    let by_name = URL.iter().find_map(|name| {
        let value = named(place, &[name])?;
        let value = match value {
            Value::List(items) => match items.as_slice() {
                [only] => only,
                _ => return None,
            },
            other => other,
        };
        value.text().filter(|text| is_address(text))
    });
    by_name.map(str::to_owned).or_else(|| {
        let mut signed = place
            .members()
            .iter()
            .filter(|(name, _)| !is_for_later(name))
            .filter_map(|(_, value)| value.text().filter(|text| is_signed(text)));
        let only = signed.next()?;
        signed.next().is_none().then(|| only.to_owned())
    })
}

/// Whether a name speaks of what is done once the file is there.
fn is_for_later(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "download", "get", "view", "read", "public", "complete", "finish", "abort", "delete",
        "thumb",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// A form whose address stands among its fields: `{"form_action": …, "policy": …, "x-amz-signature": …}`.
fn mixed_form(place: &Value) -> Option<(String, Option<Pairs>)> {
    named(place, &["policy"])?;
    let (own, url) = place.members().iter().find_map(|(name, value)| {
        let url = value.text().filter(|text| is_absolute(text))?;
        is_named(name, URL).then_some((name, url))
    })?;
    let rest: Vec<(String, Value)> = place
        .members()
        .iter()
        .filter(|(name, _)| name != own)
        .cloned()
        .collect();
    Some((url.to_owned(), pairs(&Value::Object(rest))))
}

/// Absolute, or a path of the backend's own. `url` may also name something else.
fn is_address(text: &str) -> bool {
    is_absolute(text) || text.starts_with('/')
}

fn is_absolute(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
    })
}

/// Signed by S3, by Google or by Azure.
fn is_signed(text: &str) -> bool {
    is_absolute(text)
        && [
            "X-Amz-Signature=",
            "X-Goog-Signature=",
            "AWSAccessKeyId=",
            "&sig=",
            "?sig=",
        ]
        .iter()
        .any(|mark| text.contains(mark))
}

/// Headers to send: values may be texts, numbers or lists of one, as some frameworks keep them.
fn headers(value: Option<&Value>) -> Pairs {
    let mut headers = value.and_then(pairs).unwrap_or_default();
    headers.retain(|(name, _)| !is_forbidden(name));
    headers
}

/// Names and values, from an object or from a list of pairs in one of the usual forms.
fn pairs(value: &Value) -> Option<Pairs> {
    let written = |value: &Value| match value {
        Value::List(items) => {
            let items: Vec<String> = items.iter().filter_map(Value::written).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
        other => other.written(),
    };
    match value {
        Value::Object(members) => Some(
            members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), written(value)?)))
                .collect(),
        ),
        Value::List(items) => items
            .iter()
            .map(|item| match item {
                Value::List(pair) => match pair.as_slice() {
                    [name, value] => Some((name.text()?.to_owned(), written(value)?)),
                    _ => None,
                },
                item => {
                    let name = named(item, &["name", "key", "header", "field"])?;
                    Some((name.text()?.to_owned(), written(named(item, &["value"])?)?))
                }
            })
            .collect(),
        _ => None,
    }
}
