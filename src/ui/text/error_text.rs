//! The choice of the text for a state, an error or a refused file. The core knows only codes. A backend's own message
//! is shown unchanged, and always as text. The functions are pure.

use core::time::Duration;

use s3_upload_core::{
    BackendRefusal, Blocked, FileSnapshot, Hint, Outage, Side, Status, StoreRefusal, UploadError,
    Violation, WaitReason,
};

use super::constraint_text;
use super::format;
use super::messages::{Messages, fill};

/// The time of waiting for an answer after which the status mentions it.
const MENTION_WAIT_AFTER: Duration = Duration::from_secs(10);

/// The text of a file's state. For a failure it says what happened and what to do.
pub fn status(messages: &Messages, file: &FileSnapshot) -> String {
    if let Some(text) = awaiting_answer(messages, file) {
        return text;
    }
    let key = match &file.status {
        Status::Checking => "status.checking",
        Status::Queued { held: false } => "status.queued",
        Status::Queued { held: true } => "status.held",
        Status::Preparing => "status.preparing",
        Status::Uploading => "status.uploading",
        Status::Completing => "status.completing",
        Status::Paused => "status.paused",
        Status::Completed(_) => "status.completed",
        Status::Cancelled => "status.cancelled",
        Status::Failed(reason) => return error(messages, reason),
        Status::Waiting {
            reason: WaitReason::Offline,
            ..
        } => "status.waiting.offline",
        // One unreadable answer proves nothing, since a gateway's error page is unreadable too.
        Status::Waiting {
            reason: WaitReason::Backoff(UploadError::Unreadable(unreadable)),
            remaining,
        } => {
            return waiting(
                messages,
                side_name(messages, unreadable.step.side()),
                *remaining,
            );
        }
        Status::Waiting {
            reason: WaitReason::Backoff(reason),
            remaining,
        } => {
            return waiting(messages, &parts(messages, reason).0, *remaining);
        }
        Status::Waiting {
            reason: WaitReason::Outage(outage),
            remaining,
        } => {
            return waiting(messages, &outage_text(messages, outage), *remaining);
        }
    };
    messages.text(key).to_owned()
}

/// The text for a file whose bytes are all sent, and that has waited for an answer for a while.
fn awaiting_answer(messages: &Messages, file: &FileSnapshot) -> Option<String> {
    let in_flight = matches!(
        file.status,
        Status::Preparing | Status::Uploading | Status::Completing
    );
    let (side, _) = file
        .awaited
        .filter(|(_, since)| in_flight && *since >= MENTION_WAIT_AFTER)?;
    let key = match side {
        Side::Backend => "status.still.server",
        Side::Store => "status.still.storage",
    };
    Some(messages.text(key).to_owned())
}

/// The key of the text about all files while a side does not answer.
pub const fn outage(side: Side) -> &'static str {
    match side {
        Side::Backend => "overall.outage.server",
        Side::Store => "overall.outage.storage",
    }
}

/// The name of the side that does not answer.
fn side_name(messages: &Messages, side: Side) -> &str {
    messages.text(match side {
        Side::Backend => "status.outage.server",
        Side::Store => "status.outage.storage",
    })
}

/// The side that does not answer, and the cause if it is known.
fn outage_text(messages: &Messages, outage: &Outage) -> String {
    let who = side_name(messages, outage.side);
    if !outage.is_named {
        return who.to_owned();
    }
    let problem = match &outage.error {
        UploadError::Unreadable(unreadable) => {
            let (page, host) = (&unreadable.page, &unreadable.host);
            let values = [("page", page.as_str()), ("host", host.as_str())];
            messages.fill("status.outage.unreadable", &values)
        }
        error => parts(messages, error).0,
    };
    format!("{who} {problem}")
}

fn waiting(messages: &Messages, problem: &str, remaining: Duration) -> String {
    let key = if remaining.is_zero() {
        "status.waiting.now"
    } else {
        "status.waiting"
    };
    messages.fill(
        key,
        &[("problem", problem), ("time", &format::duration(remaining))],
    )
}

