//! Finds out why a request got no answer. A browser says only that it failed; the reasons differ
//! in what helps, so each is looked for, the surest first.

use s3_upload_core::{Blocked, Finding, Method, Step, Transmit, UploadError};
use s3_upload_protocol::Call;
use s3_upload_protocol::native::DoctorRequest;
use web_sys::File;

use super::backend::Backend;
use crate::browser::file::{self, Readable};
use crate::browser::http::{Body, Credentials, Request};
use crate::browser::policy::PolicyWatch;
use crate::browser::{fetch, network, page};

/// Whether any byte of a request to the store went out: what comes after the preflight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// At least one.
    Some,
    /// None, as far as XHR could see, or as must be assumed where only fetch is allowed.
    None,
    /// fetch does not tell.
    Unknown,
}

/// What is known of a request that the store did not answer.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// Of its bytes.
    pub moved: Moved,
    /// Whether this store ever let the page read an answer.
    pub answered: bool,
}

/// Why nothing came back from the store. `None`: the connection broke, or the store's CORS rule refused; only XHR can
/// tell.
pub async fn store(
    transmit: &Transmit,
    source: &File,
    Silence { moved, answered }: Silence,
    backend: &Backend<'_>,
) -> Option<UploadError> {
    match file::probe(source).await {
        Readable::Yes => {}
        Readable::Changed => return Some(UploadError::FileChanged),
        Readable::No => return Some(UploadError::FileUnreadable),
    }
    let url = transmit.target.url.expose();
    if let Some(blocked) = blocked_by_page(url, backend.policy) {
        return Some(UploadError::Blocked(blocked));
    }
    if !network::is_online() {
        return Some(UploadError::Offline);
    }
    let unanswered = Some(UploadError::Network { step: Step::Send });
    let Some(address) = page::resolve(url) else {
        return unanswered;
    };
    let host = address.origin();
    // A preflight that was refused looks like a network that is gone, but for this: somebody is there.
    let suspicious = moved != Moved::Some && !answered && host != page::origin();
    if !suspicious {
        return unanswered;
    }
    if !fetch::is_reachable(&format!("{host}/")).await {
        // A page that is inside itself reaches what is inside, or its network is gone.
        let outside = !page::is_internal(&page::host());
        return if outside && page::is_internal(&address.hostname()) {
            Some(UploadError::Blocked(Blocked::Host { host }))
        } else {
            unanswered
        };
    }
    let probed = may_put(transmit, &address).await;
    if probed == Some(true) {
        return unanswered;
    }
    if moved != Moved::None && probed != Some(false) {
        return None;
    }
    Some(UploadError::Blocked(found(transmit, host, backend).await))
}

/// The store is there, and the page may not read what it says. The backend may know why.
async fn found(transmit: &Transmit, host: String, backend: &Backend<'_>) -> Blocked {
    let question = DoctorRequest {
        origin: page::origin(),
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
            .collect(),
    };
    let findings = backend.doctor(question).await;
    // Some advice is about what does no harm yet.
    let is_cause = |code: &str| !matches!(code, "cors_expose" | "cors_max_age");
    let finding = findings.into_iter().find(|found| is_cause(&found.code));
    let finding = finding.map(|found| {
        Box::new(Finding {
            code: found.code,
            message: found.message,
            fix: found.fix,
        })
    });
    let page = page::origin();
    match finding {
        Some(finding) if finding.code == "internal_host" => Blocked::Host { host },
        Some(finding) if !finding.code.starts_with("cors") => Blocked::Setup { host, finding },
        finding => Blocked::Cors {
            page,
            host,
            finding,
        },
    }
}

/// Asks S3 for something that it refuses, and looks only whether the page may read the refusal: tags
/// for the object, unsigned and without a body. Method, headers and path are those of the upload,
/// so that the same rule answers the preflight. `None` where it is not known to be S3.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>
async fn may_put(transmit: &Transmit, address: &web_sys::Url) -> Option<bool> {
    let target = &transmit.target;
    if target.method != Method::Put || !address.search().contains("X-Amz-Signature=") {
        return None;
    }
    let url = format!("{}{}?tagging", address.origin(), address.pathname());
    let request = Request {
        method: "PUT",
        url: &url,
        headers: &target.headers,
        body: Body::Empty,
        credentials: Credentials::Omit,
    };
    Some(fetch::send(request, None).await.is_ok())
}

/// Why nothing came back from the store to the end of a multipart upload, which the browser itself asks for. Asked the same
/// without a signature, of an upload that is not there, it refuses: if the page may not read that either, and the store is
/// there, its CORS rule lacks the method.
pub async fn ending(step: Step, call: &Call, policy: &PolicyWatch) -> UploadError {
    let (method, url) = (call.method, call.url.expose());
    if let Some(blocked) = blocked_by_page(url, policy) {
        return UploadError::Blocked(blocked);
    }
    if !network::is_online() {
        return UploadError::Offline;
    }
    let unanswered = UploadError::Network { step };
    let Some(address) = page::resolve(url).filter(|address| address.origin() != page::origin())
    else {
        return unanswered;
    };
    let host = address.origin();
    if !fetch::is_reachable(&format!("{host}/")).await {
        return unanswered;
    }
    let probe = Request {
        method,
        url: &format!("{host}{}?uploadId=none", address.pathname()),
        headers: &call.headers,
        body: Body::Empty,
        credentials: Credentials::Omit,
    };
    if fetch::send(probe, None).await.is_ok() {
        return unanswered;
    }
    let finding = Finding {
        code: "cors_method".to_owned(),
        message: format!(
            "{host} gave {} no answer to {method}, which ends or takes back an upload in parts (CORS).",
            page::origin()
        ),
        fix: format!(
            "Add \"{method}\" to AllowedMethods of the bucket's CORS rule, and \"content-type\" to its AllowedHeaders."
        ),
    };
    UploadError::Blocked(Blocked::Cors {
        page: page::origin(),
        host,
        finding: Some(Box::new(finding)),
    })
}

/// Why nothing came back from the backend. `answered` says whether it ever did to this step, which may have an address
/// of its own.
pub async fn backend(
    step: Step,
    endpoint: &str,
    credentials: Credentials,
    answered: bool,
    policy: &PolicyWatch,
) -> UploadError {
    if let Some(blocked) = blocked_by_page(endpoint, policy) {
        return UploadError::Blocked(blocked);
    }
    if !network::is_online() {
        return UploadError::Offline;
    }
    let unanswered = UploadError::Network { step };
    let Some(address) = page::resolve(endpoint) else {
        return unanswered;
    };
    let host = address.origin();
    let suspicious = !answered && host != page::origin();
    let href = address.href();
    // Asked twice: the network may be back for the second question.
    if suspicious
        && !fetch::passes_preflight(&href, credentials).await
        && fetch::is_reachable(&href).await
        && !fetch::passes_preflight(&href, credentials).await
    {
        return UploadError::Blocked(Blocked::Cors {
            page: page::origin(),
            host,
            finding: None,
        });
    }
    unanswered
}

fn blocked_by_page(url: &str, policy: &PolicyWatch) -> Option<Blocked> {
    let address = page::resolve(url)?;
    let host = address.origin();
    if let Some(violation) = policy.take(&host) {
        return Some(Blocked::Csp {
            directive: violation.directive,
            host,
        });
    }
    page::is_mixed_content(&address).then_some(Blocked::MixedContent { host })
}
