//! The assertions that hold for every answer.

use std::collections::BTreeMap;
use std::fmt::Debug;

use fastrand::Rng;
use s3_upload_protocol::native::SentPart;
use s3_upload_protocol::store::ErrorDocument;
use s3_upload_protocol::{
    Audience, BackendConfig, CreateParams, Dialect, DialectRequest, DialectResponse, Encoding,
    GrantedUpload, Next, OperationResult, PartToSign, PresignedRequest, ResponseBody, SecretUrl,
    TransferPlan, UploadContext, Value, is_forbidden, refusal,
};

use crate::corpus::{Corpus, SIGNATURE};
use crate::mutate::pick;

/// One answer, and the state for checking what is read from it.
pub struct Case<'a> {
    /// The answer, as a response with a 2xx status.
    pub response: &'a DialectResponse,
    /// Texts that must not be shown.
    pub secrets: &'a [&'a str],
    pub corpus: &'a Corpus,
    pub rng: Rng,
    /// True if a value that was read so far contains a secret, so that output must be searched for it.
    pub has_secret: bool,
}

const ENDPOINT: &str = "https://x.supabase.co/storage/v1/object/upload/sign/b";
const SIZES: &[u64] = &[0, 1, 5, 1000, 5_242_880, 12_000_000, 5 << 30, 50 << 40];

