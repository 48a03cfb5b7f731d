//! The choice of the text for a failure. It is loaded when the first request fails. The functions are pure.

use s3_upload_core::{BackendRefusal, Blocked, Hint, StoreRefusal, UploadError};

use super::format;
use super::messages::{Messages, split_text, with_full_stop};

/// The two parts of an error's text: what happened, and what to do.
pub fn parts(messages: &Messages, error: &UploadError) -> (String, String) {
    let say = |key: &str, values: &[(&str, &str)]| split_text(messages.text(key), values);
    let code = error.code();
    match error {
        UploadError::Store(refusal) => store(messages, refusal, &say),
        UploadError::Backend(refusal) => backend(messages, refusal, &say),
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

/// Returns true if the text looks like HTML, such as a login page, a router's fallback or a proxy's error.
fn is_page(got: &str) -> bool {
    let got = got
        .trim_start_matches(['"', '`', ' ', '\n'])
        .to_ascii_lowercase();
    got.starts_with("<!doctype html") || got.starts_with("<html") || got.contains("text/html")
}
