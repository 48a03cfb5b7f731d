//! Finds out why a request got no answer. A browser says only that it failed; the reasons differ
//! in what helps, so each is looked for, the surest first.

use s3_upload_core::{Blocked, Step, UploadError};
use web_sys::File;

use crate::browser::file::{self, Readable};
use crate::browser::policy::PolicyWatch;
use crate::browser::{fetch, page};

/// Why nothing came back from the store. `moved` says whether any byte of this request went out,
/// `answered` whether this store ever let the page read an answer.
pub async fn store(url: &str, source: &File, moved: bool, answered: bool, policy: &PolicyWatch) -> UploadError {
    match file::probe(source).await {
        Readable::Yes => {}
        Readable::Changed => return UploadError::FileChanged,
        Readable::No => return UploadError::FileUnreadable,
    }
    if let Some(blocked) = blocked_by_page(url, policy) {
        return UploadError::Blocked(blocked);
    }
    let unanswered = UploadError::Network { step: Step::Send };
    let Some(address) = page::resolve(url) else { return unanswered };
    let host = address.origin();
    // A preflight that was refused looks like a network that is gone, but for this: somebody is there.
    let suspicious = !moved && !answered && host != page::origin();
    if suspicious && fetch::is_reachable(&format!("{host}/")).await {
        return UploadError::Blocked(Blocked::Cors { page: page::origin(), host });
    }
    unanswered
}

/// Why nothing came back from the backend. `answered` says whether it ever did.
pub async fn backend(step: Step, endpoint: &str, answered: bool, policy: &PolicyWatch) -> UploadError {
    if let Some(blocked) = blocked_by_page(endpoint, policy) {
        return UploadError::Blocked(blocked);
    }
    let unanswered = UploadError::Network { step };
    let Some(address) = page::resolve(endpoint) else { return unanswered };
    let host = address.origin();
    let suspicious = !answered && host != page::origin();
    if suspicious && fetch::is_reachable(&address.href()).await {
        return UploadError::Blocked(Blocked::Cors { page: page::origin(), host });
    }
    unanswered
}

fn blocked_by_page(url: &str, policy: &PolicyWatch) -> Option<Blocked> {
    let address = page::resolve(url)?;
    let host = address.origin();
    if let Some(violation) = policy.take(&host) {
        return Some(Blocked::Csp { directive: violation.directive, host });
    }
    page::is_mixed_content(&address).then_some(Blocked::MixedContent { host })
}
