//! A bucket's CORS rule, in S3's form.
//!
//! Reads and writes its JSON (that of S3's console and, under `CORSRules`, of `aws s3api put-bucket-cors`), matches
//! requests, and repairs rules that block an upload. Pure.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>

use serde::{Deserialize, Serialize};

/// The request headers that a presigned upload may carry.
const HEADERS: [&str; 6] = [
    "content-type",
    "content-md5",
    "content-disposition",
    "cache-control",
    "if-none-match",
    "x-amz-*",
];

/// The answer headers that a page may read.
const EXPOSED: [&str; 10] = [
    "ETag",
    "Location",
    "Retry-After",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
    "x-amz-version-id",
    "x-amz-request-id",
    "x-amz-id-2",
];

/// The lifetime of a preflight's answer in seconds: the longest that Chromium supports.
const MAX_AGE: u32 = 7200;

/// One rule of a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CorsRule {
    /// The rule's name.
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The origins whose pages may send requests; one `*` each stands for anything.
    pub allowed_origins: Vec<String>,
    /// The methods that they may use: `GET`, `PUT`, `POST`, `DELETE`, `HEAD`.
    pub allowed_methods: Vec<String>,
    /// The request headers that they may send; one `*` each stands for anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_headers: Vec<String>,
    /// The answer headers that they may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// The seconds for which a browser may cache a preflight's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
}

impl CorsRule {
    /// The rule that uploads from pages of these origins need.
    pub fn for_uploads(origins: Vec<String>) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            id: None,
            allowed_origins: origins,
            allowed_methods: owned(&["PUT", "POST"]),
            allowed_headers: owned(&HEADERS),
            expose_headers: owned(&EXPOSED),
            max_age_seconds: Some(MAX_AGE),
        }
    }

    /// The pattern that lets this origin in.
    pub fn origin(&self, origin: &str) -> Option<&str> {
        let mut patterns = self.allowed_origins.iter().map(String::as_str);
        patterns.find(|pattern| fits(pattern, origin))
    }

    /// True if this method is allowed.
    pub fn method(&self, method: &str) -> bool {
        self.allowed_methods.iter().any(|allowed| allowed == method)
    }

    /// True if a request may carry this header.
    pub fn header(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let mut patterns = self.allowed_headers.iter();
        patterns.any(|pattern| fits(&pattern.to_ascii_lowercase(), &name))
    }

    /// True if a page may read this header of an answer.
    pub fn exposes(&self, name: &str) -> bool {
        let mut exposed = self.expose_headers.iter();
        exposed.any(|exposed| exposed.eq_ignore_ascii_case(name))
    }

    /// True if it answers a preflight for this request.
    pub fn grants(&self, cors_request: &CorsRequest<'_>) -> bool {
        self.origin(cors_request.origin).is_some()
            && self.method(cors_request.method)
            && cors_request.headers.iter().all(|name| self.header(name))
    }

    /// Adds what this request lacks.
    fn extend(&mut self, cors_request: &CorsRequest<'_>) {
        if self.origin(cors_request.origin).is_none() {
            self.allowed_origins.push(cors_request.origin.to_owned());
        }
        if !self.method(cors_request.method) {
            self.allowed_methods.push(cors_request.method.to_owned());
        }
        for name in cors_request.headers {
            if !self.header(name) {
                self.allowed_headers.push(name.to_ascii_lowercase());
            }
        }
        if !self.exposes("etag") {
            self.expose_headers.push("ETag".to_owned());
        }
        if self.max_age_seconds.unwrap_or(0) == 0 {
            self.max_age_seconds = Some(MAX_AGE);
        }
    }
}

/// A request that a page of another origin wants to send.
#[derive(Debug, Clone, Copy)]
pub struct CorsRequest<'a> {
    /// The page's origin.
    pub origin: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// The names of its headers, in lower case.
    pub headers: &'a [String],
}

/// The rules, changed to allow this request and to expose its `ETag`. Every request that they
/// already allow stays allowed.
pub fn repaired(rules: &[CorsRule], cors_request: &CorsRequest<'_>) -> Vec<CorsRule> {
    let mut rules = rules.to_vec();
    // S3 takes the first rule that matches. A rule for every origin is not made to let every origin write.
    let sends = rules.iter().position(|rule| {
        rule.origin(cors_request.origin).is_some() && rule.method(cors_request.method)
    });
    let names = || {
        let mut rules = rules.iter();
        rules.position(|rule| rule.origin(cors_request.origin).is_some_and(|it| it != "*"))
    };
    if let Some(rule) = sends.or_else(names).and_then(|at| rules.get_mut(at)) {
        rule.extend(cors_request);
    } else {
        let mut rule = CorsRule::for_uploads(vec![cors_request.origin.to_owned()]);
        rule.extend(cors_request);
        rules.push(rule);
    }
    rules
}

