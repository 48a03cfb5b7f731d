//! better-upload, version 3 (`@better-upload/server`) and version 2 (`better-upload/server`).
//! <https://better-upload.com/docs> <https://github.com/Nic13Gamer/better-upload>
//!
//! The endpoint is the address of its handler, `/api/upload`. [`Site::route`] names one of its routes, which decides
//! whether files are sent in parts. The browser itself completes and aborts a multipart upload, by URLs that are signed
//! with the first answer and never signed again. The URLs of parts are valid as long as the route's
//! `partSignedUrlExpiresIn` says, 25 minutes by default. The page's metadata and extra fields are the route's
//! `clientMetadata`.

use super::{Dialect, Site, ahead, auto, told};
use crate::grant::is_address;
use crate::native::SentPart;
use crate::talk::below;
use crate::{
    Ask, Call, Granted, Next, Part, Payload, Plan, Reply, Signed, SignedPart, Step, Stored,
};
use crate::{Trouble, Upload, Value};

const EXPECTED: &str = r#"JSON like {"files": [{"signedUrl": "https://…", "file": {}}]}"#;
const EXPECTED_PARTS: &str = r#"JSON like {"multipart": {"partSize": 5242880, "files": [{"uploadId": "…", "parts": [{"partNumber": 1, "signedUrl": "https://…"}], "completeSignedUrl": "https://…"}]}}"#;

/// The dialect of better-upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BetterUpload;

impl Dialect for BetterUpload {
    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        let Some(reply) = replies.first() else {
            return question(site, ask).map(Next::Call);
        };
        let answer = reply.value(EXPECTED)?;
        let multipart = answer.get("multipart");
        let files = multipart.unwrap_or(answer).get("files");
        let Some(Value::List(files)) = files else {
            return Err(auto::not_granted(reply, EXPECTED));
        };
        // A route of version 3 may leave files out of the answer.
        let file = files
            .first()
            .ok_or_else(|| refused(reply, "ignored", "The server does not take this file."))?;
        let granted = if file.text_of("skip") == Some("completed") {
            let key = described(file).text_of("key").map(str::to_owned);
            Granted {
                key,
                ..Granted::new(Plan::Stored)
            }
        } else if let Some(multipart) = multipart {
            in_parts(reply, multipart, file, ask)?
        } else {
            in_one(reply, file, ask)?
        };
        Ok(Next::Done(granted))
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

    fn complete(
        &self,
        _site: &Site,
        upload: &Upload,
        sent: Option<&[SentPart]>,
        replies: &[Reply],
    ) -> Step<Stored> {
        if let Some(reply) = replies.first() {
            return Ok(Next::Done(Stored {
                key: upload.session.text_of("key").map(str::to_owned),
                etag: ahead::completed(reply)?,
                ..Stored::default()
            }));
        }
        let Some(url) = ahead::url(upload, "complete") else {
            return Ok(Next::Done(Stored::default()));
        };
        let document = ahead::document(&ahead::sent(upload, sent)?);
        let call = Call::to_store("POST", &url, Payload::Text(document));
        Ok(Next::Call(call.header("Content-Type", "application/xml")))
    }

    fn abort(&self, _site: &Site, upload: &Upload, replies: &[Reply]) -> Step<()> {
        Ok(match (ahead::url(upload, "abort"), replies) {
            (Some(url), []) => Next::Call(Call::to_store("DELETE", &url, Payload::Empty)),
            _ => Next::Done(()),
        })
    }
}

fn question(site: &Site, ask: &Ask) -> Result<Call, Trouble> {
    let Some(route) = site.route.as_deref().filter(|route| !route.is_empty()) else {
        let text = "better-upload has routes with names: `route` must be the name of one";
        return Err(Trouble::Unsupported(text.to_owned()));
    };
    let file = Value::from([
        ("name", Value::from(ask.name)),
        ("size", ask.size.into()),
        ("type", ask.media_type.into()),
    ]);
    let mut metadata = match told::metadata(ask) {
        Some((_, Value::Object(members))) => members,
        _ => Vec::new(),
    };
    told::add(&mut metadata, told::extra(site));
    let mut members = vec![("route".to_owned(), Value::from(route))];
    if !metadata.is_empty() {
        members.push(("metadata".to_owned(), Value::Object(metadata)));
    }
    members.push(("files".to_owned(), Value::List(vec![file])));
    let url = below(&site.endpoint, "", "");
    Ok(Call::new(
        "POST",
        url,
        Payload::Json(Value::Object(members)),
    ))
}

