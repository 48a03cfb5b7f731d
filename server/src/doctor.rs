//! The doctor: why a page does not reach the store.
//!
//! A browser tells a page only that a request failed. This looks from the server's side, where no rule of a browser hides
//! the answer. Owns the order in which causes are looked for, and the sentences about them; what is wrong with a CORS
//! rule is in `cors`, which hosts a browser cannot reach in `host`. Refuses to ask any address but the bucket's own:
//! what a request names is compared, never called. The same question is asked of the store once in some seconds.

mod cors;
mod host;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use s3_upload_protocol::native::{DoctorRequest, Finding};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    config::is_endpoint,
    cors_rule::Asked,
    refusal::Refused,
    store::{
        Fault, Store,
        public::{NoReply, Public, Reply, Rules},
    },
};

/// For how long an answer is given again.
const KEPT: Duration = Duration::from_secs(10);
/// The most answers that are kept.
const MOST_KEPT: usize = 100;
/// The most examinations at a time; each is a few small requests to the store.
const AT_ONCE: usize = 2;
/// The most headers of one question.
const MOST_HEADERS: usize = 16;

/// A question that can be asked of the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    origin: String,
    store: Option<String>,
    method: String,
    headers: Vec<String>,
}

impl Question {
    /// Checks the words of a request, which become headers of a request to the store and parts of an answer.
    pub fn read(request: DoctorRequest) -> Result<Self, Refused> {
        let is_origin = |text: &str| is_endpoint(text) && !text.ends_with('/');
        // A page from a file or in a sandbox has the origin `null`.
        if !is_origin(&request.origin) && request.origin != "null" {
            return Err(Refused::invalid(
                "`origin` is not a page's origin such as https://app.example.com.",
            ));
        }
        let method = request.method;
        if !["GET", "HEAD", "PUT", "POST", "DELETE"].contains(&&*method) {
            return Err(Refused::invalid(
                "`method` is none of PUT, POST, GET, HEAD and DELETE.",
            ));
        }
        let is_name = |name: &String| {
            (1..=64).contains(&name.len())
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if request.headers.len() > MOST_HEADERS || !request.headers.iter().all(is_name) {
            return Err(Refused::invalid(format!(
                "`headers` should be at most {MOST_HEADERS} names of headers."
            )));
        }
        let names = request.headers.iter().map(|name| name.to_ascii_lowercase());
        // The browser's own; no rule is asked about them.
        let mut headers: Vec<String> = names
            .filter(|name| !matches!(&**name, "host" | "content-length"))
            .collect();
        headers.sort_unstable();
        headers.dedup();
        Ok(Self {
            origin: request.origin,
            store: request.store.filter(|store| is_origin(store)),
            method,
            headers,
        })
    }

    /// The page's origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            origin: &self.origin,
            method: &self.method,
            headers: &self.headers,
        }
    }
}

/// Examines, and remembers for a while what it found.
#[derive(Debug)]
pub struct Doctor {
    kept: Duration,
    found: Mutex<HashMap<Question, (Instant, Vec<Finding>)>>,
    turns: Semaphore,
}

