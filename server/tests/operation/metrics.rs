//! Numbers for Prometheus: off unless asked for, on a port of their own, and right.

use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest,
    Strategy::{Multipart, Put},
};
use s3_upload_server::serve::Server;

use crate::common::{Rig, config, file, start};

/// A server with metrics, and where these are.
async fn measured(flags: &[&str]) -> (Rig, String) {
    let data = tempfile::tempdir().unwrap();
    let all = [&["--metrics", "127.0.0.1:0"], flags].concat();
    let server = Server::start(config(&all, data.path())).await.unwrap();
    let metrics = server.metrics_url().unwrap();
    let rig = Rig {
        url: server.url(),
        store: server.store_url().unwrap(),
        data,
        client: reqwest::Client::new(),
    };
    tokio::spawn(server.run(std::future::pending()));
    (rig, format!("{metrics}/metrics"))
}

async fn read(url: &str) -> String {
    let response = reqwest::get(url).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let media_type = response.headers()["content-type"].to_str().unwrap();
    assert!(
        media_type.starts_with("application/openmetrics-text"),
        "{media_type}"
    );
    response.text().await.unwrap()
}

/// The value of one line.
fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{series} in {text}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn what_happens_is_counted() {
    let (rig, url) = measured(&["--max-size", "1GB"]).await;
    let single = rig.create(&file("a", "text/plain", 5, &[Put])).await;
    rig.create(&file("a", "text/plain", 7, &[Put])).await;
    let large = rig.create(&file("b", "", 20_000_000, &[Multipart])).await;
    assert_eq!(rig.put(&single, b"hello").await.status(), StatusCode::OK);
    let id = single.id.unwrap();
    let done = rig.complete(&id, &CompleteRequest::default()).await;
    assert_eq!(done.status(), StatusCode::OK);
    let refused = rig
        .post("/uploads", &file("c", "", 2_000_000_000, &[Put]))
        .await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let path = format!("/uploads/{}/complete", large.id.unwrap());
    let whole = rig.post(&path, &CompleteRequest::default()).await;
    assert_eq!(whole.status(), StatusCode::CONFLICT);
    // Text of clients becomes no label.
    for path in ["/uploads/secret-id/parts", "/secret-file.js", "/%22%7d"] {
        rig.request(Method::GET, path).send().await.unwrap();
    }
    let odd = Method::from_bytes(b"SECRETMETHOD").unwrap();
    rig.request(odd, "/uploads").send().await.unwrap();

    let text = read(&url).await;
    for (series, expected) in [
        (
            r#"s3_upload_requests_total{method="POST",route="/uploads",status="200"}"#,
            3.0,
        ),
        (
            r#"s3_upload_requests_total{method="POST",route="/uploads",status="413"}"#,
            1.0,
        ),
        (
            r#"s3_upload_requests_total{method="POST",route="/uploads/{id}/complete",status="200"}"#,
            1.0,
        ),
        (
            r#"s3_upload_requests_total{method="POST",route="/uploads/{id}/complete",status="409"}"#,
            1.0,
        ),
        (
            r#"s3_upload_requests_total{method="GET",route="/uploads/{id}/parts",status="404"}"#,
            1.0,
        ),
        (
            r#"s3_upload_requests_total{method="GET",route="(file)",status="404"}"#,
            2.0,
        ),
        (
            r#"s3_upload_requests_total{method="other",route="/uploads",status="405"}"#,
            1.0,
        ),
        (
            r#"s3_upload_request_duration_seconds_count{method="POST",route="/uploads"}"#,
            4.0,
        ),
        (r#"s3_upload_grants_total{strategy="put"}"#, 2.0),
        (r#"s3_upload_granted_bytes_total{strategy="put"}"#, 12.0),
        (
            r#"s3_upload_granted_bytes_total{strategy="multipart"}"#,
            20_000_000.0,
        ),
        (r#"s3_upload_refusals_total{code="too_large"}"#, 1.0),
        (r#"s3_upload_refusals_total{code="incomplete"}"#, 1.0),
        (r#"s3_upload_refusals_total{code="unknown_upload"}"#, 1.0),
        (
            r#"s3_upload_refusals_total{code="method_not_allowed"}"#,
            1.0,
        ),
    ] {
        assert!(
            (value(&text, series) - expected).abs() < 0.1,
            "{series} in {text}"
        );
    }
    assert!(text.trim_end().ends_with("# EOF"), "{text}");
    let lower = text.to_lowercase();
    for secret in ["secret", &id.to_lowercase(), "127.0.0.1"] {
        assert!(!lower.contains(secret), "{secret} in {text}");
    }

    // A store that fails: the process's count, in which other tests may have a share.
    std::fs::remove_dir_all(rig.data.path()).unwrap();
    let failed = rig.post("/uploads", &file("b", "", 9, &[Multipart])).await;
    assert_eq!(failed.status(), StatusCode::BAD_GATEWAY);
    let series =
        r#"s3_upload_store_errors_total{action="CreateMultipartUpload",kind="unavailable"}"#;
    assert!(value(&read(&url).await, series) >= 1.0);
}

#[tokio::test]
async fn the_api_itself_tells_no_numbers() {
    let (rig, url) = measured(&[]).await;
    assert!(!url.starts_with(&rig.url));
    let public = rig.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(public.status(), StatusCode::NOT_FOUND);
    let other = reqwest::get(url.replace("/metrics", "/uploads"))
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);

    let rig = start(&[]).await;
    let public = rig.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(public.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_origin_is_counted_with_its_first_question() {
    let (rig, url) = measured(&["--allow-origin", "https://a.example"]).await;
    let ask = async |method: Method, origin: &str| {
        let request = rig.request(method, "/uploads").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request.send().await.unwrap();
    };
    ask(Method::OPTIONS, "https://a.example").await;
    let text = read(&url).await;
    assert!(!text.contains("origin_not_allowed"), "{text}");
    let long = format!("https://{}.example", "b".repeat(5000));
    ask(Method::OPTIONS, &long).await;
    ask(Method::POST, &long).await;
    let series = "s3_upload_refusals_total{code=\"origin_not_allowed\"}";
    assert_eq!(value(&read(&url).await, series).to_string(), "2");
}