/// Returns the description of the object: `objectInfo` in version 3, and `objectKey` and others in version 2, under the
/// names of version 3.
fn described(file: &Value) -> Value {
    let file = file.get("file").unwrap_or(&Value::Null);
    if let Some(info) = file.get("objectInfo") {
        return info.clone();
    }
    let old = ["objectKey", "objectMetadata", "objectCacheControl"];
    let named = old.into_iter().zip(["key", "metadata", "cacheControl"]);
    let members = named.filter_map(|(old, new)| Some((new.to_owned(), file.get(old)?.clone())));
    Value::Object(members.collect())
}

/// Returns the grant of a single request. Every header is signed, so that each must be sent unchanged.
fn in_one(reply: &Reply, file: &Value, ask: &Ask) -> Result<Granted, Trouble> {
    let url = file.text_of("signedUrl").filter(|url| is_address(url));
    let url = url.ok_or_else(|| reply.not(EXPECTED))?;
    let info = described(file);
    let media_type = file.get("file").and_then(|file| file.text_of("type"));
    let mut signed = Signed::put(url).header("Content-Type", media_type.unwrap_or(ask.media_type));
    if let Some(caching) = info.text_of("cacheControl") {
        signed = signed.header("Cache-Control", caching);
    }
    for (name, value) in auto::headers(info.get("metadata")) {
        signed = signed.header(&format!("x-amz-meta-{name}"), value);
    }
    signed = signed.with_headers(auto::headers(file.get("headers")));
    Ok(Granted {
        key: info.text_of("key").map(str::to_owned),
        ..Granted::new(Plan::Single(signed))
    })
}

fn in_parts(reply: &Reply, multipart: &Value, file: &Value, ask: &Ask) -> Result<Granted, Trouble> {
    let malformed = || reply.not(EXPECTED_PARTS);
    let parts = file.get("parts").map(Value::items).ok_or_else(malformed)?;
    if parts.is_empty() && ask.size == 0 {
        let text = "The server cannot take an empty file in parts.";
        return Err(refused(reply, "empty_file", text));
    }
    let url_of = |(at, part): (usize, &Value)| {
        let number = part.get("partNumber").and_then(Value::whole)?;
        let url = part.text_of("signedUrl").filter(|url| is_address(url))?;
        (usize::try_from(number).ok()? == at + 1).then(|| url.into())
    };
    let urls: Option<Vec<Value>> = parts.iter().enumerate().map(url_of).collect();
    let part_size = multipart.get("partSize").and_then(Value::whole);
    let end = |name: &str| file.text_of(name).filter(|url| is_address(url));
    let (Some(urls), Some(part_size), Some(id), Some(complete)) = (
        urls,
        part_size,
        file.text_of("uploadId"),
        end("completeSignedUrl"),
    ) else {
        return Err(malformed());
    };
    let info = described(file);
    let key = info.text_of("key");
    let more = [
        ("complete", Some(complete)),
        ("abort", end("abortSignedUrl")),
        ("key", key),
    ];
    ahead::granted(id, key, ask.size, part_size, urls, &more).map_err(|got| Trouble::Malformed {
        expected: EXPECTED_PARTS.to_owned(),
        got,
        is_incomplete: false,
    })
}

fn refused(reply: &Reply, code: &str, message: &str) -> Trouble {
    Trouble::Refused {
        status: reply.status,
        code: Some(code.to_owned()),
        message: message.to_owned(),
    }
}

#[cfg(test)]
#[path = "better_upload_tests.rs"]
mod tests;
