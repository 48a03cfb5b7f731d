//! Uppy Companion, and Shrine with `uppy-s3_multipart`, which has the same protocol. <https://uppy.io/docs/companion/>
//! <https://github.com/janko/uppy-s3_multipart>
//!
//! The endpoint is the address below which `params` and `multipart` are: `https://companion.example.com/s3`. The client
//! chooses the size of the parts.

use super::{Dialect, Site, auto, plan};
use crate::grant::is_id;
use crate::native::{SentPart, StoredPart};
use crate::talk::{below, escape, urlencoded};
use crate::{Ask, Call, Granted, Next, Part, Payload, Plan, Reply, SignedPart, Step, Stored};
use crate::{Upload, Value};

const EXPECTED: &str = r#"JSON like {"method": "POST", "url": "https://…", "fields": {}}"#;
const EXPECTED_ID: &str = r#"JSON like {"uploadId": "…", "key": "…"}"#;
const EXPECTED_URLS: &str = r#"JSON like {"presignedUrls": {"1": "https://…"}}"#;
const EXPECTED_LIST: &str = r#"JSON like [{"PartNumber": 1, "Size": 5242880, "ETag": "…"}]"#;

/// The dialect of Companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion;

impl Dialect for Companion {
    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        let Some(reply) = replies.first() else {
            return Ok(Next::Call(if ask.prefer_multipart {
                begin(site, ask)
            } else {
                params(site, ask)
            }));
        };
        if ask.prefer_multipart {
            begun(reply, ask.part_size).map(Next::Done)
        } else {
            reply.value(EXPECTED)?;
            match auto::granted(reply, ask.media_type)? {
                granted @ Granted {
                    plan: Plan::Single(_),
                    ..
                } => Ok(Next::Done(Granted {
                    // Companion cannot confirm the upload, so that the store's response is final.
                    id: None,
                    ..granted
                })),
                _ => Err(reply.not(EXPECTED)),
            }
        }
    }

    fn sign_parts(
        &self,
        site: &Site,
        upload: &Upload,
        parts: &[Part],
        replies: &[Reply],
    ) -> Step<Vec<SignedPart>> {
        let Some(reply) = replies.first() else {
            let numbers: Vec<String> = parts.iter().map(|part| part.number.to_string()).collect();
            let query = format!("{}&partNumbers={}", key(upload), numbers.join(","));
            let url = below(&site.endpoint, &path(upload, "/batch"), &query);
            return Ok(Next::Call(Call::new("GET", url, Payload::Empty)));
        };
        auto::signed_parts(reply.value(EXPECTED_URLS)?, parts)
            .map(Next::Done)
            .ok_or_else(|| reply.not(EXPECTED_URLS))
    }

    fn list_parts(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<Vec<StoredPart>> {
        let Some(reply) = replies.first() else {
            let url = below(&site.endpoint, &path(upload, ""), &key(upload));
            return Ok(Next::Call(Call::new("GET", url, Payload::Empty)));
        };
        auto::stored_parts(reply.value(EXPECTED_LIST)?)
            .map(Next::Done)
            .ok_or_else(|| reply.not(EXPECTED_LIST))
    }

    fn complete(
        &self,
        site: &Site,
        upload: &Upload,
        sent: Option<&[SentPart]>,
        replies: &[Reply],
    ) -> Step<Stored> {
        // Companion requires the entity tag of every part. If the browser could not read them, the parts are listed
        // first.
        match (sent, replies) {
            (Some(sent), []) => {
                let sent = plan::all_sent(upload, sent)?;
                let parts = sent.iter().map(|part| (part.number, part.etag.as_str()));
                Ok(Next::Call(finish(site, upload, parts)))
            }
            (None, []) => Ok(match self.list_parts(site, upload, &[])? {
                Next::Call(call) => Next::Call(call),
                Next::Done(_) => Next::Done(Stored::default()),
            }),
            (None, [listed]) => {
                let listed = auto::stored_parts(listed.value(EXPECTED_LIST)?)
                    .ok_or_else(|| listed.not(EXPECTED_LIST))?;
                let listed = plan::all_listed(upload, listed)?;
                let parts = listed.iter().map(|part| (part.number, part.etag.as_str()));
                Ok(Next::Call(finish(site, upload, parts)))
            }
            (_, [.., reply]) => {
                let key = upload.session.text_of("key").map(str::to_owned);
                let stored = auto::stored(reply)?;
                Ok(Next::Done(Stored {
                    key: stored.key.or(key),
                    ..stored
                }))
            }
        }
    }

    fn abort(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<()> {
        Ok(match replies {
            [] => {
                let url = below(&site.endpoint, &path(upload, ""), &key(upload));
                Next::Call(Call::new("DELETE", url, Payload::Empty))
            }
            [..] => Next::Done(()),
        })
    }
}

fn params(site: &Site, ask: &Ask) -> Call {
    let metadata = metadata(site, ask);
    let metadata: Vec<(String, &String)> = metadata
        .iter()
        .map(|(name, value)| (format!("metadata[{name}]"), value))
        .collect();
    let pairs = [("filename", ask.name), ("type", ask.media_type)];
    let more = metadata
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let query = urlencoded(pairs.into_iter().chain(more));
    Call::new(
        "GET",
        below(&site.endpoint, "/params", &query),
        Payload::Empty,
    )
}

fn begin(site: &Site, ask: &Ask) -> Call {
    let metadata = metadata(site, ask)
        .into_iter()
        .map(|(name, value)| (name, value.into()));
    let body = Value::from([
        ("filename", Value::from(ask.name)),
        ("type", ask.media_type.into()),
        ("metadata", Value::Object(metadata.collect())),
    ]);
    Call::new(
        "POST",
        below(&site.endpoint, "/multipart", ""),
        Payload::Json(body),
    )
}

fn metadata(site: &Site, ask: &Ask) -> Vec<(String, String)> {
    let own = ask.metadata.iter();
    let own = own.map(|(name, value)| (name.clone(), value.clone()));
    own.chain(site.extra.iter().cloned()).collect()
}

fn begun(reply: &Reply, part_size: u64) -> Result<Granted, crate::Trouble> {
    let answer = reply.value(EXPECTED_ID)?;
    let id = answer.text_of("uploadId").filter(|id| is_id(id));
    let (Some(id), Some(key)) = (id, answer.text_of("key")) else {
        return Err(reply.not(EXPECTED_ID));
    };
    Ok(Granted {
        id: Some(id.to_owned()),
        key: Some(key.to_owned()),
        session: Value::from([("key", key)]),
        ..Granted::new(Plan::Multipart { part_size })
    })
}

fn finish<'a>(site: &Site, upload: &Upload, parts: impl Iterator<Item = (u16, &'a str)>) -> Call {
    let parts = parts.map(|(number, etag)| {
        Value::from([
            ("PartNumber", Value::from(u64::from(number))),
            ("ETag", etag.into()),
        ])
    });
    let body = Value::from([("parts", Value::List(parts.collect()))]);
    let url = below(&site.endpoint, &path(upload, "/complete"), &key(upload));
    Call::new("POST", url, Payload::Json(body))
}

fn path(upload: &Upload, rest: &str) -> String {
    format!("/multipart/{}{rest}", escape(upload.id))
}

fn key(upload: &Upload) -> String {
    urlencoded([("key", upload.session.text_of("key").unwrap_or_default())])
}

#[cfg(test)]
#[path = "companion_tests.rs"]
mod tests;
