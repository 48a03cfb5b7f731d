//! What may become of a request, by lot: it breaks, hangs, is refused, or is heard and not answered.

use core::time::Duration;

use s3_upload_core::{Blocked, Step, StoreRefusal, UploadError};

use crate::world::{Ask, World};
use crate::{backend, store};

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Fate {
    Fine,
    /// It arrives and is acted on, but its answer is this.
    Deaf(UploadError),
    /// It is not acted on; its answer is this.
    Refused(UploadError),
    /// It never arrives and is never answered.
    Hangs,
    /// It is acted on and never answered.
    HangsAfter,
    /// Its answer comes twice.
    Twice,
}

impl World {
    pub fn broken(&mut self, ask: &Ask) -> UploadError {
        if !self.network && self.dice.permille(100) {
            return UploadError::Offline;
        }
        UploadError::Network {
            step: match ask {
                Ask::Create { .. } => Step::Create,
                Ask::Sign { .. } => Step::SignParts,
                Ask::List { .. } => Step::ListParts,
                Ask::Complete { .. } => Step::Complete,
                Ask::Abort { .. } => Step::Abort,
                Ask::Send(_) => Step::Send,
            },
        }
    }

    /// There is no network.
    pub fn lost(&mut self, ask: &Ask) -> Fate {
        if self.dice.permille(200) {
            Fate::Hangs
        } else {
            Fate::Refused(self.broken(ask))
        }
    }

    pub fn fate(&mut self, ask: &Ask) -> Fate {
        if self.calm() || !self.dice.permille(self.traits.faults) {
            return Fate::Fine;
        }
        match self.dice.between(0, 11) {
            0..=1 => Fate::Refused(self.broken(ask)),
            2 => Fate::Deaf(self.broken(ask)),
            3 => Fate::Hangs,
            4 => Fate::HangsAfter,
            5 => Fate::Twice,
            6..=8 => Fate::Refused(self.busy(ask)),
            9 => Fate::Deaf(self.busy(ask)),
            _ => Fate::Refused(self.refusal(ask)),
        }
    }

    /// A failure that goes away.
    fn busy(&mut self, ask: &Ask) -> UploadError {
        let seconds = self.dice.pick(&[0, 0, 1, 10, 60, 900]);
        let retry_after = (seconds > 0).then(|| Duration::from_secs(seconds));
        if ask.is_send() {
            let (status, code) = self.dice.pick(&[
                (500, "InternalError"),
                (503, "SlowDown"),
                (503, ""),
                (400, "RequestTimeout"),
                (409, "OperationAborted"),
                (429, ""),
            ]);
            return UploadError::Store(StoreRefusal {
                status,
                code: (!code.is_empty()).then(|| code.to_owned()),
                retry_after,
                ..StoreRefusal::default()
            });
        }
        let status = self.dice.pick(&[429, 500, 502, 503, 504]);
        match backend::refusal(status, "") {
            UploadError::Backend(mut refusal) => {
                refusal.retry_after = retry_after;
                UploadError::Backend(refusal)
            }
            other => other,
        }
    }

    /// A failure that needs something else than patience.
    fn refusal(&mut self, ask: &Ask) -> UploadError {
        let which = self.dice.between(0, 5);
        if ask.is_send() {
            return match which {
                0 => store::refusal(403, "AccessDenied", "Request has expired"),
                1 => store::refusal(400, "ExpiredToken", ""),
                2 => store::refusal(400, "BadDigest", ""),
                3 => store::refusal(403, "SignatureDoesNotMatch", ""),
                4 => store::refusal(404, "NoSuchUpload", ""),
                _ => UploadError::Blocked(Blocked::Cors {
                    finding: None,
                    page: "https://page.test".to_owned(),
                    host: "https://s3.test".to_owned(),
                }),
            };
        }
        match which {
            0 => backend::refusal(403, "forbidden"),
            1 => backend::refusal(404, "unknown_upload"),
            2 => backend::refusal(409, "invalid_part"),
            3 => backend::refusal(409, "incomplete"),
            4 => UploadError::Expired,
            _ => UploadError::Malformed {
                step: Step::Complete,
                expected: String::new(),
                got: String::new(),
            },
        }
    }
}
