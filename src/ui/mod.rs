//! What people see: Leptos components over the headless [`uploader`](crate::uploader).
//!
//! Components show snapshots and hand on what the person does, as an [`Action`]; they decide
//! nothing about an upload and touch no network. [`Widget`] needs only signals and a callback, so
//! that every state can be shown without a single request; [`S3Upload`] connects it to an
//! uploader. What is said lives apart from what is shown: [`catalogue`] has the words,
//! [`sentence`] chooses them, [`format`](mod@format) writes numbers; none of them needs a browser.

// A component's props belong to the component, also where it only reads them.
#![allow(clippy::needless_pass_by_value)]

pub mod catalogue;
mod desk;
mod drop_zone;
mod file_list;
mod file_row;
pub mod format;
pub mod hint;
mod icon;
mod live;
pub mod messages;
mod overall;
mod progress_bar;
mod rejections;
pub mod sentence;
mod stored;
mod style;
mod widget;

pub use desk::{Action, Look, Source};
pub use messages::Messages;
pub use style::adopt;
pub use widget::{S3Upload, Widget, perform};
