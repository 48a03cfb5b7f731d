//! The random faults of requests: a request breaks, stalls, is refused, or takes effect without a readable answer.

use core::time::Duration;

use s3_upload_core::{Blocked, Step, StoreRefusal, Unreadable, UploadError};

use crate::world::{Ask, World};
use crate::{backend, store};

pub const fn step_of(ask: &Ask) -> Step {
    match ask {
        Ask::Create { .. } => Step::Create,
        Ask::Sign { .. } => Step::SignParts,
        Ask::List { .. } => Step::ListParts,
        Ask::Complete { .. } => Step::Complete,
        Ask::Abort { .. } => Step::Abort,
        Ask::Send(_) => Step::Send,
    }
}

/// Statuses of transient failures.
const TRANSIENT: &[u16] = &[
    408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 530, 598, 599,
];

/// The outcome of a request.
#[derive(Clone, Debug)]
pub enum Fate {
    Fine,
    /// It takes effect, but the engine gets this error.
    Deaf(UploadError),
    /// It takes no effect, and the engine gets this error.
    Refused(UploadError),
    /// It takes no effect and gets no answer.
    Hangs,
    /// It takes effect and gets no answer.
    HangsAfter,
    /// Its answer arrives twice.
    Twice,
    /// It takes effect twice, as when a browser repeats a request whose connection broke. The engine gets the second
    /// answer.
    Replayed,
    /// A proxy reports the success of a part or of a complete. The other side does not get the request.
    EmptyYes,
    /// The list in the answer lacks its end.
    Truncated,
}

impl World {
    pub fn broken(&mut self, ask: &Ask) -> UploadError {
        if !self.network && self.dice.permille(100) {
            return UploadError::Offline;
        }
        let step = step_of(ask);
        if !self.network {
            return UploadError::Network { step };
        }
        // The errors that a browser reports for a connection that breaks, and for the answers of gateways.
        match self.dice.between(0, 9) {
            0 => UploadError::WebPage { step, status: 200 },
            1 | 2 => UploadError::Unreadable(Unreadable {
                step,
                page: "https://page.test".to_owned(),
                host: "https://other.test".to_owned(),
            }),
            3 if ask.is_send() => UploadError::CutOff { step },
            _ => UploadError::Network { step },
        }
    }

    /// The outcome of a request to a side that is in an outage; `None` while that side is not.
    pub fn outage(&mut self, ask: &Ask) -> Option<Fate> {
        let (backend, kind) = self.outage?;
        if backend == ask.is_send() {
            return None;
        }
        let step = step_of(ask);
        Some(match kind {
            0 => Fate::Hangs,
            1 => Fate::Refused(self.busy(ask)),
            2 => Fate::Refused(UploadError::WebPage { step, status: 200 }),
            3 => Fate::Refused(UploadError::Unreadable(Unreadable {
                step,
                page: "https://page.test".to_owned(),
                host: "https://other.test".to_owned(),
            })),
            _ => Fate::Refused(UploadError::Network { step }),
        })
    }

    /// The outcome of a request without a network.
    pub fn lost(&mut self, ask: &Ask) -> Fate {
        if self.dice.permille(200) {
            Fate::Hangs
        } else {
            Fate::Refused(self.broken(ask))
        }
    }

    pub fn fate(&mut self, ask: &Ask) -> Fate {
        if let Some(fate) = self.outage(ask) {
            return fate;
        }
        if self.calm() || !self.dice.permille(self.traits.faults) {
            return Fate::Fine;
        }
        match (self.dice.between(0, 13), ask) {
            (12, _) => return Fate::Replayed,
            (13, Ask::Send(sent)) if sent.part.is_some() && self.traits.lists => {
                return Fate::EmptyYes;
            }
            (13, Ask::Complete { id, parts: Some(_) }) if self.traits.lists => {
                self.lied.insert(id.clone());
                return Fate::EmptyYes;
            }
            (13, Ask::List { .. }) => return Fate::Truncated,
            _ => {}
        }
        match self.dice.between(0, 11) {
            0..=1 => Fate::Refused(self.broken(ask)),
            2 => Fate::Deaf(self.broken(ask)),
            3 => Fate::Hangs,
            4 => Fate::HangsAfter,
            5 => Fate::Twice,
            6..=8 => Fate::Refused(self.busy(ask)),
            9 => Fate::Deaf(self.busy(ask)),
            // The backend itself does not refuse to list an upload that it has.
            _ if matches!(ask, Ask::List { id } if self.lied.contains(id)) => Fate::Fine,
            _ => Fate::Refused(self.refusal(ask)),
        }
    }

    /// A failure that may pass.
    fn busy(&mut self, ask: &Ask) -> UploadError {
        let seconds = self.dice.pick(&[0, 0, 1, 10, 60, 900]);
        let retry_after = (seconds > 0).then(|| Duration::from_secs(seconds));
        if ask.is_send() {
            // Half of the refusals have no code, as those of gateways.
            let (status, code) = if self.dice.permille(500) {
                (self.dice.pick(TRANSIENT), "")
            } else {
                self.dice.pick(&[
                    (500, "InternalError"),
                    (503, "SlowDown"),
                    (503, "ServiceUnavailable"),
                    (503, "Busy"),
                    (400, "RequestTimeout"),
                    (400, "IncompleteBody"),
                    (409, "OperationAborted"),
                    (409, "ConditionalRequestConflict"),
                ])
            };
            return UploadError::Store(StoreRefusal {
                status,
                code: (!code.is_empty()).then(|| code.to_owned()),
                retry_after,
                ..StoreRefusal::default()
            });
        }
        let status = self.dice.pick(TRANSIENT);
        match backend::refusal(status, "") {
            UploadError::Backend(mut refusal) => {
                refusal.retry_after = retry_after;
                UploadError::Backend(refusal)
            }
            other => other,
        }
    }

    /// A failure that does not pass by waiting.
    fn refusal(&mut self, ask: &Ask) -> UploadError {
        if ask.is_send() {
            if self.dice.permille(160) {
                return UploadError::Blocked(Blocked::Cors {
                    finding: None,
                    page: "https://page.test".to_owned(),
                    host: "https://s3.test".to_owned(),
                });
            }
            let (status, code, message) = self.dice.pick(&[
                (403, "AccessDenied", "Request has expired"),
                (403, "AccessDenied", "Policy expired"),
                (403, "AccessDenied", "Request is not yet valid"),
                (400, "ExpiredToken", ""),
                (400, "InvalidToken", ""),
                (400, "TokenRefreshRequired", ""),
                (403, "RequestTimeTooSkewed", ""),
                (400, "BadDigest", ""),
                (400, "XAmzContentChecksumMismatch", ""),
                (403, "SignatureDoesNotMatch", ""),
                (501, "NotImplemented", ""),
                (404, "NoSuchUpload", ""),
            ]);
            return store::refusal(status, code, message);
        }
        let refusals = [
            (403, "forbidden"),
            (404, "no_such_upload"),
            (404, "unknown_upload"),
            (409, "not_stored"),
            (404, "NoSuchKey"),
            (409, "invalid_part"),
            (409, "InvalidPart"),
            (409, "incomplete"),
        ];
        match self.dice.between(0, 5) {
            0..=3 => {
                let (status, code) = self.dice.pick(&refusals);
                backend::refusal(status, code)
            }
            4 => UploadError::Expired,
            _ => UploadError::Malformed {
                step: step_of(ask),
                expected: String::new(),
                // A gateway may have emptied the answer.
                got: String::new(),
                is_incomplete: self.dice.pick(&[false, true]),
            },
        }
    }
}
