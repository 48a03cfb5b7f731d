//! What a failure means: the error table as data, and the backoff.
//!
//! The rows follow S3's list of error responses
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>) and HTTP's status codes
//! (RFC 9110). What has no row is final: an integrator's mistake must not be retried in a loop.

use core::time::Duration;

use crate::error::{Blocked, Step, UploadError};

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Wait, then try the same again. Costs an attempt.
    Retry,
    /// Like `Retry`, but a second time in a row is final.
    Once,
    /// Have it signed again, then go on. Costs nothing.
    Resign,
    /// Start over with a fresh upload, once.
    Restart,
    /// Ask which parts the store holds, send what is missing, complete again.
    Relist,
    /// The object is there already: our own earlier try may have put it there.
    Exists,
    /// Tell the person.
    Final,
}

/// One row: matches when all that it names is so.
struct Row {
    status: Option<u16>,
    code: Option<&'static str>,
    message: Option<&'static str>,
    verdict: Verdict,
}

const fn status(status: u16, verdict: Verdict) -> Row {
    Row {
        status: Some(status),
        code: None,
        message: None,
        verdict,
    }
}

const fn code(code: &'static str, verdict: Verdict) -> Row {
    Row {
        status: None,
        code: Some(code),
        message: None,
        verdict,
    }
}

const fn says(code: &'static str, message: &'static str, verdict: Verdict) -> Row {
    Row {
        status: None,
        code: Some(code),
        message: Some(message),
        verdict,
    }
}

/// The store's refusals. The first row that matches decides.
const STORE: &[Row] = &[
    says("AccessDenied", "Request has expired", Verdict::Resign),
    says("AccessDenied", "Policy expired", Verdict::Resign),
    says("AccessDenied", "not yet valid", Verdict::Resign),
    code("ExpiredToken", Verdict::Resign),
    code("InvalidToken", Verdict::Resign),
    code("TokenRefreshRequired", Verdict::Resign),
    code("RequestTimeTooSkewed", Verdict::Resign),
    code("InternalError", Verdict::Retry),
    code("SlowDown", Verdict::Retry),
    code("ServiceUnavailable", Verdict::Retry),
    code("Busy", Verdict::Retry),
    code("RequestTimeout", Verdict::Retry),
    code("IncompleteBody", Verdict::Retry),
    code("OperationAborted", Verdict::Retry),
    code("ConditionalRequestConflict", Verdict::Retry),
    code("BadDigest", Verdict::Once),
    code("XAmzContentChecksumMismatch", Verdict::Once),
    code("NoSuchUpload", Verdict::Restart),
    code("PreconditionFailed", Verdict::Exists),
    code("NotImplemented", Verdict::Final),
    status(412, Verdict::Exists),
    status(408, Verdict::Retry),
    status(425, Verdict::Retry),
    status(429, Verdict::Retry),
    status(500, Verdict::Retry),
    status(502, Verdict::Retry),
    status(503, Verdict::Retry),
    status(504, Verdict::Retry),
];

/// The backend's refusals, by the native dialect's codes, then by status.
const BACKEND: &[Row] = &[
    code("no_such_upload", Verdict::Restart),
    code("unknown_upload", Verdict::Restart),
    code("NoSuchUpload", Verdict::Restart),
    code("not_stored", Verdict::Restart),
    code("invalid_part", Verdict::Relist),
    code("InvalidPart", Verdict::Relist),
    code("incomplete", Verdict::Relist),
    status(408, Verdict::Retry),
    status(425, Verdict::Retry),
    status(429, Verdict::Retry),
    status(500, Verdict::Retry),
    status(502, Verdict::Retry),
    status(503, Verdict::Retry),
    status(504, Verdict::Retry),
];

fn look_up(table: &[Row], refused: u16, code: Option<&str>, message: Option<&str>) -> Verdict {
    table
        .iter()
        .find(|row| {
            row.status.is_none_or(|status| status == refused)
                && row.code.is_none_or(|wanted| code == Some(wanted))
                && row
                    .message
                    .is_none_or(|part| message.is_some_and(|text| text.contains(part)))
        })
        .map_or(Verdict::Final, |row| row.verdict)
}

/// What `error` means when it ended a request of this step.
pub fn verdict(error: &UploadError, step: Step) -> Verdict {
    match error {
        UploadError::Network { .. } | UploadError::Offline | UploadError::Stalled { .. } => {
            Verdict::Retry
        }
        UploadError::Expired => match step {
            Step::Send => Verdict::Resign,
            Step::Create | Step::Abort => Verdict::Final,
            // Not a signature but the upload itself is too old.
            Step::SignParts | Step::ListParts | Step::Complete => Verdict::Restart,
        },
        UploadError::Blocked(
            Blocked::Cors { .. } | Blocked::Host { .. } | Blocked::Setup { .. },
        ) => Verdict::Once,
        UploadError::Store(refusal) => look_up(
            STORE,
            refusal.status,
            refusal.code.as_deref(),
            refusal.message.as_deref(),
        ),
        UploadError::Backend(refusal) => {
            // Only a conversation about an upload can say that the upload is gone.
            let verdict = look_up(BACKEND, refusal.status, refusal.code.as_deref(), None);
            match verdict {
                Verdict::Restart | Verdict::Relist if step == Step::Create => Verdict::Final,
                other => other,
            }
        }
        _ => Verdict::Final,
    }
}

/// Whether the failure says that there is too much traffic.
pub fn is_congestion(error: &UploadError) -> bool {
    match error {
        UploadError::Stalled { step, .. } => !step.is_backend(),
        UploadError::Store(refusal) => {
            refusal.status == 503 || refusal.code.as_deref() == Some("SlowDown")
        }
        _ => false,
    }
}