/// Reads rules: a list, or an object with the list under `CORSRules`.
pub fn read(json: &str) -> Result<Vec<CorsRule>, String> {
    #[derive(Deserialize)]
    struct Configuration {
        #[serde(rename = "CORSRules")]
        rules: Vec<CorsRule>,
    }
    let rules = if json.trim_start().starts_with('{') {
        serde_json::from_str(json).map(|configuration: Configuration| configuration.rules)
    } else {
        serde_json::from_str(json)
    };
    rules.map_err(|error| error.to_string())
}

/// The rules as S3's console takes them.
pub fn json(rules: &[CorsRule]) -> String {
    // Strings and numbers, which always serialize.
    serde_json::to_string_pretty(rules).unwrap_or_default()
}

/// True if a text fits a pattern, in which one `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
        None => pattern == text,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure is a failed test"
)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://app.example.com";

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        CorsRule {
            allowed_origins: owned(origins),
            allowed_methods: owned(methods),
            allowed_headers: owned(headers),
            ..CorsRule::default()
        }
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fit) in [
            ("*", ORIGIN, true),
            ("https://*.example.com", ORIGIN, true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://.example.com", true),
            ("http://*", ORIGIN, false),
            (ORIGIN, "https://app.example.co", false),
            ("aba*aba", "aba", false),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
        let rule = CorsRule::for_uploads(vec!["*".into()]);
        for (name, allowed) in [
            ("Content-Type", true),
            ("x-amz-meta-a", true),
            ("x-amz-", true),
            ("x-am", false),
            ("authorization", false),
            ("content-types", false),
        ] {
            assert_eq!(rule.header(name), allowed, "{name}");
        }
    }

    #[test]
    fn a_repaired_rule_lets_the_request_through_and_keeps_the_rest() {
        let headers = ["content-type".to_owned(), "x-custom".to_owned()];
        let cors_request = CorsRequest {
            origin: ORIGIN,
            method: "PUT",
            headers: &headers,
        };
        for (rules, grown) in [
            (vec![], Some(0)),
            // Anyone may read; that does not become: anyone may write.
            (vec![rule(&["*"], &["GET"], &["*"])], Some(1)),
            (vec![rule(&["*"], &["PUT"], &[])], None),
            (vec![rule(&[ORIGIN], &["GET"], &[])], None),
            (
                vec![rule(&["https://b.example"], &["PUT"], &["*"])],
                Some(1),
            ),
            (
                vec![
                    rule(&["*"], &["GET"], &[]),
                    rule(&["https://*.example.com"], &["PUT"], &["content-type"]),
                ],
                None,
            ),
        ] {
            let repaired = repaired(&rules, &cors_request);
            let first = repaired
                .iter()
                .find(|rule| rule.grants(&cors_request))
                .unwrap();
            assert!(first.exposes("etag") && first.max_age_seconds == Some(7200));
            let sends = |rule: &&CorsRule| rule.origin(ORIGIN).is_some() && rule.method("PUT");
            assert_eq!(repaired.iter().find(sends), Some(first), "it is the first");
            assert_eq!(repaired.len(), rules.len() + usize::from(grown.is_some()));
            for (old, new) in rules.iter().zip(&repaired) {
                let kept = |old: &[String], new: &[String]| old.iter().all(|it| new.contains(it));
                assert!(kept(&old.allowed_origins, &new.allowed_origins));
                assert!(kept(&old.allowed_methods, &new.allowed_methods));
                assert!(kept(&old.allowed_headers, &new.allowed_headers));
            }
            if let Some(at) = grown {
                assert_eq!(repaired[..at], rules);
                assert_eq!(repaired[at].allowed_origins, [ORIGIN]);
            }
        }
    }

    #[test]
    fn rules_are_read_in_both_spellings() {
        let rules = vec![CorsRule::for_uploads(vec![ORIGIN.into()])];
        assert_eq!(read(&json(&rules)).unwrap(), rules);
        let wrapped = format!("{{\"CORSRules\": {}}}", json(&rules));
        assert_eq!(read(&wrapped).unwrap(), rules);
        let least = r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"]}]"#;
        assert_eq!(read(least).unwrap(), [rule(&["*"], &["PUT"], &[])]);
        let error = read(r#"[{"AllowedOrigins": ["*"], "AllowedMethod": ["PUT"]}]"#).unwrap_err();
        assert!(error.contains("AllowedMethod"), "{error}");
    }
}
