//! Supabase Storage, which the browser itself asks for a signed URL.
//! <https://supabase.com/docs/reference/javascript/storage-from-createsigneduploadurl>
//!
//! The endpoint is `https://….supabase.co/storage/v1/object/upload/sign/`, followed by the bucket and optionally a
//! folder, since policies often require a folder for each person. The key is that folder, a UUID, and the file's name
//! in the characters that Supabase accepts. Metadata is not supported. The token that the page sends and the bucket's
//! policies decide who may upload. The backend confirms nothing. A site whose own function returns the result of
//! `createSignedUploadUrl` needs no dialect.

use super::{Dialect, Site, auto, told};
use crate::grant::{is_absolute, is_address};
use crate::talk::below;
use crate::{Ask, Call, Granted, Next, Payload, Plan, Reply, Signed, Step, Trouble, Value};

const EXPECTED: &str = r#"JSON like {"url": "/object/upload/sign/…?token=…"}"#;
/// The path at which the Storage API signs uploads, below its own address.
const SIGN: &str = "/object/upload/sign/";
/// The value that Supabase's own client sends. Without this header, the object may not be cached.
const CACHING: &str = "max-age=3600";
/// The maximum number of characters of a name in a key.
const LONGEST_NAME: usize = 80;

/// The dialect of Supabase Storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supabase;

impl Dialect for Supabase {
    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        let place = Place::of(&site.endpoint)?;
        let name = object_name(ask);
        let Some(reply) = replies.first() else {
            let body = Value::Object(told::extra(site));
            let url = below(&site.endpoint, &format!("/{name}"), "");
            return Ok(Next::Call(Call::new("POST", url, Payload::Json(body))));
        };
        granted(reply, ask, &place, &name).map(Next::Done)
    }
}

/// The parts of an endpoint.
struct Place<'a> {
    /// The address of the Storage API.
    api: &'a str,
    /// The folder in the bucket, with a `/` at its end, or an empty text.
    folder: String,
}

impl<'a> Place<'a> {
    fn of(endpoint: &'a str) -> Result<Self, Trouble> {
        let trouble = || {
            let text = "Supabase's endpoint is https://….supabase.co/storage/v1/object/upload/sign/ and the bucket";
            Trouble::Unsupported(text.to_owned())
        };
        let address = endpoint.trim().split('?').next().unwrap_or_default();
        let (api, rest) = address.split_once(SIGN).ok_or_else(trouble)?;
        let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(trouble());
        }
        let folder = folder.trim_end_matches('/');
        let folder = percent_encoding::percent_decode_str(folder).decode_utf8_lossy();
        let end = if folder.is_empty() { "" } else { "/" };
        Ok(Self {
            api,
            folder: format!("{folder}{end}"),
        })
    }
}

/// Returns a UUID, followed by the file's name in the characters that a key may have.
/// <https://github.com/supabase/storage>, `isValidKey`
fn object_name(ask: &Ask) -> String {
    let safe = |text: &str| {
        let mut plain = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || c == '_' {
                plain.push(c);
            } else if !plain.is_empty() && !plain.ends_with('-') {
                plain.push('-');
            }
            if plain.len() >= LONGEST_NAME {
                break;
            }
        }
        plain.trim_end_matches('-').to_owned()
    };
    let (stem, extension) = ask.name.rsplit_once('.').unwrap_or((ask.name, ""));
    let (stem, extension) = (safe(stem), safe(extension));
    let between = if stem.is_empty() { "" } else { "/" };
    let dot = if extension.is_empty() { "" } else { "." };
    format!("{}{between}{stem}{dot}{extension}", ask.uuid)
}

fn granted(reply: &Reply, ask: &Ask, place: &Place, name: &str) -> Result<Granted, Trouble> {
    let answer = reply.value(EXPECTED)?;
    let Some(url) = answer.text_of("url").filter(|url| is_address(url)) else {
        return Err(auto::not_granted(reply, EXPECTED));
    };
    // The URL is relative to the address of the API.
    let url = if is_absolute(url) {
        url.to_owned()
    } else {
        format!("{}{url}", place.api)
    };
    let signed = Signed::put(&url)
        .header("Content-Type", ask.media_type)
        .header("Cache-Control", CACHING);
    Ok(Granted {
        key: Some(format!("{}{name}", place.folder)),
        ..Granted::new(Plan::Single(signed))
    })
}

#[cfg(test)]
#[path = "supabase_tests.rs"]
mod tests;
