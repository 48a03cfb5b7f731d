//! Refusals, the shape of errors, pages of other origins, static files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use common::{file, refusal, start};
use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, SentPart,
    Strategy::{Multipart, Put, Unknown},
};
use serde_json::json;

#[tokio::test]
async fn limits_refuse_in_plain_words() {
    let rig = start(&[
        "--max-size",
        "2MB",
        "--min-size",
        "2",
        "--allow-type",
        "image/*,.pdf",
        "--max-name",
        "20",
    ])
    .await;
    for (request, status, code, word) in [
        (
            file("a.png", "image/png", 2_000_001, &[Put]),
            413,
            "too_large",
            "2 MB",
        ),
        (
            file("a.png", "image/png", 1, &[Put]),
            422,
            "too_small",
            "2 bytes",
        ),
        (
            file("a.txt", "text/plain", 5, &[Put]),
            415,
            "type_not_allowed",
            "image/*, .pdf",
        ),
        (
            file(&"x".repeat(21), "image/png", 5, &[Put]),
            422,
            "invalid_request",
            "`name`",
        ),
        (
            file("", "image/png", 5, &[Put]),
            422,
            "invalid_request",
            "`name`",
        ),
        (
            file("a.png", "image png", 5, &[Put]),
            422,
            "invalid_request",
            "`type`",
        ),
        (
            file("a.png", "image/png", 5, &[Unknown]),
            422,
            "unsupported_strategy",
            "multipart",
        ),
    ] {
        let refused = refusal(
            rig.post("/uploads", &request).await,
            StatusCode::from_u16(status).unwrap(),
        )
        .await;
        assert_eq!(refused.0, code);
        assert!(refused.1.contains(word), "{}", refused.1);
    }
    rig.create(&file("A.PDF", "", 5, &[Put])).await;
}

#[tokio::test]
async fn more_than_five_gib_is_multipart() {
    let rig = start(&[]).await;
    let size = 5 * 1024 * common::MIB + 1;
    assert!(
        rig.create(&file("a", "", size, &[Put, Multipart]))
            .await
            .part_size
            .is_some()
    );
    let refused = rig.post("/uploads", &file("a", "", size, &[Put])).await;
    assert_eq!(
        refusal(refused, StatusCode::PAYLOAD_TOO_LARGE).await.0,
        "too_large"
    );
}

