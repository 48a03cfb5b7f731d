//! A store that fails: what the client hears, over a store that answers as it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use std::time::Duration;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::IntoResponse as _,
};
use common::{file, refusal};
use s3_upload_protocol::native::{CompleteRequest, CreateResponse, Strategy::Multipart};
use s3_upload_server::{
    App,
    grants::TokenSigner,
    router,
    store::{BucketLocation, Store},
};

/// A server whose store answers every request by `answer`.
async fn over(answer: fn(Method, &str) -> (u16, String)) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let store = Router::new().fallback(move |method: Method, uri: axum::http::Uri| async move {
        let (status, body) = answer(method, uri.query().unwrap_or(""));
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    });
    tokio::spawn(async { axum::serve(listener, store).await });
    serve(endpoint).await
}

async fn serve(endpoint: String) -> String {
    let place = BucketLocation {
        bucket: "b".into(),
        endpoint: Some(endpoint),
        path_style: true,
        ..BucketLocation::default()
    };
    let app = App {
        origins: None,
        request_timeout: Duration::from_secs(20),
        ..App::new(
            Store::with_credentials(place, "key", "secret", Duration::from_mins(5)),
            TokenSigner::new(b"secret", Duration::from_hours(1)),
        )
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router(app)).await });
    url
}

fn error(status: u16, code: &str) -> (u16, String) {
    (
        status,
        format!(
            "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>Why</Message></Error>"
        ),
    )
}

async fn create(url: &str) -> reqwest::Response {
    let request = file("a", "", 9, &[Multipart]);
    reqwest::Client::new()
        .post(format!("{url}/uploads"))
        .json(&request)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_busy_store_asks_for_patience() {
    let url = over(|_, _| error(503, "SlowDown")).await;
    let refused = create(&url).await;
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(
        refusal(refused, StatusCode::SERVICE_UNAVAILABLE).await.0,
        "store_busy"
    );
}

#[tokio::test]
async fn a_store_that_forbids_or_breaks_or_is_not_there_is_unavailable() {
    for url in [
        over(|_, _| error(403, "InvalidAccessKeyId")).await,
        over(|_, _| (200, "not XML".into())).await,
        serve("http://127.0.0.1:1".into()).await,
    ] {
        let (code, message) = refusal(create(&url).await, StatusCode::BAD_GATEWAY).await;
        assert_eq!(code, "store_unavailable");
        assert!(
            !message.contains("InvalidAccessKeyId") && !message.contains("127.0.0.1"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_200_that_carries_an_error_is_an_error() {
    let url = over(|method, query| match (method, query.contains("uploadId")) {
        (Method::POST, false) => (200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>".into()),
        (Method::GET, _) => (
            200,
            "<ListPartsResult><Part><PartNumber>1</PartNumber><Size>9</Size><ETag>\"e\"</ETag></Part></ListPartsResult>".into(),
        ),
        _ => error(200, "InternalError"),
    })
    .await;
    let created: CreateResponse = common::answer(create(&url).await).await;
    let complete = format!("{url}/uploads/{}/complete", created.id.unwrap());
    let refused = reqwest::Client::new()
        .post(complete)
        .json(&CompleteRequest::default())
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(refused, StatusCode::BAD_GATEWAY).await.0,
        "store_unavailable"
    );
}
