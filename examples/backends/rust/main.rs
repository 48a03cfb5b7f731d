//! The smallest honest backend for `<s3-upload>` in Rust, with axum and aws-sdk-s3. Start it in this folder with
//!
//!     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com cargo run
//!
//! and embed `<s3-upload endpoint="http://127.0.0.1:3000/uploads">`. Credentials are found as by every AWS tool. `PORT`
//! sets another port, `AWS_ENDPOINT_URL_S3` another S3 (addressed by path). It decides what may be uploaded and signs
//! for it; the bytes never come here. Who may upload is yours to check, where `sign` begins.

use std::{collections::BTreeMap, env, error::Error, time::Duration, time::SystemTime};

use aws_config::BehaviorVersion;
use aws_sdk_s3::{Client, config, presigning::PresigningConfig, primitives::DateTime, primitives::DateTimeFormat};
use axum::extract::{DefaultBodyLimit, State, rejection::JsonRejection};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use serde_json::{Value, json};
use tower_http::cors::{AllowOrigin, CorsLayer};

const TYPES: [&str; 6] = ["application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4"];
const MAX_SIZE: i64 = 100_000_000; // bytes of a file
const MAX_REQUEST: usize = 16 * 1024; // bytes of a request to this server
const EXPIRES: u64 = 300; // seconds

#[derive(serde::Deserialize)]
struct Upload {
    r#type: String,
    size: i64,
    accepts: Option<Vec<String>>,
}

#[derive(Clone)]
struct Backend {
    s3: Client,
    bucket: String,
    origin: HeaderValue,
}

struct Refusal(StatusCode, &'static str, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": { "code": self.1, "message": self.2 } }))).into_response()
    }
}

fn refuse<T>(status: StatusCode, code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(status, code, message.into()))
}

async fn sign(
    State(backend): State<Backend>,
    headers: HeaderMap,
    body: Result<Json<Upload>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    if headers.get(header::ORIGIN).is_some_and(|origin| *origin != backend.origin) {
        return refuse(StatusCode::FORBIDDEN, "origin_not_allowed", "This site may not upload here.");
    }
    let Json(file) = body.map_err(|rejected| {
        let code = match rejected.status() {
            StatusCode::BAD_REQUEST => "malformed_json",
            StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "not_json",
            _ => "invalid_request",
        };
        Refusal(rejected.status(), code, rejected.body_text())
    })?;
    if file.size < 1 {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "too_small", "The file is empty.");
    }
    if file.size > MAX_SIZE {
        let message = format!("At most {} MB are allowed.", MAX_SIZE / 1_000_000);
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message);
    }
    if !TYPES.contains(&file.r#type.as_str()) {
        let message = format!("Allowed are {}.", TYPES.join(", "));
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "type_not_allowed", message);
    }
    if file.accepts.is_some_and(|accepts| !accepts.iter().any(|way| way == "put")) {
        let message = "This server signs \"put\".";
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "unsupported_strategy", message);
    }
    presign(&backend, file.r#type, file.size).await.map(Json).or_else(|error| {
        eprintln!("{error}");
        refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server could not sign. Its log says why.")
    })
}

async fn presign(backend: &Backend, media_type: String, size: i64) -> Result<Value, Box<dyn Error>> {
    let now = DateTime::from(SystemTime::now()).fmt(DateTimeFormat::DateTime)?;
    let date = now.split('T').next().unwrap_or_default();
    let key = format!("{date}/{}", uuid::Uuid::new_v4()); // nothing in it is the client's
    let put = backend.s3.put_object().bucket(&backend.bucket).key(&key);
    let put = put.content_type(media_type).content_length(size).if_none_match("*");
    let signed = put.presigned(PresigningConfig::expires_in(Duration::from_secs(EXPIRES))?).await?;
    let mut headers: BTreeMap<_, _> = signed.headers().collect();
    headers.retain(|name, _| !["content-length", "host"].contains(name)); // a browser sets these itself
    Ok(json!({ "url": signed.uri(), "method": "PUT", "headers": headers, "key": key, "expiresIn": EXPIRES }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let set = |name| env::var(name).map_err(|_| format!("Set {name}, as this file's first lines say."));
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let by_path = env::var("AWS_ENDPOINT_URL_S3").is_ok();
    let s3 = Client::from_conf(config::Builder::from(&sdk).force_path_style(by_path).build());
    let backend = Backend { s3, bucket: set("BUCKET")?, origin: set("ALLOWED_ORIGIN")?.parse()? };
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list([backend.origin.clone()]))
        .allow_credentials(true)
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .allow_methods([Method::POST])
        .max_age(Duration::from_secs(7200));
    let nothing = || async { Refusal(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.".into()) };
    let otherwise = || async { Refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Ask with POST.".into()) };
    let router = Router::new()
        .route("/uploads", post(sign))
        .fallback(nothing)
        .method_not_allowed_fallback(otherwise)
        .layer((cors, DefaultBodyLimit::max(MAX_REQUEST)))
        .with_state(backend);
    let port = env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("Ready: http://{}/uploads", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}
