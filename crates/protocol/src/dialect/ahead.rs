//! Uploads whose parts are all signed with the first answer, and which the browser itself completes at the store:
//! better-upload's and django-s3-file-field's.
//!
//! Owns what these have in common: the session that keeps the URLs, and what S3 is sent and answers in the end. Refuses
//! to know how either backend names things.

use crate::grant::{is_address, is_for_part, still_alive};
use crate::native::SentPart;
use crate::store::{self, StoreError};
use crate::talk::Body;
use crate::{Granted, Part, Plan, Reply, SecretUrl, Signed, SignedPart, Trouble, Upload, Value};

/// What S3 answers to the end of a multipart upload.
const EXPECTED: &str = "S3's <CompleteMultipartUploadResult>";

/// A multipart grant for a file of `size` bytes, with the URL of each of its parts in their order, and with what else the
/// dialect wants to know again. The error says what is wrong with the parts.
pub fn granted(
    id: &str,
    key: Option<&str>,
    size: u64,
    part_size: u64,
    urls: Vec<Value>,
    more: &[(&str, Option<&str>)],
) -> Result<Granted, String> {
    let wanted = size
        .checked_div(part_size)
        .map(|_| size.div_ceil(part_size));
    if u64::try_from(urls.len()).ok() != wanted.map(|count| count.max(1)) {
        return Err(format!(
            "{} parts of {part_size} bytes for a file of {size} bytes",
            urls.len()
        ));
    }
    let more = more
        .iter()
        .filter_map(|(name, text)| Some(((*name).to_owned(), Value::from((*text)?))));
    let parts = ("parts".to_owned(), Value::List(urls));
    Ok(Granted {
        id: Some(id.to_owned()),
        key: key.map(str::to_owned),
        session: Value::Object([parts].into_iter().chain(more).collect()),
        ..Granted::new(Plan::Multipart { part_size })
    })
}

/// The parts, out of the session.
pub fn signed(upload: &Upload, wanted: &[Part]) -> Result<Vec<SignedPart>, Trouble> {
    let urls = upload.session.get("parts").map_or(&[][..], Value::items);
    let one = |part: &Part| {
        let at = usize::from(part.number).checked_sub(1)?;
        let url = urls.get(at)?.text().filter(|url| is_address(url))?;
        is_for_part(url, part.number).then(|| SignedPart {
            number: part.number,
            request: Signed::put(url),
        })
    };
    let all: Option<Vec<_>> = wanted.iter().map(one).collect();
    let all = all.ok_or_else(|| Trouble::Malformed {
        expected: "a signed URL for every part of the file".to_owned(),
        got: format!("{} of them", urls.len()),
    })?;
    // Nobody signs them anew: all of it has to begin again.
    still_alive(all, upload.age).ok_or(Trouble::Expired)
}

/// A URL that the session keeps.
pub fn url(upload: &Upload, name: &str) -> Option<SecretUrl> {
    let url = upload.session.text_of(name).filter(|url| is_address(url));
    url.map(SecretUrl::from)
}

/// The parts that were sent, by number; an error when the browser could not read their tags, since there is no backend
/// that could list them.
pub fn sent(sent: Option<&[SentPart]>) -> Result<Vec<&SentPart>, Trouble> {
    let mut parts: Vec<&SentPart> = sent
        .ok_or_else(|| {
            let what = "the list of the parts that arrived; the store's CORS rule must expose `ETag` instead";
            super::unsupported(what)
        })?
        .iter()
        .collect();
    parts.sort_by_key(|part| part.number);
    Ok(parts)
}

/// What S3 reads at the end of a multipart upload.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
pub fn document(parts: &[&SentPart]) -> String {
    let parts = parts.iter().map(|part| {
        let etag = part.etag.replace('&', "&amp;").replace('<', "&lt;");
        let number = part.number;
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let parts: Vec<String> = parts.collect();
    format!(
        r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</CompleteMultipartUpload>"#,
        parts.concat()
    )
}

/// The object's tag in S3's answer to that, which may be an error with a 200, and whitespace first.
pub fn completed(reply: &Reply) -> Result<Option<String>, Trouble> {
    let Body::Text(text, _) = &reply.body else {
        return Err(reply.not(EXPECTED));
    };
    if let Some(error) = StoreError::parse(text) {
        return Err(Trouble::Refused {
            status: reply.status,
            message: error.message.unwrap_or_else(|| error.code.clone()),
            code: Some(error.code),
        });
    }
    if text.contains("CompleteMultipartUploadResult") {
        Ok(store::text_of(text, "ETag"))
    } else {
        Err(reply.not(EXPECTED))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn answer(xml: &str) -> Reply {
        Reply {
            status: 200,
            body: Body::Text(xml.to_owned(), "application/xml".to_owned()),
        }
    }

    #[test]
    fn a_200_may_carry_an_error() {
        let error = completed(&answer(
            "  \n<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>Again</Message></Error>",
        ));
        let refused = Trouble::Refused {
            status: 200,
            code: Some("InternalError".to_owned()),
            message: "Again".to_owned(),
        };
        assert_eq!(error, Err(refused));
        for odd in ["", "   ", "<html>Sign in</html>"] {
            let trouble = completed(&answer(odd)).unwrap_err();
            assert!(matches!(trouble, Trouble::Malformed { .. }), "{odd}");
        }
        assert!(completed(&Reply::json(Value::Null)).is_err());
    }

    #[test]
    fn the_document_lists_parts_by_number() {
        let parts = [(2, "\"b&\""), (1, "\"a\"")].map(|(number, etag)| SentPart {
            number,
            etag: etag.to_owned(),
        });
        let parts = sent(Some(&parts)).unwrap();
        assert_eq!(
            document(&parts),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>\
             <Part><PartNumber>2</PartNumber><ETag>\"b&amp;\"</ETag></Part>\
             </CompleteMultipartUpload>"
        );
        let Err(Trouble::Unsupported(text)) = sent(None) else {
            unreachable!("tags are needed")
        };
        assert!(text.contains("expose `ETag`"), "{text}");
    }

    #[test]
    fn parts_tile_the_file_or_are_refused() {
        let urls = |count| vec![Value::from("https://h/k"); count];
        for (size, part_size, count, good) in [
            (12, 5, 3, true),
            (10, 5, 2, true),
            (3, 5, 1, true),
            (0, 5, 1, true),
            (12, 5, 2, false),
            (0, 5, 0, false),
            (12, 0, 1, false),
        ] {
            let granted = granted("i", None, size, part_size, urls(count), &[]);
            assert_eq!(granted.is_ok(), good, "{size} {part_size} {count}");
        }
    }
}
