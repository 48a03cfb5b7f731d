//! The key and the name under which a file is stored, the accepted files, and the URLs of uploaded objects.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use axum::{Extension, Router};
use common::{MIB, Rig, answer, bytes, file, refusal, start};
use reqwest::{Client, Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse,
    Strategy::{self, Multipart, Post, Put},
    UrlResponse,
};
use s3_upload_server::{
    App,
    access::Client as Caller,
    grants::TokenSigner,
    router,
    store::{BucketLocation, Store},
};

/// Uploads five bytes, or the same in one part.
async fn upload(rig: &Rig, name: &str, media_type: &str, how: Strategy) -> CreateResponse {
    let created = rig.create(&file(name, media_type, 5, &[how])).await;
    let id = created.id.clone().unwrap();
    let status = match how {
        Multipart => {
            let signed = rig.sign(&id, &[(1, 5)]).await;
            rig.put_part(&signed[0], b"hello").await.status()
        }
        Post => rig.post_form(&created, b"hello").await.status(),
        _ => rig.put(&created, b"hello").await.status(),
    };
    assert!(status.is_success(), "{how:?}: {status}");
    let done = rig.complete(&id, &CompleteRequest::default()).await;
    let _: CompleteResponse = answer(done).await;
    created
}

async fn url(rig: &Rig, created: &CreateResponse, query: &str) -> reqwest::Response {
    let id = created.id.as_ref().unwrap();
    let path = format!("/uploads/{id}/url{query}");
    rig.request(Method::GET, &path).send().await.unwrap()
}

