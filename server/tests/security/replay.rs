//! A signed request permits exactly one operation, once.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse, SentPart,
    Strategy::{Multipart, Post, Put},
};

use crate::common::{
    MIB, Rig, answer, bytes, file, raw,
    receiver::{SECRET, receiver},
    refusal, s3_error, start, with_headers,
};

async fn complete(rig: &Rig, id: &str, parts: Option<Vec<SentPart>>) -> CompleteResponse {
    answer(rig.complete(id, &CompleteRequest { parts }).await).await
}

async fn is_mismatch(rig: &Rig, created: &CreateResponse, body: &[u8]) {
    let refused = rig.put(created, body).await;
    let code = s3_error(refused, StatusCode::FORBIDDEN).await;
    assert!(code.starts_with("SignatureDoesNotMatch"), "{code}");
}

#[tokio::test]
async fn neither_more_nor_another_type_than_signed() {
    let rig = start(&["--max-size", "10", "--allow-type", "image/png"]).await;
    let created = rig.create(&file("a.png", "image/png", 5, &[Put])).await;
    for body in [&bytes(6)[..], &bytes(4), &bytes(MIB), b""] {
        is_mismatch(&rig, &created, body).await;
    }
    for media_type in ["text/html", "image/png; charset=x", "image/svg+xml", ""] {
        let mut other = created.clone();
        other
            .headers
            .insert("content-type".into(), media_type.into());
        is_mismatch(&rig, &other, b"hello").await;
    }
    // Without its length, where more might follow.
    let url = created.url.as_ref().unwrap().expose();
    let target = url.strip_prefix(&rig.store).unwrap();
    let chunked = format!(
        "PUT {target} HTTP/1.1\r\nHost: {}\r\nContent-Type: image/png\r\nIf-None-Match: *\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
        rig.store.strip_prefix("http://").unwrap()
    );
    let status = raw(&rig.store, &chunked).await;
    assert!(status >= 400, "{status}");
    // Headers that are not signed are not stored.
    for header in [
        "x-amz-acl",
        "x-amz-meta-a",
        "x-amz-tagging",
        "x-amz-website-redirect-location",
    ] {
        let mut more = created.clone();
        more.headers.insert(header.into(), "public-read".into());
        assert_eq!(
            rig.put(&more, b"hello").await.status(),
            StatusCode::FORBIDDEN,
            "{header}"
        );
    }
    // Nor may a URL for one thing be used for another.
    for method in [Method::GET, Method::DELETE, Method::POST] {
        let other = with_headers(rig.client.request(method, url), &created.headers);
        assert_ne!(other.send().await.unwrap().status(), StatusCode::OK);
    }
    let key = created.key.as_ref().unwrap();
    for moved in [
        url.replace(key, "uploads/other"),
        url.replace("X-Amz-Expires=300", "X-Amz-Expires=604800"),
        url.replace("content-length%3B", ""),
        url.replace("if-none-match", "x-amz-acl"),
    ] {
        assert_ne!(moved, url);
        let put = with_headers(rig.client.put(&moved), &created.headers).body("hello");
        assert!(
            put.send().await.unwrap().status().is_client_error(),
            "{moved}"
        );
    }
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let done = complete(&rig, &created.id.unwrap(), None).await;
    assert_eq!((done.size, &*done.media_type), (5, "image/png"));
}

