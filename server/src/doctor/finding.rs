//! The constructor of a finding.

use s3_upload_protocol::native::DoctorFinding;

pub(super) fn finding(
    code: &str,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> DoctorFinding {
    DoctorFinding {
        code: code.to_owned(),
        message: message.into(),
        fix: fix.into(),
    }
}