#[tokio::test]
async fn keys_follow_the_template() {
    let rig = start(&["--key", "in/{year}/{month}/{uuid}.{ext}"]).await;
    for (name, ending) in [("Photo.JPEG", ".jpeg"), ("README", ""), ("../x.a b", "")] {
        let created = rig.create(&file(name, "", 5, &[Put])).await;
        let key = created.key.clone().unwrap();
        let parts: Vec<_> = key.split('/').collect();
        let [folder, year, month, last] = parts[..] else {
            panic!("{key}")
        };
        assert_eq!((folder, year.len(), month.len()), ("in", 4, 2), "{key}");
        assert_eq!(last.len(), 36 + ending.len(), "{key}");
        assert!(last.ends_with(ending), "{key}");
        assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_tenant_has_its_own_folder() {
    let place = BucketLocation {
        bucket: "b".into(),
        ..BucketLocation::default()
    };
    let expires = std::time::Duration::from_mins(5);
    let app = App {
        keys: std::sync::Arc::new("t/{tenant}/{uuid}".parse().unwrap()),
        ..App::new(
            Store::with_credentials(place, "key", "secret", expires),
            TokenSigner::new(b"secret", expires),
        )
    };
    let serve = async |app: Router| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/uploads", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        let request = file("a", "", 5, &[Put]);
        Client::new().post(url).json(&request).send().await.unwrap()
    };
    let of = |tenant: Option<&str>| {
        let client = Caller {
            id: "someone".into(),
            tenant: tenant.map(str::to_owned),
            issuer: None,
        };
        router(app.clone()).layer(Extension(client))
    };
    let created: CreateResponse = answer(serve(of(Some("acme"))).await).await;
    assert!(created.key.unwrap().starts_with("t/acme/"));
    for app in [router(app.clone()), of(None), of(Some("../acme"))] {
        let refused = refusal(serve(app).await, StatusCode::FORBIDDEN).await;
        assert_eq!(refused.0, "no_tenant");
    }
}

#[tokio::test]
async fn each_type_has_its_own_limit() {
    let rig = start(&[
        "--allow",
        "image/*=10MB,video/mp4=2GB,.pdf",
        "--allow-type",
        "text/plain",
        "--max-size",
        "3GB",
    ])
    .await;
    for (name, media_type, size, word) in [
        (
            "a.png",
            "image/png",
            10_000_001,
            "10 MB are allowed for image/*",
        ),
        (
            "a.mp4",
            "video/mp4",
            2_000_000_001,
            "2 GB are allowed for video/mp4",
        ),
        ("a.pdf", "", 3_000_000_001, "3 GB are allowed."),
        ("a.txt", "text/plain", 3_000_000_001, "3 GB are allowed."),
    ] {
        let refused = rig
            .post("/uploads", &file(name, media_type, size, &[Put, Post]))
            .await;
        let (code, message) = refusal(refused, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(code, "too_large");
        assert!(message.contains(word), "{message}");
    }
    rig.create(&file("a.mp4", "video/mp4", 1_999_999_999, &[Put]))
        .await;
    let refused = rig
        .post("/uploads", &file("a", "audio/ogg", 5, &[Put]))
        .await;
    let (_, message) = refusal(refused, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    let allowed = "Allowed: text/plain, image/* (up to 10 MB), video/mp4 (up to 2 GB), .pdf.";
    assert!(message.ends_with(allowed), "{message}");
}

#[tokio::test]
async fn the_name_is_stored_with_the_file_if_wanted() {
    let name = "Bericht,  Mai; \"é\" 🦀.pdf";
    let shown = "filename=\"Bericht, Mai; ___ _.pdf\"; \
        filename*=UTF-8''Bericht%2C%20Mai%3B%20_%C3%A9_%20%F0%9F%A6%80.pdf";
    for (flags, media_type, kind) in [
        (
            &["--disposition", "attachment"][..],
            "application/pdf",
            "attachment; ",
        ),
        (&["--disposition=inline"], "application/pdf", "inline; "),
        (&["--disposition=inline"], "image/svg+xml", "attachment; "),
        (&[], "application/pdf", ""),
    ] {
        let rig = start(flags).await;
        for how in [Put, Post, Multipart] {
            let created = upload(&rig, name, media_type, how).await;
            let value = format!("{kind}{shown}");
            let value = (!kind.is_empty()).then_some(value.as_str());
            if how == Put {
                let header = created.headers.get("content-disposition");
                assert_eq!(header.map(String::as_str), value);
            }
            // The stored object's own header, without the name that a download link gives.
            let sidecar = rig.sidecar(created.key.as_ref().unwrap());
            assert_eq!(sidecar["content_disposition"].as_str(), value, "{how:?}");
        }
    }
}

#[tokio::test]
async fn another_disposition_than_signed_is_refused() {
    let rig = start(&["--disposition", "attachment"]).await;
    let mut created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    created
        .headers
        .insert("content-disposition".into(), "inline".into());
    let refused = rig.put(&created, b"hello").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_was_uploaded_can_be_read_again_and_again() {
    let rig = start(&["--expires", "60"]).await;
    for how in [Put, Post, Multipart] {
        let created = upload(&rig, "käse.txt", "text/plain", how).await;
        for query in ["", "?", "?method=GET"] {
            let fresh = url(&rig, &created, query).await;
            assert_eq!(fresh.headers()["cache-control"], "no-store");
            let fresh: UrlResponse = answer(fresh).await;
            assert_eq!(fresh.expires_in, Some(60));
            let read = rig.client.get(fresh.url.expose()).send().await.unwrap();
            let name = read.headers()["content-disposition"].to_str().unwrap();
            assert!(name.ends_with("UTF-8''k%C3%A4se.txt"), "{name}");
            assert_eq!(read.text().await.unwrap(), "hello");
            let written = rig.client.delete(fresh.url.expose()).send().await.unwrap();
            assert_eq!(written.status(), StatusCode::FORBIDDEN, "it only reads");
        }
    }
}

#[tokio::test]
async fn what_was_not_uploaded_has_no_url() {
    let rig = start(&[]).await;
    for how in [Put, Post, Multipart] {
        let created = rig.create(&file("a", "", 5, &[how])).await;
        let refused = url(&rig, &created, "").await;
        assert_eq!(refusal(refused, StatusCode::CONFLICT).await.0, "not_stored");
    }
    let created = upload(&rig, "a", "", Put).await;
    let path = rig.data.path().join("uploads");
    std::fs::write(path.join(created.key.as_ref().unwrap()), b"hell").unwrap();
    let refused = url(&rig, &created, "").await;
    let (code, _) = refusal(refused, StatusCode::CONFLICT).await;
    assert_eq!(code, "size_mismatch");
    for query in ["?method=PUT", "?method=DELETE&x=1"] {
        let refused = url(&rig, &created, query).await;
        let (code, _) = refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(code, "invalid_request");
    }
}

#[tokio::test]
async fn a_deletion_is_signed_only_where_that_is_switched_on() {
    let rig = start(&[]).await;
    let created = upload(&rig, "a", "", Put).await;
    let refused = url(&rig, &created, "?method=DELETE").await;
    let (code, _) = refusal(refused, StatusCode::FORBIDDEN).await;
    assert_eq!(code, "no_presigned_delete");

    let rig = start(&["--allow-presigned-delete"]).await;
    let created = upload(&rig, "a", "", Put).await;
    let signed: UrlResponse = answer(url(&rig, &created, "?method=DELETE").await).await;
    let delete = rig.client.delete(signed.url.expose());
    let deleted = delete.header("origin", "https://a.example").send().await;
    let deleted = deleted.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert!(
        deleted
            .headers()
            .contains_key("access-control-allow-origin")
    );
    let refused = url(&rig, &created, "?method=DELETE").await;
    assert_eq!(refusal(refused, StatusCode::CONFLICT).await.0, "not_stored");
}

#[tokio::test]
async fn a_long_key_of_many_parts_is_kept() {
    let template = format!("{}/{{uuid}}.{{ext}}", "k".repeat(80));
    let rig = start(&["--key", &template]).await;
    let created = rig
        .create(&file("a.0123456789", "", 9 * MIB, &[Multipart]))
        .await;
    let key = created.key.clone().unwrap();
    assert_eq!(key.len(), 128);
    let id = created.id.unwrap();
    let body = bytes(9 * MIB);
    for part in rig.sign(&id, &[(1, 8 * MIB), (2, MIB)]).await {
        let from = if part.number == 1 { 0 } else { 8 * MIB };
        let part_of = &body[from..(from + 8 * MIB).min(9 * MIB)];
        assert_eq!(rig.put_part(&part, part_of).await.status(), StatusCode::OK);
    }
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(done.size, 9 * MIB as u64);
    let template = format!("{}/{{uuid}}.{{ext}}", "k".repeat(81));
    let rig = start(&["--key", &template]).await;
    let refused = rig
        .post("/uploads", &file("a.0123456789", "", 5, &[Put]))
        .await;
    let (_, message) = refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(message.contains("129 bytes, of 128 at most"), "{message}");
}
