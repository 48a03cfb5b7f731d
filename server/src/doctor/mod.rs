//! The diagnosis of a store that a page cannot reach.
//!
//! A browser reports to a page only that a request failed. The server can read the store's answers, which no CORS rule
//! hides from it. `cors` examines the CORS rule, `host` the host of the URLs. Only the bucket's own address is
//! requested: addresses in a request are compared, never requested. The answer to a request is cached for some seconds.

mod cors;
mod diagnosis_request;
mod finding;
mod host;

pub use diagnosis_request::DiagnosisRequest;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use s3_upload_protocol::native::DoctorFinding;
use tokio::sync::{Mutex, Semaphore};

use crate::store::{BucketCors, NoResponse, PublicBucket, Store, StoreError, StoreResponse};
use finding::finding;

/// The lifetime of a cached answer.
const CACHE_DURATION: Duration = Duration::from_secs(10);
/// The most answers in the cache.
const MAX_CACHED: usize = 100;
/// The most diagnoses at a time; each sends a few small requests to the store.
const MAX_CONCURRENT: usize = 2;
/// Diagnoses, and caches the findings.
#[derive(Debug)]
pub struct Doctor {
    cache_duration: Duration,
    cache: Mutex<HashMap<DiagnosisRequest, (Instant, Vec<DoctorFinding>)>>,
    permits: Semaphore,
}

impl Default for Doctor {
    fn default() -> Self {
        Self::with_cache_duration(CACHE_DURATION)
    }
}

impl Doctor {
    /// A doctor with this lifetime of cached answers.
    pub fn with_cache_duration(cache_duration: Duration) -> Self {
        Self {
            cache_duration,
            cache: Mutex::default(),
            permits: Semaphore::new(MAX_CONCURRENT),
        }
    }

    /// The causes, the likeliest first.
    pub async fn diagnose(
        &self,
        store: &Store,
        request: DiagnosisRequest,
    ) -> Result<Vec<DoctorFinding>, StoreError> {
        // It is never closed.
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| StoreError::Unavailable)?;
        let is_fresh = |at: &Instant| at.elapsed() < self.cache_duration;
        if let Some((at, findings)) = self.cache.lock().await.get(&request)
            && is_fresh(at)
        {
            return Ok(findings.clone());
        }
        let findings = examine(store, &request).await?;
        let mut cache = self.cache.lock().await;
        cache.retain(|_, (at, _)| is_fresh(at));
        if cache.len() < MAX_CACHED {
            cache.insert(request, (Instant::now(), findings.clone()));
        }
        Ok(findings)
    }
}

async fn examine(
    store: &Store,
    request: &DiagnosisRequest,
) -> Result<Vec<DoctorFinding>, StoreError> {
    let bucket = store.public().await?;
    let cors_request = request.cors_request();
    let store_origin = request.store.as_deref().unwrap_or(bucket.origin());
    let mut findings: Vec<DoctorFinding> = host::internal_host(store_origin, cors_request.origin)
        .into_iter()
        .collect();
    let (preflight, refused) = match (
        bucket.preflight(&cors_request).await,
        bucket
            .send_unauthorized(cors_request.origin, cors_request.method)
            .await,
    ) {
        (Ok(preflight), Ok(refused)) => (preflight, refused),
        (Err(why), _) | (_, Err(why)) => {
            findings.push(unreachable(&bucket, &why));
            return Ok(findings);
        }
    };
    let replies = [&preflight, &refused];
    if let Some(redirect) = replies.into_iter().find_map(redirect_finding) {
        findings.push(redirect);
        return Ok(findings);
    }
    let rules = store.cors_rules().await;
    let no_bucket = |reply: &&StoreResponse| reply.error.code == "NoSuchBucket";
    if rules == BucketCors::NoSuchBucket || replies.iter().any(no_bucket) {
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
    if is_transient(preflight.status) {
        let why = NoResponse(format!("it answers {}", preflight.status));
        findings.push(unreachable(&bucket, &why));
        return Ok(findings);
    }
    findings.extend(cors::examine(&bucket, &cors_request, &preflight, &refused, &rules).await);
    Ok(findings)
}

/// True if a status shows a temporary failure of the store, and nothing of its rule. 501 is a proxy that does not support
/// `OPTIONS`.
fn is_transient(status: StatusCode) -> bool {
    match status.as_u16() {
        408 | 425 | 429 => true,
        501 => false,
        _ => status.is_server_error(),
    }
}

fn unreachable(bucket: &PublicBucket, why: &NoResponse) -> DoctorFinding {
    let origin = bucket.origin();
    finding(
        "store_unreachable",
        format!(
            "The store at {origin} does not answer this server either: {}.",
            why.0
        ),
        format!(
            "Check that the store runs, and that {origin} is its address: --public-endpoint or else --endpoint, --region, \
             and --path-style for a store that does not know the bucket as a host."
        ),
    )
}

/// A finding if the store redirects. No browser follows a redirect of a preflight.
fn redirect_finding(reply: &StoreResponse) -> Option<DoctorFinding> {
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
            "The store redirects to {to}, and browsers do not follow this redirect in a request to another origin."
        ),
        format!("Sign for the address to which the store redirects: --public-endpoint {to}"),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn what_passes_tells_nothing_of_a_rule() {
        for (status, trouble) in [
            (429, true),
            (408, true),
            (503, true),
            (599, true),
            (501, false),
            (403, false),
            (200, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(is_transient(status), trouble, "{status}");
        }
    }

    #[test]
    fn a_redirect_names_the_region_or_the_address() {
        let reply = |status: u16, name: &'static str, value: &'static str| {
            let mut reply = StoreResponse {
                status: status.try_into().unwrap(),
                ..StoreResponse::default()
            };
            reply.headers.insert(name, value.parse().unwrap());
            reply
        };
        let region = redirect_finding(&reply(301, "x-amz-bucket-region", "eu-west-1")).unwrap();
        assert!(
            region.fix.starts_with("--region eu-west-1"),
            "{}",
            region.fix
        );
        let secure = redirect_finding(&reply(
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
            redirect_finding(&reply(403, "x-amz-bucket-region", "eu-west-1")),
            None
        );
    }
}
