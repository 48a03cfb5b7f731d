//! One file, one form: what the policy binds is enforced, what arrives is what was sent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::Credentials;
use common::{Rig, answer, bytes, file, form, refusal, s3_error, start};
use reqwest::{Client, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse,
    Strategy::{Post, Put},
};
use s3_upload_server::{
    embedded::{DataDir, EmbeddedStore},
    store::{BucketLocation, CorsRule, NewObject, Store},
};

type Fields = Vec<(String, String)>;

async fn begin(rig: &Rig) -> (CreateResponse, Fields) {
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Post])).await;
    let fields = created.fields.as_ref().unwrap().expose().to_vec();
    (created, fields)
}

fn set(fields: &mut Fields, name: &str, value: &str) {
    let field = fields.iter_mut().find(|(it, _)| it == name);
    value.clone_into(&mut field.unwrap().1);
}

#[tokio::test]
async fn what_arrives_is_what_was_sent() {
    let rig = start(&[]).await;
    let body = bytes(300_000);
    let created = rig
        .create(&file("cat.png", "image/png", body.len(), &[Post, Put]))
        .await;
    let url = created.url.as_ref().unwrap().expose();
    assert_eq!(url, format!("{}/uploads", rig.store), "the bucket's own");
    assert_eq!(
        (created.method.as_deref(), created.expires_in),
        (Some("POST"), Some(300))
    );
    assert!(created.headers.is_empty());
    let fields = created.fields.as_ref().unwrap().expose();
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "key",
            "Content-Type",
            "success_action_status",
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-date",
            "policy",
            "x-amz-signature"
        ]
    );
    assert_eq!(Some(&fields[0].1), created.key.as_ref());

    let stored = rig.post_form(&created, &body).await;
    assert_eq!(stored.status(), StatusCode::CREATED);
    let text = stored.text().await.unwrap();
    let key = format!("<Key>{}</Key>", created.key.as_ref().unwrap());
    assert!(text.contains(&key) && text.contains("<ETag>"), "{text}");
    let id = created.id.unwrap();
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(
        (done.size, done.media_type.as_str()),
        (300_000, "image/png")
    );
    assert_eq!(rig.download(&done).await.bytes().await.unwrap(), body);
}

