//! The default dialect: it asks in the native protocol, and recognises the answers of most backends.
//!
//! The module writes the requests, and defines the minimal content of each answer. `read` and `parts` recognise members
//! under their many names. The native protocol is in `docs/protocol.md`.

mod names;
mod parts;
mod read;

use super::{Dialect, Encoding, Site, told};
use crate::envelope::{self, Opened};
use crate::grant::{checked, still_alive};
use crate::native::{SentPart, StoredPart};
use crate::talk::{Body, below, escape, urlencoded};
use crate::{Ask, Call, Granted, Next, Part, Payload, Plan, Reply, SignedPart, Step, Stored};
use crate::{Trouble, Upload, Value, refusal};

/// The expected form of the first answer.
pub const EXPECTED: &str = r#"JSON like {"url": "https://…"}"#;
const EXPECTED_PARTS: &str = r#"JSON like {"parts": [{"number": 1, "url": "https://…"}]}"#;
const EXPECTED_LIST: &str = r#"JSON like {"parts": [{"number": 1, "size": 5242880, "etag": "…"}]}"#;
const EXPECTED_OBJECT: &str = r#"JSON like {"key": "…", "size": 5, "type": "…"}"#;

/// The default dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auto;

impl Dialect for Auto {
    fn has_doctor(&self) -> bool {
        true
    }

    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        match replies {
            [] => Ok(Next::Call(question(site, ask))),
            [reply, ..] => granted(reply, ask.media_type).map(Next::Done),
        }
    }

    fn sign_parts(
        &self,
        site: &Site,
        upload: &Upload,
        wanted: &[Part],
        replies: &[Reply],
    ) -> Step<Vec<SignedPart>> {
        // Some backends sign all parts with their first answer.
        let ahead = parts::parts(upload.session, wanted, true);
        if let Some(signed) = ahead.and_then(|signed| still_alive(signed, upload.age)) {
            return Ok(Next::Done(signed));
        }
        let Some(reply) = replies.first() else {
            let parts = wanted.iter().map(|part| {
                Value::from([
                    ("number", Value::from(u64::from(part.number))),
                    ("size", part.size.into()),
                ])
            });
            let body = Value::from([("parts", Value::List(parts.collect()))]);
            let url = about(site, upload, "/parts");
            return Ok(Next::Call(Call::new("POST", url, Payload::Json(body))));
        };
        let signed = signed_parts(reply.value(EXPECTED_PARTS)?, wanted)
            .ok_or_else(|| reply.not(EXPECTED_PARTS))?;
        checked(signed, EXPECTED_PARTS).map(Next::Done)
    }

    fn list_parts(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<Vec<StoredPart>> {
        let Some(reply) = replies.first() else {
            let url = about(site, upload, "/parts");
            return Ok(Next::Call(Call::new("GET", url, Payload::Empty)));
        };
        stored_parts(reply.value(EXPECTED_LIST)?)
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
        let Some(reply) = replies.first() else {
            let parts = sent.map(|parts| {
                let part = |part: &SentPart| {
                    Value::from([
                        ("number", Value::from(u64::from(part.number))),
                        ("etag", part.etag.as_str().into()),
                    ])
                };
                (
                    "parts".to_owned(),
                    Value::List(parts.iter().map(part).collect()),
                )
            });
            let body = Payload::Json(Value::Object(parts.into_iter().collect()));
            let url = about(site, upload, "/complete");
            return Ok(Next::Call(Call::new("POST", url, body)));
        };
        stored(reply).map(Next::Done)
    }

    fn abort(&self, site: &Site, upload: &Upload, replies: &[Reply]) -> Step<()> {
        Ok(match replies {
            [] => Next::Call(Call::new("DELETE", about(site, upload, ""), Payload::Empty)),
            [..] => Next::Done(()),
        })
    }
}

/// Reads an answer to the first request, or the equal value that a page's own function returns.
pub fn granted(reply: &Reply, media_type: &str) -> Result<Granted, Trouble> {
    let opened = opened(reply)?;
    let reply = opened.as_ref().unwrap_or(reply);
    read_grant(reply, media_type)?.checked(EXPECTED)
}

/// Returns a reply without its wrappers, or `None` if the body is not JSON. It is an error if the wrapped status is a
/// refusal.
fn opened(reply: &Reply) -> Result<Option<Reply>, Trouble> {
    let Body::Json(answer) = &reply.body else {
        return Ok(None);
    };
    let Opened { value, status } = envelope::open(answer);
    let status = status.unwrap_or(reply.status);
    if status >= 400 {
        let body = match value {
            Value::Text(text) => Body::Text(text, String::new()),
            value => Body::Json(value),
        };
        let (code, message) = refusal::read(status, &body);
        return Err(Trouble::Refused {
            status,
            code,
            message: message.unwrap_or_default(),
        });
    }
    Ok(Some(Reply {
        status,
        body: Body::Json(value),
    }))
}