impl Case<'_> {
    /// Passes the answer to everything that reads answers.
    pub fn check(&mut self) {
        self.texts();
        for (name, _) in s3_upload_protocol::dialect::NAMES {
            let dialect = s3_upload_protocol::named(name).unwrap();
            self.dialect(dialect);
        }
    }

    fn texts(&mut self) {
        let text = match &self.response.body {
            ResponseBody::Text(text, _) => text.clone(),
            ResponseBody::Json(value) => serde_json::to_string(value).unwrap(),
        };
        self.has_secret = self.secrets.iter().any(|secret| text.contains(secret));
        let status = *pick(&[200, 400, 404, 413, 500, 503], &mut self.rng);
        let (code, message) = refusal::read(status, &self.response.body);
        let length = message.as_deref().map_or(0, |text| text.chars().count());
        assert!(length <= 400);
        self.hidden(&(code, message));
        self.hidden(&self.response.body);
        if let ResponseBody::Json(value) = &self.response.body {
            // A value that was read can be read again after it is written, unless it is nested too deeply by now.
            if let Ok(again) = serde_json::from_str::<Value>(&text) {
                assert_eq!(&again, value);
            }
            self.urls(value);
        }
        if let Some(error) = ErrorDocument::parse(&text) {
            assert!(!error.code.is_empty());
            self.hidden(&error);
        }
        self.hidden(&ResponseBody::Text(text, String::new()));
    }

    fn urls(&self, value: &Value) {
        if let Value::Text(text) = value {
            let url = SecretUrl::from(text.as_str());
            let shown = format!("{url} {url:?}");
            let is_hidden = !self.secrets.contains(&SIGNATURE) || !shown.contains(SIGNATURE);
            assert!(is_hidden, "{shown}");
        }
        for item in value.items() {
            self.urls(item);
        }
        for (_, value) in value.members() {
            self.urls(value);
        }
    }

    fn dialect(&mut self, dialect: &dyn Dialect) {
        let mut config = BackendConfig {
            endpoint: pick(&[ENDPOINT, &format!("{ENDPOINT}/?a=b")], &mut self.rng).to_string(),
            route: Some("r".to_owned()),
            encoding: *pick(
                &[Encoding::Json, Encoding::Form, Encoding::Query],
                &mut self.rng,
            ),
            ..BackendConfig::default()
        };
        if self.rng.bool() {
            config.extra_fields = vec![("name".to_owned(), "7".to_owned())];
        }
        let metadata = BTreeMap::from([("album".to_owned(), "7".to_owned())]);
        let params = CreateParams {
            name: pick(&["a.txt", "..", "", "ü \u{0}?/&.tar.gz"], &mut self.rng),
            media_type: "text/plain",
            size: *pick(SIZES, &mut self.rng),
            metadata: &metadata,
            prefer_multipart: self.rng.bool(),
            part_size: 8 << 20,
            md5: Some("1B2M2Y8AsgTpgAmY7PhCfg=="),
            uuid: "0b7a3f0e-5d7e-4e1c-9d11-3c1d1a6c8e55",
        };
        let granted = self.run(|responses| dialect.create(&config, &params, responses));
        // Later operations run after a grant, and also with a session that no grant could leave.
        match granted {
            Some(granted) => {
                self.granted(&granted);
                let id = granted.id.as_deref().unwrap_or("i");
                self.operations(dialect, &config, id, &granted.session, params.size);
            }
            None if self.rng.u8(..) < 64 => {
                let session = match &self.response.body {
                    ResponseBody::Json(value) => value.clone(),
                    ResponseBody::Text(..) => Value::Null,
                };
                self.operations(dialect, &config, "../i", &session, params.size);
            }
            None => {}
        }
    }

    fn operations(
        &mut self,
        dialect: &dyn Dialect,
        page: &BackendConfig,
        id: &str,
        session: &Value,
        size: u64,
    ) {
        let upload = UploadContext {
            id,
            session,
            size,
            is_multipart: self.rng.bool(),
            part_size: *pick(&[0, 5, 5 << 20], &mut self.rng),
            age: self.rng.u64(0..2_000),
        };
        let last = *pick(&[1, 3, 12, 10_000], &mut self.rng);
        let mut wanted: Vec<u16> = (0..self.rng.u8(1..5))
            .map(|_| self.rng.u16(1..=last))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted: Vec<PartToSign> = wanted
            .iter()
            .map(|number| PartToSign {
                number: *number,
                size: 5,
            })
            .collect();
        if let Some(signed) =
            self.run(|responses| dialect.sign_parts(page, &upload, &wanted, responses))
        {
            let numbers = |parts: &mut dyn Iterator<Item = u16>| parts.collect::<Vec<_>>();
            assert_eq!(
                numbers(&mut signed.iter().map(|part| part.number)),
                numbers(&mut wanted.iter().map(|part| part.number))
            );
            for part in &signed {
                self.signed(&part.request);
                assert_eq!(part.request.fields, None);
                let url = part.request.url.expose();
                let query = url.split_once('?').map_or("", |(_, query)| query);
                let said = query
                    .split(['&', '#'])
                    .find_map(|pair| pair.strip_prefix("partNumber="));
                if let Some(said) = said {
                    assert_eq!(said.parse(), Ok(part.number), "{url}");
                }
            }
        }
        if let Some(listed) = self.run(|responses| dialect.list_parts(page, &upload, responses)) {
            assert!(
                listed
                    .iter()
                    .all(|part| (1..=10_000).contains(&part.number))
            );
        }
        let sent: Vec<SentPart> = wanted
            .iter()
            .map(|part| SentPart {
                number: part.number,
                etag: "\"<&>\"".to_owned(),
            })
            .collect();
        for sent in [None, Some(sent.as_slice())] {
            let stored = self.run(|responses| dialect.complete(page, &upload, sent, responses));
            if let Some(stored) = stored {
                for url in [&stored.location, &stored.download_url]
                    .into_iter()
                    .flatten()
                {
                    is_target(url.expose());
                }
            }
        }
        self.run(|responses| dialect.abort(page, &upload, responses));
    }

    /// Runs an operation to its end. Each of its requests gets this answer or, later, another one.
    fn run<T: Debug>(
        &mut self,
        operation: impl Fn(&[DialectResponse]) -> OperationResult<T>,
    ) -> Option<T> {
        let mut more: Vec<DialectResponse> = Vec::new();
        for round in 0..6 {
            let responses = match round {
                0 => &[][..],
                1 => std::slice::from_ref(self.response),
                _ => more.as_slice(),
            };
            match operation(responses) {
                Ok(Next::Done(value)) => {
                    self.hidden(&value);
                    return Some(value);
                }
                Ok(Next::Send(request)) => self.request(&request),
                Err(error) => {
                    self.hidden(&error);
                    return None;
                }
            }
            if round == 1 {
                more.push(self.response.clone());
            }
            if round > 0 {
                let body = if self.rng.bool() {
                    &self.response.body
                } else {
                    self.has_secret = true;
                    pick(&self.corpus.answers, &mut self.rng)
                };
                more.push(DialectResponse {
                    status: 200,
                    body: body.clone(),
                });
            }
        }
        panic!("an operation has no end");
    }

    fn request(&self, request: &DialectRequest) {
        assert!(["GET", "POST", "PUT", "DELETE"].contains(&request.method));
        let url = request.url.expose();
        match request.audience {
            Audience::Backend => assert!(url.starts_with(ENDPOINT), "{url}"),
            Audience::Store => is_target(url),
        }
        self.hidden(request);
    }

    fn granted(&self, granted: &GrantedUpload) {
        match &granted.plan {
            TransferPlan::Single(signed) => self.signed(signed),
            TransferPlan::Multipart { .. } => {
                assert!(granted.id.as_ref().is_some_and(|id| !id.is_empty()));
            }
            TransferPlan::Stored => assert_eq!(granted.id, None),
        }
    }

    fn signed(&self, signed: &PresignedRequest) {
        is_target(signed.url.expose());
        assert!(
            signed
                .expires_in
                .is_none_or(|life| (1..=604_800).contains(&life))
        );
        for (name, _) in &signed.headers {
            assert!(!is_forbidden(name) && !name.is_empty(), "{name}");
            assert!(
                !name.contains(|c: char| c.is_whitespace() || c == ':'),
                "{name}"
            );
        }
        if let Some(fields) = &signed.fields {
            assert!(!fields.expose().is_empty());
            let is_file = |(name, _): &(String, String)| name.eq_ignore_ascii_case("file");
            assert!(!fields.expose().iter().any(is_file));
            // A form's `Content-Type` contains the boundary, which only the browser knows.
            let is_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
            assert!(!signed.headers.iter().any(is_type));
        }
        self.hidden(signed);
    }

    fn hidden(&self, what: &impl Debug) {
        if !self.has_secret {
            return;
        }
        let shown = format!("{what:?}");
        for secret in self.secrets {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

/// Asserts that a request can be sent to the address: an HTTP URL, or a path.
fn is_target(url: &str) {
    let lower = url.to_ascii_lowercase();
    let is_one =
        lower.starts_with("https://") || lower.starts_with("http://") || url.starts_with('/');
    assert!(is_one, "{url}");
}
