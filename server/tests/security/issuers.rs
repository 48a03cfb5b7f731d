//! Several issuers of tokens: each numbers its people as it likes.

use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::Strategy::Put;
use serde_json::{Value, json};

use super::{
    all_about, ask, begin_as,
    common::{
        file,
        receiver::{SECRET, receiver},
        refusal, start, with_headers,
    },
    create_as, now,
    tokens::{JWT, hs256},
};

/// A token for the person 7 of this issuer.
fn seven(issuer: &Value) -> String {
    hs256(&json!({"sub": "7", "iss": issuer, "exp": now() + 600}))
}

#[tokio::test]
async fn the_same_id_of_another_issuer_is_another_person() {
    let (url, mut heard) = receiver(&[]).await;
    let rig = start(&[
        "--jwt-secret",
        JWT,
        "--jwt-issuer",
        "https://staff.example,https://guests.example",
        "--rate-limit",
        "5",
        "--webhook",
        &url,
        "--webhook-secret",
        SECRET,
    ])
    .await;
    let staff = seven(&"https://staff.example".into());
    let guest = seven(&"https://guests.example".into());
    let created = begin_as(&rig, &staff).await;
    let id = created.id.as_ref().unwrap();
    let url = created.url.as_ref().unwrap().expose();
    let sent = with_headers(rig.client.put(url), &created.headers).body("hello");
    assert_eq!(sent.send().await.unwrap().status(), StatusCode::OK);
    for (what, request) in all_about(&rig, id) {
        let answer = request.bearer_auth(&guest).send().await.unwrap();
        let (code, _) = refusal(answer, StatusCode::NOT_FOUND).await;
        assert_eq!(code, "unknown_upload", "{what}");
    }
    let path = format!("/uploads/{id}/complete");
    let complete = ask(&rig, &staff, Method::POST, &path).json(&json!({}));
    assert_eq!(complete.send().await.unwrap().status(), StatusCode::OK);
    let event = heard.recv().await.unwrap().json();
    let expected = json!({"id": "7", "issuer": "https://staff.example"});
    assert_eq!(event["client"], expected);

    // The guest has used up four of five requests, the staff two.
    let create = async |token: &str| {
        let request = file("a", "text/plain", 5, &[Put]);
        create_as(&rig, token, &request).await.status()
    };
    assert_eq!(create(&guest).await, StatusCode::OK);
    assert_eq!(create(&guest).await, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..3 {
        assert_eq!(create(&staff).await, StatusCode::OK);
    }
    // A token that names both issuers is refused.
    let both = seven(&json!(["https://staff.example", "https://guests.example"]));
    assert_eq!(create(&both).await, StatusCode::UNAUTHORIZED);
}
