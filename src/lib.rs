//! `s3-upload` uploads files from the browser directly to S3.
//!
//! A page needs one tag, `<s3-upload endpoint="/uploads">`. A Leptos host needs one component, [`ui::S3Upload`]. Any
//! other host uses the headless [`uploader::Uploader`]. The widget requests presigned URLs from the host's own backend,
//! and sends the file to the store itself. The backend never receives the bytes, and the browser never receives a
//! credential.
//!
//! The modules depend on each other in one direction: `element → ui → uploader → browser`. `s3-upload-core` decides
//! what happens to an upload. `s3-upload-protocol` defines the requests to a backend.

mod browser;
pub mod element;
pub mod ui;
pub mod uploader;

pub use s3_upload_core as core;
pub use ui::S3Upload;
pub use uploader::{Settings, UploadEvent, Uploader};
