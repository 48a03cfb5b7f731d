//! The Leptos components over the headless [`uploader`](crate::uploader).
//!
//! Components show snapshots and pass the person's actions on, as an [`Action`]. They make no decisions about uploads,
//! and send no requests. [`Widget`] needs only signals and a callback, so that every state can be shown without a
//! request. [`S3Upload`] connects it to an uploader. [`text`] has the texts, separate from the components.

// A component owns its props, even if it only reads them.
#![allow(clippy::needless_pass_by_value)]

mod action;
mod components;
mod display_options;
mod perform;
mod style;
pub mod text;
mod upload_list;

pub use action::Action;
#[cfg(feature = "leptos")]
pub use components::{S3Upload, Widget};
pub use components::{WidgetInput, WidgetView};
pub use display_options::DisplayOptions;
pub use perform::perform;
pub use style::adopt;
pub use text::messages::Messages;
pub use upload_list::UploadList;
