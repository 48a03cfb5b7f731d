//! Too much, too large, too deep: refused or done, and the server is well afterwards.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::Strategy::{Multipart, Put};

use super::{
    common::{MIB, Rig, file, refusal, start},
    is_well,
};

async fn post(rig: &Rig, path: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    rig.request(Method::POST, path)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn oversized_requests_are_refused_unread() {
    let rig = start(&[]).await;
    let id = rig
        .create(&file("a", "", 20 * MIB, &[Multipart]))
        .await
        .id
        .unwrap();
    let name = |length: usize| {
        format!(
            r#"{{"name":"{}","size":1,"accepts":["put"]}}"#,
            "x".repeat(length)
        )
    };
    for length in [65 * 1024, MIB] {
        let refused = post(&rig, "/uploads", name(length)).await;
        let (code, _) = refusal(refused, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(code, "request_too_large");
    }
    let many = format!(r#"{{"parts":[{}1]}}"#, "1,".repeat(2 * MIB));
    for path in ["parts", "complete"] {
        let refused = post(&rig, &format!("/uploads/{id}/{path}"), many.clone()).await;
        let (code, _) = refusal(refused, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(code, "request_too_large");
    }
    // A length that is announced and never sent, and one that is no length.
    for length in ["99999999999999999999", "-1", "5, 6", "x"] {
        let status = crate::common::raw(
            &rig.url,
            &format!("POST /uploads HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"),
        )
        .await;
        assert_eq!(status, 400, "{length}");
    }
    let header = format!(
        "GET /health HTTP/1.1\r\nHost: h\r\nx: {}\r\n\r\n",
        "x".repeat(MIB)
    );
    let status = crate::common::raw(&rig.url, &header).await;
    assert!((400..500).contains(&status), "{status}");
    is_well(&rig).await;
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    let rig = start(&[]).await;
    let id = rig
        .create(&file("a", "", 20 * MIB, &[Multipart]))
        .await
        .id
        .unwrap();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for depth in [200, 5_000, 10_000] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let unclosed = open.repeat(depth);
            for value in [&nested, &unclosed] {
                for (path, body) in [
                    ("/uploads".to_owned(), value.clone()),
                    ("/uploads".to_owned(), format!(r#"{{"name":{value}}}"#)),
                    (
                        "/uploads".to_owned(),
                        format!(r#"{{"metadata":{value},"name":"a","size":1,"accepts":["put"]}}"#),
                    ),
                    (
                        format!("/uploads/{id}/parts"),
                        format!(r#"{{"parts":{value}}}"#),
                    ),
                    (
                        format!("/uploads/{id}/complete"),
                        format!(r#"{{"parts":{value}}}"#),
                    ),
                ] {
                    let status = post(&rig, &path, body).await.status();
                    assert!(status.is_client_error(), "{status}: {open} {depth} {path}");
                }
                // A field that nobody reads is passed over, or refused: nothing else.
                let unread =
                    format!(r#"{{"unknown":{value},"name":"a","size":1,"accepts":["put"]}}"#);
                let status = post(&rig, "/uploads", unread).await.status();
                assert!(status.is_client_error() || status.is_success(), "{status}");
            }
        }
    }
    for body in [
        r#"{"name":"a","name":"b","size":1,"accepts":["put"]}"#,
        r#"{"name":"a","size":1e400,"accepts":["put"]}"#,
        r#"{"name":"a","size":18446744073709551616,"accepts":["put"]}"#,
        r#"{"name":"\ud800","size":1,"accepts":["put"]}"#,
        r#"{"name":"a","size":1,"accepts":"put"}"#,
        "null",
        "[]",
        "\u{feff}{}",
    ] {
        let status = post(&rig, "/uploads", body).await.status();
        assert!(status.is_client_error(), "{status}: {body}");
    }
    let largest = format!(
        r#"{{"name":"a","size":{},"accepts":["put","multipart"]}}"#,
        u64::MAX
    );
    assert_eq!(
        post(&rig, "/uploads", largest).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    is_well(&rig).await;
}

/// The resident memory of this process in bytes; `None` if the system does not report it.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// So many requests over 50 connections; how many were answered by each status.
async fn flood(rig: &Arc<Rig>, count: usize) -> (usize, usize) {
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let rig = Arc::clone(rig);
            tokio::spawn(async move {
                // Each with a connection of its own.
                let client = reqwest::Client::new();
                let (mut granted, mut refused) = (0, 0);
                for _ in 0..count / 50 {
                    let strategy = if number % 10 == 0 { Multipart } else { Put };
                    let request = client.post(format!("{}/uploads", rig.url)).json(&file(
                        "a.txt",
                        "text/plain",
                        5,
                        &[strategy],
                    ));
                    match request.send().await.unwrap().status() {
                        StatusCode::OK => granted += 1,
                        StatusCode::TOO_MANY_REQUESTS => refused += 1,
                        status => panic!("{status}"),
                    }
                }
                (granted, refused)
            })
        })
        .collect();
    let mut sum = (0, 0);
    for task in tasks {
        let (granted, refused) = task.await.unwrap();
        sum = (sum.0 + granted, sum.1 + refused);
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_requests_are_all_answered() {
    let rig = Arc::new(start(&[]).await);
    flood(&rig, 200).await;
    let before = resident();
    assert_eq!(flood(&rig, 3000).await, (3000, 0));
    is_well(&rig).await;
    let limited = Arc::new(start(&["--rate-limit", "500"]).await);
    let (granted, refused) = flood(&limited, 3000).await;
    assert_eq!(granted + refused, 3000);
    // The window may have moved on meanwhile, by as many minutes as this took.
    assert!(
        granted >= 500 && refused > 0,
        "{granted} granted, {refused} refused"
    );
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before) / MIB;
        assert!(grown < 128, "{grown} MiB more after 6000 requests");
    }
}
