//! The protocol between the widget, the backend that presigns, and the store.
//!
//! - [`native`]: the default protocol, which the widget and `s3-upload-server` implement
//! - [`dialect`]: the protocols of other backends, each as functions from responses to the next request
//! - [`response`]: classifies responses as successes, errors and web pages
//! - [`store`], [`refusal`]: the errors of S3 and of backends
//!
//! The crate sends nothing, has no JSON library and makes no decision about an upload.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use s3_upload_protocol::{BackendConfig, CreateParams, DialectResponse, Next, Value, named};
//!
//! let dialect = named("auto").expect("the default dialect");
//! let config = BackendConfig { endpoint: "/uploads".to_owned(), ..BackendConfig::default() };
//! let params = CreateParams {
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
//! // Without a response, an operation returns its first request.
//! let Ok(Next::Send(request)) = dialect.create(&config, &params, &[]) else { panic!("no request") };
//! assert_eq!((request.method, request.url.expose()), ("POST", "/uploads"));
//!
//! // With the response, it returns its result.
//! let url = Value::Text("https://bucket.example/cat.png?X-Amz-Signature=5ec".to_owned());
//! let response = DialectResponse::json(Value::Object(vec![("url".to_owned(), url)]));
//! assert!(matches!(dialect.create(&config, &params, &[response]), Ok(Next::Done(_))));
//! ```

mod base64;
pub mod dialect;
mod envelope;
pub mod exchange;
mod grant;
mod json;
pub mod native;
pub mod refusal;
pub mod response;
mod secret;
pub mod store;
mod value;

pub use dialect::{BackendConfig, Dialect, Encoding, FieldNames, named};
pub use exchange::{
    Audience, DialectError, DialectRequest, DialectResponse, Next, OperationResult, RequestBody,
    ResponseBody,
};
pub use grant::{
    ConfirmedObject, CreateParams, GrantedUpload, PresignedPart, PresignedRequest, TransferPlan,
    UploadContext, check_parts, is_forbidden,
};
pub use native::PartToSign;
pub use secret::{SecretFields, SecretUrl, is_deceptive, redacted};
pub use value::Value;
