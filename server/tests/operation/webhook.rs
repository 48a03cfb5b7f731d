//! A receiver that answers, fails, is slow or is not there: what it hears, and that nobody waits for it.

use std::time::Duration;

use reqwest::StatusCode;
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse, Strategy::Put,
};
use s3_upload_server::{
    events::{UploadedObject, Webhook, WebhookTarget},
    serve::Server,
    telemetry::Metrics,
};
use tokio::sync::oneshot;

use crate::common::{
    Rig, answer, config, file,
    receiver::{SECRET, now, receiver},
    start,
};

fn webhook(url: &str, delays: &[u64]) -> Webhook {
    let target = WebhookTarget {
        url: url.parse().unwrap(),
        secret: SECRET.into(),
    };
    let delays = delays.iter().map(|ms| Duration::from_millis(*ms)).collect();
    Webhook::with_delays(target, Metrics::default(), delays).unwrap()
}

fn completed(key: &str) -> UploadedObject {
    UploadedObject {
        bucket: "b".into(),
        key: key.into(),
        size: 5,
        media_type: "text/plain".into(),
        etag: None,
        version_id: None,
        modified: None,
        headers: std::collections::BTreeMap::new(),
        name: "a.txt".into(),
        client: None,
    }
}

async fn upload(rig: &Rig) -> (CreateResponse, CompleteResponse) {
    let created = rig.create(&file("a 🦀.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let id = created.id.as_ref().unwrap();
    let done = answer(rig.complete(id, &CompleteRequest::default()).await).await;
    (created, done)
}

#[tokio::test]
async fn a_completed_upload_is_told_once() {
    let (url, mut heard) = receiver(&[]).await;
    let rig = start(&["--webhook", &url, "--webhook-secret", SECRET]).await;
    let (created, done) = upload(&rig).await;
    let told = heard.recv().await.unwrap();
    told.is_signed();
    assert_eq!(told.path, "/hook?k=1");
    assert_eq!(told.headers["content-type"], "application/json");
    let event = told.json();
    assert_eq!(
        told.headers["x-s3-upload-event"],
        event["id"].as_str().unwrap()
    );
    assert_eq!(event["type"], "upload.completed");
    assert!((0..300).contains(&(now() - event["created"].as_i64().unwrap())));
    let object = &event["upload"];
    assert_eq!(object["key"], done.key);
    assert_eq!(object["bucket"], "uploads");
    assert_eq!(
        (&object["size"], &object["type"]),
        (&5.into(), &"text/plain".into())
    );
    assert_eq!(
        (&object["name"], &object["etag"]),
        (&"a 🦀.txt".into(), &done.etag.into())
    );
    assert_eq!(event.get("client"), None);
    // It grants nothing.
    let text = event.to_string();
    assert!(
        !text.contains(created.id.as_ref().unwrap()) && !text.contains("X-Amz-"),
        "{text}"
    );

    // Asked again it is the same upload; another one is another.
    rig.complete(created.id.as_ref().unwrap(), &CompleteRequest::default())
        .await;
    upload(&rig).await;
    let next = heard.recv().await.unwrap();
    assert_ne!(next.id(), told.id());
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn it_says_who_uploaded() {
    let (url, mut heard) = receiver(&[]).await;
    let auth = "a secret that only two servers know";
    let rig = start(&[
        "--webhook",
        &url,
        "--webhook-secret",
        SECRET,
        "--auth-secret",
        auth,
    ])
    .await;
    let claims = s3_upload_server::access::Claims {
        id: "user-7".into(),
        tenant: Some("acme".into()),
        exp: u64::try_from(now() + 600).unwrap(),
    };
    let token = s3_upload_server::access::AuthTokens::new(auth).sign(&claims);
    let request = rig
        .request(reqwest::Method::POST, "/uploads")
        .bearer_auth(&token);
    let created = request
        .json(&file("a", "text/plain", 5, &[Put]))
        .send()
        .await
        .unwrap();
    let created: CreateResponse = answer(created).await;
    rig.put(&created, b"hello").await;
    let path = format!("/uploads/{}/complete", created.id.unwrap());
    let request = rig
        .request(reqwest::Method::POST, &path)
        .bearer_auth(&token);
    request
        .json(&CompleteRequest::default())
        .send()
        .await
        .unwrap();
    let event = heard.recv().await.unwrap().json();
    assert_eq!(
        event["client"],
        serde_json::json!({"id": "user-7", "tenant": "acme"})
    );
}

#[tokio::test]
async fn failures_are_tried_again_with_the_same_id() {
    let (url, mut heard) = receiver(&[500, 404, 307, 429]).await;
    let webhook = webhook(&url, &[1; 8]);
    webhook.completed(completed("k"));
    let mut ids = Vec::new();
    for _ in 0..5 {
        let told = heard.recv().await.unwrap();
        told.is_signed();
        assert_eq!(told.path, "/hook?k=1", "redirects are not followed");
        ids.push(told.id());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    webhook.finish(Duration::from_mins(1)).await;
    assert!(heard.try_recv().is_err(), "it was told");
}

#[tokio::test]
async fn the_tries_are_bounded_and_a_new_completion_begins_anew() {
    let (url, mut heard) = receiver(&[500; 6]).await;
    let webhook = webhook(&url, &[1, 1]);
    for _ in 0..2 {
        webhook.completed(completed("k"));
        // The same while it waits is not told twice.
        webhook.completed(completed("k"));
        for _ in 0..3 {
            heard.recv().await.unwrap();
        }
        // Every event is over once its place is free: until then it counts as waiting.
        while webhook.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(heard.try_recv().is_err());
    }
}

#[tokio::test]
async fn nobody_waits_for_a_receiver_that_hangs_or_is_gone() {
    // One that takes the connection and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/", silent.local_addr().unwrap());
    for url in [
        silent.as_str(),
        "http://127.0.0.1:1/",
        "https://127.0.0.1:1/",
    ] {
        let rig = start(&["--webhook", url, "--webhook-secret", SECRET]).await;
        for _ in 0..20 {
            upload(&rig).await;
        }
    }
}

#[tokio::test]
async fn more_than_can_wait_is_not_kept() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let webhook = webhook(&format!("http://{}/", silent.local_addr().unwrap()), &[]);
    for number in 0..10_100 {
        webhook.completed(completed(&number.to_string()));
    }
    assert_eq!(webhook.waiting(), 10_000);
}

#[tokio::test]
async fn the_end_tries_once_more_and_does_not_wait_forever() {
    // The first try fails, and the next would be in an hour.
    let (url, mut heard) = receiver(&[500]).await;
    let data = tempfile::tempdir().unwrap();
    let flags = ["--webhook", &url, "--webhook-secret", SECRET];
    let server = Server::start(config(&flags, data.path())).await.unwrap();
    let rig = Rig {
        url: server.url(),
        store: server.store_url().unwrap(),
        data,
        client: reqwest::Client::new(),
    };
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = ended.await;
    }));
    upload(&rig).await;
    let first = heard.recv().await.unwrap();
    end.send(()).unwrap();
    running.await.unwrap().unwrap();
    let second = heard.try_recv().unwrap();
    assert_eq!(first.id(), second.id());

    let (url, mut heard) = receiver(&[500; 9]).await;
    let webhook = webhook(&url, &[3_600_000; 8]);
    webhook.completed(completed("k"));
    heard.recv().await.unwrap();
    webhook.finish(Duration::from_mins(1)).await;
    heard.recv().await.unwrap();
    assert_eq!(webhook.waiting(), 0, "it was given up after one more try");

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let webhook = self::webhook(&format!("http://{}/", silent.local_addr().unwrap()), &[]);
    webhook.completed(completed("k"));
    webhook.finish(Duration::from_millis(50)).await;
    assert_eq!(webhook.waiting(), 1);
}
