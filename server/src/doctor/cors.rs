//! What is wrong with a bucket's CORS rule.
//!
//! Owns reading the store's answers as a browser does, and finding the part of the rule that is missing: from the rules
//! if the store tells them, else by asking again with less. Every fix is the whole list of rules, to be set as it is.

use s3_upload_protocol::native::Finding;

use super::finding;
use crate::{
    cors_rule::{Asked, CorsRule, json, repaired},
    store::public::{Public, Reply, Rules},
};

/// What a preflight's answer lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lack {
    Rule,
    Origin,
    Method,
    Headers(Vec<String>),
    /// Nothing that the rules could give: they allow it already.
    Passage,
}

/// Looks at a preflight's answer, and at that to a request that the store refuses.
pub(super) async fn examine(
    bucket: &Public,
    asked: &Asked<'_>,
    preflight: &Reply,
    refused: &Reply,
    rules: &Rules,
) -> Vec<Finding> {
    if let Some(seen) = lack(preflight, asked) {
        let lack = match rules {
            Rules::Are(rules) => missing(rules, asked),
            // With an origin that is let in, the answer itself says what else is not.
            _ if seen != Lack::Origin => seen,
            _ => asked_again(bucket, asked, preflight).await,
        };
        return vec![describe(&lack, bucket, asked, rules)];
    }
    let mut findings = Vec::new();
    if asked.method == "PUT" && !exposes_etag(preflight, refused, rules, asked) {
        findings.push(advice(
            "cors_expose",
            "The page cannot read the ETag of what it sent, so that an upload in parts needs one more request.",
            asked,
            rules,
        ));
    }
    let has_age = |rule: &CorsRule| rule.max_age_seconds.unwrap_or(0) > 0;
    let is_set = sender(rules, asked).is_some_and(has_age);
    if !is_set && preflight.header("access-control-max-age").is_empty() {
        findings.push(advice(
            "cors_max_age",
            "Browsers forget the preflight's answer after five seconds, so that nearly every request of an upload costs a second one.",
            asked,
            rules,
        ));
    }
    findings
}

/// What a browser would miss in the answer to a preflight.
fn lack(reply: &Reply, asked: &Asked<'_>) -> Option<Lack> {
    let origin = reply.header("access-control-allow-origin");
    if !reply.status.is_success() || (origin != "*" && origin != asked.origin) {
        return Some(Lack::Origin);
    }
    // The methods of plain forms and links need no permission.
    let is_plain = matches!(asked.method, "GET" | "HEAD" | "POST");
    if !is_plain && !reply.lists("access-control-allow-methods", asked.method) {
        return Some(Lack::Method);
    }
    let is_missing = |name: &&String| !reply.lists("access-control-allow-headers", name);
    let headers: Vec<String> = asked.headers.iter().filter(is_missing).cloned().collect();
    (!headers.is_empty()).then_some(Lack::Headers(headers))
}

/// What none of these rules gives.
fn missing(rules: &[CorsRule], asked: &Asked<'_>) -> Lack {
    if rules.is_empty() {
        return Lack::Rule;
    }
    if rules.iter().any(|rule| rule.grants(asked)) {
        return Lack::Passage;
    }
    let for_origin = |rule: &&CorsRule| rule.origin(asked.origin).is_some();
    let mut for_origin = rules.iter().filter(for_origin).peekable();
    if for_origin.peek().is_none() {
        return Lack::Origin;
    }
    let Some(rule) = for_origin.find(|rule| rule.method(asked.method)) else {
        return Lack::Method;
    };
    let is_missing = |name: &&String| !rule.header(name);
    Lack::Headers(asked.headers.iter().filter(is_missing).cloned().collect())
}

