//! The presence of a host at an address, as far as the page can find out.

use super::platform::Platform;
use crate::browser::address::Address;

/// The presence of a host at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A host answers.
    Somebody,
    /// No host answers.
    Nobody,
    /// Unknown, since the page's own policy hides all answers.
    Unknown,
}

/// Checks if a host answers. The probe has the request's path, which the page's Content Security Policy allowed. It
/// lacks the query, which is signed.
pub(super) async fn presence(platform: &impl Platform, address: &Address) -> Presence {
    if platform.is_reachable(&address.bare()).await {
        Presence::Somebody
    } else if is_elsewhere(platform, address) && platform.requires_corp().await {
        Presence::Unknown
    } else {
        Presence::Nobody
    }
}

/// True for an address of another origin than the page's.
pub(super) fn is_elsewhere(platform: &impl Platform, address: &Address) -> bool {
    address.origin != platform.origin()
}
