//! Attacks, each over real HTTP against a real server and its embedded store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

mod hosts;
mod ids;
mod issuers;
mod keys_and_names;
mod limits;
mod load;
mod low;
mod pages;
mod replay;
mod slow;
mod stored;
mod tokens;
mod versions;

use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::{self, Rig};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use s3_upload_protocol::native::{
    CreateRequest, CreateResponse,
    Strategy::{Multipart, Put},
};
use s3_upload_server::access::{AuthTokens, Claims};

/// The secret of tokens.
const AUTH: &str = "a secret that only two servers know";
/// The secret of upload ids.
const UPLOAD_SECRET: &str = "a secret of the server's own";

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A good token of the shared secret.
fn token(id: &str, tenant: Option<&str>) -> String {
    AuthTokens::new(AUTH).sign(&Claims {
        id: id.to_owned(),
        tenant: tenant.map(str::to_owned),
        exp: now() + 600,
    })
}

/// A request with this token.
fn ask(rig: &Rig, token: &str, method: Method, path: &str) -> RequestBuilder {
    rig.request(method, path).bearer_auth(token)
}

/// Asks whether a file may be uploaded.
async fn create_as(rig: &Rig, token: &str, request: &CreateRequest) -> Response {
    ask(rig, token, Method::POST, "/uploads")
        .json(request)
        .send()
        .await
        .unwrap()
}

/// A small upload with this token.
async fn begin_as(rig: &Rig, token: &str) -> CreateResponse {
    let request = common::file("a.txt", "text/plain", 5, &[Put]);
    common::answer(create_as(rig, token, &request).await).await
}

/// Every request that an id could be used for, ready to be sent.
fn all_about(rig: &Rig, id: &str) -> Vec<(String, RequestBuilder)> {
    [
        (Method::DELETE, ""),
        (Method::GET, "/parts"),
        (Method::POST, "/parts"),
        (Method::POST, "/complete"),
    ]
    .map(|(method, path)| {
        let name = format!("{method} {path}");
        let request = rig.request(method, &format!("/uploads/{id}{path}"));
        let body = serde_json::json!({"parts": [{"number": 1, "size": 5, "etag": "\"e\""}]});
        (name, request.json(&body))
    })
    .into()
}

/// The server still takes a file.
async fn is_well(rig: &Rig) {
    let created = rig
        .create(&common::file("a.txt", "text/plain", 5, &[Put, Multipart]))
        .await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
}
