//! Counts of the patterns that the runs reach. The simulation fails when a listed pattern is never reached, because a
//! million runs prove nothing about a branch that none of them takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use s3_upload_core::retry::{self, RetryDecision, RetryRule};
use s3_upload_core::{
    Answer, BackendOperation, Command, Notice, Side, Status, Step, Timer, UploadError, WaitReason,
};

/// A pattern that a run can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// A timer that expired.
    Timer(Timer),
    /// A command of the engine.
    Command(&'static str),
    /// A notice to the page.
    Notice(&'static str),
    /// A success that the engine received.
    Answer(&'static str),
    /// An error, in an answer or as the reason of a wait or of an end.
    Error(&'static str),
    /// A row of a retry table.
    Row(Side, RetryRule),
    /// A decision of the retry table about a failed request.
    Decision(RetryDecision),
    /// A state of an upload, as a page sees it.
    State(&'static str),
    /// Two states of an upload in a row, as a page sees them.
    Transition(&'static str, &'static str),
}

const COMMANDS: &[&str] = &[
    "Create",
    "SignParts",
    "ListParts",
    "Complete",
    "Abort",
    "Send",
    "Cancel",
    "Notify",
];

const NOTICES: &[&str] = &[
    "Added",
    "Rejected",
    "Started",
    "Succeeded",
    "Failed",
    "Cancelled",
    "Removed",
    "Unavailable",
    "Available",
    "Settled",
];

const ANSWERS: &[&str] = &[
    "Granted",
    "Signed",
    "Listed",
    "Sent",
    "Confirmed",
    "Unconfirmed",
    "Aborted",
];

/// The codes of the errors that runs must reach. The errors of the browser's adapters (`blocked-csp` and others) are
/// final without exception, and the tests of the rules cover them.
const ERRORS: &[&str] = &[
    "network",
    "backend-unreachable",
    "cut-off",
    "web-page",
    "offline",
    "stalled",
    "expired",
    "store-refused",
    "blocked-cors",
    "backend-refused",
    "malformed-answer",
    "file-changed",
    "configuration",
];

const STATES: &[&str] = &[
    "queued",
    "held",
    "preparing",
    "uploading",
    "completing",
    "offline",
    "outage",
    "backoff",
    "paused",
    "completed",
    "failed",
    "cancelled",
];

/// The transitions that each full simulation makes at least a hundred times, from a state to each of the others. The
/// transition from `paused` to `failed` is not in the list: it needs a create that is answered during the pause with
/// a grant that S3 would refuse, which is too rare.
const TRANSITIONS: &[(&str, &[&str])] = &[
    (
        "queued",
        &["preparing", "offline", "outage", "paused", "cancelled"],
    ),
    (
        "held",
        &["queued", "preparing", "offline", "outage", "cancelled"],
    ),
    (
        "preparing",
        &[
            "uploading",
            "offline",
            "outage",
            "backoff",
            "paused",
            "failed",
            "cancelled",
        ],
    ),
    (
        "uploading",
        &[
            "queued",
            "preparing",
            "completing",
            "offline",
            "outage",
            "backoff",
            "paused",
            "completed",
            "failed",
            "cancelled",
        ],
    ),
    (
        "completing",
        &[
            "queued",
            "preparing",
            "uploading",
            "offline",
            "outage",
            "backoff",
            "paused",
            "completed",
            "failed",
            "cancelled",
        ],
    ),
    (
        "offline",
        &[
            "queued",
            "preparing",
            "uploading",
            "completing",
            "outage",
            "backoff",
            "paused",
            "cancelled",
        ],
    ),
    (
        "outage",
        &[
            "queued",
            "preparing",
            "uploading",
            "completing",
            "offline",
            "backoff",
            "paused",
            "completed",
            "failed",
            "cancelled",
        ],
    ),
    (
        "backoff",
        &[
            "queued",
            "preparing",
            "uploading",
            "completing",
            "offline",
            "outage",
            "paused",
            "cancelled",
        ],
    ),
    (
        "paused",
        &[
            "queued",
            "preparing",
            "uploading",
            "completing",
            "offline",
            "outage",
            "cancelled",
        ],
    ),
    (
        "failed",
        &[
            "queued",
            "preparing",
            "uploading",
            "completing",
            "offline",
            "outage",
            "cancelled",
        ],
    ),
];

/// The name of a state. Each reason of a wait is a state of its own.
pub const fn state(status: &Status) -> &'static str {
    match status {
        Status::Queued { held: true } => "held",
        Status::Waiting { reason, .. } => match reason {
            WaitReason::Offline => "offline",
            WaitReason::Outage(_) => "outage",
            WaitReason::Backoff(_) => "backoff",
        },
        other => other.name(),
    }
}

/// The number of times that each pattern was reached.
#[derive(Debug, Default)]
pub struct Coverage(BTreeMap<Pattern, u64>);

impl Coverage {
    fn count(&mut self, pattern: Pattern) {
        *self.0.entry(pattern).or_default() += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (pattern, count) in other.0 {
            *self.0.entry(pattern).or_default() += count;
        }
    }

    /// Counts the timer for which the engine is called.
    pub fn timer(&mut self, timer: Timer) {
        self.count(Pattern::Timer(timer));
    }

    pub fn command(&mut self, command: &Command) {
        if let Command::Notify(notice) = command {
            self.notice(notice);
        }
        self.count(Pattern::Command(match command {
            Command::Backend { operation, .. } => match operation {
                BackendOperation::Create { .. } => "Create",
                BackendOperation::SignParts { .. } => "SignParts",
                BackendOperation::ListParts { .. } => "ListParts",
                BackendOperation::Complete { .. } => "Complete",
                BackendOperation::Abort { .. } => "Abort",
            },
            Command::Send(_) => "Send",
            Command::Cancel(_) => "Cancel",
            Command::Notify(_) => "Notify",
        }));
    }

    fn notice(&mut self, notice: &Notice) {
        self.count(Pattern::Notice(match notice {
            Notice::Added(_) => "Added",
            Notice::Rejected(..) => "Rejected",
            Notice::Started(_) => "Started",
            Notice::Succeeded(_) => "Succeeded",
            Notice::Failed(_) => "Failed",
            Notice::Cancelled(_) => "Cancelled",
            Notice::Removed(_) => "Removed",
            Notice::Unavailable(_) => "Unavailable",
            Notice::Available(_) => "Available",
            Notice::Settled { .. } => "Settled",
        }));
    }

    /// Counts an answer to a request that the engine waits for.
    pub fn answer(&mut self, step: Step, answer: &Result<Answer, UploadError>) {
        match answer {
            Ok(answer) => self.count(Pattern::Answer(match answer {
                Answer::Granted(_) => "Granted",
                Answer::Signed(_) => "Signed",
                Answer::Listed(_) => "Listed",
                Answer::Sent(_) => "Sent",
                Answer::Confirmed(_) => "Confirmed",
                Answer::Unconfirmed(_) => "Unconfirmed",
                Answer::Aborted => "Aborted",
            })),
            Err(error) => {
                self.count(Pattern::Error(error.code()));
                self.count(Pattern::Decision(retry::decision(error, step)));
                if let Some((side, row)) = retry::row(error) {
                    self.count(Pattern::Row(side, row));
                }
            }
        }
    }

    /// Counts the state in which a file is shown. Returns the state's name.
    pub fn status(&mut self, before: Option<&'static str>, status: &Status) -> &'static str {
        let after = state(status);
        if before != Some(after) {
            self.count(Pattern::State(after));
            if let Some(before) = before {
                self.count(Pattern::Transition(before, after));
            }
            if let Status::Failed(error)
            | Status::Waiting {
                reason: WaitReason::Backoff(error),
                ..
            } = status
            {
                self.count(Pattern::Error(error.code()));
            }
        }
        after
    }

    /// The patterns that the runs must reach and did not reach.
    pub fn missing(&self) -> Vec<Pattern> {
        required()
            .filter(|pattern| !self.0.contains_key(pattern))
            .collect()
    }

    /// Each pattern with its count, one per line.
    pub fn report(&self) -> String {
        let mut report = String::new();
        for (pattern, count) in &self.0 {
            writeln!(report, "{count:>10} {pattern:?}").expect("a string takes all");
        }
        report
    }
}

fn required() -> impl Iterator<Item = Pattern> {
    let transitions = TRANSITIONS
        .iter()
        .flat_map(|(from, to)| to.iter().map(|to| Pattern::Transition(from, to)));
    COMMANDS
        .iter()
        .map(|name| Pattern::Command(name))
        .chain(NOTICES.iter().map(|name| Pattern::Notice(name)))
        .chain(ANSWERS.iter().map(|name| Pattern::Answer(name)))
        .chain(ERRORS.iter().map(|name| Pattern::Error(name)))
        .chain(retry::rows().map(|(side, row)| Pattern::Row(side, row)))
        .chain(RetryDecision::ALL.into_iter().map(Pattern::Decision))
        .chain(Timer::ALL.into_iter().map(Pattern::Timer))
        .chain(STATES.iter().map(|name| Pattern::State(name)))
        .chain(transitions)
}