#[tokio::test]
async fn another_size_is_refused() {
    let rig = start(&[]).await;
    let (created, _) = begin(&rig).await;
    for (body, code) in [("hell", "EntityTooSmall"), ("hello!", "EntityTooLarge")] {
        let refused = rig.post_form(&created, body.as_bytes()).await;
        let error = s3_error(refused, StatusCode::BAD_REQUEST).await;
        assert!(error.starts_with(code), "{error}");
    }
    let refused = rig
        .complete(created.id.as_ref().unwrap(), &CompleteRequest::default())
        .await;
    assert_eq!(refusal(refused, StatusCode::CONFLICT).await.0, "not_stored");
    let stored = rig.post_form(&created, b"hello").await;
    assert_eq!(stored.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn another_key_type_or_field_is_refused() {
    let rig = start(&[]).await;
    let (created, right) = begin(&rig).await;
    let other = begin(&rig).await.1;
    for (name, value) in [
        ("key", "uploads/elsewhere"),
        ("key", "uploads/${filename}"),
        ("key", &other[0].1),
        ("Content-Type", "text/html"),
        ("success_action_status", "200"),
    ] {
        let mut fields = right.clone();
        set(&mut fields, name, value);
        let refused = rig.post_fields(&created, &fields, b"hello").await;
        assert!(refused.status().is_client_error(), "{name}={value}");
        let error = refused.text().await.unwrap();
        assert!(error.contains("olicy"), "{name}={value}: {error}");
    }
    let mut fields = right.clone();
    fields.insert(0, ("acl".to_owned(), "public-read".to_owned()));
    let refused = rig.post_fields(&created, &fields, b"hello").await;
    let error = s3_error(refused, StatusCode::FORBIDDEN).await;
    assert!(error.starts_with("AccessDenied"), "{error}");
    fields.remove(0);
    fields.retain(|(name, _)| name != "Content-Type");
    let refused = rig.post_fields(&created, &fields, b"hello").await;
    assert!(refused.status().is_client_error(), "a field is missing");
    assert_eq!(rig.leftovers(), Vec::<String>::new());
}

#[tokio::test]
async fn a_policy_of_ones_own_is_refused() {
    let rig = start(&[]).await;
    let (created, mut fields) = begin(&rig).await;
    let other = rig.create(&file("b", "text/html", 9, &[Post])).await;
    let other = other.fields.unwrap();
    let (_, policy) = &other.expose()[6];
    set(&mut fields, "policy", policy);
    let refused = rig.post_fields(&created, &fields, b"hello").await;
    let error = s3_error(refused, StatusCode::FORBIDDEN).await;
    assert!(error.starts_with("SignatureDoesNotMatch"), "{error}");
}

#[tokio::test]
async fn an_expired_form_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let data = DataDir::open(None).unwrap();
    let hours = Duration::from_hours(2);
    let embedded = EmbeddedStore::new(&data, endpoint, None, None, Vec::new(), hours).unwrap();
    tokio::spawn(async { axum::serve(listener, embedded.router).await });
    let object = NewObject {
        key: "k",
        media_type: "text/plain",
        disposition: None,
    };
    for (age, status) in [(901, StatusCode::FORBIDDEN), (840, StatusCode::CREATED)] {
        let from = SystemTime::now() - Duration::from_secs(age);
        let signed = embedded.store.presign_post(&object, 5..=5, from).await;
        let signed = signed.unwrap();
        assert_eq!(
            signed.expires,
            Duration::from_mins(15),
            "a form lives shortly"
        );
        let (content_type, body) = form(signed.fields.expose(), b"hello");
        let request = Client::new().post(signed.url.expose()).body(body);
        let sent = request.header("content-type", content_type).send().await;
        assert_eq!(sent.unwrap().status(), status, "{age}");
    }
}

#[tokio::test]
async fn a_form_ends_with_the_credentials_that_signed_it() {
    let now = SystemTime::now();
    for (left, lives) in [(7200, 900), (100, 100)] {
        let end = Some(now + Duration::from_secs(left));
        let credentials = Credentials::new("key", "secret", Some("token".into()), end, "test");
        let place = BucketLocation {
            bucket: "my-uploads".to_owned(),
            ..BucketLocation::default()
        };
        let store = Store::with_provider(place, credentials, Duration::from_hours(1));
        let object = NewObject {
            key: "k",
            media_type: "text/plain",
            disposition: None,
        };
        let form = store.presign_post(&object, 5..=5, now).await.unwrap();
        assert_eq!(form.expires, Duration::from_secs(lives));
        assert_eq!(
            form.url.expose(),
            "https://my-uploads.s3.us-east-1.amazonaws.com/"
        );
    }
}

#[tokio::test]
async fn a_form_may_take_what_the_limits_allow() {
    let rig = start(&[
        "--forms",
        "limits",
        "--min-size",
        "2",
        "--allow",
        "text/plain=10B",
    ])
    .await;
    let (created, _) = begin(&rig).await;
    for (body, status) in [
        ("h", StatusCode::BAD_REQUEST),
        ("hello, all!", StatusCode::BAD_REQUEST),
        ("hello, all", StatusCode::CREATED),
    ] {
        let sent = rig.post_form(&created, body.as_bytes()).await;
        assert_eq!(sent.status(), status, "{body}");
    }
    let id = created.id.unwrap();
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(done.size, 10);
}

#[tokio::test]
async fn forms_can_be_off() {
    let rig = start(&["--forms", "off"]).await;
    let put = rig.create(&file("a", "", 5, &[Post, Put])).await;
    assert_eq!(put.method.as_deref(), Some("PUT"));
    let refused = rig.post("/uploads", &file("a", "", 5, &[Post])).await;
    let (code, _) = refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(code, "unsupported_strategy");
}

#[tokio::test]
async fn a_page_can_read_the_answer_to_a_form() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let data = DataDir::open(None).unwrap();
    let rules = vec![CorsRule::for_uploads(vec!["https://*.example".into()])];
    let embedded =
        EmbeddedStore::new(&data, endpoint, None, None, rules, Duration::from_mins(5)).unwrap();
    tokio::spawn(async { axum::serve(listener, embedded.router).await });
    let object = NewObject {
        key: "k",
        media_type: "text/plain",
        disposition: Some("inline; filename=\"a, b; c.txt\"; filename*=UTF-8''a%2C%20b%3B%20c.txt"),
    };
    let signed = embedded
        .store
        .presign_post(&object, 5..=5, SystemTime::now());
    let signed = signed.await.unwrap();
    let (content_type, body) = form(signed.fields.expose(), b"hello");
    let request = Client::new().post(signed.url.expose()).body(body);
    let request = request.header("content-type", content_type);
    let sent = request.header("origin", "https://a.example").send().await;
    let sent = sent.unwrap();
    assert_eq!(sent.status(), StatusCode::CREATED);
    let allowed = &sent.headers()["access-control-allow-origin"];
    assert_eq!(allowed, "https://a.example");
}
