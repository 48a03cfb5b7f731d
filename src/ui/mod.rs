//! The widget over the headless [`uploader`](crate::uploader).
//!
//! It shows snapshots and passes the person's actions on, as an [`Action`]. It makes no decisions about uploads, and sends
//! no requests. [`WidgetView`] fills an element of the page, and follows signals. For Leptos pages, the component `Widget`
//! wraps it, and needs only signals and a callback, so that every state can be shown without a request. `S3Upload` connects
//! it to an uploader. [`text`] has the texts, separate from the elements.

mod action;
mod components;
mod display_options;
#[cfg(feature = "split")]
mod lazy;
mod perform;
mod style;
pub mod text;
mod upload_list;

pub use action::Action;
#[cfg(feature = "leptos")]
pub use components::{S3Upload, Widget};
pub use components::{WidgetInput, WidgetView};
pub use display_options::DisplayOptions;
#[cfg(feature = "split")]
pub(crate) use lazy::load_failure_texts;
pub use perform::perform;
pub use style::adopt;
pub use text::messages::Messages;
pub use upload_list::UploadList;
