//! Events for a site's backend: the webhook.

mod event;
mod sender;
mod target;
mod webhook;

pub use event::{Event, UploadedObject};
pub use target::WebhookTarget;
pub use webhook::Webhook;
