//! What a developer should know of a failure: its cause, and what to change. In English, for the console and for scripts;
//! what the person reads is made in `ui`.
//!
//! Refuses to repeat anything secret: origins and names only.

use s3_upload_core::{Blocked, Hint, StoreRefusal, UploadError};

/// The cause of a failure and its remedy, each in a sentence or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong.
    pub cause: String,
    /// What to change, and where.
    pub fix: String,
}

fn is(cause: impl Into<String>, fix: impl Into<String>) -> Advice {
    let (cause, fix) = (cause.into(), fix.into());
    Advice { cause, fix }
}

/// What a developer can do about it; `None` when only the person can.
pub fn advice(error: &UploadError) -> Option<Advice> {
    Some(match error {
        UploadError::Blocked(blocked) => blocked_advice(blocked),
        UploadError::Store(refusal) => store_advice(refusal),
        UploadError::MissingETag => is(
            "the store's CORS rule hides the header ETag, and the backend did not list the parts itself.",
            "Add \"ETag\" to the rule's ExposeHeaders, or let the backend list the parts when it completes without them.",
        ),
        UploadError::Malformed {
            step,
            expected,
            got,
        } => is(
            format!(
                "the backend's answer to {step:?} was not understood: expected {expected}, got {got}."
            ),
            "Check the attributes endpoint and protocol, and what the backend answers there.",
        ),
        UploadError::Backend(refusal) => match refusal.status {
            401 => is(
                "the backend does not know who is asking (401).",
                "Set the property headers to a function that gives a fresh token, or credentials=\"include\" for cookies of another origin.",
            ),
            403 => is(
                "the backend refused the request (403).",
                "If it wants a CSRF token, name its place by csrf-meta or csrf-cookie; else check what this person may do.",
            ),
            404 | 405 => is(
                format!(
                    "the backend has nothing at this address ({}).",
                    refusal.status
                ),
                "Check the attributes endpoint and protocol.",
            ),
            status @ 500.. => is(
                format!("the backend failed (status {status})."),
                "Its log knows more.",
            ),
            _ => return None,
        },
        UploadError::Network { step } if step.is_backend() => is(
            "the backend did not answer.",
            "Check that it runs, that the attribute endpoint is right, and that it answers CORS preflights if it is of another origin.",
        ),
        UploadError::Network { .. } => is(
            "the connection to the store broke, again and again.",
            "If it never works: check that this network reaches the store, and that nothing between limits the size of requests.",
        ),
        UploadError::Expired => is(
            "every URL had expired when it was used.",
            "Sign for longer, and check the clocks of the server that signs and of the store.",
        ),
        UploadError::Configuration(text) => is(format!("{text}."), "See the README's settings."),
        _ => return None,
    })
}

fn blocked_advice(blocked: &Blocked) -> Advice {
    match blocked {
        Blocked::Cors {
            finding: Some(finding),
            ..
        }
        | Blocked::Setup { finding, .. } => is(finding.message.clone(), finding.fix.clone()),
        Blocked::Cors { page, host, .. } => {
            // A preflight that is redirected fails like one that is refused.
            let global = if host.ends_with(".s3.amazonaws.com") {
                " If the rule is there: the bucket may be in another region than the URL is signed for; sign for its own."
            } else {
                ""
            };
            is(
                format!("{host} does not allow {page} to send this request (CORS)."),
                format!(
                    "Add to its CORS rule: AllowedOrigins [\"{page}\"], AllowedMethods [\"PUT\", \"POST\"], AllowedHeaders \
                     [\"content-type\", \"content-md5\", \"content-disposition\", \"cache-control\", \"if-none-match\", \
                     \"x-amz-*\"], ExposeHeaders [\"ETag\"].{global}"
                ),
            )
        }
        Blocked::Host { host } => is(
            format!(
                "the URL is signed for {host}, which is a name of an inner network; this browser does not reach it."
            ),
            "Sign for the address by which browsers reach the store: s3-upload-server has --public-endpoint for it.",
        ),
        Blocked::Csp { directive, host } => is(
            format!("the page's Content Security Policy forbids {host} ({directive})."),
            format!("Add {host} to {directive}."),
        ),
        Blocked::MixedContent { host } => is(
            format!("this page is https, and {host} is not: the browser sends nothing there."),
            "Serve the store over https, and sign https URLs.",
        ),
    }
}

fn store_advice(refusal: &StoreRefusal) -> Advice {
    let code = refusal
        .code
        .clone()
        .unwrap_or_else(|| refusal.status.to_string());
    match refusal.hint.as_deref() {
        Some(Hint::EmptyChecksum) => is(
            format!(
                "the store refused the upload ({code}): the presigned URL carries the checksum of an empty body (x-amz-checksum-crc32=AAAAAA==), which the AWS SDK for JavaScript adds while it signs."
            ),
            "Create the backend's S3Client with requestChecksumCalculation: \"WHEN_REQUIRED\".",
        ),
        Some(Hint::NotSent(names)) => is(
            format!(
                "the store refused the upload ({code}): the URL signs headers that were not sent: {}.",
                names.join(", ")
            ),
            "Let the backend answer them with their values in \"headers\", or not sign them.",
        ),
        Some(Hint::NotSigned(names)) => is(
            format!(
                "the store refused the upload ({code}): the backend has headers sent that the URL does not sign: {}.",
                names.join(", ")
            ),
            "Sign them, or leave them out of \"headers\".",
        ),
        None => {
            let fix = match refusal.code.as_deref() {
                Some("SignatureDoesNotMatch") => {
                    "Check the server's secret key, that Content-Type is signed with the same value as the widget sends, and that no proxy changes the request or its host."
                }
                Some("AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError") => {
                    "Check the region and the expiry (at most 7 days) that the backend signs with."
                }
                Some("PermanentRedirect" | "TemporaryRedirect") => {
                    "Sign for the region that the bucket is in."
                }
                Some("NoSuchBucket") => {
                    "Check the bucket's name, and the endpoint that the backend signs for."
                }
                Some("InvalidAccessKeyId" | "ExpiredToken" | "InvalidToken") => {
                    "Check the backend's credentials."
                }
                Some("AccessDenied")
                    if refusal
                        .message
                        .as_deref()
                        .is_some_and(|message| message.contains("Policy")) =>
                {
                    "The form's policy does not allow this file, or wants a field that the backend did not answer: make both agree."
                }
                Some("AccessDenied") => {
                    "Check what the backend's credentials may do: s3:PutObject, and s3:AbortMultipartUpload and s3:ListMultipartUploadParts for large files."
                }
                Some("RequestTimeTooSkewed") => "Set the clock of the server that signs.",
                _ => "The store's documentation explains the code.",
            };
            let said = refusal
                .message
                .as_deref()
                .map_or(String::new(), |message| format!(": {message}"));
            is(format!("the store refused the upload ({code}{said})."), fix)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn the_missing_rule_is_spelled_out() {
        let blocked = Blocked::Cors {
            page: "https://app.test".to_owned(),
            host: "https://b.s3.amazonaws.com".to_owned(),
            finding: None,
        };
        let advice = advice(&UploadError::Blocked(blocked)).unwrap();
        assert!(advice.fix.contains("AllowedOrigins [\"https://app.test\"]"));
        assert!(advice.fix.contains("another region"));
    }

    #[test]
    fn what_only_the_person_can_mend_is_not_for_developers() {
        for error in [
            UploadError::FileChanged,
            UploadError::FileUnreadable,
            UploadError::Offline,
        ] {
            assert_eq!(advice(&error), None);
        }
    }
}
