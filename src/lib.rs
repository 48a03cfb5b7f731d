//! `s3-upload`: from a person's browser straight into S3.
//!
//! A page needs one tag, `<s3-upload endpoint="/uploads">`; a Leptos host one component,
//! [`ui::S3Upload`]; anything else the headless [`uploader::Uploader`]. The widget asks the host's
//! own backend for presigned URLs and sends the file to the store by itself: the backend never
//! touches the bytes, the browser never sees a credential.
//!
//! The arrows between the modules point one way: `element → ui → uploader → browser`. What happens
//! to an upload is decided in `s3-upload-core`, what is said to a backend stands in
//! `s3-upload-protocol`.

mod browser;
pub mod element;
pub mod ui;
pub mod uploader;

pub use s3_upload_core as core;
pub use ui::S3Upload;
pub use uploader::{Settings, UploadEvent, Uploader};
