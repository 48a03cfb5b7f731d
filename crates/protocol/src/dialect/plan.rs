//! The comparison of a list of parts with the plan, before an upload is completed from the list.
//!
//! A store completes a list that lacks parts as well, and reports a success for the truncated object.

use s3_upload_types::CollectVec;

use crate::native::{ListedPart, SentPart};
use crate::{DialectError, UploadContext};

/// Returns the parts that the store lists, by number, if they match the plan: each number once, each part of its size.
pub fn check_listed(
    upload: &UploadContext,
    listed: Vec<ListedPart>,
) -> Result<Vec<ListedPart>, DialectError> {
    let listed = by_number(listed, |part| part.number).ok_or_else(incomplete)?;
    let found = listed.iter().map(|part| (part.number, Some(part.size)));
    if covers_file(upload, found) {
        Ok(listed)
    } else {
        Err(incomplete())
    }
}

/// Returns the parts that were sent, by number, if they match the plan: each number once.
pub fn check_sent<'a>(
    upload: &UploadContext,
    sent: &'a [SentPart],
) -> Result<Vec<&'a SentPart>, DialectError> {
    let sent = by_number(sent.iter().collect_vec(), |part| part.number).ok_or_else(incomplete)?;
    if covers_file(upload, sent.iter().map(|part| (part.number, None))) {
        Ok(sent)
    } else {
        Err(incomplete())
    }
}

/// Returns the parts in the order of their numbers, or `None` unless the numbers are those from 1 on, each once.
fn by_number<T>(parts: Vec<T>, number: impl Fn(&T) -> u16) -> Option<Vec<T>> {
    let mut places: Vec<Option<T>> = parts.iter().map(|_| None).collect_vec();
    for part in parts {
        let place = places.get_mut(usize::from(number(&part)).checked_sub(1)?)?;
        if place.replace(part).is_some() {
            return None;
        }
    }
    places.into_iter().collect()
}

/// Returns the error on which the engine lists the parts and sends those that are missing.
fn incomplete() -> DialectError {
    DialectError::Refused {
        status: 409,
        code: Some("incomplete".to_owned()),
        message: "The storage does not hold every part of the file.".to_owned(),
    }
}

/// Returns true if the numbers are those from 1 on without a gap, and number and sizes of the parts match the file.
fn covers_file(upload: &UploadContext, parts: impl Iterator<Item = (u16, Option<u64>)>) -> bool {
    let mut rest = upload.size;
    let mut next = 1;
    let mut is_measured = false;
    for (number, size) in parts {
        // An empty file has one empty part.
        if number != next || (rest == 0 && number > 1) {
            return false;
        }
        let planned = if upload.part_size == 0 {
            size.unwrap_or_default()
        } else {
            upload.part_size.min(rest)
        };
        if planned > rest || size.is_some_and(|size| size != planned) {
            return false;
        }
        is_measured |= size.is_some();
        rest -= planned;
        next += 1;
    }
    // Without sizes and without a plan, only the numbers can be checked.
    next > 1 && (rest == 0 || (upload.part_size == 0 && !is_measured))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn upload(size: u64, part_size: u64) -> UploadContext<'static> {
        UploadContext {
            id: "u",
            session: &Value::Null,
            size,
            is_multipart: true,
            part_size,
            age: 0,
        }
    }

    #[test]
    fn a_list_is_held_against_the_plan() {
        for (size, part_size, listed, whole) in [
            (12, 5, &[(1, 5), (2, 5), (3, 2)][..], true),
            (12, 5, &[(3, 2), (1, 5), (2, 5)], true),
            (10, 5, &[(1, 5), (2, 5)], true),
            (0, 5, &[(1, 0)], true),
            (3, 5, &[(1, 3)], true),
            (12, 5, &[(1, 5), (2, 5)], false),
            (12, 5, &[(1, 5), (3, 2)], false),
            (12, 5, &[(1, 5), (2, 4), (3, 2)], false),
            (12, 5, &[(1, 5), (2, 5), (3, 5)], false),
            (12, 5, &[(1, 5), (1, 5), (2, 5), (3, 2)], false),
            (12, 5, &[(1, 5), (2, 5), (3, 2), (4, 1)], false),
            (12, 5, &[(1, 5), (2, 5), (3, 2), (4, 0)], false),
            (12, 5, &[], false),
            (0, 5, &[], false),
        ] {
            let parts: Vec<ListedPart> = listed
                .iter()
                .map(|(number, size)| ListedPart {
                    number: *number,
                    size: *size,
                    etag: "e".to_owned(),
                })
                .collect();
            let told = check_listed(&upload(size, part_size), parts);
            assert_eq!(told.is_ok(), whole, "{size} {part_size} {listed:?}");
            if let Err(error) = told {
                assert!(format!("{error:?}").contains("incomplete"));
            }
        }
    }

    #[test]
    fn numbers_alone_are_held_against_it_as_well() {
        for (numbers, whole) in [
            (&[1, 2, 3][..], true),
            (&[3, 1, 2], true),
            (&[1, 2], false),
            (&[1, 2, 4], false),
            (&[1, 2, 3, 4], false),
            (&[2, 2, 3], false),
            (&[], false),
        ] {
            let sent: Vec<SentPart> = numbers
                .iter()
                .map(|number| SentPart {
                    number: *number,
                    etag: "e".to_owned(),
                })
                .collect();
            assert_eq!(
                check_sent(&upload(12, 5), &sent).is_ok(),
                whole,
                "{numbers:?}"
            );
        }
    }
}