#[tokio::test]
async fn a_completed_upload_stays_as_it_is() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"first").await.status(), StatusCode::OK);
    let id = created.id.clone().unwrap();
    let done = complete(&rig, &id, None).await;
    for _ in 0..3 {
        let again = rig.put(&created, b"again").await;
        let code = s3_error(again, StatusCode::PRECONDITION_FAILED).await;
        assert!(code.starts_with("PreconditionFailed"), "{code}");
        let repeated = complete(&rig, &id, None).await;
        assert_eq!(
            (repeated.key, repeated.etag),
            (done.key.clone(), done.etag.clone())
        );
    }
    assert_eq!(rig.download(&done).await.text().await.unwrap(), "first");
    // Once it is deleted it does not come back by completing it.
    let path = format!("/uploads/{id}");
    let deleted = rig.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let gone = rig.complete(&id, &CompleteRequest::default()).await;
    assert_eq!(refusal(gone, StatusCode::CONFLICT).await.0, "not_stored");
    assert_eq!(rig.download(&done).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn parts_that_are_signed_after_completion_change_nothing() {
    const SIZE: usize = 8 * MIB + 3;
    let rig = start(&[]).await;
    let body = bytes(SIZE);
    let id = rig
        .create(&file("film.mp4", "video/mp4", SIZE, &[Multipart]))
        .await
        .id
        .unwrap();
    let early = rig.sign(&id, &[(1, 8 * MIB), (2, 3)]).await;
    let mut parts = Vec::new();
    for (part, bytes) in early.iter().zip(body.chunks(8 * MIB)) {
        let stored = rig.put_part(part, bytes).await;
        parts.push(SentPart {
            number: part.number,
            etag: stored.headers()["etag"].to_str().unwrap().to_owned(),
        });
    }
    let done = complete(&rig, &id, Some(parts.clone())).await;

    let late = rig.sign(&id, &[(2, 3)]).await;
    for part in [&early[1], &late[0]] {
        let refused = rig.put_part(part, b"bad").await;
        let code = s3_error(refused, StatusCode::NOT_FOUND).await;
        assert!(code.starts_with("NoSuchUpload"), "{code}");
    }
    // With the same parts, with none, and with others: the object is what it was.
    let mut others = parts.clone();
    others[1].etag = "\"0123456789abcdef0123456789abcdef\"".into();
    for parts in [Some(parts), None, Some(others)] {
        assert_eq!(complete(&rig, &id, parts).await.etag, done.etag);
    }
    assert!(rig.download(&done).await.bytes().await.unwrap() == body);
    assert_eq!(rig.leftovers(), Vec::<String>::new());
}

/// A receiver that checks each reported object is notified when another object replaces it.
#[tokio::test]
async fn what_takes_an_objects_place_is_told_anew() {
    let (url, mut heard) = receiver(&[]).await;
    let rig = start(&["--webhook", &url, "--webhook-secret", SECRET]).await;
    for strategy in [Post, Put] {
        let request = file("a.txt", "text/plain", 5, &[strategy]);
        let created = rig.create(&request).await;
        let id = created.id.as_ref().unwrap();
        let mut told = Vec::new();
        for body in [b"first", b"other"] {
            if strategy == Post {
                // S3 has no If-None-Match for forms.
                let sent = rig.post_form(&created, body).await;
                assert_eq!(sent.status(), StatusCode::CREATED);
            } else {
                // If-None-Match holds again for a key that is free again.
                let path = format!("/uploads/{id}");
                let deleted = rig.request(Method::DELETE, &path).send().await.unwrap();
                assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
                if !told.is_empty() {
                    let event = tokio::time::timeout(Duration::from_secs(30), heard.recv());
                    let event = event.await.expect("it is told").unwrap();
                    assert_eq!(event.json()["type"], "upload.deleted");
                }
                assert_eq!(rig.put(&created, body).await.status(), StatusCode::OK);
            }
            let done = complete(&rig, id, None).await;
            let event = tokio::time::timeout(Duration::from_secs(30), heard.recv());
            let event = event.await.expect("it is told").unwrap();
            let etag = event.json()["upload"]["etag"].as_str().map(str::to_owned);
            assert!(etag.is_some());
            assert_eq!(etag, done.etag, "what the page is told is the same");
            assert_eq!(event.json()["upload"]["key"], done.key);
            // The same object is told once.
            assert_eq!(complete(&rig, id, None).await.etag, done.etag);
            told.push((event.id(), etag));
        }
        assert!(told[0].0 != told[1].0 && told[0].1 != told[1].1, "{told:?}");
    }
    assert!(heard.try_recv().is_err());
}
