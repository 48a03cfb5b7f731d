//! Recognises signed parts, the parts that a store holds, and what is confirmed of an object.
//!
//! Refuses to take one part's address for another's.

use super::names::{
    DOWNLOAD, ETAG, EXPIRES, HEADERS, KEY, LOCATION, NUMBER, PARTS, Places, SIZE, TYPE, named,
};
use super::read::{address, headers, sooner};
use crate::grant::{is_absolute, is_address, is_for_part};
use crate::native::StoredPart;
use crate::secret::has_signature;
use crate::{Part, SecretUrl, Signed, SignedPart, Stored, Value};

/// The most parts of an upload. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
const MAX_PARTS: u64 = 10_000;

/// The parts in an answer, if all that are wanted are there. `ahead` tells that the answer came before anyone asked for
/// these: a list without numbers is then one of all parts.
pub fn parts(answer: &Value, wanted: &[Part], ahead: bool) -> Option<Vec<SignedPart>> {
    let places = Places::of(answer);
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
                // By number: `{"1": "https://…"}`. <https://uppy.io/docs/companion/>
                Value::Object(members) => list.get(&part.number.to_string()).or_else(|| {
                    // One part was asked for, and one address came.
                    let by_number = members.iter().any(|(name, _)| name.parse::<u16>().is_ok());
                    (wanted.len() == 1 && !by_number && is_of(list, part.number)).then_some(list)
                }),
                _ => None,
            };
            signed(entry?, part.number, around)
        })
        .collect()
}

/// The entry of a part. Without numbers, the list is of all of a file's parts, or of those that were asked for, `at` being
/// the place in them.
fn entry(entries: &[Value], number: u16, at: Option<usize>) -> Option<&Value> {
    let nth = usize::from(number).checked_sub(1)?;
    // Where it usually is, so that a long list is not read for each part.
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
    named(entry, NUMBER).and_then(Value::whole)
}

/// Whether an entry may be about this part: it has no number, or this one.
fn is_of(entry: &Value, number: u16) -> bool {
    number_of(entry).is_none_or(|known| known == u64::from(number))
}

fn signed(entry: &Value, number: u16, around: Option<&Value>) -> Option<SignedPart> {
    let text = entry.text().filter(|text| is_address(text));
    let url = text.map(str::to_owned).or_else(|| address(entry))?;
    if !is_for_part(&url, number) {
        return None;
    }
    let mut request = Signed::put(&url).with_headers(headers(named(entry, HEADERS)));
    request.expires_in = sooner(named(entry, EXPIRES).or(around), request.expires_in);
    Some(SignedPart { number, request })
}

/// The parts that a store holds.
pub fn stored_parts(answer: &Value) -> Option<Vec<StoredPart>> {
    let places = Places::of(answer);
    let list = places.named(&["parts"]).unwrap_or(answer);
    let Value::List(entries) = list else {
        // S3's SDKs leave out a list that is empty.
        let is_empty = matches!(list, Value::Null) || places.named(&["uploadid"]).is_some();
        return is_empty.then(Vec::new);
    };
    let read = |entry: &Value| {
        let number = number_of(entry).filter(|number| (1..=MAX_PARTS).contains(number))?;
        Some(StoredPart {
            number: u16::try_from(number).ok()?,
            size: named(entry, SIZE)?.whole()?,
            etag: plain(entry, ETAG)?,
        })
    };
    entries.iter().map(read).collect()
}

/// What is confirmed of a stored object: by the first place that speaks of one.
pub fn stored(answer: &Value) -> Stored {
    let places = Places::of(answer);
    let speaks = |place: &&Value| {
        [KEY, ETAG, LOCATION, DOWNLOAD]
            .iter()
            .any(|names| named(place, names).is_some())
    };
    let all: Vec<&Value> = places.iter().map(|(_, place)| place).collect();
    let Some(place) = all.iter().copied().find(speaks).or(all.first().copied()) else {
        return Stored::default();
    };
    let url = |names: &[&str]| {
        let text = named(place, names).and_then(Value::text);
        text.filter(|text| is_address(text)).map(SecretUrl::new)
    };
    // After the upload, `url` can only be the object's.
    let location = url(LOCATION).or_else(|| url(&["url"]));
    let (location, signed) = match location {
        // With a signature it is a link to read it, not its address.
        Some(url) if has_signature(url.expose()) => (None, Some(url)),
        other => (other, None),
    };
    Stored {
        key: plain(place, KEY),
        value: None,
        size: named(place, SIZE).and_then(Value::whole),
        media_type: plain(place, TYPE).filter(|text| text.contains('/')),
        etag: plain(place, ETAG),
        location,
        download_url: url(DOWNLOAD).or(signed),
    }
}

/// A text that is no address.
fn plain(place: &Value, names: &[&str]) -> Option<String> {
    let text = named(place, names).and_then(Value::text)?;
    (!is_absolute(text) && !has_signature(text)).then(|| text.to_owned())
}
