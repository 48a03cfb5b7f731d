//! The receiver of the webhook.

use std::fmt;

use axum::http::Uri;

use crate::primitives::Secret;

/// The receiver of events.
#[derive(Clone)]
pub struct WebhookTarget {
    /// The receiver's URL. It may contain a secret, so that it is not logged.
    pub url: Uri,
    /// The secret that signs events.
    pub secret: Secret,
}

impl fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("host", &self.url.host())
            .finish_non_exhaustive()
    }
}
