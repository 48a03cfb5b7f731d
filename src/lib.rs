//! An upload widget: files go from the browser directly to S3, by URLs that the site's own backend presigns.
//!
//! The backend never receives the bytes, and the browser never receives a credential. The crate has one part for each
//! kind of host:
//!
//! | host | part |
//! |---|---|
//! | any page | the tag `<s3-upload endpoint="/uploads">`, which [`element`] implements |
//! | a Leptos page | the component [`S3Upload`] |
//! | a page with components of its own | the headless [`Uploader`] |
//!
//! # The component
//!
//! The endpoint is the only setting that is required. The limits below are shown before a file is chosen.
//!
//! ```
//! use leptos::prelude::*;
//! use s3_upload::core::Accept;
//! use s3_upload::{S3Upload, Settings};
//!
//! #[component]
//! fn Attachments() -> impl IntoView {
//!     let mut settings = Settings::new("/uploads");
//!     settings.engine.constraints.accept = Accept::new("image/*,.pdf");
//!     settings.engine.constraints.max_size = Some(20_000_000);
//!     view! { <S3Upload settings multiple=true /> }
//! }
//! ```
//!
//! Uploads of this component end when it leaves the page. An [`Uploader`] that the page keeps continues them, and tells
//! what happens:
//!
//! ```
//! use std::rc::Rc;
//!
//! use leptos::prelude::*;
//! use s3_upload::uploader::Headers;
//! use s3_upload::{S3Upload, Settings, UploadEvent, Uploader};
//!
//! /// The uploader of the whole site.
//! fn uploader(token: &str) -> Uploader {
//!     let mut settings = Settings::new("/uploads");
//!     settings.headers = Headers::Fixed(vec![("Authorization".to_owned(), format!("Bearer {token}"))]);
//!     let uploader = Uploader::new(settings);
//!     uploader.on_event(Rc::new(|event| {
//!         if let UploadEvent::Success(file) = event {
//!             leptos::logging::log!("{} is stored", file.info.name);
//!         }
//!     }));
//!     uploader
//! }
//!
//! /// One page of it.
//! #[component]
//! fn Attachments(uploader: Uploader) -> impl IntoView {
//!     let totals = uploader.totals();
//!     view! {
//!         <S3Upload uploader />
//!         <button disabled=move || totals.with(|all| all.active > 0)>"Send"</button>
//!     }
//! }
//! ```
//!
//! [`Settings`] has everything that a host can set: the [`dialect`](Settings::dialect) of an existing backend,
//! [`presign`](Settings::presign) for a host that presigns by itself, metadata, limits and time limits.
//!
//! # The modules
//!
//! They depend on each other in one direction: `element → ui → uploader → browser`. [`core`] decides what happens to an
//! upload. The crate `s3-upload-protocol` defines the requests to a backend.

mod browser;
pub mod element;
pub mod ui;
pub mod uploader;

pub use s3_upload_core as core;
#[cfg(feature = "leptos")]
pub use ui::S3Upload;
pub use uploader::{Settings, UploadEvent, Uploader};
