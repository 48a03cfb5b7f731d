//! The limits of one client, and the identification of clients.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use s3_upload_protocol::native::{Strategy, Strategy::Multipart, Strategy::Put};

use super::{
    AUTH, ask,
    common::{Rig, file, refusal, start},
    create_as, token,
};

async fn create_from(rig: &Rig, forwarded: &str, size: usize, accepts: &[Strategy]) -> Response {
    rig.request(Method::POST, "/uploads")
        .header("x-forwarded-for", forwarded)
        .json(&file("a", "text/plain", size, accepts))
        .send()
        .await
        .unwrap()
}

/// It is refused for now, says when to come back, and lets the page read that.
async fn waits(response: Response, expected: &str, longest: u64) {
    let after: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=longest).contains(&after), "{after}");
    let (code, message) = refusal(response, StatusCode::TOO_MANY_REQUESTS).await;
    assert_eq!(code, expected);
    assert!(message.contains("Try again"), "{message}");
}

#[tokio::test]
async fn requests_are_counted_for_each_person() {
    let rig = start(&["--auth-secret", AUTH, "--rate-limit", "5"]).await;
    let (ada, bob) = (token("ada", None), token("bob", None));
    let create =
        async |token: &str| create_as(&rig, token, &file("a", "text/plain", 5, &[Put])).await;
    for _ in 0..5 {
        assert_eq!(create(&ada).await.status(), StatusCode::OK);
    }
    let refused = ask(&rig, &ada, Method::POST, "/uploads")
        .header("origin", "https://a.example")
        .json(&file("a", "text/plain", 5, &[Put]));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        refused.headers()["access-control-expose-headers"],
        "retry-after"
    );
    waits(refused, "rate_limited", 120).await;
    assert_eq!(create(&bob).await.status(), StatusCode::OK);
    // The same name in another tenant is another person; a fresh token is not.
    let tenant = token("ada", Some("acme"));
    assert_eq!(create(&tenant).await.status(), StatusCode::OK);
    waits(create(&token("ada", None)).await, "rate_limited", 120).await;
    // Unauthenticated clients are counted by address, and do not use up the limits of others.
    for _ in 0..5 {
        assert_eq!(create("forged").await.status(), StatusCode::UNAUTHORIZED);
    }
    waits(create("forged").await, "rate_limited", 120).await;
    assert_eq!(create(&bob).await.status(), StatusCode::OK);
    // Health is not an upload.
    for _ in 0..10 {
        let health = rig.request(Method::GET, "/health").send().await.unwrap();
        assert_eq!(health.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn an_address_cannot_be_invented() {
    let rig = start(&["--rate-limit", "3"]).await;
    for number in 0..3 {
        let taken = create_from(&rig, &format!("192.0.2.{number}"), 5, &[Put]).await;
        assert_eq!(taken.status(), StatusCode::OK);
    }
    waits(
        create_from(&rig, "192.0.2.9", 5, &[Put]).await,
        "rate_limited",
        120,
    )
    .await;
}

#[tokio::test]
async fn a_trusted_proxy_says_who_it_is() {
    let flags = [
        "--rate-limit",
        "2",
        "--trusted-proxy",
        "127.0.0.0/8,10.0.0.0/8",
    ];
    let rig = start(&flags).await;
    let create = async |forwarded: &str| create_from(&rig, forwarded, 5, &[Put]).await;
    for _ in 0..2 {
        assert_eq!(create("192.0.2.1").await.status(), StatusCode::OK);
    }
    waits(create("192.0.2.1").await, "rate_limited", 120).await;
    // The client's own entries precede those that the proxies added.
    waits(
        create("198.51.100.1, 192.0.2.1, 10.0.0.7").await,
        "rate_limited",
        120,
    )
    .await;
    assert_eq!(create("192.0.2.2").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn bytes_are_counted_when_they_are_granted() {
    let flags = [
        "--bytes-per-hour",
        "100MB",
        "--bytes-per-day",
        "150MB",
        "--max-size",
        "1GB",
    ];
    let rig = start(&flags).await;
    let create = async |size: usize| create_from(&rig, "", size, &[Put]).await;
    // A request that is refused for another reason is not counted.
    assert_eq!(
        create(2_000_000_000).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let unsupported = create_from(&rig, "", 60_000_000, &[]).await;
    assert_eq!(unsupported.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(create(60_000_000).await.status(), StatusCode::OK);
    waits(create(60_000_000).await, "quota_exceeded", 2 * 3600).await;
    let multipart = create_from(&rig, "", 40_000_000, &[Multipart]).await;
    assert_eq!(multipart.status(), StatusCode::OK);
    waits(create(1).await, "quota_exceeded", 2 * 3600).await;
    // One file that is more than the limit will never be taken.
    let (code, message) = refusal(create(200_000_000).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    assert_eq!(code, "too_large");
    assert!(message.contains("100 MB in an hour"), "{message}");
    assert_eq!(create(0).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_the_store_did_not_take_is_given_back() {
    let rig = start(&["--bytes-per-hour", "10MB"]).await;
    let away = rig.data.path().with_extension("away");
    std::fs::rename(rig.data.path(), &away).unwrap();
    for _ in 0..3 {
        let failed = create_from(&rig, "", 10_000_000, &[Multipart]).await;
        assert_eq!(failed.status(), StatusCode::BAD_GATEWAY);
    }
    std::fs::rename(&away, rig.data.path()).unwrap();
    let taken = create_from(&rig, "", 10_000_000, &[Multipart]).await;
    assert_eq!(taken.status(), StatusCode::OK);
    let refused = create_from(&rig, "", 10_000_000, &[Multipart]).await;
    waits(refused, "quota_exceeded", Duration::from_hours(2).as_secs()).await;
}
