//! The widget: [`view`] makes its elements and follows the signals, [`widget`] has the Leptos components.
//!
//! The elements are plain ones. Each part of the widget is a struct with `add`, which makes its elements, and `update`,
//! which writes what changed.

mod announcements;
mod announcer;
mod context;
mod dom;
mod drop_zone;
mod effect;
mod file_list;
mod file_row;
mod focus;
mod icon;
mod overall;
mod progress_bar;
mod rejections;
mod stored;
mod view;
#[cfg(feature = "leptos")]
mod widget;

pub use view::{WidgetInput, WidgetView};
#[cfg(feature = "leptos")]
pub use widget::{S3Upload, Widget};
