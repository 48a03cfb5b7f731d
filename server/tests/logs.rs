//! No log line carries what grants access.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

mod common;

use std::{
    io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use common::{Rig, answer, bytes, file, start};
use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse,
    Strategy::{Multipart, Post, Put},
    UrlResponse,
};
use s3_upload_server::{
    access::{AuthTokens, Claims},
    telemetry::{self, LogFormat},
};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl<'w> MakeWriter<'w> for Captured {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Sends a form twice, once with a wrong body; gives the upload's id, and what is secret in the form.
async fn send_forms(rig: &Rig) -> (String, Vec<String>) {
    let form = rig.create(&file("c.txt", "text/plain", 5, &[Post])).await;
    for (body, status) in [
        (b"hell".as_slice(), StatusCode::BAD_REQUEST),
        (b"hello", StatusCode::CREATED),
    ] {
        assert_eq!(rig.post_form(&form, body).await.status(), status);
    }
    let hidden = ["policy", "x-amz-signature", "x-amz-credential"];
    let fields = form.fields.as_ref().unwrap().expose().iter();
    let secret = fields.filter(|(name, _)| hidden.contains(&name.as_str()));
    (
        form.id.unwrap(),
        secret.map(|(_, value)| value.clone()).collect(),
    )
}

/// The secrets that a server with tokens and a webhook must not log, after requests that involve each of them.
async fn tokens_and_webhook(captured: &Captured) -> Vec<String> {
    let secrets = [
        "auth-secret-0123456789abcdef0123456789",
        "hook-secret-0123456789",
        "hook-token-0123456789",
    ];
    let hook = format!("http://127.0.0.1:1/hooks/{}?k={0}", secrets[2]);
    let rig = start(&[
        "--auth-secret",
        secrets[0],
        "--webhook",
        &hook,
        "--webhook-secret",
        secrets[1],
    ])
    .await;
    let in_ten_minutes = SystemTime::now() + Duration::from_mins(10);
    let token = AuthTokens::new(secrets[0]).sign(&Claims {
        id: "user-7".into(),
        tenant: None,
        exp: in_ten_minutes.duration_since(UNIX_EPOCH).unwrap().as_secs(),
    });
    let ask = |token: &str, path: &str| rig.request(Method::POST, path).bearer_auth(token);
    let request = file("a.txt", "text/plain", 5, &[Put]);
    let forged = ask(&format!("{token}forged"), "/uploads").json(&request);
    assert_eq!(
        forged.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let created = ask(&token, "/uploads").json(&request).send().await.unwrap();
    let created: CreateResponse = answer(created).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let id = created.id.unwrap();
    let done = ask(&token, &format!("/uploads/{id}/complete")).json(&CompleteRequest::default());
    assert_eq!(done.send().await.unwrap().status(), StatusCode::OK);
    while !captured
        .text()
        .contains("the webhook is called again later")
    {
        tokio::task::yield_now().await;
    }
    assert!(captured.text().contains("a token was refused"));
    let mut secrets = secrets.map(str::to_owned).to_vec();
    secrets.extend([token.split('.').nth(1).unwrap().to_owned(), id]);
    secrets
}

// Alone in its file: the subscriber is the whole process's.
#[tokio::test]
async fn logs_carry_no_signature_and_no_id() {
    let captured = Captured::default();
    let subscriber = telemetry::subscriber(
        "debug,s3_upload_server=trace",
        LogFormat::Text,
        captured.clone(),
        false,
    )
    .unwrap();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let rig = start(&[]).await;
    let (mut secrets, mut of_urls) = (Vec::<String>::new(), Vec::new());
    let mut keep = |url: &str| {
        let signature = url
            .split("X-Amz-Signature=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        assert_eq!(signature.len(), 64);
        of_urls.push(signature.to_owned());
        of_urls.push(
            url.split("X-Amz-Credential=")
                .nth(1)
                .unwrap()
                .split('%')
                .next()
                .unwrap()
                .to_owned(),
        );
    };

    let single = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    keep(single.url.as_ref().unwrap().expose());
    let mut wrong = single.clone();
    wrong
        .headers
        .insert("content-type".into(), "text/html".into());
    assert_eq!(
        rig.put(&wrong, b"hello").await.status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(rig.put(&single, b"hello").await.status(), StatusCode::OK);
    assert_eq!(
        rig.put(&single, b"hello").await.status(),
        StatusCode::PRECONDITION_FAILED
    );
    let id = single.id.clone().unwrap();
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    keep(done.download_url.as_ref().unwrap().expose());
    assert_eq!(rig.download(&done).await.status(), StatusCode::OK);

    let large = rig
        .create(&file("b", "", 9, &[Multipart]))
        .await
        .id
        .unwrap();
    let signed = rig.sign(&large, &[(1, 9)]).await;
    keep(signed[0].url.expose());
    assert_eq!(
        rig.put_part(&signed[0], &bytes(9)).await.status(),
        StatusCode::OK
    );
    let (of_form, form) = send_forms(&rig).await;
    let fresh = rig.request(Method::GET, &format!("/uploads/{of_form}/url"));
    let fresh: UrlResponse = answer(fresh.send().await.unwrap()).await;
    keep(fresh.url.expose());
    for id in [&id, &large, &of_form] {
        rig.request(Method::DELETE, &format!("/uploads/{id}"))
            .send()
            .await
            .unwrap();
    }
    // A store that fails is what is logged most about: here it lost its folder.
    std::fs::remove_dir_all(rig.data.path()).unwrap();
    let failed = rig.post("/uploads", &file("b", "", 9, &[Multipart])).await;
    assert_eq!(failed.status(), StatusCode::BAD_GATEWAY);
    secrets.extend(of_urls);
    secrets.extend(form);
    secrets.extend([id, large, of_form]);
    secrets.extend(tokens_and_webhook(&captured).await);

    let text = captured.text();
    assert!(
        text.contains("/uploads/{id}/complete") && text.contains("status=502"),
        "the log was captured: {text}"
    );
    assert!(text.contains("the store refused or failed"), "{text}");
    for secret in
        secrets
            .iter()
            .map(String::as_str)
            .chain(["X-Amz-", "x-amz-", "AWS4", "authorization"])
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
