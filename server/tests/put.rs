//! One file, one `PUT`: what is bound is enforced, what arrives is what was sent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use std::time::{Duration, SystemTime};

use common::{answer, bytes, file, refusal, s3_error, start, with_headers};
use reqwest::{Client, Method, StatusCode};
use s3_upload_protocol::native::{CompleteRequest, CompleteResponse, Strategy::Put};
use s3_upload_server::{
    embedded::{DataDir, EmbeddedStore},
    store::NewObject,
};

#[tokio::test]
async fn what_arrives_is_what_was_sent() {
    let rig = start(&[]).await;
    let body = bytes(300_000);
    let created = rig
        .create(&file("cat.png", "image/png", body.len(), &[Put]))
        .await;
    assert_eq!(created.method.as_deref(), Some("PUT"));
    assert_eq!(created.expires_in, Some(300));
    let headers: Vec<_> = created
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        headers,
        [("content-type", "image/png"), ("if-none-match", "*")]
    );
    let key = created.key.clone().unwrap();
    assert!(
        key.starts_with("uploads/20") && !key.contains("cat"),
        "{key}"
    );
    let url = created.url.as_ref().unwrap().expose();
    assert!(
        url.starts_with(&format!("{}/uploads/{key}?", rig.store)),
        "{url}"
    );
    for bound in ["content-length", "content-type", "host", "if-none-match"] {
        assert!(
            url.split('&')
                .any(|pair| pair.starts_with("X-Amz-SignedHeaders=") && pair.contains(bound)),
            "{bound}: {url}"
        );
    }

    let stored = rig.put(&created, &body).await;
    assert_eq!(stored.status(), StatusCode::OK);
    let etag = stored.headers()["etag"].to_str().unwrap().to_owned();
    let id = created.id.unwrap();
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(
        (done.key.as_str(), done.size, done.media_type.as_str()),
        (key.as_str(), 300_000, "image/png")
    );
    assert_eq!(done.etag, Some(etag));
    let download = rig.download(&done).await;
    assert_eq!(download.headers()["content-type"], "image/png");
    assert_eq!(download.bytes().await.unwrap(), body);

    // A lost answer is asked for again.
    let again: CompleteResponse =
        answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(again.etag, done.etag);
}

#[tokio::test]
async fn another_type_or_length_is_refused() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    let mut other = created.clone();
    other
        .headers
        .insert("content-type".into(), "text/html".into());
    assert!(
        s3_error(rig.put(&other, b"hello").await, StatusCode::FORBIDDEN)
            .await
            .starts_with("SignatureDoesNotMatch")
    );
    other.headers.remove("content-type");
    assert!(
        s3_error(rig.put(&other, b"hello").await, StatusCode::FORBIDDEN)
            .await
            .starts_with("SignatureDoesNotMatch")
    );
    for body in ["hell", "hello!"] {
        let refused = rig.put(&created, body.as_bytes()).await;
        assert!(
            s3_error(refused, StatusCode::FORBIDDEN)
                .await
                .starts_with("SignatureDoesNotMatch")
        );
    }
    let refused = rig
        .complete(&created.id.unwrap(), &CompleteRequest::default())
        .await;
    assert_eq!(refusal(refused, StatusCode::CONFLICT).await.0, "not_stored");
}

#[tokio::test]
async fn a_url_stores_once() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"first").await.status(), StatusCode::OK);
    let second = rig.put(&created, b"again").await;
    assert!(
        s3_error(second, StatusCode::PRECONDITION_FAILED)
            .await
            .starts_with("PreconditionFailed")
    );
    let done: CompleteResponse = answer(
        rig.complete(&created.id.unwrap(), &CompleteRequest::default())
            .await,
    )
    .await;
    assert_eq!(rig.download(&done).await.text().await.unwrap(), "first");
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let data = DataDir::open(None).unwrap();
    let embedded = EmbeddedStore::new(
        &data,
        endpoint,
        None,
        None,
        Vec::new(),
        Duration::from_mins(1),
    )
    .unwrap();
    tokio::spawn(async { axum::serve(listener, embedded.router).await });
    let object = NewObject {
        key: "k",
        media_type: "text/plain",
        disposition: None,
    };
    for (age, status) in [(61, StatusCode::FORBIDDEN), (30, StatusCode::OK)] {
        let from = SystemTime::now() - Duration::from_secs(age);
        let signed = embedded.store.presign_put(&object, 5, from).await.unwrap();
        let put = with_headers(Client::new().put(signed.url.expose()), &signed.headers)
            .body("hello")
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), status);
        if status == StatusCode::FORBIDDEN {
            assert!(s3_error(put, status).await.contains("expired"));
        }
    }
}

#[tokio::test]
async fn no_type_and_no_bytes_are_fine() {
    let rig = start(&[]).await;
    let created = rig.create(&file("empty", "", 0, &[Put])).await;
    assert_eq!(created.headers["content-type"], "application/octet-stream");
    assert_eq!(rig.put(&created, b"").await.status(), StatusCode::OK);
    let done: CompleteResponse = answer(
        rig.complete(&created.id.unwrap(), &CompleteRequest::default())
            .await,
    )
    .await;
    assert_eq!(
        (done.size, done.media_type.as_str()),
        (0, "application/octet-stream")
    );
    assert_eq!(rig.download(&done).await.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn delete_removes_the_object_and_may_be_repeated() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let path = format!("/uploads/{}", created.id.as_ref().unwrap());
    for _ in 0..2 {
        let deleted = rig.request(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    }
    let refused = rig
        .complete(&created.id.unwrap(), &CompleteRequest::default())
        .await;
    assert_eq!(refusal(refused, StatusCode::CONFLICT).await.0, "not_stored");
}

#[tokio::test]
async fn the_object_must_have_the_signed_size() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    std::fs::write(
        rig.data.path().join("uploads").join(created.key.unwrap()),
        b"hell",
    )
    .unwrap();
    let refused = rig
        .complete(&created.id.unwrap(), &CompleteRequest::default())
        .await;
    assert_eq!(
        refusal(refused, StatusCode::CONFLICT).await.0,
        "size_mismatch"
    );
}

#[tokio::test]
async fn the_download_has_a_clean_name() {
    let rig = start(&[]).await;
    let long = format!("{}.txt", "x".repeat(196));
    for (name, shown) in [
        ("🦀.txt", "filename*=UTF-8''%F0%9F%A6%80.txt"),
        ("photo\u{202E}gpj.exe", "filename=\"photogpj.exe\""),
        ("../../x", "filename=\"_.._x\""),
        (long.as_str(), long.as_str()),
        (
            "<img onerror=alert(1)>",
            "filename=\"_img onerror=alert(1)_\"",
        ),
        ("a\"; filename=\"b.exe", "filename=\"a_; filename=_b.exe\""),
    ] {
        let created = rig.create(&file(name, "text/plain", 5, &[Put])).await;
        let key = created.key.clone().unwrap();
        assert!(
            key.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/-".contains(&b)),
            "{key}"
        );
        assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
        let done: CompleteResponse = answer(
            rig.complete(&created.id.unwrap(), &CompleteRequest::default())
                .await,
        )
        .await;
        let download = rig.download(&done).await;
        let disposition = download.headers()["content-disposition"].to_str().unwrap();
        assert!(
            disposition.starts_with("attachment; ") && disposition.contains(shown),
            "{disposition}"
        );
    }
}
