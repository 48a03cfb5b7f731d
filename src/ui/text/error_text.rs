//! The choice of the text for a state, an error or a refused file. The core knows only codes. A backend's own message
//! is shown unchanged, and always as text. The functions are pure.

use core::time::Duration;

use s3_upload_core::{
    BackendRefusal, FileSnapshot, Outage, Side, Status, UploadError, Violation, WaitReason,
};

use super::constraint_text;
use super::format;
use super::messages::{Messages, split_text, with_full_stop};

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

/// The two parts of an error's text: what happened, and what to do. A backend's own message needs no other text.
fn parts(messages: &Messages, error: &UploadError) -> (String, String) {
    match error {
        UploadError::Constraint(broken) => (violation(messages, broken), String::new()),
        UploadError::Backend(refusal) if has_message(refusal) => {
            let message = refusal.message.as_deref().unwrap_or_default();
            (with_full_stop(message), String::new())
        }
        error => match failure_parts() {
            Some(parts) => parts(messages, error),
            None => general_parts(messages, error),
        },
    }
}

fn has_message(refusal: &BackendRefusal) -> bool {
    refusal
        .message
        .as_deref()
        .is_some_and(|message| !message.trim().is_empty())
}

/// Writes the two parts of an error's text.
pub type FailureParts = fn(&Messages, &UploadError) -> (String, String);

#[cfg(not(feature = "split"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "with the feature it may be missing"
)]
fn failure_parts() -> Option<FailureParts> {
    Some(super::failure_text::parts)
}

#[cfg(feature = "split")]
thread_local! {
    static FAILURE_PARTS: core::cell::Cell<Option<FailureParts>> = const { core::cell::Cell::new(None) };
}

#[cfg(feature = "split")]
fn failure_parts() -> Option<FailureParts> {
    FAILURE_PARTS.get()
}

/// Sets what writes the texts of failures, which is loaded when the first request fails.
#[cfg(feature = "split")]
pub fn set_failure_parts(parts: FailureParts) {
    FAILURE_PARTS.set(Some(parts));
}

/// The text of an error while the texts of failures are not loaded.
fn general_parts(messages: &Messages, error: &UploadError) -> (String, String) {
    let code = error.code();
    let text = messages.find(code).or_else(|| messages.find("unknown"));
    split_text(text.unwrap_or_default(), &[("code", code)])
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

#[cfg(test)]
#[path = "error_text_tests.rs"]
mod tests;
