//! Laravel Vapor's signed storage URLs. <https://docs.vapor.build/resources/storage#file-uploads>
//!
//! The endpoint is `/vapor/signed-storage-url`. Vapor makes the key itself, `tmp/` and a UUID. The form submits the
//! whole key, and the page's own code moves the object from there. The backend confirms nothing. Extra fields
//! (`bucket`, `visibility`, `cache_control`, …) are sent unchanged, metadata as `metadata`.

use super::{CsrfPlace, Dialect, Site, auto, told};
use crate::grant::is_address;
use crate::talk::below;
use crate::{Ask, Call, Granted, Next, Payload, Plan, Reply, Signed, Step, Trouble, Value};

const EXPECTED: &str =
    r#"JSON like {"uuid": "…", "bucket": "…", "key": "…", "url": "https://…", "headers": {}}"#;

/// The dialect of Vapor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vapor;

impl Dialect for Vapor {
    /// Laravel's layouts have the one, and its middleware sets the other.
    fn csrf(&self) -> CsrfPlace {
        CsrfPlace {
            meta: Some("csrf-token"),
            cookie: Some("XSRF-TOKEN"),
        }
    }

    fn create(&self, site: &Site, ask: &Ask, replies: &[Reply]) -> Step<Granted> {
        Ok(match replies {
            [] => Next::Call(question(site, ask)),
            [reply, ..] => Next::Done(granted(reply, ask)?),
        })
    }
}

fn question(site: &Site, ask: &Ask) -> Call {
    // The server chooses the value of an empty field. Vapor's own client sends these fields as well.
    let mut members: Vec<(String, Value)> = vec![
        ("bucket".to_owned(), "".into()),
        ("content_type".to_owned(), ask.media_type.into()),
        ("expires".to_owned(), "".into()),
        ("visibility".to_owned(), "".into()),
    ];
    told::add(&mut members, told::metadata(ask));
    told::add(&mut members, told::extra(site));
    let url = below(&site.endpoint, "", "");
    let call = Call::new("POST", url, Payload::Json(Value::Object(members)));
    // Without this header, Laravel redirects a person who is not signed in.
    call.header("Accept", "application/json")
}

fn granted(reply: &Reply, ask: &Ask) -> Result<Granted, Trouble> {
    let answer = reply.value(EXPECTED)?;
    let url = answer.text_of("url").filter(|url| is_address(url));
    let (Some(url), Some(key)) = (url, answer.text_of("key")) else {
        return Err(auto::not_granted(reply, EXPECTED));
    };
    let signed = Signed::put(url)
        .with_headers(auto::headers(answer.get("headers")))
        .header("Content-Type", ask.media_type);
    Ok(Granted {
        key: Some(key.to_owned()),
        ..Granted::new(Plan::Single(signed))
    })
}

#[cfg(test)]
#[path = "vapor_tests.rs"]
mod tests;
