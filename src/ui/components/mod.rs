//! The Leptos components, and the rows, which are plain elements with one effect each.

mod announcer;
mod context;
mod dom;
mod drop_zone;
mod file_list;
mod file_row;
mod focus;
mod icon;
mod live_regions;
mod overall;
mod progress_bar;
mod rejections;
mod stored;
mod widget;

pub use widget::{S3Upload, Widget, perform};
