//! The retry tables, which map a failure to a decision, and the backoff.
//!
//! The rows follow S3's list of error responses
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>) and HTTP's status codes (RFC 9110). A
//! failure without a row is final, so that an integrator's mistake is not retried in a loop.

use core::time::Duration;

use crate::error::{Blocked, Side, Step, UploadError};

/// The decision about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RetryDecision {
    /// Wait, then repeat the request. Costs an attempt.
    Retry,
    /// Like `Retry`, but a second time in a row is final.
    Once,
    /// Like `Retry`, but a third time in a row is final.
    Twice,
    /// Have the request presigned again, then send it. Costs no attempt.
    Represign,
    /// Start over with a new upload, once.
    Restart,
    /// Ask for the parts that the store holds, send the missing ones, and complete again.
    Relist,
    /// An object exists under this key. An earlier try may have stored it; the backend verifies that.
    VerifyExisting,
    /// Fail the upload.
    Final,
}

impl RetryDecision {
    /// All decisions, in the order of their declaration.
    pub const ALL: [Self; 8] = [
        Self::Retry,
        Self::Once,
        Self::Twice,
        Self::Represign,
        Self::Restart,
        Self::Relist,
        Self::VerifyExisting,
        Self::Final,
    ];
}

/// A row of a retry table. It matches when the status, the code and the message that it names are those of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RetryRule {
    status: Option<u16>,
    code: Option<&'static str>,
    message: Option<&'static str>,
    decision: RetryDecision,
}

const fn status(status: u16, decision: RetryDecision) -> RetryRule {
    RetryRule {
        status: Some(status),
        code: None,
        message: None,
        decision,
    }
}

const fn code(code: &'static str, decision: RetryDecision) -> RetryRule {
    RetryRule {
        status: None,
        code: Some(code),
        message: None,
        decision,
    }
}

const fn says(code: &'static str, message: &'static str, decision: RetryDecision) -> RetryRule {
    RetryRule {
        status: None,
        code: Some(code),
        message: Some(message),
        decision,
    }
}

/// The rows for the store's refusals. The first row that matches decides.
const STORE: &[RetryRule] = &[
    says(
        "AccessDenied",
        "Request has expired",
        RetryDecision::Represign,
    ),
    says("AccessDenied", "Policy expired", RetryDecision::Represign),
    says("AccessDenied", "not yet valid", RetryDecision::Represign),
    code("ExpiredToken", RetryDecision::Represign),
    code("InvalidToken", RetryDecision::Represign),
    code("TokenRefreshRequired", RetryDecision::Represign),
    code("RequestTimeTooSkewed", RetryDecision::Represign),
    code("InternalError", RetryDecision::Retry),
    code("SlowDown", RetryDecision::Retry),
    code("ServiceUnavailable", RetryDecision::Retry),
    code("Busy", RetryDecision::Retry),
    code("RequestTimeout", RetryDecision::Retry),
    code("IncompleteBody", RetryDecision::Retry),
    code("OperationAborted", RetryDecision::Retry),
    code("ConditionalRequestConflict", RetryDecision::Retry),
    code("BadDigest", RetryDecision::Once),
    code("XAmzContentChecksumMismatch", RetryDecision::Once),
    code("NoSuchUpload", RetryDecision::Restart),
    code("PreconditionFailed", RetryDecision::VerifyExisting),
    code("NotImplemented", RetryDecision::Final),
    status(412, RetryDecision::VerifyExisting),
];

/// Statuses of transient failures, of the store and of the backend, where no row decides otherwise. The statuses from
/// 520 on come from content delivery networks and proxies that get no answer themselves.
/// <https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/>
const TRANSIENT: &[u16] = &[
    408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 530, 598, 599,
];

/// The rows for the backend's refusals: the codes of the native dialect and of S3.
const BACKEND: &[RetryRule] = &[
    code("no_such_upload", RetryDecision::Restart),
    code("unknown_upload", RetryDecision::Restart),
    code("NoSuchUpload", RetryDecision::Restart),
    code("not_stored", RetryDecision::Restart),
    code("NoSuchKey", RetryDecision::Restart),
    code("invalid_part", RetryDecision::Relist),
    code("InvalidPart", RetryDecision::Relist),
    code("incomplete", RetryDecision::Relist),
];

fn table(side: Side) -> impl Iterator<Item = RetryRule> {
    let rows = match side {
        Side::Store => STORE,
        Side::Backend => BACKEND,
    };
    let transient = TRANSIENT.iter().map(|of| status(*of, RetryDecision::Retry));
    rows.iter().copied().chain(transient)
}

fn find(side: Side, refused: u16, code: Option<&str>, message: Option<&str>) -> Option<RetryRule> {
    table(side).find(|row| {
        row.status.is_none_or(|status| status == refused)
            && row.code.is_none_or(|wanted| code == Some(wanted))
            && row
                .message
                .is_none_or(|part| message.is_some_and(|text| text.contains(part)))
    })
}

fn look_up(side: Side, refused: u16, code: Option<&str>, message: Option<&str>) -> RetryDecision {
    find(side, refused, code, message).map_or(RetryDecision::Final, |row| row.decision)
}

/// The rows of both tables. A test that counts rows compares with these.
pub fn rows() -> impl Iterator<Item = (Side, RetryRule)> {
    Side::BOTH
        .into_iter()
        .flat_map(|side| table(side).map(move |row| (side, row)))
}

