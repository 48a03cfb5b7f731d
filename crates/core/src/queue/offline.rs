//! The state while the network is believed gone.

use core::time::Duration;

use crate::ids::RequestId;
use crate::time::Instant;

/// The state while the network is believed gone.
#[derive(Debug)]
pub(super) struct Offline {
    pub probe: Instant,
    pub pause: Duration,
    /// True if one request may be sent to check the network.
    pub armed: bool,
    /// The last request made before the network was lost. Its progress proves nothing, because the system buffers the
    /// bytes.
    pub last: RequestId,
}
