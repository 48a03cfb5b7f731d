//! The diagnosis of a bucket's CORS rule.
//!
//! Reads the store's answers as a browser does, and finds the missing part of the rule: from the rules, if the store
//! returns them, otherwise by preflights that ask for less. Every fix is the whole list of rules, ready to be set.

use s3_upload_protocol::native::DoctorFinding;

use super::finding::finding;
use crate::store::{
    BucketCors, CorsRequest, CorsRule, PublicBucket, StoreResponse,
    cors_rule::{json, repaired},
};

/// The part of the CORS rules that a preflight lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum CorsGap {
    NoRule,
    Origin,
    Method,
    Headers(Vec<String>),
    /// The rules allow the request, and the answer does not.
    AllowedByRules,
}

/// Examines the answers to a preflight and to a request that the store refuses.
pub(super) async fn examine(
    bucket: &PublicBucket,
    cors_request: &CorsRequest<'_>,
    preflight: &StoreResponse,
    refused: &StoreResponse,
    rules: &BucketCors,
) -> Vec<DoctorFinding> {
    if let Some(seen) = gap(preflight, cors_request) {
        let gap = match rules {
            BucketCors::Rules(rules) => gap_in_rules(rules, cors_request),
            // If the origin is allowed, the answer itself shows the gap.
            _ if seen != CorsGap::Origin => seen,
            _ => probe_for_gap(bucket, cors_request, preflight).await,
        };
        return vec![describe(&gap, bucket, cors_request, rules)];
    }
    let mut findings = Vec::new();
    if cors_request.method == "PUT" && !exposes_etag(preflight, refused, rules, cors_request) {
        findings.push(advice(
            "cors_expose",
            "The page cannot read the ETag of the parts that it sent, so that an upload in parts needs one more request.",
            cors_request,
            rules,
        ));
    }
    let has_age = |rule: &CorsRule| rule.max_age_seconds.unwrap_or(0) > 0;
    let is_set = sender(rules, cors_request).is_some_and(has_age);
    if !is_set && preflight.header("access-control-max-age").is_empty() {
        findings.push(advice(
            "cors_max_age",
            "Browsers forget the preflight's answer after five seconds, so that nearly every request of an upload costs a second one.",
            cors_request,
            rules,
        ));
    }
    findings
}

/// The gap in the answer to a preflight, as a browser reads it.
fn gap(reply: &StoreResponse, cors_request: &CorsRequest<'_>) -> Option<CorsGap> {
    let origin = reply.header("access-control-allow-origin");
    if !reply.status.is_success() || (origin != "*" && origin != cors_request.origin) {
        return Some(CorsGap::Origin);
    }
    // The methods of plain forms and links need no permission.
    let is_plain = matches!(cors_request.method, "GET" | "HEAD" | "POST");
    if !is_plain && !reply.lists("access-control-allow-methods", cors_request.method) {
        return Some(CorsGap::Method);
    }
    let is_missing = |name: &&String| !reply.lists("access-control-allow-headers", name);
    let headers: Vec<String> = cors_request
        .headers
        .iter()
        .filter(is_missing)
        .cloned()
        .collect();
    (!headers.is_empty()).then_some(CorsGap::Headers(headers))
}

/// The gap in these rules.
fn gap_in_rules(rules: &[CorsRule], cors_request: &CorsRequest<'_>) -> CorsGap {
    if rules.is_empty() {
        return CorsGap::NoRule;
    }
    if rules.iter().any(|rule| rule.grants(cors_request)) {
        return CorsGap::AllowedByRules;
    }
    let for_origin = |rule: &&CorsRule| rule.origin(cors_request.origin).is_some();
    let mut for_origin = rules.iter().filter(for_origin).peekable();
    if for_origin.peek().is_none() {
        return CorsGap::Origin;
    }
    let Some(rule) = for_origin.find(|rule| rule.method(cors_request.method)) else {
        return CorsGap::Method;
    };
    let is_missing = |name: &&String| !rule.header(name);
    CorsGap::Headers(
        cors_request
            .headers
            .iter()
            .filter(is_missing)
            .cloned()
            .collect(),
    )
}

