//! The attributes that configure requests to the backend: its dialect, the names of fields, and the token against
//! cross-site request forgery. The functions are pure.

use s3_upload_core::CollectVec;
use s3_upload_protocol::dialect::{CsrfPlace, NAMES};
use s3_upload_protocol::{BackendConfig, Encoding};

use crate::uploader::{Csrf, DialectChoice, Settings};

/// The parsed attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct BackendAttributes {
    config: BackendConfig,
    protocol: Option<&'static str>,
    csrf: Csrf,
}

impl BackendAttributes {
    /// Sets an attribute. `None` if `name` is not an attribute of this kind. The error is a description of the expected
    /// values.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Option<Result<(), &'static str>> {
        // An empty name has a meaning of its own: the field is left out.
        let own = value.map(|value| value.trim().to_owned());
        let filled = own.clone().filter(|value| !value.is_empty());
        match name {
            // A slash at the end stays, since some backends require it.
            "endpoint" => self.config.endpoint = filled.unwrap_or_default(),
            "route" => self.config.route = filled,
            "name-field" => self.config.field_names.name = own,
            "type-field" => self.config.field_names.media_type = own,
            "size-field" => self.config.field_names.size = own,
            "extra-fields" => {
                self.config.extra_fields = filled.map(|text| pairs(&text)).unwrap_or_default();
            }
            "csrf-meta" => self.csrf.meta = filled,
            "csrf-cookie" => self.csrf.cookie = filled,
            "csrf-header" => self.csrf.header = filled,
            "protocol" => {
                self.protocol = NAMES
                    .iter()
                    .map(|(name, _)| *name)
                    .find(|name| filled.as_deref() == Some(*name));
                let is_known = filled.is_none() || self.protocol.is_some();
                return Some(if is_known { Ok(()) } else { Err(PROTOCOLS) });
            }
            "request" => {
                let encoding = match own.as_deref() {
                    None | Some("json") => Some(Encoding::Json),
                    Some("form") => Some(Encoding::Form),
                    Some("query") => Some(Encoding::Query),
                    Some(_) => None,
                };
                self.config.encoding = encoding.unwrap_or_default();
                return Some(encoding.map(|_| ()).ok_or("json, form or query"));
            }
            _ => return None,
        }
        Some(Ok(()))
    }

    /// Writes the attributes into the uploader's settings.
    pub fn configure(&self, settings: &mut Settings) {
        settings.backend.clone_from(&self.config);
        settings.dialect = match self.protocol {
            // The engine contains the default.
            None | Some("auto") => Settings::default().dialect,
            Some(name) => DialectChoice::Named(name),
        };
        // The place that a framework always uses needs no attribute. The page's own attributes have precedence.
        let place_of =
            |(name, place): &(&str, CsrfPlace)| (self.protocol == Some(*name)).then_some(*place);
        let CsrfPlace { meta, cookie } = NAMES.iter().find_map(place_of).unwrap_or_default();
        let place = |usual: Option<&str>| usual.map(str::to_owned);
        settings.csrf = match &self.csrf {
            Csrf {
                meta: None,
                cookie: None,
                header,
            } => Csrf {
                meta: place(meta),
                cookie: place(cookie),
                header: header.clone(),
            },
            own => own.clone(),
        };
    }
}

const PROTOCOLS: &str = "auto or one of the dialects that docs/backends.md lists";

/// Parses pairs such as `bucket_name=uploads&expiration=300`, with the escapes of a query.
fn pairs(text: &str) -> Vec<(String, String)> {
    text.trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(name), unescape(value))
        })
        .collect_vec()
}

/// Decodes an escaped text. <https://url.spec.whatwg.org/#urlencoded-parsing>
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let ahead = rest.clone();
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                if let (Some(high), Some(low)) = (hex(rest.next()), hex(rest.next())) {
                    u8::try_from(high * 16 + low).unwrap_or(b'?')
                } else {
                    rest = ahead;
                    byte
                }
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn settings(attributes: &[(&str, &str)]) -> Settings {
        let mut speech = BackendAttributes::default();
        for (name, value) in attributes {
            assert_eq!(speech.set(name, Some(value)), Some(Ok(())), "{name}");
        }
        let mut settings = Settings::default();
        speech.configure(&mut settings);
        settings
    }

    /// <https://url.spec.whatwg.org/#urlencoded-parsing>
    #[test]
    fn the_words_of_a_backend() {
        let settings = settings(&[
            ("endpoint", " /api/v1/files/presign/ "),
            ("request", "query"),
            ("name-field", "file_name"),
            ("size-field", ""),
            (
                "extra-fields",
                "bucket_name=up%20loads&note=a+b&flag&50%=%zz",
            ),
            ("csrf-meta", "token"),
        ]);
        assert_eq!(settings.backend.endpoint, "/api/v1/files/presign/");
        assert_eq!(settings.backend.encoding, Encoding::Query);
        assert_eq!(
            settings.backend.field_names.name.as_deref(),
            Some("file_name")
        );
        assert_eq!(settings.backend.field_names.media_type, None);
        assert_eq!(settings.backend.field_names.size.as_deref(), Some(""));
        let extra = [
            ("bucket_name", "up loads"),
            ("note", "a b"),
            ("flag", ""),
            ("50%", "%zz"),
        ];
        let extra: Vec<_> = extra
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        assert_eq!(settings.backend.extra_fields, extra);
        assert_eq!(settings.csrf.meta.as_deref(), Some("token"));
    }

    #[test]
    fn a_dialect_by_its_name_and_no_other() {
        let settings = settings(&[("protocol", "companion")]);
        assert!(matches!(
            settings.dialect,
            DialectChoice::Named("companion")
        ));
        let mut speech = BackendAttributes::default();
        assert!(matches!(speech.set("protocol", Some("ftp")), Some(Err(_))));
        assert!(matches!(speech.set("request", Some("xml")), Some(Err(_))));
        assert_eq!(speech.set("protocol", None), Some(Ok(())));
        assert_eq!(speech.set("accept", Some("image/*")), None);
    }
}
