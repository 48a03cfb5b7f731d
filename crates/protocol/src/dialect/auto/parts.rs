//! Recognises signed parts, the parts that a store holds, and the confirmation of an object.
//!
//! The address of one part is never used for another one.

use s3_upload_types::CollectVec;
use s3_upload_types::limits::MAX_PARTS;

use super::names::{
    DOWNLOAD, ETAG, EXPIRES, HEADERS, KEY, LOCATION, NUMBER, Nodes, PARTS, SIZE, TYPE, named,
};
use super::read::{address, headers, shorter_lifetime};
use crate::grant::{is_absolute, is_address, is_for_part};
use crate::native::ListedPart;
use crate::secret::has_signature;
use crate::{ConfirmedObject, PartToSign, PresignedPart, PresignedRequest, SecretUrl, Value};

/// Returns the parts of an answer, if it has all that are wanted. `ahead` is true if the answer came before these parts
/// were requested: a list without numbers then contains all parts.
pub fn parts(answer: &Value, wanted: &[PartToSign], ahead: bool) -> Option<Vec<PresignedPart>> {
    let places = Nodes::of(answer);
    let list = places.named(PARTS).unwrap_or(answer);
    let around = places.named(EXPIRES);
    wanted
        .iter()
        .enumerate()
        .map(|(at, part)| {
            let entry = match list {
                Value::List(entries) => {
                    let is_all = ahead || entries.len() != wanted.len();
                    entry(entries, part.number, if is_all { None } else { Some(at) })
                }
                // An object by number: `{"1": "https://…"}`. <https://uppy.io/docs/companion/>
                Value::Object(members) => list.get(&part.number.to_string()).or_else(|| {
                    // One part was requested, and the answer has one address.
                    let by_number = members.iter().any(|(name, _)| name.parse::<u16>().is_ok());
                    (wanted.len() == 1 && !by_number && is_of(list, part.number)).then_some(list)
                }),
                _ => None,
            };
            signed(entry?, part.number, around)
        })
        .collect()
}

/// Returns the entry of a part. A list without numbers contains all parts of the file, or the requested ones, in which
/// `at` is the index of the part.
fn entry(entries: &[Value], number: u16, at: Option<usize>) -> Option<&Value> {
    let nth = usize::from(number).checked_sub(1)?;
    // The usual index is tried first, so that a long list is not searched for each part.
    if let Some(entry) = entries.get(nth)
        && number_of(entry) == Some(u64::from(number))
    {
        return Some(entry);
    }
    let by_number = entries
        .iter()
        .find(|entry| number_of(entry) == Some(u64::from(number)));
    by_number.or_else(|| {
        let is_numbered = entries.iter().any(|entry| number_of(entry).is_some());
        if is_numbered {
            return None;
        }
        entries.get(at.unwrap_or(nth))
    })
}

fn number_of(entry: &Value) -> Option<u64> {
    named(entry, NUMBER).and_then(Value::as_u64)
}

/// Returns true if an entry may belong to this part: it has no number, or this one.
fn is_of(entry: &Value, number: u16) -> bool {
    number_of(entry).is_none_or(|known| known == u64::from(number))
}

fn signed(entry: &Value, number: u16, around: Option<&Value>) -> Option<PresignedPart> {
    let text = entry.text().filter(|text| is_address(text));
    let url = text.map(str::to_owned).or_else(|| address(entry))?;
    if !is_for_part(&url, number) {
        return None;
    }
    let mut request = PresignedRequest::put(&url).with_headers(headers(named(entry, HEADERS)));
    request.expires_in = shorter_lifetime(named(entry, EXPIRES).or(around), request.expires_in);
    Some(PresignedPart { number, request })
}

/// Returns the parts that a store holds. Returns `None` also for one page of a longer list, since the parts on the
/// other pages would seem to be missing.
pub fn stored_parts(answer: &Value) -> Option<Vec<ListedPart>> {
    let places = Nodes::of(answer);
    let is_page = places
        .named(&["istruncated"])
        .and_then(Value::to_form_string)
        .is_some_and(|truth| truth == "true");
    if is_page {
        return None;
    }
    let list = places.named(&["parts"]).unwrap_or(answer);
    let Value::List(entries) = list else {
        // S3's SDKs omit an empty list.
        let is_empty = matches!(list, Value::Null) || places.named(&["uploadid"]).is_some();
        return is_empty.then(Vec::new);
    };
    let read = |entry: &Value| {
        let number =
            number_of(entry).filter(|number| (1..=u64::from(MAX_PARTS)).contains(number))?;
        Some(ListedPart {
            number: u16::try_from(number).ok()?,
            size: named(entry, SIZE)?.as_u64()?,
            etag: plain(entry, ETAG)?,
        })
    };
    entries.iter().map(read).collect()
}

/// Returns the confirmed properties of an object, from the first place that describes one.
pub fn stored(answer: &Value) -> ConfirmedObject {
    let places = Nodes::of(answer);
    let speaks = |place: &&Value| {
        [KEY, ETAG, LOCATION, DOWNLOAD]
            .iter()
            .any(|names| named(place, names).is_some())
    };
    let all: Vec<&Value> = places.iter().map(|(_, place)| place).collect_vec();
    let Some(place) = all.iter().copied().find(speaks).or(all.first().copied()) else {
        return ConfirmedObject::default();
    };
    let url = |names: &[&str]| {
        let text = named(place, names).and_then(Value::text);
        text.filter(|text| is_address(text)).map(SecretUrl::new)
    };
    // After the upload, `url` can only be the address of the object.
    let location = url(LOCATION).or_else(|| url(&["url"]));
    let (location, signed) = match location {
        // A URL with a signature is a link to read the object, not its address.
        Some(url) if has_signature(url.expose()) => (None, Some(url)),
        other => (other, None),
    };
    ConfirmedObject {
        is_empty: false,
        key: plain(place, KEY),
        value: None,
        size: named(place, SIZE).and_then(Value::as_u64),
        media_type: plain(place, TYPE).filter(|text| text.contains('/')),
        etag: plain(place, ETAG),
        location,
        download_url: url(DOWNLOAD).or(signed),
    }
}

/// Returns a text that is no address.
fn plain(place: &Value, names: &[&str]) -> Option<String> {
    let text = named(place, names).and_then(Value::text)?;
    (!is_absolute(text) && !has_signature(text)).then(|| text.to_owned())
}