/// The row that decides about this failure; `None` when no row matches, or when the failure is not a refusal.
pub fn row(error: &UploadError) -> Option<(Side, RetryRule)> {
    let (side, row) = match error {
        UploadError::Store(refusal) => {
            let (code, message) = (refusal.code.as_deref(), refusal.message.as_deref());
            (
                Side::Store,
                find(Side::Store, refusal.status, code, message),
            )
        }
        UploadError::Backend(refusal) => (
            Side::Backend,
            find(Side::Backend, refusal.status, refusal.code.as_deref(), None),
        ),
        _ => return None,
    };
    Some((side, row?))
}

/// The decision about `error` when it ended a request of this step.
pub fn decision(error: &UploadError, step: Step) -> RetryDecision {
    match error {
        UploadError::Network { .. }
        | UploadError::CutOff { .. }
        | UploadError::Unreadable(_)
        | UploadError::WebPage { .. }
        | UploadError::Offline
        | UploadError::Stalled { .. } => RetryDecision::Retry,
        UploadError::Expired => match step {
            Step::Send => RetryDecision::Represign,
            Step::Create | Step::Abort => RetryDecision::Final,
            // The upload itself has expired, not a signature.
            Step::SignParts | Step::ListParts | Step::Complete => RetryDecision::Restart,
        },
        // A complete answer with a wrong form has it at the next try too.
        UploadError::Malformed {
            is_incomplete: true,
            ..
        } => RetryDecision::Twice,
        UploadError::Blocked(
            Blocked::Cors { .. } | Blocked::Host { .. } | Blocked::Setup { .. },
        ) => RetryDecision::Once,
        UploadError::Store(refusal) => look_up(
            Side::Store,
            refusal.status,
            refusal.code.as_deref(),
            refusal.message.as_deref(),
        ),
        UploadError::Backend(refusal) => {
            // Only an answer about an existing upload can report that the upload is gone.
            let decision = look_up(Side::Backend, refusal.status, refusal.code.as_deref(), None);
            match decision {
                RetryDecision::Restart | RetryDecision::Relist if step == Step::Create => {
                    RetryDecision::Final
                }
                other => other,
            }
        }
        _ => RetryDecision::Final,
    }
}

/// Returns true if the failure is one of those that make an outage: the other side does not answer, or its failure is
/// unrelated to the request. A refusal with S3's own code and a status below 500 is about the request.
pub fn is_unanswered(error: &UploadError) -> bool {
    match error {
        UploadError::Network { .. }
        | UploadError::Unreadable(_)
        | UploadError::WebPage { .. }
        | UploadError::Offline
        | UploadError::Stalled { .. } => true,
        UploadError::Store(refusal) => {
            let transient =
                look_up(Side::Store, refusal.status, None, None) == RetryDecision::Retry;
            transient && (refusal.status >= 500 || refusal.code.is_none())
        }
        UploadError::Backend(refusal) => {
            look_up(Side::Backend, refusal.status, refusal.code.as_deref(), None)
                == RetryDecision::Retry
        }
        _ => false,
    }
}

/// Returns true if the failure reports too much traffic.
pub fn is_congestion(error: &UploadError) -> bool {
    match error {
        UploadError::Stalled { step, .. } => !step.is_backend(),
        UploadError::Store(refusal) => {
            refusal.status == 503 || refusal.code.as_deref() == Some("SlowDown")
        }
        _ => false,
    }
}

/// The longest `Retry-After` that is obeyed.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// Full-jitter exponential backoff: a random time up to `base` doubled by each attempt, at most `cap`, and at least
/// the time that the other side asked for.
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

/// A small deterministic generator (`SplitMix64`). Jitter needs a spread of values, and no secrecy.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Makes a generator. The same seed gives the same numbers.
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

    fn store(status: u16, code: &str, message: &str) -> RetryDecision {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let refusal = StoreRefusal {
            status,
            code: some(code),
            message: some(message),
            ..StoreRefusal::default()
        };
        decision(&UploadError::Store(refusal), Step::Send)
    }

    fn backend(status: u16, code: &str, step: Step) -> RetryDecision {
        let code = (!code.is_empty()).then(|| code.to_owned());
        decision(
            &UploadError::Backend(BackendRefusal {
                status,
                code,
                ..BackendRefusal::default()
            }),
            step,
        )
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
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
            assert_eq!(
                store(status, code, ""),
                RetryDecision::Retry,
                "{status} {code}"
            );
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
                RetryDecision::Represign,
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
            assert_eq!(
                store(status, code, ""),
                RetryDecision::Final,
                "{status} {code}"
            );
        }
        assert_eq!(store(400, "BadDigest", ""), RetryDecision::Once);
        assert_eq!(store(404, "NoSuchUpload", ""), RetryDecision::Restart);
        assert_eq!(
            store(412, "PreconditionFailed", ""),
            RetryDecision::VerifyExisting
        );
        assert_eq!(store(412, "", ""), RetryDecision::VerifyExisting);
    }

    #[test]
    fn the_backend_table() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(
                backend(status, "", Step::Create),
                RetryDecision::Retry,
                "{status}"
            );
        }
        for status in [400, 401, 403, 404, 409, 413, 415, 422, 501] {
            assert_eq!(
                backend(status, "", Step::Create),
                RetryDecision::Final,
                "{status}"
            );
        }
        assert_eq!(
            backend(404, "unknown_upload", Step::Complete),
            RetryDecision::Restart
        );
        assert_eq!(
            backend(404, "unknown_upload", Step::Create),
            RetryDecision::Final
        );
        assert_eq!(
            backend(409, "invalid_part", Step::Complete),
            RetryDecision::Relist
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
