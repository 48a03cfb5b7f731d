//! The messages of the error types, for logs and for developers. They contain no presigned URL, no credential, and no
//! message of the other side, which may quote one. The user interface makes the messages for people.

use core::fmt;

use crate::constraints::Violation;
use crate::error::{
    BackendRefusal, Blocked, Finding, Side, Step, StoreRefusal, Unreadable, UploadError,
};

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend => "the backend",
            Self::Store => "the store",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::SignParts => "sign parts",
            Self::ListParts => "list parts",
            Self::Send => "send",
            Self::Complete => "complete",
            Self::Abort => "abort",
        })
    }
}

fn refusal(f: &mut fmt::Formatter<'_>, side: Side, status: u16, code: Option<&str>) -> fmt::Result {
    write!(f, "{side} refused the request with status {status}")?;
    code.map_or(Ok(()), |code| write!(f, " ({code})"))
}

impl fmt::Display for StoreRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        refusal(f, Side::Store, self.status, self.code.as_deref())
    }
}

impl fmt::Display for BackendRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        refusal(f, Side::Backend, self.status, self.code.as_deref())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the backend found {}", self.code)
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cors { page, host, .. } => {
                write!(f, "the CORS rule of {host} does not allow {page}")
            }
            Self::Setup { host, finding } => {
                write!(f, "{host} is not set up for these uploads: {finding}")
            }
            Self::Host { host } => write!(f, "{host} is not reachable from this browser"),
            Self::Csp { directive, host } => {
                write!(f, "the page's policy does not allow {host} in {directive}")
            }
            Self::MixedContent { host } => {
                write!(f, "a page over https cannot send to {host} over http")
            }
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, page, host } = self;
        write!(f, "{page} cannot read the answer of {host} ({step})")
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { size, min } => {
                write!(f, "the file has {size} bytes, below the minimum of {min}")
            }
            Self::TooLarge { size, max } => {
                write!(f, "the file has {size} bytes, above the maximum of {max}")
            }
            Self::Type {
                content_type,
                accept,
            } => write!(f, "the type {content_type} is not one of {accept}"),
            Self::TooMany { max } => write!(f, "more than {max} files"),
            Self::TotalTooLarge { max } => {
                write!(f, "all files together have more than {max} bytes")
            }
            Self::Refused { .. } => f.write_str("the page refused the file"),
        }
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network { step } => {
                write!(f, "the connection to {} failed ({step})", step.side())
            }
            Self::CutOff { step } => write!(
                f,
                "{} closed the connection during the request ({step})",
                step.side()
            ),
            Self::Unreadable(unreadable) => unreadable.fmt(f),
            Self::WebPage { step, status } => {
                write!(
                    f,
                    "a web page with status {status} came instead of an answer ({step})"
                )
            }
            Self::Offline => f.write_str("the browser is offline"),
            Self::Stalled { step, after } => {
                write!(f, "no progress for {} seconds ({step})", after.as_secs())
            }
            Self::Expired => f.write_str("the presigned URL expired"),
            Self::Store(refusal) => refusal.fmt(f),
            Self::MissingETag => {
                f.write_str("the ETag of a part is not readable, and the parts cannot be listed")
            }
            Self::Blocked(blocked) => blocked.fmt(f),
            Self::Backend(refusal) => refusal.fmt(f),
            Self::Malformed {
                step,
                expected,
                got,
                ..
            } => write!(f, "expected {expected}, got {got} ({step})"),
            Self::FileChanged => f.write_str("the file changed after it was added"),
            Self::FileUnreadable => f.write_str("the browser cannot read the file"),
            Self::Constraint(violation) => violation.fmt(f),
            Self::Configuration(text) | Self::Unsupported(text) => {
                write!(f, "configuration: {text}")
            }
        }
    }
}

impl core::error::Error for StoreRefusal {}
impl core::error::Error for BackendRefusal {}
impl core::error::Error for Blocked {}
impl core::error::Error for Unreadable {}
impl core::error::Error for Violation {}

// It has no source: its message contains those of its fields.
impl core::error::Error for UploadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_status_and_code_and_not_its_message() {
        let error = UploadError::Store(StoreRefusal {
            status: 403,
            code: Some("AccessDenied".to_owned()),
            message: Some("token=secret".to_owned()),
            ..StoreRefusal::default()
        });
        assert_eq!(
            error.to_string(),
            "the store refused the request with status 403 (AccessDenied)"
        );
    }

    #[test]
    fn a_broken_connection_names_its_side_and_step() {
        let error: Box<dyn core::error::Error> = Box::new(UploadError::Network {
            step: Step::SignParts,
        });
        assert_eq!(
            error.to_string(),
            "the connection to the backend failed (sign parts)"
        );
    }
}