/// Sends preflights with fewer headers and with other methods, until one succeeds.
async fn probe_for_gap(
    bucket: &PublicBucket,
    cors_request: &CorsRequest<'_>,
    preflight: &StoreResponse,
) -> CorsGap {
    let message = preflight.error.message.as_deref().unwrap_or_default();
    if message.contains("CORS is not enabled") {
        return CorsGap::NoRule;
    }
    let agrees = async |method: &str, headers: &[String]| {
        let cors_request = CorsRequest {
            method,
            headers,
            ..*cors_request
        };
        let reply = bucket.preflight(&cors_request).await;
        reply.is_ok_and(|reply| gap(&reply, &cors_request).is_none())
    };
    if !cors_request.headers.is_empty() && agrees(cors_request.method, &[]).await {
        let mut headers = Vec::new();
        for name in cors_request.headers {
            if !agrees(cors_request.method, std::slice::from_ref(name)).await {
                headers.push(name.clone());
            }
        }
        return CorsGap::Headers(headers);
    }
    for method in ["PUT", "POST", "GET", "HEAD", "DELETE"] {
        if method != cors_request.method && agrees(method, &[]).await {
            return CorsGap::Method;
        }
    }
    // S3 has this message where there is a rule. Another message may mean that there is none.
    if message.contains("not allowed") {
        CorsGap::Origin
    } else {
        CorsGap::NoRule
    }
}

fn describe(
    gap: &CorsGap,
    bucket: &PublicBucket,
    cors_request: &CorsRequest<'_>,
    rules: &BucketCors,
) -> DoctorFinding {
    let CorsRequest { origin, method, .. } = cors_request;
    let (code, message) = match gap {
        CorsGap::NoRule => (
            "cors_missing",
            format!(
                "The bucket has no CORS rule, so that pages of {origin} may not send files to it."
            ),
        ),
        CorsGap::Origin => (
            "cors_origin",
            format!("The bucket's CORS rule does not allow pages of {origin}."),
        ),
        CorsGap::Method => (
            "cors_method",
            format!("The bucket's CORS rule does not allow pages of {origin} to use {method}."),
        ),
        CorsGap::Headers(names) => (
            "cors_headers",
            format!(
                "The bucket's CORS rule does not allow pages of {origin} to send {}.",
                match names.as_slice() {
                    [] => "these headers together".to_owned(),
                    [name] => format!("the header {name}"),
                    names => format!("the headers {}", names.join(", ")),
                }
            ),
        ),
        CorsGap::AllowedByRules => return no_passage(bucket, cors_request),
    };
    advice(code, &message, cors_request, rules)
}

/// The rule is right and its answer does not arrive.
fn no_passage(bucket: &PublicBucket, cors_request: &CorsRequest<'_>) -> DoctorFinding {
    let CorsRequest {
        origin,
        method,
        headers,
    } = cors_request;
    finding(
        "cors_missing",
        format!(
            "The bucket's CORS rule allows this, but the server at {} does not: it may be a proxy in front of the store, or the rule may not be in effect yet.",
            bucket.origin()
        ),
        format!(
            "Let the proxy hand OPTIONS requests to the store, or answer them itself with\n\
             Access-Control-Allow-Origin: {origin}\n\
             Access-Control-Allow-Methods: {method}{}\n\
             Access-Control-Max-Age: 7200",
            match headers {
                [] => String::new(),
                headers => format!("\nAccess-Control-Allow-Headers: {}", headers.join(", ")),
            }
        ),
    )
}

/// A finding whose fix is the corrected list of rules.
fn advice(
    code: &str,
    message: &str,
    cors_request: &CorsRequest<'_>,
    rules: &BucketCors,
) -> DoctorFinding {
    let (known, how) = match rules {
        BucketCors::Rules(rules) if rules.is_empty() => (
            rules.as_slice(),
            "Set the bucket's CORS configuration to the JSON.",
        ),
        BucketCors::Rules(rules) => (
            rules.as_slice(),
            "Set the bucket's CORS configuration to the JSON, which keeps the present rules.",
        ),
        _ => (
            [].as_slice(),
            "Add the JSON's rule to the bucket's CORS configuration, which this server may not read (s3:GetBucketCORS).",
        ),
    };
    finding(
        code,
        format!("{message} {how}"),
        json(&repaired(known, cors_request)),
    )
}

/// The rule by which S3 answers requests of this origin and method, if the rules are known.
fn sender<'a>(rules: &'a BucketCors, cors_request: &CorsRequest<'_>) -> Option<&'a CorsRule> {
    let BucketCors::Rules(rules) = rules else {
        return None;
    };
    let mut rules = rules.iter();
    rules
        .find(|rule| rule.origin(cors_request.origin).is_some() && rule.method(cors_request.method))
}

/// True if a page can read the `ETag`, or if no answer shows it: some stores have no CORS headers
/// in errors, and those of a preflight need not name what is exposed.
fn exposes_etag(
    preflight: &StoreResponse,
    refused: &StoreResponse,
    rules: &BucketCors,
    cors_request: &CorsRequest<'_>,
) -> bool {
    let name = "access-control-expose-headers";
    if refused.lists(name, "etag") || preflight.lists(name, "etag") {
        return true;
    }
    match sender(rules, cors_request) {
        Some(rule) => rule.exposes("etag"),
        None => refused.header("access-control-allow-origin").is_empty(),
    }
}
