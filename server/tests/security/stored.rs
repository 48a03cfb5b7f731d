//! Requests that send more with the bytes than was granted, or that change a confirmed object.

use reqwest::{Method, Response, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse,
    Strategy::{Multipart, Post, Put},
};

use crate::common::{
    Rig, answer, bytes, file, form,
    receiver::{SECRET, receiver},
    refusal, start, with_headers,
};

/// Puts five bytes with the granted headers and these.
async fn put_with(rig: &Rig, created: &CreateResponse, more: &[(&str, &str)]) -> Response {
    let put = rig.client.put(created.url.as_ref().unwrap().expose());
    let mut put = with_headers(put, &created.headers).body("hello");
    for (name, value) in more {
        put = put.header(*name, *value);
    }
    put.send().await.unwrap()
}

async fn complete(rig: &Rig, created: &CreateResponse) -> Response {
    let id = created.id.as_ref().unwrap();
    rig.complete(id, &CompleteRequest::default()).await
}

async fn link(rig: &Rig, created: &CreateResponse) -> Response {
    let path = format!("/uploads/{}/url", created.id.as_ref().unwrap());
    rig.request(Method::GET, &path).send().await.unwrap()
}

async fn delete(rig: &Rig, created: &CreateResponse) -> Response {
    let path = format!("/uploads/{}", created.id.as_ref().unwrap());
    rig.request(Method::DELETE, &path).send().await.unwrap()
}

#[tokio::test]
async fn headers_that_were_not_granted_are_not_confirmed() {
    for flags in [&[][..], &["--disposition", "attachment"]] {
        let rig = start(flags).await;
        for (name, value) in [
            ("content-encoding", "gzip"),
            ("cache-control", "public, max-age=31536000"),
            ("content-language", "tlh"),
            ("expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
        ] {
            let created = rig.create(&file("a.png", "image/png", 5, &[Put])).await;
            let put = put_with(&rig, &created, &[(name, value)]).await;
            assert_eq!(put.status(), StatusCode::OK, "the signature leaves {name}");
            for answer in [complete(&rig, &created).await, link(&rig, &created).await] {
                let (code, message) = refusal(answer, StatusCode::CONFLICT).await;
                assert_eq!(code, "header_mismatch");
                assert!(message.to_ascii_lowercase().contains(name), "{message}");
            }
        }
        let created = rig.create(&file("a.png", "image/png", 5, &[Put])).await;
        assert!(put_with(&rig, &created, &[]).await.status().is_success());
        let done: CompleteResponse = answer(complete(&rig, &created).await).await;
        assert_eq!(done.media_type, "image/png");
    }
    let rig = start(&[]).await;
    let created = rig.create(&file("a.png", "image/png", 5, &[Put])).await;
    let inline = [("content-disposition", "inline")];
    assert!(
        put_with(&rig, &created, &inline)
            .await
            .status()
            .is_success()
    );
    let (code, _) = refusal(complete(&rig, &created).await, StatusCode::CONFLICT).await;
    assert_eq!(code, "header_mismatch");
}

#[tokio::test]
async fn parts_and_forms_with_their_own_headers_are_confirmed() {
    for disposition in ["none", "attachment", "inline"] {
        let rig = start(&["--disposition", disposition]).await;
        let created = rig.create(&file("é.png", "image/png", 5, &[Post])).await;
        assert!(
            rig.post_form(&created, b"hello")
                .await
                .status()
                .is_success()
        );
        let done: CompleteResponse = answer(complete(&rig, &created).await).await;
        assert_eq!(done.media_type, "image/png");
        let body = bytes(9);
        let created = rig
            .create(&file("é.png", "image/png", 9, &[Multipart]))
            .await;
        let id = created.id.clone().unwrap();
        let parts = rig.sign(&id, &[(1, 9)]).await;
        assert!(rig.put_part(&parts[0], &body).await.status().is_success());
        let done: CompleteResponse = answer(complete(&rig, &created).await).await;
        assert_eq!(done.media_type, "image/png");
    }
}

#[tokio::test]
async fn a_link_names_type_coding_and_caching_itself() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.png", "image/png", 5, &[Put])).await;
    assert!(put_with(&rig, &created, &[]).await.status().is_success());
    let done: CompleteResponse = answer(complete(&rig, &created).await).await;
    // Another object takes its place while the link lasts.
    assert!(delete(&rig, &created).await.status().is_success());
    let more = [
        ("content-encoding", "gzip"),
        ("cache-control", "public, max-age=31536000"),
    ];
    assert!(put_with(&rig, &created, &more).await.status().is_success());
    let download = rig.download(&done).await;
    let header = |name: &str| download.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("content-encoding"), "identity");
    assert_eq!(header("cache-control"), "private, no-store");
    assert!(header("content-disposition").starts_with("attachment; "));
}

