//! Supabase Storage, asked by the browser itself. <https://supabase.com/docs/reference/javascript/storage-from-createsigneduploadurl>
//!
//! The endpoint is `https://….supabase.co/storage/v1/object/upload/sign/` and the bucket, below which a folder may be
//! named, as policies often want the person's own. The key is that folder, a UUID, and the file's name as far as Supabase
//! takes it; metadata has no place in it. Who may upload is a matter of the token that the page sends along, and of the bucket's policies. Nobody
//! confirms. A site whose own function answers with what `createSignedUploadUrl` gave needs no dialect.

use super::{Dialect, Site, auto, told};
use crate::grant::{is_absolute, is_address};
use crate::talk::below;
use crate::{Ask, Call, Granted, Next, Payload, Plan, Reply, Signed, Step, Trouble, Value};

const EXPECTED: &str = r#"JSON like {"url": "/object/upload/sign/…?token=…"}"#;
/// Where the Storage API signs uploads, below its own address.
const SIGN: &str = "/object/upload/sign/";
/// What Supabase's own client asks for; without it, nobody may keep the object for a moment.
const CACHING: &str = "max-age=3600";
/// The most characters of a name in a key.
const LONGEST_NAME: usize = 80;

/// See the module.
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

/// What an endpoint says.
struct Place<'a> {
    /// The Storage API's own address.
    api: &'a str,
    /// Below the bucket, with a `/` at its end, or nothing.
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

/// A UUID, and the file's name in the characters that a key may have. <https://github.com/supabase/storage>, `isValidKey`
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
    // It is told from the API's own address on.
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
