//! Asks the backend for proof of a fault in the set-up of the store. The backend sends its own requests to the store,
//! and no browser hides their responses from it.

use s3_upload_core::CollectVec;
use s3_upload_core::{Blocked, Finding, Method, Step, UploadError};
use s3_upload_protocol::native::{DoctorRequest, DoctorResponse};
use s3_upload_protocol::redacted;

use crate::uploader::diagnosis::UnansweredSend;
use crate::uploader::platform::Platform;
use crate::uploader::presence::Presence;

/// The cause that the backend finds. `None` if it finds none, or has no doctor.
pub(super) async fn cause<P: Platform>(
    failed: &UnansweredSend<'_, P>,
    presence: Presence,
) -> Option<UploadError> {
    let host = failed.address.origin.clone();
    let page = failed.platform.origin();
    let target = &failed.transmit.target;
    let question = DoctorRequest {
        origin: page.clone(),
        store: Some(host.clone()),
        method: match target.method {
            Method::Put => "PUT",
            Method::Post { .. } => "POST",
        }
        .to_owned(),
        headers: target
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect_vec(),
    };
    let answer = (failed.ask_doctor)(question.into()).await?;
    let findings = DoctorResponse::from(answer).findings;
    // These findings are advice, and cause no failure.
    let is_cause = |code: &str| !matches!(code, "cors_expose" | "cors_max_age");
    let found = findings.into_iter().find(|found| is_cause(&found.code))?;
    let finding = Box::new(Finding {
        code: found.code,
        message: redacted(&found.message),
        fix: redacted(&found.fix),
    });
    match finding.code.as_str() {
        "internal_host" => Some(UploadError::Blocked(Blocked::Host { host })),
        // The backend meets the same outage, which proves no fault of the set-up.
        "store_unreachable" if presence == Presence::Unknown => {
            Some(UploadError::Network { step: Step::Send })
        }
        "store_unreachable" => None,
        code if code.starts_with("cors") => Some(UploadError::Blocked(Blocked::Cors {
            page,
            host,
            finding: Some(finding),
        })),
        _ => Some(UploadError::Blocked(Blocked::Setup { host, finding })),
    }
}