fn read_grant(reply: &Reply, media_type: &str) -> Result<Granted, Trouble> {
    let answer = match &reply.body {
        Body::Json(Value::Text(text)) | Body::Text(text, _) => {
            return read::bare_url(text, media_type)
                .map(|signed| Granted::new(Plan::Single(signed)))
                .ok_or_else(|| reply.not(EXPECTED));
        }
        Body::Json(answer) => answer,
    };
    if refusal::is_no(answer) {
        return Err(not_granted(reply, EXPECTED));
    }
    match read::grant(answer, media_type) {
        Some(granted) => granted.map_err(|got| Trouble::Malformed {
            expected: EXPECTED.to_owned(),
            got: got.to_owned(),
            is_incomplete: false,
        }),
        None => Err(not_granted(reply, EXPECTED)),
    }
}

/// Returns the error about a reply that is not as expected: a refusal if it has a message, since some backends refuse
/// with a 200.
pub(super) fn not_granted(reply: &Reply, expected: &str) -> Trouble {
    let (code, message) = match &reply.body {
        Body::Json(answer @ Value::Object(_)) => refusal::of_value(answer),
        _ => (None, None),
    };
    match message {
        Some(message) => Trouble::Refused {
            status: reply.status,
            code,
            message,
        },
        None => reply.not(expected),
    }
}

/// Reads a backend's confirmation. It may have no content but a success.
pub fn stored(reply: &Reply) -> Result<Stored, Trouble> {
    let opened = opened(reply)?;
    let reply = opened.as_ref().unwrap_or(reply);
    match &reply.body {
        Body::Json(value) if refusal::is_no(value) => Err(not_granted(reply, EXPECTED_OBJECT)),
        Body::Json(value) => Ok(parts::stored(value)),
        // A page that asks the person to sign in is no confirmation.
        Body::Text(text, kind) if kind == "text/html" || text.trim_start().starts_with('<') => {
            Err(reply.not(EXPECTED_OBJECT))
        }
        Body::Text(text, _) => Ok(Stored {
            is_empty: text.trim().is_empty(),
            ..Stored::default()
        }),
    }
}

/// Reads the headers that are sent with a file.
pub(super) fn headers(value: Option<&Value>) -> Vec<(String, String)> {
    read::headers(value)
}

/// Reads signed parts, from an answer or from the value that a page's own function returns.
pub fn signed_parts(answer: &Value, wanted: &[Part]) -> Option<Vec<SignedPart>> {
    parts::parts(&envelope::open(answer).value, wanted, false)
}

/// Reads a list of stored parts, from an answer or from the value that a page's own function returns.
pub fn stored_parts(answer: &Value) -> Option<Vec<StoredPart>> {
    parts::stored_parts(&envelope::open(answer).value)
}

fn about(site: &Site, upload: &Upload, path: &str) -> String {
    below(&site.endpoint, &format!("/{}{path}", escape(upload.id)), "")
}

/// Returns the first request.
fn question(site: &Site, ask: &Ask) -> Call {
    if site.encoding == Encoding::Json {
        let body = Payload::Json(Value::Object(members(site, ask)));
        return Call::new("POST", below(&site.endpoint, "", ""), body);
    }
    let pairs: Vec<(String, String)> = members(site, ask)
        .into_iter()
        .flat_map(|(name, value)| match value {
            Value::Object(inner) => inner
                .into_iter()
                .filter_map(|(inner, value)| Some((format!("{name}[{inner}]"), value.written()?)))
                .collect(),
            value => Vec::from_iter(value.written().map(|text| (name, text))),
        })
        .collect();
    if site.encoding == Encoding::Form {
        return Call::new("POST", below(&site.endpoint, "", ""), Payload::Form(pairs));
    }
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let url = below(&site.endpoint, "", &urlencoded(pairs));
    Call::new("GET", url, Payload::Empty)
}

/// Returns the members of the first request.
fn members(site: &Site, ask: &Ask) -> Vec<(String, Value)> {
    let names = &site.fields;
    let own_words = [&names.name, &names.media_type, &names.size]
        .iter()
        .any(|name| name.is_some());
    let told = [
        (&names.name, "name", Value::from(ask.name)),
        (&names.media_type, "type", ask.media_type.into()),
        (&names.size, "size", ask.size.into()),
    ];
    let mut members: Vec<(String, Value)> = told
        .into_iter()
        .map(|(own, usual, value)| (own.as_deref().unwrap_or(usual).to_owned(), value))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    told::add(&mut members, told::metadata(ask));
    // A backend with its own names may reject unknown members.
    if site.encoding == Encoding::Json && !own_words {
        members.push(("accepts".to_owned(), accepts(ask.prefer_multipart)));
        members.push(("partSize".to_owned(), ask.part_size.into()));
    }
    // Only JSON distinguishes a number from a text.
    let extra = if site.encoding == Encoding::Json {
        told::extra(site)
    } else {
        let texts = site.extra.iter();
        texts
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect()
    };
    told::add(&mut members, extra);
    members
}

/// Returns the strategies for the file, the preferred one first.
fn accepts(prefer_multipart: bool) -> Value {
    let order = if prefer_multipart {
        ["multipart", "put", "post"]
    } else {
        ["put", "post", "multipart"]
    };
    Value::List(order.map(Value::from).to_vec())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
