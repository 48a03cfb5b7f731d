//! The protocol between the widget, the backend that presigns, and the store.
//!
//! - [`native`]: the default protocol, which the widget and `s3-upload-server` implement
//! - [`dialect`]: the protocols of other backends, each as functions from replies to the next request
//! - [`answer`]: which response of a store or a backend counts as a success
//! - [`store`], [`refusal`]: the errors of S3 and of backends
//!
//! The crate sends nothing, has no JSON library and makes no decision about an upload.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use s3_upload_protocol::{Ask, Next, Reply, Site, Value, named};
//!
//! let dialect = named("auto").expect("the default dialect");
//! let site = Site { endpoint: "/uploads".to_owned(), ..Site::default() };
//! let ask = Ask {
//!     name: "cat.png",
//!     media_type: "image/png",
//!     size: 48_211,
//!     metadata: &BTreeMap::new(),
//!     prefer_multipart: false,
//!     part_size: 8_388_608,
//!     md5: None,
//!     uuid: "00000000-0000-4000-8000-000000000000",
//! };
//!
//! // Without a reply, an operation returns its first request.
//! let Ok(Next::Call(request)) = dialect.create(&site, &ask, &[]) else { panic!("no request") };
//! assert_eq!((request.method, request.url.expose()), ("POST", "/uploads"));
//!
//! // With the reply, it returns its result.
//! let url = Value::Text("https://bucket.example/cat.png?X-Amz-Signature=5ec".to_owned());
//! let reply = Reply::json(Value::Object(vec![("url".to_owned(), url)]));
//! assert!(matches!(dialect.create(&site, &ask, &[reply]), Ok(Next::Done(_))));
//! ```

pub mod answer;
pub mod dialect;
mod envelope;
mod grant;
mod json;
pub mod native;
pub mod refusal;
mod secret;
pub mod store;
pub mod talk;
mod value;

pub use dialect::{Dialect, Encoding, FieldNames, Site, named};
pub use grant::{
    Ask, Granted, Part, Plan, Signed, SignedPart, Stored, Upload, checked, is_forbidden,
};
pub use secret::{SecretFields, SecretUrl, is_deceptive, redacted};
pub use talk::{Audience, Body, Call, Next, Payload, Reply, Step, Trouble};
pub use value::Value;
