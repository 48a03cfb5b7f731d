//! The Leptos components over the headless [`uploader`](crate::uploader).
//!
//! Components show snapshots and pass the person's actions on, as an [`Action`]. They make no decisions about uploads,
//! and send no requests. [`Widget`] needs only signals and a callback, so that every state can be shown without a
//! request. [`S3Upload`] connects it to an uploader. Texts are separate from components: [`catalogue`] contains them,
//! [`error_text`] chooses them, and [`format`](mod@format) formats numbers. None of these modules needs a browser.

// A component owns its props, even if it only reads them.
#![allow(clippy::needless_pass_by_value)]

mod action;
mod announcer;
pub mod catalogue;
pub mod constraint_text;
mod context;
mod display_options;
mod dom;
mod drop_zone;
pub mod error_text;
mod file_list;
mod file_row;
mod focus;
pub mod format;
mod icon;
mod live_regions;
pub mod messages;
mod overall;
mod progress_bar;
mod rejections;
mod stored;
mod style;
mod upload_list;
mod widget;

pub use action::Action;
pub use display_options::DisplayOptions;
pub use messages::Messages;
pub use style::adopt;
pub use upload_list::UploadList;
pub use widget::{S3Upload, Widget, perform};
