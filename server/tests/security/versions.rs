//! A bucket that keeps versions: each further one that is confirmed counts against the limit in bytes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, response::Response};
use reqwest::{Client, StatusCode};
use s3_upload_protocol::native::{CreateResponse, Strategy::Put};
use s3_upload_server::{
    App,
    access::{Quota, QuotaLimits},
    grants::TokenSigner,
    router,
    store::{BucketLocation, Store},
};

use crate::common::{answer, file};

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn a_further_version_is_counted_when_it_is_confirmed() {
    let version = Arc::new(AtomicUsize::new(1));
    let current = Arc::clone(&version);
    let store = Router::new().fallback(move || {
        let version = current.load(Ordering::Relaxed);
        async move {
            Response::builder()
                .header("content-length", 5)
                .header("content-type", "text/plain")
                .header("etag", "\"e\"")
                .header("x-amz-version-id", format!("v{version}"))
                .body(Body::empty())
                .unwrap()
        }
    });
    let place = BucketLocation {
        bucket: "b".into(),
        endpoint: Some(serve(store).await),
        path_style: true,
        ..BucketLocation::default()
    };
    let expires = Duration::from_mins(5);
    let quotas = QuotaLimits {
        bytes_per_day: Some(12),
        ..QuotaLimits::default()
    };
    let app = App {
        quota: Arc::new(Quota::new(quotas)),
        ..App::new(
            Store::with_credentials(place, "key", "secret", expires),
            TokenSigner::new(b"secret", expires),
        )
    };
    let url = serve(router(app)).await;
    let client = Client::new();
    let request = file("a.txt", "text/plain", 5, &[Put]);
    let created = client.post(format!("{url}/uploads")).json(&request).send();
    let created: CreateResponse = answer(created.await.unwrap()).await;
    let complete = async || {
        let path = format!("{url}/uploads/{}/complete", created.id.as_ref().unwrap());
        let request = client.post(path).json(&serde_json::json!({}));
        request.send().await.unwrap().status()
    };
    // The first version was counted when it was granted, and one that is asked about again is no further one.
    assert_eq!(complete().await, StatusCode::OK);
    assert_eq!(complete().await, StatusCode::OK);
    version.store(2, Ordering::Relaxed);
    assert_eq!(complete().await, StatusCode::OK);
    assert_eq!(complete().await, StatusCode::OK);
    version.store(3, Ordering::Relaxed);
    assert_eq!(complete().await, StatusCode::TOO_MANY_REQUESTS);
}