impl Default for Doctor {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Doctor {
    /// One that gives an answer again for so long.
    pub fn keeping(kept: Duration) -> Self {
        Self {
            kept,
            found: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// What is wrong, the likeliest first.
    pub async fn ask(&self, store: &Store, question: Question) -> Result<Vec<Finding>, Fault> {
        // It is never closed.
        let _turn = self.turns.acquire().await.map_err(|_| Fault::Unavailable)?;
        let is_fresh = |at: &Instant| at.elapsed() < self.kept;
        if let Some((at, findings)) = self.found.lock().await.get(&question)
            && is_fresh(at)
        {
            return Ok(findings.clone());
        }
        let findings = examine(store, &question).await?;
        let mut found = self.found.lock().await;
        found.retain(|_, (at, _)| is_fresh(at));
        if found.len() < MOST_KEPT {
            found.insert(question, (Instant::now(), findings.clone()));
        }
        Ok(findings)
    }
}

async fn examine(store: &Store, question: &Question) -> Result<Vec<Finding>, Fault> {
    let bucket = store.public().await?;
    let asked = question.asked();
    let seen = question.store.as_deref().unwrap_or(bucket.origin());
    let mut findings: Vec<Finding> = host::internal(seen, asked.origin).into_iter().collect();
    let (preflight, refused) = match (
        bucket.preflight(&asked).await,
        bucket.refused(asked.origin, asked.method).await,
    ) {
        (Ok(preflight), Ok(refused)) => (preflight, refused),
        (Err(why), _) | (_, Err(why)) => {
            findings.push(unreachable(&bucket, &why));
            return Ok(findings);
        }
    };
    let replies = [&preflight, &refused];
    if let Some(elsewhere) = replies.into_iter().find_map(elsewhere) {
        findings.push(elsewhere);
        return Ok(findings);
    }
    let rules = store.cors_rules().await;
    let no_bucket = |reply: &&Reply| reply.error.code == "NoSuchBucket";
    if rules == Rules::NoBucket || replies.iter().any(no_bucket) {
        findings.push(finding(
            "no_such_bucket",
            format!(
                "The store at {} has no bucket of this name.",
                bucket.origin()
            ),
            "Create the bucket, or name the right one by --bucket (S3_UPLOAD_BUCKET), at the right store by --endpoint \
             and --region.",
        ));
        return Ok(findings);
    }
    if preflight.status.is_server_error() && preflight.status.as_u16() != 501 {
        let why = NoReply(format!("it answers {}", preflight.status));
        findings.push(unreachable(&bucket, &why));
        return Ok(findings);
    }
    findings.extend(cors::examine(&bucket, &asked, &preflight, &refused, &rules).await);
    Ok(findings)
}

fn unreachable(bucket: &Public, why: &NoReply) -> Finding {
    let origin = bucket.origin();
    finding(
        "store_unreachable",
        format!(
            "The store at {origin} does not answer this server either: {}.",
            why.0
        ),
        format!(
            "See that the store runs, and that {origin} is its address: --public-endpoint or else --endpoint, --region, \
             and --path-style for a store that does not know the bucket as a host."
        ),
    )
}

/// The store says to go somewhere else, where no browser follows with a request of another origin.
fn elsewhere(reply: &Reply) -> Option<Finding> {
    if !reply.status.is_redirection() {
        return None;
    }
    let region = reply.header("x-amz-bucket-region");
    if !region.is_empty() {
        return Some(finding(
            "region",
            format!(
                "The bucket is in the region {region}, and the URLs are signed for another one."
            ),
            format!(
                "--region {region} (S3_UPLOAD_REGION={region}); an --endpoint or --public-endpoint of AWS names its region, too."
            ),
        ));
    }
    let to = host::origin(reply.header("location")).unwrap_or("another address");
    Some(finding(
        "region",
        format!(
            "The store sends browsers on to {to}, and they do not follow with a request of another origin."
        ),
        format!("Sign for the address where the store answers itself: --public-endpoint {to}"),
    ))
}

fn finding(code: &str, message: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding {
        code: code.to_owned(),
        message: message.into(),
        fix: fix.into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn request(origin: &str, method: &str, headers: &[&str]) -> DoctorRequest {
        DoctorRequest {
            origin: origin.to_owned(),
            store: Some("javascript:alert(1)".to_owned()),
            method: method.to_owned(),
            headers: headers.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_question_is_checked_word_by_word() {
        let headers = ["X-B", "content-type", "x-b", "Content-Length"];
        let question = Question::read(request("https://a.example", "PUT", &headers)).unwrap();
        assert_eq!(question.headers, ["content-type", "x-b"]);
        assert_eq!(question.store, None, "that is no origin");
        assert!(Question::read(request("null", "POST", &[])).is_ok());
        for wrong in [
            request("", "PUT", &[]),
            request("https://a.example/", "PUT", &[]),
            request("https://a.example/x", "PUT", &[]),
            request("https://a.example\r\nx: y", "PUT", &[]),
            request("file:///x", "PUT", &[]),
            request("https://a.example", "put", &[]),
            request("https://a.example", "TRACE", &[]),
            request("https://a.example", "PUT", &["a b"]),
            request("https://a.example", "PUT", &[""]),
            request("https://a.example", "PUT", &["x"; 17]),
        ] {
            assert_eq!(Question::read(wrong).unwrap_err().code, "invalid_request");
        }
    }

    #[test]
    fn a_redirect_names_the_region_or_the_address() {
        let reply = |status: u16, name: &'static str, value: &'static str| {
            let mut reply = Reply {
                status: status.try_into().unwrap(),
                ..Reply::default()
            };
            reply.headers.insert(name, value.parse().unwrap());
            reply
        };
        let region = elsewhere(&reply(301, "x-amz-bucket-region", "eu-west-1")).unwrap();
        assert!(
            region.fix.starts_with("--region eu-west-1"),
            "{}",
            region.fix
        );
        let secure = elsewhere(&reply(
            308,
            "location",
            "https://s3.example/b?X-Amz-Signature=5ec",
        ));
        assert!(
            secure
                .unwrap()
                .fix
                .ends_with("--public-endpoint https://s3.example")
        );
        assert_eq!(
            elsewhere(&reply(403, "x-amz-bucket-region", "eu-west-1")),
            None
        );
    }
}
