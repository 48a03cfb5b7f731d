//! Uploads whose parts are all signed with the first answer, and which the browser itself completes at the store:
//! better-upload's and django-s3-file-field's.
//!
//! The module has the parts that both share: the session that keeps the URLs, the document that S3 reads at the end,
//! and S3's response to it. It does not know the names of members in either backend's JSON.

use s3_upload_types::CollectVec;

use super::plan;
use crate::exchange::ResponseBody;
use crate::grant::{is_address, is_for_part, unexpired};
use crate::native::SentPart;
use crate::store::{self, ErrorDocument};
use crate::{
    DialectError, DialectResponse, GrantedUpload, PartToSign, PresignedPart, PresignedRequest,
    SecretUrl, TransferPlan, UploadContext, Value,
};

/// The expected response of S3 to the completion of a multipart upload.
const EXPECTED: &str = "S3's <CompleteMultipartUploadResult>";

/// Returns a multipart grant for a file of `size` bytes, with the URLs of its parts in order. `more` has the other
/// members that the dialect keeps in the session. The error describes what is wrong with the parts.
pub fn grant(
    id: &str,
    key: Option<&str>,
    size: u64,
    part_size: u64,
    urls: Vec<Value>,
    more: &[(&str, Option<&str>)],
) -> Result<GrantedUpload, String> {
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
    Ok(GrantedUpload {
        id: Some(id.to_owned()),
        key: key.map(str::to_owned),
        session: Value::Object([parts].into_iter().chain(more).collect_vec()),
        ..GrantedUpload::new(TransferPlan::Multipart { part_size })
    })
}

/// Returns the requested parts from the session.
pub fn requested(
    upload: &UploadContext,
    wanted: &[PartToSign],
) -> Result<Vec<PresignedPart>, DialectError> {
    let urls = upload.session.get("parts").map_or(&[][..], Value::items);
    let one = |part: &PartToSign| {
        let at = usize::from(part.number).checked_sub(1)?;
        let url = urls.get(at)?.text().filter(|url| is_address(url))?;
        is_for_part(url, part.number).then(|| PresignedPart {
            number: part.number,
            request: PresignedRequest::put(url),
        })
    };
    let all: Option<Vec<_>> = wanted.iter().map(one).collect();
    let all = all.ok_or_else(|| DialectError::Malformed {
        expected: "a signed URL for every part of the file".to_owned(),
        got: format!("{} of them", urls.len()),
        is_incomplete: false,
    })?;
    // The backend signs no further URLs, so that the whole upload has to start again.
    unexpired(all, upload.age).ok_or(DialectError::Expired)
}

/// Returns a URL of the session.
pub fn session_url(upload: &UploadContext, name: &str) -> Option<SecretUrl> {
    let url = upload.session.text_of(name).filter(|url| is_address(url));
    url.map(SecretUrl::from)
}

/// Returns the parts that were sent, by number. It is an error if some are missing, and if the browser could not read
/// their entity tags, since no backend can list them.
pub fn sent_parts<'a>(
    upload: &UploadContext,
    sent: Option<&'a [SentPart]>,
) -> Result<Vec<&'a SentPart>, DialectError> {
    let sent = sent.ok_or_else(|| {
        let what =
            "the list of the parts that arrived; the store's CORS rule must expose `ETag` instead";
        super::unsupported(what)
    })?;
    plan::check_sent(upload, sent)
}

/// Returns the document that S3 reads at the completion of a multipart upload.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
pub fn complete_document(parts: &[&SentPart]) -> String {
    let parts = parts.iter().map(|part| {
        let etag = part.etag.replace('&', "&amp;").replace('<', "&lt;");
        let number = part.number;
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let parts: Vec<String> = parts.collect_vec();
    format!(
        r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</CompleteMultipartUpload>"#,
        parts.concat()
    )
}

/// Returns the object's entity tag from S3's response to the completion. That response may be an error with status 200,
/// and may begin with whitespace.
pub fn read_completion(response: &DialectResponse) -> Result<Option<String>, DialectError> {
    let ResponseBody::Text(text, _) = &response.body else {
        return Err(response.malformed(EXPECTED));
    };
    if let Some(error) = ErrorDocument::parse(text) {
        return Err(DialectError::Refused {
            status: response.status,
            message: error.message.unwrap_or_else(|| error.code.clone()),
            code: Some(error.code),
        });
    }
    if text.contains("CompleteMultipartUploadResult") {
        Ok(store::text_of(text, "ETag"))
    } else {
        Err(response.malformed(EXPECTED))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn answer(xml: &str) -> DialectResponse {
        DialectResponse {
            status: 200,
            body: ResponseBody::Text(xml.to_owned(), "application/xml".to_owned()),
        }
    }

    #[test]
    fn a_200_may_carry_an_error() {
        let error = read_completion(&answer(
            "  \n<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>Again</Message></Error>",
        ));
        let refused = DialectError::Refused {
            status: 200,
            code: Some("InternalError".to_owned()),
            message: "Again".to_owned(),
        };
        assert_eq!(error, Err(refused));
        for odd in ["", "   ", "<html>Sign in</html>"] {
            let error = read_completion(&answer(odd)).unwrap_err();
            assert!(matches!(error, DialectError::Malformed { .. }), "{odd}");
        }
        assert!(read_completion(&DialectResponse::json(Value::Null)).is_err());
    }

    #[test]
    fn the_document_lists_parts_by_number() {
        let parts = [(2, "\"b&\""), (1, "\"a\"")].map(|(number, etag)| SentPart {
            number,
            etag: etag.to_owned(),
        });
        let upload = UploadContext {
            id: "u",
            session: &Value::Null,
            size: 12,
            is_multipart: true,
            part_size: 6,
            age: 0,
        };
        let parts_of = |parts| sent_parts(&upload, parts);
        let parts = parts_of(Some(&parts)).unwrap();
        assert_eq!(
            complete_document(&parts),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>\
             <Part><PartNumber>2</PartNumber><ETag>\"b&amp;\"</ETag></Part>\
             </CompleteMultipartUpload>"
        );
        let Err(DialectError::Unsupported(text)) = parts_of(None) else {
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
            let granted = grant("i", None, size, part_size, urls(count), &[]);
            assert_eq!(granted.is_ok(), good, "{size} {part_size} {count}");
        }
    }
}