#[tokio::test]
async fn every_error_has_the_same_shape() {
    let rig = start(&[]).await;
    let post = |body: &'static str| {
        rig.request(Method::POST, "/uploads")
            .header("content-type", "application/json")
            .body(body)
    };
    for (request, status, code) in [
        (post("{"), 400, "malformed_json"),
        (post("{\"name\""), 400, "malformed_json"),
        (post("{}"), 422, "invalid_request"),
        (
            post(r#"{"name":"a","size":-1,"accepts":["put"]}"#),
            422,
            "invalid_request",
        ),
        (
            post(r#"{"name":"a","size":1,"accepts":["ftp"]}"#),
            422,
            "unsupported_strategy",
        ),
        (
            rig.request(Method::POST, "/uploads")
                .header("content-type", "text/plain")
                .body("{}"),
            415,
            "not_json",
        ),
        (rig.request(Method::GET, "/nothing"), 404, "not_found"),
        (
            rig.request(Method::GET, "/uploads"),
            405,
            "method_not_allowed",
        ),
        (
            rig.request(Method::DELETE, "/uploads/%ff"),
            404,
            "unknown_upload",
        ),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(
            refusal(response, StatusCode::from_u16(status).unwrap())
                .await
                .0,
            code
        );
    }
    let (_, message) = refusal(
        post("{}").send().await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await;
    assert!(message.contains("`name`"), "{message}");
    let large = json!({"name": "x".repeat(70_000), "size": 1, "accepts": ["put"]});
    assert_eq!(
        refusal(
            rig.post("/uploads", &large).await,
            StatusCode::PAYLOAD_TOO_LARGE
        )
        .await
        .0,
        "request_too_large"
    );
}

#[tokio::test]
async fn ten_thousand_parts_fit_a_completion() {
    let rig = start(&[]).await;
    let created = rig
        .create(&file("a", "", 20 * common::MIB, &[Multipart]))
        .await;
    let etag = format!("\"{}\"", "0".repeat(32));
    let parts = (1..=10_000)
        .map(|number| SentPart {
            number,
            etag: etag.clone(),
        })
        .collect();
    let refused = rig
        .complete(
            &created.id.unwrap(),
            &CompleteRequest { parts: Some(parts) },
        )
        .await;
    assert_eq!(refusal(refused, StatusCode::CONFLICT).await.0, "incomplete");
}

#[tokio::test]
async fn forged_ids_are_unknown() {
    let (rig, other) = (start(&[]).await, start(&[]).await);
    let foreign = other
        .create(&file("a", "", 5, &[Multipart]))
        .await
        .id
        .unwrap();
    let own = rig
        .create(&file("a", "", 5, &[Multipart]))
        .await
        .id
        .unwrap();
    let flipped = own.replacen(['a', 'b'], "c", 1);
    for id in [foreign.as_str(), flipped.as_str(), "x", "x.y"] {
        for (method, path) in [
            (Method::DELETE, String::new()),
            (Method::GET, "/parts".to_owned()),
            (Method::POST, "/parts".to_owned()),
            (Method::POST, "/complete".to_owned()),
        ] {
            let request = rig
                .request(method, &format!("/uploads/{id}{path}"))
                .json(&json!({"parts": []}));
            assert_eq!(
                refusal(request.send().await.unwrap(), StatusCode::NOT_FOUND)
                    .await
                    .0,
                "unknown_upload"
            );
        }
    }
}

#[tokio::test]
async fn a_single_upload_has_no_parts() {
    let rig = start(&[]).await;
    let id = rig.create(&file("a", "", 5, &[Put])).await.id.unwrap();
    let refused = rig
        .request(Method::GET, &format!("/uploads/{id}/parts"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await.0,
        "invalid_request"
    );
}

#[tokio::test]
async fn answers_are_not_cached_and_health_is_open() {
    let rig = start(&[]).await;
    let created = rig.post("/uploads", &file("a", "", 5, &[Put])).await;
    assert_eq!(created.headers()["cache-control"], "no-store");
    let health = rig.request(Method::GET, "/health").send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn the_public_endpoint_is_what_is_signed() {
    let rig = start(&["--public-endpoint", "http://files.localhost:1234"]).await;
    let created = rig.create(&file("a", "", 5, &[Put])).await;
    assert!(
        created
            .url
            .unwrap()
            .expose()
            .starts_with("http://files.localhost:1234/uploads/uploads/")
    );
    rig.create(&file("a", "", 5, &[Multipart])).await;
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let preflight = async |flags: &[&str], origin: &str| {
        let rig = start(flags).await;
        let request = rig
            .request(Method::OPTIONS, "/uploads")
            .header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let response = request
            .header("access-control-request-headers", "content-type,x-token")
            .send()
            .await
            .unwrap();
        let allowed = response
            .headers()
            .get("access-control-allow-origin")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(
            response.headers()["access-control-allow-headers"],
            "content-type,x-token"
        );
        allowed
    };
    assert_eq!(preflight(&[], "https://a.example").await.unwrap(), "*");
    let named = ["--allow-origin", "https://a.example,https://b.example"];
    assert_eq!(
        preflight(&named, "https://b.example").await.unwrap(),
        "https://b.example"
    );
    assert_eq!(preflight(&named, "https://c.example").await, None);
}

#[tokio::test]
async fn the_site_is_served_fresh() {
    let site = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("index.html", "<p>hi"),
        ("app.wasm", "wasm"),
        ("app.js", "1"),
        ("app.js.br", "br"),
        ("s.css", ""),
    ] {
        std::fs::write(site.path().join(name), text).unwrap();
    }
    let rig = start(&["--site", site.path().to_str().unwrap()]).await;
    for (path, media_type) in [
        ("/", "text/html"),
        ("/app.wasm", "application/wasm"),
        ("/app.js", "text/javascript"),
        ("/s.css", "text/css"),
    ] {
        let response = rig.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["cache-control"]),
            (StatusCode::OK, &"no-cache".parse().unwrap())
        );
        assert_eq!(response.headers()["content-type"], media_type);
        let modified = response.headers()["last-modified"].clone();
        let again = rig
            .request(Method::GET, path)
            .header("if-modified-since", modified)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    let small = rig
        .request(Method::GET, "/app.js")
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    assert_eq!(small.headers()["content-encoding"], "br");
    let nothing = rig
        .request(Method::GET, "/nothing.js")
        .send()
        .await
        .unwrap();
    assert_eq!(refusal(nothing, StatusCode::NOT_FOUND).await.0, "not_found");
    let outside = rig
        .request(Method::GET, "/..%2f..%2fetc/passwd")
        .send()
        .await
        .unwrap();
    assert_eq!(outside.status(), StatusCode::NOT_FOUND);
}