#[tokio::test]
async fn what_is_kept_is_neither_deleted_nor_replaced() {
    let rig = start(&["--keep-stored"]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Post])).await;
    // An upload whose object has not arrived can be aborted.
    assert_eq!(
        delete(&rig, &created).await.status(),
        StatusCode::NO_CONTENT
    );
    assert!(
        rig.post_form(&created, b"first")
            .await
            .status()
            .is_success()
    );
    let done: CompleteResponse = answer(complete(&rig, &created).await).await;
    let (code, _) = refusal(delete(&rig, &created).await, StatusCode::FORBIDDEN).await;
    assert_eq!(code, "kept");
    assert_eq!(rig.download(&done).await.text().await.unwrap(), "first");
    let again: CompleteResponse = answer(complete(&rig, &created).await).await;
    assert_eq!(again.etag, done.etag);
    // A form can be sent again, and what it brings is not confirmed.
    assert!(
        rig.post_form(&created, b"other")
            .await
            .status()
            .is_success()
    );
    for answer in [complete(&rig, &created).await, link(&rig, &created).await] {
        assert_eq!(refusal(answer, StatusCode::CONFLICT).await.0, "replaced");
    }
    // Parts that are no object yet can be given up too.
    let created = rig.create(&file("a", "text/plain", 9, &[Multipart])).await;
    assert_eq!(
        delete(&rig, &created).await.status(),
        StatusCode::NO_CONTENT
    );
    let parts = created.id.unwrap();
    let gone = rig.complete(&parts, &CompleteRequest::default()).await;
    assert_eq!(
        refusal(gone, StatusCode::NOT_FOUND).await.0,
        "no_such_upload"
    );
}

#[tokio::test]
async fn without_downloads_there_are_no_links() {
    let rig = start(&["--downloads", "off"]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert!(put_with(&rig, &created, &[]).await.status().is_success());
    let done: CompleteResponse = answer(complete(&rig, &created).await).await;
    assert_eq!(done.download_url, None);
    let (code, _) = refusal(link(&rig, &created).await, StatusCode::FORBIDDEN).await;
    assert_eq!(code, "no_downloads");
}

#[tokio::test]
async fn the_webhook_is_told_of_headers_and_of_deletions() {
    let (url, mut heard) = receiver(&[]).await;
    let flags = ["--webhook", &url, "--webhook-secret", SECRET];
    let rig = start(&[&flags[..], &["--disposition", "attachment"]].concat()).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    // Nothing has arrived, so that nothing is told.
    assert_eq!(
        delete(&rig, &created).await.status(),
        StatusCode::NO_CONTENT
    );
    assert!(put_with(&rig, &created, &[]).await.status().is_success());
    let done: CompleteResponse = answer(complete(&rig, &created).await).await;
    let told = heard.recv().await.unwrap().json();
    assert_eq!(told["type"], "upload.completed");
    let stored = told["upload"]["headers"]["content-disposition"].as_str();
    assert!(stored.unwrap().starts_with("attachment; "));
    assert_eq!(
        delete(&rig, &created).await.status(),
        StatusCode::NO_CONTENT
    );
    let deleted = heard.recv().await.unwrap();
    deleted.is_signed();
    assert_eq!(deleted.json()["type"], "upload.deleted");
    assert_eq!(deleted.json()["upload"]["key"], done.key);
    assert_eq!(deleted.json()["upload"]["etag"], told["upload"]["etag"]);
    assert_ne!(deleted.json()["id"], told["id"]);
}

#[tokio::test]
async fn a_form_binds_the_headers_that_it_names() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.png", "image/png", 5, &[Post])).await;
    let mut fields = created.fields.as_ref().unwrap().expose().to_vec();
    fields.push(("Content-Encoding".into(), "gzip".into()));
    let (content_type, body) = form(&fields, b"hello");
    let sent = rig
        .client
        .post(created.url.as_ref().unwrap().expose())
        .header("content-type", content_type)
        .body(body);
    // A store may accept a field that the policy does not name, but the object is not confirmed.
    sent.send().await.unwrap();
    assert_eq!(
        complete(&rig, &created).await.status(),
        StatusCode::CONFLICT
    );
}
