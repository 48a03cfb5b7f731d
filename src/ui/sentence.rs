//! Which sentence a state, an error or a refused file gets. Late and for people: the core knows
//! only codes. A backend's own message is shown word for word, always as text. Pure.

use core::time::Duration;

use s3_upload_core::{
    BackendRefusal, Blocked, FileSnapshot, Hint, Status, StoreRefusal, UploadError, Violation,
    WaitReason,
};

use super::format;
use super::hint;
use super::messages::{Messages, fill};

/// Where a file stands. Failures say what happened and what to do.
pub fn status(messages: &Messages, file: &FileSnapshot) -> String {
    let key = match &file.status {
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
        Status::Waiting {
            reason: WaitReason::Backoff(reason),
            remaining,
        } => {
            return waiting(messages, reason, *remaining);
        }
    };
    messages.text(key).to_owned()
}

fn waiting(messages: &Messages, reason: &UploadError, remaining: Duration) -> String {
    let (problem, _) = parts(messages, reason);
    let key = if remaining.is_zero() {
        "status.waiting.now"
    } else {
        "status.waiting"
    };
    messages.fill(
        key,
        &[
            ("problem", &problem),
            ("time", &format::duration(remaining)),
        ],
    )
}

/// What went wrong and what to do about it.
pub fn error(messages: &Messages, error: &UploadError) -> String {
    let (problem, advice) = parts(messages, error);
    if advice.is_empty() {
        problem
    } else {
        format!("{problem} {advice}")
    }
}

/// What happened, and what to do.
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
        UploadError::Blocked(Blocked::Csp { directive, host }) => {
            say(code, &[("directive", directive), ("host", host)])
        }
        UploadError::Blocked(
            Blocked::MixedContent { host } | Blocked::Host { host } | Blocked::Setup { host, .. },
        ) => say(code, &[("host", host)]),
        UploadError::Malformed { expected, got, .. } => {
            let key = if is_page(got) {
                "malformed-answer.page"
            } else {
                code
            };
            say(key, &[("expected", expected), ("got", got)])
        }
        UploadError::Configuration(text) => say(code, &[("text", &ended(text))]),
        _ if messages.find(code).is_some() => say(code, &[]),
        _ => say("unknown", &[("code", code)]),
    }
}

type Say<'a> = &'a dyn Fn(&str, &[(&str, &str)]) -> (String, String);

fn store(messages: &Messages, refusal: &StoreRefusal, say: Say) -> (String, String) {
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
        ("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired", _) => "store.credentials",
        ("SlowDown" | "ServiceUnavailable" | "Busy", _) | ("", 425 | 429 | 502 | 503 | 504) => {
            "store.busy"
        }
        ("OperationAborted" | "ConditionalRequestConflict", _) => "store.conflict",
        ("BadDigest" | "XAmzContentChecksumMismatch", _) => "store.damaged",
        ("PermanentRedirect" | "TemporaryRedirect", _) | ("", 301 | 307) => "store.redirect",
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
        "expired" => key,
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

fn backend(messages: &Messages, refusal: &BackendRefusal, say: Say) -> (String, String) {
    if let Some(message) = refusal
        .message
        .as_deref()
        .map(str::trim)
        .filter(|message| !message.is_empty())
    {
        return (ended(message), String::new());
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

/// Why a file was not added.
pub fn violation(messages: &Messages, violation: &Violation) -> String {
    let code = violation.code();
    match violation {
        Violation::TooSmall { size, min: limit } | Violation::TooLarge { size, max: limit } => {
            let (size, limit) = format::distinct(*size, *limit);
            messages.fill(code, &[("size", &size), ("limit", &limit)])
        }
        Violation::Type { accept, .. } => {
            messages.fill(code, &[("kinds", &hint::kinds(messages, accept))])
        }
        Violation::TooMany { max: 1 } => messages.text("too-many-files.one").to_owned(),
        Violation::TooMany { max } => messages.fill(code, &[("limit", &max.to_string())]),
        Violation::TotalTooLarge { max } => messages.fill(code, &[("limit", &format::bytes(*max))]),
    }
}

/// Whether what came looks like HTML: a login page, a router's fallback, a proxy's error.
fn is_page(got: &str) -> bool {
    let got = got
        .trim_start_matches(['"', '`', ' ', '\n'])
        .to_ascii_lowercase();
    got.starts_with("<!doctype html") || got.starts_with("<html") || got.contains("text/html")
}

/// With a full stop, unless it ends in some way already.
fn ended(text: &str) -> String {
    let text = text.trim();
    let stop = if text.ends_with(['.', '!', '?', '…', '。']) {
        ""
    } else {
        "."
    };
    format!("{text}{stop}")
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;
