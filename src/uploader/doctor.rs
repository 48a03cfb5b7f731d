//! Asks the backend for proof of a fault in the set-up of the store. The backend sends its own requests to the store,
//! and no browser hides their responses from it.

use s3_upload_core::CollectVec;
use s3_upload_core::{Blocked, Finding, Method, Step, Transmit, UploadError};
use s3_upload_protocol::native::DoctorRequest;

use super::backend::Backend;
use super::platform::Platform;
use super::presence::Presence;
use crate::browser::address::Address;

/// The time limit for the backend's answer, in milliseconds.
const PATIENCE: u32 = 8_000;

/// The cause that the backend finds. `None` if it finds none, or has no doctor.
pub async fn cause(
    transmit: &Transmit,
    address: &Address,
    backend: &Backend<'_, impl Platform>,
    presence: Presence,
) -> Option<UploadError> {
    let host = address.origin.clone();
    let question = DoctorRequest {
        origin: backend.platform.origin(),
        store: Some(host.clone()),
        method: match transmit.target.method {
            Method::Put => "PUT",
            Method::Post { .. } => "POST",
        }
        .to_owned(),
        headers: transmit
            .target
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect_vec(),
    };
    let (_limit, signal) = backend.platform.time_limit(PATIENCE);
    let limited = Backend { signal, ..*backend };
    let findings = limited.doctor(question).await;
    // These findings are advice, and cause no failure.
    let is_cause = |code: &str| !matches!(code, "cors_expose" | "cors_max_age");
    let found = findings.into_iter().find(|found| is_cause(&found.code))?;
    let finding = Box::new(Finding {
        code: found.code,
        message: found.message,
        fix: found.fix,
    });
    let page = backend.platform.origin();
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