/// The text of an error: what happened, and what to do.
pub fn error(messages: &Messages, error: &UploadError) -> String {
    let (problem, advice) = parts(messages, error);
    if advice.is_empty() {
        problem
    } else {
        format!("{problem} {advice}")
    }
}

/// The two parts of an error's text: what happened, and what to do.
fn parts(messages: &Messages, error: &UploadError) -> (String, String) {
    let say = |key: &str, values: &[(&str, &str)]| {
        let text = messages.text(key);
        let (problem, advice) = text.split_once('|').unwrap_or((text, ""));
        (fill(problem, values), fill(advice, values))
    };
    let code = error.code();
    match error {
        UploadError::Store(refusal) => store(messages, refusal, &say),
        UploadError::Backend(refusal) => backend(messages, refusal, &say),
        UploadError::Constraint(broken) => (violation(messages, broken), String::new()),
        UploadError::Stalled { step, after } => {
            let key = if step.is_backend() {
                "stalled.backend"
            } else {
                code
            };
            say(key, &[("time", &format::duration(*after))])
        }
        UploadError::Blocked(Blocked::Cors { page, host, .. }) => {
            say(code, &[("page", page), ("host", host)])
        }
        UploadError::Unreadable(unreadable) => {
            let (page, host) = (&unreadable.page, &unreadable.host);
            // The text names the host only. The owner of the storage or of the server has to allow the page.
            say(code, &[("page", page), ("host", host)])
        }
        UploadError::WebPage { step, .. } => {
            let key = if step.is_backend() {
                code
            } else {
                "web-page.store"
            };
            say(key, &[])
        }
        UploadError::Blocked(Blocked::Csp { directive, host }) => {
            say(code, &[("directive", directive), ("host", host)])
        }
        UploadError::Blocked(
            Blocked::MixedContent { host } | Blocked::Host { host } | Blocked::Setup { host, .. },
        ) => say(code, &[("host", host)]),
        UploadError::Malformed {
            step,
            expected,
            got,
            ..
        } => {
            let key = if !step.is_backend() {
                "malformed-answer.store"
            } else if is_page(got) {
                "malformed-answer.page"
            } else {
                code
            };
            say(key, &[("expected", expected), ("got", got)])
        }
        UploadError::Configuration(text) | UploadError::Unsupported(text) => {
            say(code, &[("text", &with_full_stop(text))])
        }
        _ if messages.find(code).is_some() => say(code, &[]),
        _ => say("unknown", &[("code", code)]),
    }
}

type Fill<'a> = &'a dyn Fn(&str, &[(&str, &str)]) -> (String, String);

fn store(messages: &Messages, refusal: &StoreRefusal, say: Fill) -> (String, String) {
    let status = messages.fill("store.status", &[("status", &refusal.status.to_string())]);
    let code = refusal.code.as_deref().unwrap_or_default();
    let message = refusal
        .message
        .as_deref()
        .unwrap_or_default()
        .trim()
        .trim_end_matches('.');
    let key = match (code, refusal.status) {
        ("AccessDenied", _) if message.to_ascii_lowercase().contains("expired") => "expired",
        // The date in the signature is in the future. It is that of the server that signed, and not that of this
        // device.
        ("AccessDenied", _) if message.contains("not yet valid") => "expired.early",
        ("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired", _) => "store.credentials",
        ("SlowDown" | "ServiceUnavailable" | "Busy", _)
        | ("", 425 | 429 | 502 | 503 | 504 | 520..=530 | 598 | 599) => "store.busy",
        ("OperationAborted" | "ConditionalRequestConflict", _) => "store.conflict",
        ("BadDigest" | "XAmzContentChecksumMismatch", _) => "store.damaged",
        ("PermanentRedirect" | "TemporaryRedirect", _) | ("", 301 | 307) => "store.redirect",
        ("", 400..=407 | 409..=499) if !message.is_empty() => "",
        ("", 401 | 403) => "store.AccessDenied",
        ("", 404) => "store.not-found",
        ("", 408) => "store.RequestTimeout",
        ("", 411) => "store.MissingContentLength",
        ("", 412) => "store.PreconditionFailed",
        ("", 413) => "store.EntityTooLarge",
        ("", 500) => "store.InternalError",
        ("", 501) => "store.NotImplemented",
        ("", _) => "",
        _ => code,
    };
    let named = format!("store.{key}");
    let key = match key {
        "expired" | "expired.early" => key,
        _ if refusal.hint.as_deref() == Some(&Hint::EmptyChecksum) => "store.empty-checksum",
        _ if key.starts_with("store.") => key,
        _ if !key.is_empty() && messages.find(&named).is_some() => &named,
        _ if message.is_empty() => "store.unknown",
        _ => "store.said",
    };
    say(
        key,
        &[
            ("code", if code.is_empty() { &status } else { code }),
            ("message", message),
        ],
    )
}