/// No `Retry-After` is honoured beyond this.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// Full-jitter exponential backoff: a random time up to `base` doubled by each attempt, at most
/// `cap`, and at least what the other side asked for.
/// <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>
pub fn backoff(
    random: &mut Random,
    base: Duration,
    cap: Duration,
    attempt: u32,
    asked: Option<Duration>,
) -> Duration {
    let doubled = base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(20)));
    let most = u64::try_from(doubled.min(cap).as_millis()).unwrap_or(u64::MAX);
    let jitter = Duration::from_millis(random.below(most.saturating_add(1)));
    jitter.max(asked.unwrap_or_default().min(LONGEST_RETRY_AFTER))
}

/// A small deterministic generator (SplitMix64): jitter needs spread, not secrecy.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; zero when `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{BackendRefusal, StoreRefusal};

    fn store(status: u16, code: &str, message: &str) -> Verdict {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let refusal = StoreRefusal {
            status,
            code: some(code),
            message: some(message),
            ..StoreRefusal::default()
        };
        verdict(&UploadError::Store(refusal), Step::Send)
    }

    fn backend(status: u16, code: &str, step: Step) -> Verdict {
        let code = (!code.is_empty()).then(|| code.to_owned());
        verdict(
            &UploadError::Backend(BackendRefusal {
                status,
                code,
                ..BackendRefusal::default()
            }),
            step,
        )
    }

    #[test]
    fn the_store_table_row_by_row() {
        for (status, code) in [
            (500, "InternalError"),
            (503, "SlowDown"),
            (503, "ServiceUnavailable"),
            (503, "Busy"),
            (400, "RequestTimeout"),
            (400, "IncompleteBody"),
            (409, "OperationAborted"),
            (409, "ConditionalRequestConflict"),
            (500, ""),
            (502, ""),
            (503, ""),
            (504, ""),
            (429, ""),
            (408, ""),
        ] {
            assert_eq!(store(status, code, ""), Verdict::Retry, "{status} {code}");
        }
        for (status, code, message) in [
            (403, "AccessDenied", "Request has expired"),
            (403, "AccessDenied", "Request is not yet valid"),
            (
                403,
                "AccessDenied",
                "Invalid according to Policy: Policy expired.",
            ),
            (400, "ExpiredToken", "The provided token has expired."),
            (400, "InvalidToken", ""),
            (400, "TokenRefreshRequired", ""),
            (403, "RequestTimeTooSkewed", ""),
        ] {
            assert_eq!(
                store(status, code, message),
                Verdict::Resign,
                "{code} {message}"
            );
        }
        for (status, code) in [
            (403, "AccessDenied"),
            (403, "SignatureDoesNotMatch"),
            (403, "InvalidAccessKeyId"),
            (400, "AuthorizationQueryParametersError"),
            (400, "AuthorizationHeaderMalformed"),
            (400, "EntityTooLarge"),
            (400, "EntityTooSmall"),
            (400, "KeyTooLongError"),
            (404, "NoSuchBucket"),
            (301, "PermanentRedirect"),
            (307, "TemporaryRedirect"),
            (403, "AccessForbidden"),
            (501, "NotImplemented"),
            (411, "MissingContentLength"),
            (400, "InvalidDigest"),
            (403, ""),
            (404, ""),
        ] {
            assert_eq!(store(status, code, ""), Verdict::Final, "{status} {code}");
        }
        assert_eq!(store(400, "BadDigest", ""), Verdict::Once);
        assert_eq!(store(404, "NoSuchUpload", ""), Verdict::Restart);
        assert_eq!(store(412, "PreconditionFailed", ""), Verdict::Exists);
        assert_eq!(store(412, "", ""), Verdict::Exists);
    }

    #[test]
    fn the_backend_table() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(
                backend(status, "", Step::Create),
                Verdict::Retry,
                "{status}"
            );
        }
        for status in [400, 401, 403, 404, 409, 413, 415, 422, 501] {
            assert_eq!(
                backend(status, "", Step::Create),
                Verdict::Final,
                "{status}"
            );
        }
        assert_eq!(
            backend(404, "unknown_upload", Step::Complete),
            Verdict::Restart
        );
        assert_eq!(backend(404, "unknown_upload", Step::Create), Verdict::Final);
        assert_eq!(
            backend(409, "invalid_part", Step::Complete),
            Verdict::Relist
        );
    }

    #[test]
    fn backoff_is_full_jitter_within_its_bounds() {
        let (base, cap) = (Duration::from_millis(500), Duration::from_secs(30));
        let mut random = Random::new(7);
        for attempt in 1..40 {
            let most = base
                .saturating_mul(2_u32.saturating_pow(attempt - 1))
                .min(cap);
            let waits: Vec<_> = (0..200)
                .map(|_| backoff(&mut random, base, cap, attempt, None))
                .collect();
            assert!(waits.iter().all(|wait| *wait <= most));
            assert!(
                waits.iter().any(|wait| *wait < most / 4),
                "attempt {attempt} has no jitter"
            );
            assert!(
                waits.iter().any(|wait| *wait > most * 3 / 4),
                "attempt {attempt} has no jitter"
            );
        }
    }

    #[test]
    fn what_the_other_side_asks_for_is_honoured_within_reason() {
        let mut random = Random::new(1);
        let (base, cap) = (Duration::from_millis(500), Duration::from_secs(30));
        let minute = Duration::from_mins(1);
        assert_eq!(backoff(&mut random, base, cap, 1, Some(minute)), minute);
        assert_eq!(
            backoff(&mut random, base, cap, 1, Some(minute * 1000)),
            LONGEST_RETRY_AFTER
        );
    }
}
