//! A minimal backend for `<s3-upload>` in Rust, with axum and aws-sdk-s3. Start it in this folder:
//!
//!     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com cargo run
//!
//! Embed `<s3-upload endpoint="http://127.0.0.1:3000/uploads">`. The SDK finds credentials like every AWS tool. `PORT`
//! sets another port. `AWS_ENDPOINT_URL_S3` sets another S3, which is addressed by path. The backend checks type and
//! size, and signs a URL. It never receives the file. It does not authenticate clients: add that check at the start of
//! `sign`.

use std::{collections::BTreeMap, env, error::Error, time::Duration, time::SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use axum::extract::{DefaultBodyLimit, State, rejection::JsonRejection};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use serde_json::{Value, json};
use tower_http::cors::{AllowOrigin, CorsLayer};

const TYPES: &str = "application/pdf, image/jpeg, image/png, image/webp, text/plain, video/mp4";
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
    s3: aws_sdk_s3::Client,
    bucket: String,
    origin: HeaderValue,
}

struct Refusal(u16, &'static str, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "error": { "code": self.1, "message": self.2 } });
        (status, Json(body)).into_response()
    }
}

async fn sign(
    State(backend): State<Backend>,
    headers: HeaderMap,
    body: Result<Json<Upload>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let refuse = |status, code, message: &str| Err(Refusal(status, code, message.into()));
    if headers
        .get(header::ORIGIN)
        .is_some_and(|origin| *origin != backend.origin)
    {
        return refuse(403, "origin_not_allowed", "This site may not upload here.");
    }
    let file = match body {
        Ok(Json(file)) => file,
        Err(bad) => {
            let code = match bad.status().as_u16() {
                400 => "malformed_json",
                413 => "request_too_large",
                415 => "not_json",
                _ => "invalid_request",
            };
            return refuse(bad.status().as_u16(), code, &bad.body_text());
        }
    };
    if file.size < 1 {
        return refuse(422, "too_small", "The file is empty.");
    }
    if file.size > MAX_SIZE {
        let message = format!("At most {} MB are allowed.", MAX_SIZE / 1_000_000);
        return refuse(413, "too_large", &message);
    }
    if !TYPES.split(", ").any(|allowed| allowed == file.r#type) {
        return refuse(415, "type_not_allowed", &format!("Allowed are {TYPES}."));
    }
    if file
        .accepts
        .is_some_and(|ways| !ways.iter().any(|way| way == "put"))
    {
        return refuse(422, "unsupported_strategy", "This server signs \"put\".");
    }
    presign(&backend, file.r#type, file.size)
        .await
        .map(Json)
        .or_else(|error| {
            eprintln!("{error:?}");
            refuse(
                500,
                "internal",
                "The server could not sign. Its log says why.",
            )
        })
}

async fn presign(to: &Backend, media_type: String, size: i64) -> Result<Value, Box<dyn Error>> {
    let now = DateTime::from(SystemTime::now()).fmt(DateTimeFormat::DateTime)?;
    let date = now.split('T').next().unwrap_or_default();
    let key = format!("{date}/{}", uuid::Uuid::new_v4()); // contains no input of the client
    let put = to.s3.put_object().bucket(&to.bucket).key(&key);
    let put = put
        .content_type(media_type)
        .content_length(size)
        .if_none_match("*");
    let lives = PresigningConfig::expires_in(Duration::from_secs(EXPIRES))?;
    let signed = put.presigned(lives).await?;
    let mut headers: BTreeMap<_, _> = signed.headers().collect();
    headers.retain(|name, _| !["content-length", "host"].contains(name)); // the browser sets these
    let url = signed.uri();
    Ok(json!({ "url": url, "method": "PUT", "headers": headers, "key": key, "expiresIn": EXPIRES }))
}

async fn not_found() -> Refusal {
    Refusal(404, "not_found", "There is nothing at this address.".into())
}

async fn not_allowed() -> Refusal {
    Refusal(405, "method_not_allowed", "Ask with POST.".into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let set = |name| env::var(name).map_err(|_| format!("Set {name}, as the first lines say."));
    let sdk = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let by_path = env::var("AWS_ENDPOINT_URL_S3").is_ok();
    let config = aws_sdk_s3::config::Builder::from(&sdk)
        .force_path_style(by_path)
        .build();
    let backend = Backend {
        s3: aws_sdk_s3::Client::from_conf(config),
        bucket: set("BUCKET")?,
        origin: set("ALLOWED_ORIGIN")?.parse()?,
    };
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list([backend.origin.clone()]))
        .allow_credentials(true)
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .allow_methods([Method::POST])
        .max_age(Duration::from_hours(2));
    let router = Router::new()
        .route("/uploads", post(sign))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer((cors, DefaultBodyLimit::max(MAX_REQUEST)))
        .with_state(backend);
    let port = env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("Ready: http://{}/uploads", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}
