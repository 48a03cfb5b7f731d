//! The embedded store's CORS, as a bucket with and without a rule has it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use common::{Rig, file, s3_error, start};
use reqwest::{Method, Response, StatusCode};
use s3_upload_protocol::native::Strategy::Put;

const ORIGIN: &str = "https://a.example";

async fn preflight(rig: &Rig, origin: &str, method: &str, headers: &str) -> Response {
    let url = format!("{}/uploads/k?X-Amz-Signature=0", rig.store);
    let request = rig
        .client
        .request(Method::OPTIONS, url)
        .header("origin", origin);
    let request = request.header("access-control-request-method", method);
    request
        .header("access-control-request-headers", headers)
        .send()
        .await
        .unwrap()
}

async fn forbidden(response: Response) -> String {
    assert!(
        !response
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with("access-control-"))
    );
    s3_error(response, StatusCode::FORBIDDEN).await
}

#[tokio::test]
async fn a_matching_preflight_is_granted() {
    let rig = start(&["--allow-origin", ORIGIN]).await;
    let granted = preflight(
        &rig,
        ORIGIN,
        "PUT",
        "content-type, if-none-match,x-amz-meta-a",
    )
    .await;
    assert_eq!(granted.status(), StatusCode::OK);
    let header = |name: &str| granted.headers()[name].to_str().unwrap();
    assert_eq!(header("access-control-allow-origin"), ORIGIN);
    assert_eq!(header("access-control-allow-methods"), "PUT, POST");
    assert_eq!(
        header("access-control-allow-headers"),
        "content-type, if-none-match,x-amz-meta-a"
    );
    assert_eq!(header("access-control-max-age"), "7200");
    assert!(header("vary").contains("Origin"));
}

#[tokio::test]
async fn other_preflights_are_forbidden() {
    let rig = start(&["--allow-origin", ORIGIN]).await;
    for (origin, method, headers) in [
        ("https://b.example", "PUT", "content-type"),
        (ORIGIN, "DELETE", "content-type"),
        (ORIGIN, "PUT", "authorization"),
        (ORIGIN, "put", ""),
    ] {
        let answer = forbidden(preflight(&rig, origin, method, headers).await).await;
        assert!(
            answer.starts_with("AccessForbidden: CORSResponse: This CORS request is not allowed."),
            "{answer}"
        );
    }
    let bare = rig
        .client
        .request(Method::OPTIONS, &rig.store)
        .send()
        .await
        .unwrap();
    assert!(
        s3_error(bare, StatusCode::BAD_REQUEST)
            .await
            .starts_with("BadRequest")
    );
}

#[tokio::test]
async fn without_a_rule_nothing_is_granted() {
    let rig = start(&["--store-cors", "off"]).await;
    let answer = forbidden(preflight(&rig, ORIGIN, "PUT", "content-type").await).await;
    assert_eq!(
        answer,
        "AccessForbidden: CORSResponse: CORS is not enabled for this bucket."
    );
    let created = rig.create(&file("a", "text/plain", 5, &[Put])).await;
    let mut from_page = created.clone();
    from_page.headers.insert("origin".into(), ORIGIN.into());
    let stored = rig.put(&from_page, b"hello").await;
    assert_eq!(
        stored.status(),
        StatusCode::OK,
        "S3 stores it; only the page cannot see that"
    );
    assert!(!stored.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn answers_are_readable_and_so_are_errors() {
    let rig = start(&[]).await;
    let mut created = rig.create(&file("a", "text/plain", 5, &[Put])).await;
    created.headers.insert("origin".into(), ORIGIN.into());
    for status in [StatusCode::OK, StatusCode::PRECONDITION_FAILED] {
        let answer = rig.put(&created, b"hello").await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert!(
            answer.headers()["access-control-expose-headers"]
                .to_str()
                .unwrap()
                .starts_with("ETag, Location")
        );
        assert!(
            answer.headers()["vary"]
                .to_str()
                .unwrap()
                .contains("Origin")
        );
    }
}

#[tokio::test]
async fn a_foreign_origin_reads_nothing() {
    let rig = start(&["--allow-origin", ORIGIN]).await;
    let mut created = rig.create(&file("a", "text/plain", 5, &[Put])).await;
    created
        .headers
        .insert("origin".into(), "https://b.example".into());
    let stored = rig.put(&created, b"hello").await;
    assert!(!stored.headers().contains_key("access-control-allow-origin"));
}
