//! The cause of a failure and its remedy, for the developer. The texts are in English, for the console and for scripts.
//! The messages for the person are in `ui`.
//!
//! The texts hold no secrets. Of an address they name the origin only.

use s3_upload_core::{Blocked, Hint, StoreRefusal, Unreadable, UploadError};

/// The cause of a failure and its remedy, each in a sentence or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remediation {
    /// The cause.
    pub cause: String,
    /// The change that removes the cause, and its place.
    pub fix: String,
}

fn is(cause: impl Into<String>, fix: impl Into<String>) -> Remediation {
    let (cause, fix) = (cause.into(), fix.into());
    Remediation { cause, fix }
}

/// The remediation of an error. `None` if only the person can act.
pub fn remediation(error: &UploadError) -> Option<Remediation> {
    Some(match error {
        UploadError::Blocked(blocked) => blocked_remediation(blocked),
        UploadError::Store(refusal) => store_remediation(refusal),
        UploadError::MissingETag => is(
            "the store's CORS rule hides the header ETag, and the backend did not list the parts itself.",
            "Add \"ETag\" to the rule's ExposeHeaders, or let the backend list the parts when it completes without them.",
        ),
        UploadError::Malformed {
            step,
            expected,
            got,
            ..
        } if !step.is_backend() => is(
            format!("the store's answer was not understood: expected {expected}, got {got}."),
            "Check where the URL leads: something that is no store may answer there with a success.",
        ),
        UploadError::Malformed {
            step,
            expected,
            got,
            ..
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
        UploadError::CutOff { .. } => is(
            "the connection broke each time while this body was sent, although the host answers other requests.",
            "Look for a proxy that limits the size of requests (413) and whose error pages lack CORS headers.",
        ),
        UploadError::Unreadable(unreadable) => unreadable_remediation(unreadable),
        UploadError::WebPage { step, status } if step.is_backend() => is(
            format!("a web page (status {status}) came in place of the answer to {step:?}."),
            "Check the attribute endpoint, or the address that the function presign asks. A captive portal, a sign-in page or a single-page app's fallback answers like this.",
        ),
        UploadError::WebPage { status, .. } => is(
            format!(
                "a web page (status {status}) came in place of the store's answer, so that nothing says the file is stored."
            ),
            "Check where the URL leads. A captive portal, a sign-in page or a proxy's own page answers like this.",
        ),
        UploadError::Expired => is(
            "every URL had expired when it was used.",
            "Sign for longer, and check the clock of the server that signs: a presigned URL has its date.",
        ),
        UploadError::Configuration(text) | UploadError::Unsupported(text) => {
            is(format!("{text}."), "See the README's settings.")
        }
        _ => return None,
    })
}

/// The remediation of a response that the page may not read. It depends on the host that was asked.
fn unreadable_remediation(Unreadable { step, page, host }: &Unreadable) -> Remediation {
    if step.is_backend() {
        return is(
            format!(
                "{host} answers to {step:?}, but without CORS headers for {page}, so that the browser lets this page read nothing of it."
            ),
            format!(
                "Let the server at {host} answer with Access-Control-Allow-Origin: {page}: also to preflights (OPTIONS, with \
                 Access-Control-Allow-Headers: content-type and what the page's own headers are), and with every status. With \
                 credentials=\"include\" it has to answer Access-Control-Allow-Credentials: true as well."
            ),
        );
    }
    is(
        format!("{host} does not allow {page} to send this request (CORS)."),
        format!(
            "{} If the rule is there, see what answers: a gateway's error pages lack these headers. If files arrive all the \
             same, the store took all of the file, but its answer cannot be read here: answers to PUT and POST need the \
             headers as well, not only those to preflights.",
            cors_rule(page, host)
        ),
    )
}

/// The CORS rule that a bucket needs.
fn cors_rule(page: &str, host: &str) -> String {
    // A redirected preflight fails like a refused one.
    let global = if host.ends_with(".s3.amazonaws.com") {
        " If the rule is there: the bucket may be in another region than the URL is signed for; sign for its own."
    } else {
        ""
    };
    format!(
        "Add to its CORS rule: AllowedOrigins [\"{page}\"], AllowedMethods [\"PUT\", \"POST\"], AllowedHeaders \
         [\"content-type\", \"content-md5\", \"content-disposition\", \"cache-control\", \"if-none-match\", \
         \"x-amz-*\"], ExposeHeaders [\"ETag\"].{global}"
    )
}

fn blocked_remediation(blocked: &Blocked) -> Remediation {
    match blocked {
        Blocked::Cors {
            finding: Some(finding),
            ..
        }
        | Blocked::Setup { finding, .. } => is(finding.message.clone(), finding.fix.clone()),
        Blocked::Cors { page, host, .. } => is(
            format!("{host} does not allow {page} to send this request (CORS)."),
            cors_rule(page, host),
        ),
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

fn store_remediation(refusal: &StoreRefusal) -> Remediation {
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
                Some("AccessDenied") if refusal.message.as_deref().is_some_and(is_about_time) => {
                    "Set the clock of the server that signs: a presigned URL has its date, whatever the person's device shows. If it is right, sign for longer."
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

/// Returns true if a store's message reports a signature that is too old, or from the future.
fn is_about_time(message: &str) -> bool {
    ["Request has expired", "Policy expired", "not yet valid"]
        .iter()
        .any(|words| message.contains(words))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use s3_upload_core::Step;

    use super::*;

    #[test]
    fn the_missing_rule_is_spelled_out() {
        let blocked = Blocked::Cors {
            page: "https://app.test".to_owned(),
            host: "https://b.s3.amazonaws.com".to_owned(),
            finding: None,
        };
        let remediation = remediation(&UploadError::Blocked(blocked)).unwrap();
        assert!(
            remediation
                .fix
                .contains("AllowedOrigins [\"https://app.test\"]")
        );
        assert!(remediation.fix.contains("another region"));
    }

    #[test]
    fn each_party_is_told_of_its_own_headers() {
        let unreadable = |step| {
            remediation(&UploadError::Unreadable(Unreadable {
                step,
                page: "null".to_owned(),
                host: "https://there.test".to_owned(),
            }))
            .unwrap()
        };
        let store = unreadable(Step::Send);
        assert!(store.fix.contains("AllowedOrigins [\"null\"]"), "{store:?}");
        assert!(store.fix.contains("took all of the file"), "{store:?}");
        for step in [Step::Create, Step::SignParts, Step::Complete] {
            let backend = unreadable(step);
            assert!(backend.fix.contains("Access-Control-Allow-Origin: null"));
            assert!(backend.fix.contains("https://there.test"));
            assert!(!backend.fix.contains("AllowedOrigins"), "{backend:?}");
        }
    }

    #[test]
    fn a_signature_of_another_time_is_the_signers() {
        for message in ["Request has expired", "Request is not yet valid"] {
            let refusal = StoreRefusal {
                status: 403,
                code: Some("AccessDenied".to_owned()),
                message: Some(message.to_owned()),
                ..StoreRefusal::default()
            };
            let remediation = remediation(&UploadError::Store(refusal)).unwrap();
            assert!(
                remediation.fix.contains("clock of the server that signs"),
                "{remediation:?}"
            );
        }
    }

    #[test]
    fn what_only_the_person_can_mend_is_not_for_developers() {
        for error in [
            UploadError::FileChanged,
            UploadError::FileUnreadable,
            UploadError::Offline,
        ] {
            assert_eq!(remediation(&error), None);
        }
    }
}
