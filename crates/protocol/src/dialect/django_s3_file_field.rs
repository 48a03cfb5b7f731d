//! django-s3-file-field. <https://github.com/kitware-resonant/django-s3-file-field>
//!
//! The endpoint is the address at which a site includes `s3_file_field.urls`, such as `/api/s3-upload/`.
//! [`Site::route`] is the field's id, such as `library.Paper.scan`. The extra field `field_id` may be used instead.
//! Every file is sent in parts, whose size the server chooses. The form submits the signed `field_value`. The server
//! has no abort, so that a lifecycle rule of the bucket has to remove incomplete uploads. Metadata is not supported.

use super::{CsrfPlace, Dialect, Site, ahead, auto, told};
use crate::grant::is_address;
use crate::native::SentPart;
use crate::talk::below;
use crate::{Ask, Call, Granted, Next, Part, Payload, Reply, SecretUrl, SignedPart, Step, Stored};
use crate::{Trouble, Upload, Value};

const EXPECTED: &str = r#"JSON like {"object_key": "…", "upload_id": "…", "parts": [{"part_number": 1, "size": 5, "upload_url": "https://…"}], "upload_signature": "…"}"#;
const EXPECTED_END: &str = r#"JSON like {"complete_url": "https://…", "body": "…"}"#;
const EXPECTED_VALUE: &str = r#"JSON like {"field_value": "…"}"#;

/// The dialect of django-s3-file-field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DjangoS3FileField;

impl Dialect for DjangoS3FileField {
    fn csrf(&self) -> CsrfPlace {
        CsrfPlace {
            meta: None,
            cookie: Some("csrftoken"),
        }
    }

    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        match replies {
            [] => question(site, ask).map(Next::Call),
            [reply, ..] => granted(reply, ask).map(Next::Done),
        }
    }

    fn sign_parts(
        &self,
        _site: &Site,
        upload: &Upload,
        parts: &[Part],
        _replies: &[Reply],
    ) -> Step<Vec<SignedPart>> {
        ahead::signed(upload, parts).map(Next::Done)
    }

    /// The server writes S3's document, the browser sends it, and the server checks that the object exists.
    fn complete(
        &self,
        site: &Site,
        upload: &Upload,
        sent: Option<&[SentPart]>,
        replies: &[Reply],
    ) -> Step<Stored> {
        let signature = || {
            (
                "upload_signature",
                upload.session.text_of("signature").unwrap_or_default(),
            )
        };
        Ok(match replies {
            [] => {
                let parts = ahead::sent(upload, sent)?;
                let parts = parts.iter().map(|part| sent_part(upload, part)).collect();
                let (name, signature) = signature();
                let body = Value::from([
                    (name, Value::from(signature)),
                    ("upload_id", upload.id.into()),
                    ("parts", Value::List(parts)),
                ]);
                Next::Call(to(site, "/upload-complete/", body))
            }
            [written] => {
                let answer = written.value(EXPECTED_END)?;
                let url = answer.text_of("complete_url").filter(|url| is_address(url));
                let (Some(url), Some(document)) = (url, answer.text_of("body")) else {
                    return Err(auto::not_granted(written, EXPECTED_END));
                };
                let document = Payload::Text(document.to_owned());
                Next::Call(Call::to_store("POST", &SecretUrl::from(url), document))
            }
            [_, completed] => {
                ahead::completed(completed)?;
                Next::Call(to(site, "/finalize/", Value::from([signature()])))
            }
            [_, completed, finalized, ..] => {
                let answer = finalized.value(EXPECTED_VALUE)?;
                let value = answer
                    .text_of("field_value")
                    .ok_or_else(|| auto::not_granted(finalized, EXPECTED_VALUE))?;
                Next::Done(Stored {
                    key: upload.session.text_of("key").map(str::to_owned),
                    value: Some(value.to_owned()),
                    etag: ahead::completed(completed)?,
                    ..Stored::default()
                })
            }
        })
    }
}

/// Returns a request to the backend. Every path ends with `/`, since Django redirects other paths, and a redirect loses
/// the body.
fn to(site: &Site, path: &str, body: Value) -> Call {
    Call::new("POST", below(&site.endpoint, path, ""), Payload::Json(body))
}

fn question(site: &Site, ask: &Ask) -> Result<Call, Trouble> {
    let field = site.route.as_deref().unwrap_or_default();
    let mut members = vec![
        ("field_id".to_owned(), Value::from(field)),
        ("file_name".to_owned(), ask.name.into()),
        ("file_size".to_owned(), ask.size.into()),
        ("content_type".to_owned(), ask.media_type.into()),
    ];
    told::add(&mut members, told::extra(site));
    let members = Value::Object(members);
    if members.text_of("field_id").is_none() {
        let text = "django-s3-file-field asks for a field of a model: `route` must be its id, as library.Paper.scan";
        return Err(Trouble::Unsupported(text.to_owned()));
    }
    Ok(to(site, "/upload-initialize/", members))
}

fn granted(reply: &Reply, ask: &Ask) -> Result<Granted, Trouble> {
    let answer = reply.value(EXPECTED)?;
    let parts = answer.get("parts").map_or(&[][..], Value::items);
    let url_of = |(at, part): (usize, &Value)| {
        let number = part.get("part_number").and_then(Value::whole)?;
        let url = part.text_of("upload_url").filter(|url| is_address(url))?;
        (usize::try_from(number).ok()? == at + 1).then(|| url.into())
    };
    let urls: Option<Vec<Value>> = parts.iter().enumerate().map(url_of).collect();
    // All parts but the last have the size of the first.
    let part_size = parts.first().and_then(|part| part.get("size")?.whole());
    let (Some(urls), Some(part_size), Some(id), Some(signature)) = (
        urls,
        part_size,
        answer.text_of("upload_id"),
        answer.text_of("upload_signature"),
    ) else {
        return Err(auto::not_granted(reply, EXPECTED));
    };
    let key = answer.text_of("object_key");
    let size = part_size.to_string();
    let more = [
        ("signature", Some(signature)),
        ("key", key),
        ("partSize", Some(size.as_str())),
    ];
    ahead::granted(id, key, ask.size, part_size, urls, &more).map_err(|got| Trouble::Malformed {
        expected: EXPECTED.to_owned(),
        got,
        is_incomplete: false,
    })
}

fn sent_part(upload: &Upload, part: &SentPart) -> Value {
    let part_size = upload.session.get("partSize").and_then(Value::whole);
    let part_size = part_size.unwrap_or_default();
    let start = u64::from(part.number)
        .saturating_sub(1)
        .saturating_mul(part_size);
    let size = upload.size.saturating_sub(start).min(part_size);
    Value::from([
        ("part_number", Value::from(u64::from(part.number))),
        ("size", size.into()),
        ("etag", part.etag.as_str().into()),
    ])
}

#[cfg(test)]
#[path = "django_s3_file_field_tests.rs"]
mod tests;
