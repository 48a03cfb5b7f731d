//! Rails' Active Storage, by its direct uploads.
//! <https://guides.rubyonrails.org/active_storage_overview.html#direct-uploads>
//!
//! The endpoint is `rails_direct_uploads_path`, `/rails/active_storage/direct_uploads`. The file's MD5 is sent to the
//! backend before the upload, and is part of the signature. The form submits the blob's `signed_id`. The backend
//! confirms nothing: a blob is attached when a record is saved with it. The page's metadata becomes that of the blob,
//! and extra fields stand beside `blob`.

use super::{CsrfPlace, Dialect, Site, auto, told};
use crate::grant::is_address;
use crate::talk::below;
use crate::{Ask, Call, Granted, Next, Payload, Plan, Reply, Signed, Step, Trouble, Value};

const EXPECTED: &str =
    r#"JSON like {"signed_id": "…", "direct_upload": {"url": "https://…", "headers": {}}}"#;

/// The dialect of Active Storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveStorage;

impl Dialect for ActiveStorage {
    fn needs_md5(&self) -> bool {
        true
    }

    fn csrf(&self) -> CsrfPlace {
        CsrfPlace {
            meta: Some("csrf-token"),
            cookie: None,
        }
    }

    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        match replies {
            [] => question(site, ask).map(Next::Call),
            [reply, ..] => granted(reply).map(Next::Done),
        }
    }
}

fn question(site: &Site, ask: &Ask) -> Result<Call, Trouble> {
    let Some(md5) = ask.md5 else {
        let text = "Active Storage has to be told the file's MD5";
        return Err(Trouble::Unsupported(text.to_owned()));
    };
    let mut blob = vec![
        ("filename".to_owned(), Value::from(ask.name)),
        ("content_type".to_owned(), ask.media_type.into()),
        ("byte_size".to_owned(), ask.size.into()),
        ("checksum".to_owned(), md5.into()),
    ];
    told::add(&mut blob, told::metadata(ask));
    let mut members = vec![("blob".to_owned(), Value::Object(blob))];
    told::add(&mut members, told::extra(site));
    let url = below(&site.endpoint, "", "");
    let call = Call::new("POST", url, Payload::Json(Value::Object(members)));
    // Without this header, an authentication filter of the controller may answer with a sign-in page.
    Ok(call.header("Accept", "application/json"))
}

fn granted(reply: &Reply) -> Result<Granted, Trouble> {
    let answer = reply.value(EXPECTED)?;
    let direct = answer.get("direct_upload").unwrap_or(&Value::Null);
    let url = direct.text_of("url").filter(|url| is_address(url));
    let (Some(url), Some(signed_id)) = (url, answer.text_of("signed_id")) else {
        return Err(auto::not_granted(reply, EXPECTED));
    };
    // Only these headers are sent. Google's signature, for example, does not include Content-Type.
    let signed = Signed::put(url).with_headers(auto::headers(direct.get("headers")));
    Ok(Granted {
        key: answer.text_of("key").map(str::to_owned),
        value: Some(signed_id.to_owned()),
        ..Granted::new(Plan::Single(signed))
    })
}

#[cfg(test)]
#[path = "active_storage_tests.rs"]
mod tests;