/// Asks with fewer headers and with other methods, until the store agrees.
async fn asked_again(bucket: &Public, asked: &Asked<'_>, preflight: &Reply) -> Lack {
    let message = preflight.error.message.as_deref().unwrap_or_default();
    if message.contains("CORS is not enabled") {
        return Lack::Rule;
    }
    let agrees = async |method: &str, headers: &[String]| {
        let asked = Asked {
            method,
            headers,
            ..*asked
        };
        let reply = bucket.preflight(&asked).await;
        reply.is_ok_and(|reply| lack(&reply, &asked).is_none())
    };
    if !asked.headers.is_empty() && agrees(asked.method, &[]).await {
        let mut headers = Vec::new();
        for name in asked.headers {
            if !agrees(asked.method, std::slice::from_ref(name)).await {
                headers.push(name.clone());
            }
        }
        return Lack::Headers(headers);
    }
    for method in ["PUT", "POST", "GET", "HEAD", "DELETE"] {
        if method != asked.method && agrees(method, &[]).await {
            return Lack::Method;
        }
    }
    // S3 says so in a message of its own where there is a rule; whoever does not may have none.
    if message.contains("not allowed") {
        Lack::Origin
    } else {
        Lack::Rule
    }
}

fn describe(lack: &Lack, bucket: &Public, asked: &Asked<'_>, rules: &Rules) -> Finding {
    let Asked { origin, method, .. } = asked;
    let (code, message) = match lack {
        Lack::Rule => (
            "cors_missing",
            format!(
                "The bucket has no CORS rule, so that pages of {origin} may not send files to it."
            ),
        ),
        Lack::Origin => (
            "cors_origin",
            format!("The bucket's CORS rule does not let pages of {origin} in."),
        ),
        Lack::Method => (
            "cors_method",
            format!("The bucket's CORS rule does not let pages of {origin} use {method}."),
        ),
        Lack::Headers(names) => (
            "cors_headers",
            format!(
                "The bucket's CORS rule does not let pages of {origin} send {}.",
                match names.as_slice() {
                    [] => "these headers together".to_owned(),
                    [name] => format!("the header {name}"),
                    names => format!("the headers {}", names.join(", ")),
                }
            ),
        ),
        Lack::Passage => return no_passage(bucket, asked),
    };
    advice(code, &message, asked, rules)
}

/// The rule is right and its answer does not arrive.
fn no_passage(bucket: &Public, asked: &Asked<'_>) -> Finding {
    let Asked {
        origin,
        method,
        headers,
    } = asked;
    finding(
        "cors_missing",
        format!(
            "The bucket's CORS rule allows this, but what answers at {} does not: a proxy in front of the store, or the rule is some seconds old.",
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

/// A finding whose fix is the list of rules as it should be.
fn advice(code: &str, message: &str, asked: &Asked<'_>, rules: &Rules) -> Finding {
    let (known, how) = match rules {
        Rules::Are(rules) if rules.is_empty() => (
            rules.as_slice(),
            "Set the bucket's CORS configuration to the JSON.",
        ),
        Rules::Are(rules) => (
            rules.as_slice(),
            "Set the bucket's CORS configuration to the JSON, which keeps what is there.",
        ),
        _ => (
            [].as_slice(),
            "Add the JSON's rule to the bucket's CORS configuration, which this server may not read (s3:GetBucketCORS).",
        ),
    };
    finding(
        code,
        format!("{message} {how}"),
        json(&repaired(known, asked)),
    )
}

/// The rule by which S3 answers requests of this origin and method, if the rules are known.
fn sender<'a>(rules: &'a Rules, asked: &Asked<'_>) -> Option<&'a CorsRule> {
    let Rules::Are(rules) = rules else {
        return None;
    };
    let mut rules = rules.iter();
    rules.find(|rule| rule.origin(asked.origin).is_some() && rule.method(asked.method))
}

/// Whether a page can read the `ETag`. Where no answer shows it, it is taken to be so: some stores have no CORS headers
/// in errors, and those of a preflight need not name what is exposed.
fn exposes_etag(preflight: &Reply, refused: &Reply, rules: &Rules, asked: &Asked<'_>) -> bool {
    let name = "access-control-expose-headers";
    if refused.lists(name, "etag") || preflight.lists(name, "etag") {
        return true;
    }
    match sender(rules, asked) {
        Some(rule) => rule.exposes("etag"),
        None => refused.header("access-control-allow-origin").is_empty(),
    }
}