fn backend(messages: &Messages, refusal: &BackendRefusal, say: Fill) -> (String, String) {
    if let Some(message) = refusal
        .message
        .as_deref()
        .map(str::trim)
        .filter(|message| !message.is_empty())
    {
        return (with_full_stop(message), String::new());
    }
    let code = refusal.code.as_deref().unwrap_or_default();
    let key = match (code, refusal.status) {
        ("no_such_upload" | "unknown_upload" | "NoSuchUpload", _) => "backend.gone",
        ("not_stored", _) => "backend.not-stored",
        ("invalid_part" | "InvalidPart" | "incomplete", _) => "backend.incomplete",
        (_, 401) => "backend.sign-in",
        (_, 403) => "backend.forbidden",
        (_, 404 | 405 | 410) => "backend.not-found",
        (_, 413) => "backend.too-large",
        (_, 415) => "backend.type",
        (_, 408 | 425 | 429 | 503) => "backend.busy",
        (_, 500..) => "backend.problem",
        _ => "backend.unknown",
    };
    let status = messages.fill("store.status", &[("status", &refusal.status.to_string())]);
    let both = format!("{code}, {status}");
    say(
        key,
        &[("code", if code.is_empty() { &status } else { &both })],
    )
}

/// The reason why a file was not added.
pub fn violation(messages: &Messages, violation: &Violation) -> String {
    let code = violation.code();
    match violation {
        Violation::TooSmall { size, min: limit } | Violation::TooLarge { size, max: limit } => {
            let (size, limit) = format::distinct_sizes(*size, *limit);
            messages.fill(code, &[("size", &size), ("limit", &limit)])
        }
        Violation::Type { accept, .. } => messages.fill(
            code,
            &[("kinds", &constraint_text::kinds(messages, accept))],
        ),
        Violation::TooMany { max: 1 } => messages.text("too-many-files.one").to_owned(),
        Violation::TooMany { max } => messages.fill(code, &[("limit", &max.to_string())]),
        Violation::TotalTooLarge { max } => messages.fill(code, &[("limit", &format::bytes(*max))]),
        Violation::Refused { reason } if reason.trim().is_empty() => messages.text(code).to_owned(),
        Violation::Refused { reason } => with_full_stop(reason),
    }
}

/// Returns true if the text looks like HTML, such as a login page, a router's fallback or a proxy's error.
fn is_page(got: &str) -> bool {
    let got = got
        .trim_start_matches(['"', '`', ' ', '\n'])
        .to_ascii_lowercase();
    got.starts_with("<!doctype html") || got.starts_with("<html") || got.contains("text/html")
}

/// Adds a full stop, unless the text ends in a punctuation mark.
fn with_full_stop(text: &str) -> String {
    let text = text.trim();
    let stop = if text.ends_with(['.', '!', '?', '…', '。']) {
        ""
    } else {
        "."
    };
    format!("{text}{stop}")
}

#[cfg(test)]
#[path = "error_text_tests.rs"]
mod tests;
