//! The doctor: each thing that can be wrong between a page and the store, provoked, found, and cured by its own fix.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, Method, StatusCode},
    response::IntoResponse as _,
};
use common::{Rig, answer, refusal, start};
use reqwest::Client;
use s3_upload_protocol::native::{DoctorFinding, DoctorRequest, DoctorResponse};
use s3_upload_server::{
    App,
    doctor::Doctor,
    embedded::{DataDir, EmbeddedStore},
    grants::TokenSigner,
    router,
    store::{BucketLocation, CorsRule, Store},
};

const ORIGIN: &str = "https://app.example.com";

/// A page somewhere, and a store that it could reach by its name: the name is not what is wrong here.
fn question(method: &str, headers: &[&str]) -> DoctorRequest {
    DoctorRequest {
        origin: ORIGIN.to_owned(),
        store: Some("https://s3.example.com".to_owned()),
        method: method.to_owned(),
        headers: headers.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// The `PUT` of the widget, with its headers.
fn put() -> DoctorRequest {
    question("PUT", &["content-type", "if-none-match"])
}

async fn ask(url: &str, question: &DoctorRequest) -> Vec<DoctorFinding> {
    let request = Client::new().post(format!("{url}/uploads/doctor"));
    let sent = request.json(question).send().await.unwrap();
    answer::<DoctorResponse>(sent).await.findings
}

fn codes(findings: &[DoctorFinding]) -> Vec<&str> {
    findings.iter().map(|it| it.code.as_str()).collect()
}

/// The only finding.
async fn one(url: &str, question: &DoctorRequest) -> DoctorFinding {
    let mut findings = ask(url, question).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

/// A server whose store's bucket has these rules, as JSON.
async fn with_rules(rules: &str) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cors.json");
    std::fs::write(&path, rules).unwrap();
    start(&["--store-cors", path.to_str().unwrap()]).await
}

async fn listen(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    url
}

/// A server for a store at this address, with credentials that the store does not know.
async fn stranger(place: BucketLocation) -> String {
    let expires = Duration::from_mins(5);
    let app = App {
        origins: None,
        ..App::new(
            Store::with_credentials(place, "nobody", "nothing", expires),
            TokenSigner::new(b"secret", expires),
        )
    };
    listen(router(app)).await
}

fn bucket(endpoint: &str) -> BucketLocation {
    BucketLocation {
        bucket: "uploads".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        path_style: true,
        ..BucketLocation::default()
    }
}

const WRONG_RULES: [(&str, &str, &[&str]); 7] = [
    ("[]", "PUT", &["cors_missing"]),
    (
        r#"[{"AllowedOrigins": ["https://other.example"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]"#,
        "PUT",
        &["cors_origin"],
    ),
    (
        r#"[{"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]"#,
        "PUT",
        &["cors_method"],
    ),
    (
        r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
            {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["content-type"]}]"#,
        "PUT",
        &["cors_headers"],
    ),
    (
        r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 60}]"#,
        "PUT",
        &["cors_expose"],
    ),
    (
        r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"],
            "ExposeHeaders": ["etag"]}]"#,
        "PUT",
        &["cors_max_age"],
    ),
    (
        r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"]}]"#,
        "POST",
        &["cors_max_age"],
    ),
];

#[tokio::test]
async fn each_wrong_rule_is_found_and_cured_by_its_fix() {
    for (rules, method, expected) in WRONG_RULES {
        let rig = with_rules(rules).await;
        let question = question(method, &["content-type", "if-none-match"]);
        let findings = ask(&rig.url, &question).await;
        assert_eq!(codes(&findings), expected, "{rules}");
        assert!(
            findings[0]
                .message
                .contains("Set the bucket's CORS configuration"),
            "{}",
            findings[0].message
        );
        let cured = with_rules(&findings[0].fix).await;
        assert_eq!(ask(&cured.url, &question).await, [], "{}", findings[0].fix);
    }
}

#[tokio::test]
async fn each_wrong_rule_is_found_without_being_read() {
    for (rules, method, expected) in WRONG_RULES {
        let rig = with_rules(rules).await;
        let url = stranger(bucket(&rig.store)).await;
        let question = question(method, &["content-type", "if-none-match"]);
        let findings = ask(&url, &question).await;
        assert_eq!(codes(&findings), expected, "{rules}");
        assert!(findings[0].message.contains("s3:GetBucketCORS"));
        // The fix cannot contain rules that the server may not read; it is one additional rule.
        let both = format!(
            "[{},{}]",
            findings[0].fix.trim_matches(['[', ']']),
            rules.trim_matches(['[', ']'])
        );
        let cured = with_rules(&both.replace(",]", "]")).await;
        assert_eq!(ask(&cured.url, &question).await, [], "{both}");
    }
}

#[tokio::test]
async fn the_missing_headers_are_named() {
    let rules = r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["content-type"]}]"#;
    let rig = with_rules(rules).await;
    let question = question("PUT", &["Content-Type", "If-None-Match", "x-amz-meta-a"]);
    for url in [rig.url, stranger(bucket(&rig.store)).await] {
        let found = one(&url, &question).await;
        assert!(
            found
                .message
                .contains("the headers if-none-match, x-amz-meta-a."),
            "{}",
            found.message
        );
    }
}

#[tokio::test]
async fn without_a_rule_the_fix_is_the_rule() {
    let rig = start(&["--store-cors", "off"]).await;
    let found = one(&rig.url, &put()).await;
    assert_eq!(found.code, "cors_missing");
    let rules: serde_json::Value = serde_json::from_str(&found.fix).unwrap();
    assert_eq!(rules[0]["AllowedOrigins"], serde_json::json!([ORIGIN]));
    assert_eq!(
        rules[0]["AllowedMethods"],
        serde_json::json!(["PUT", "POST"])
    );
    assert!(rules[0]["ExposeHeaders"].to_string().contains("\"ETag\""));
    assert_eq!(rules.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_wrong_with_the_store_as_it_comes() {
    let rig = start(&[]).await;
    assert_eq!(ask(&rig.url, &put()).await, []);
    assert_eq!(ask(&rig.url, &question("POST", &[])).await, []);
}

#[tokio::test]
async fn a_wrong_file_of_rules_is_one_sentence() {
    for (text, word) in [("[{\"AllowedOrigin\": 1}]", "AllowedOrigin"), ("", "EOF")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cors.json");
        std::fs::write(&path, text).unwrap();
        let error = common::fails_to_start(&["--store-cors", path.to_str().unwrap()]).await;
        assert!(
            error.contains("--store-cors") && error.contains(word),
            "{error}"
        );
    }
    let error = common::fails_to_start(&["--store-cors", "of"]).await;
    assert!(error.contains("--store-cors"), "{error}");
}

/// A store that answers every request by this status, these headers and this body.
async fn answering(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    code: &str,
) -> String {
    let body = format!("<Error><Code>{code}</Code></Error>");
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    let reply = (StatusCode::from_u16(status).unwrap(), map, body);
    let store = Router::new().fallback(move || std::future::ready(reply.clone().into_response()));
    let store = listen(store).await;
    stranger(bucket(&store)).await
}

#[tokio::test]
async fn what_is_no_matter_of_cors_is_told_apart() {
    for (url, code, word) in [
        (
            answering(
                301,
                &[("x-amz-bucket-region", "eu-west-1")],
                "PermanentRedirect",
            )
            .await,
            "region",
            "--region eu-west-1",
        ),
        (
            answering(307, &[("location", "https://s3.example.com/uploads/k")], "").await,
            "region",
            "--public-endpoint https://s3.example.com",
        ),
        (
            answering(404, &[], "NoSuchBucket").await,
            "no_such_bucket",
            "--bucket",
        ),
        (
            answering(503, &[], "SlowDown").await,
            "store_unreachable",
            "store runs",
        ),
        (
            stranger(bucket("http://127.0.0.1:1")).await,
            "store_unreachable",
            "http://127.0.0.1:1",
        ),
    ] {
        let found = one(&url, &put()).await;
        assert_eq!(found.code, code);
        assert!(found.fix.contains(word), "{}", found.fix);
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_found_where_the_store_tells() {
    // To strangers, the embedded store says nothing of buckets; to the server it does.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let data = DataDir::open(None).unwrap();
    let expires = Duration::from_mins(5);
    let rules = vec![CorsRule::for_uploads(vec!["*".to_owned()])];
    let embedded = EmbeddedStore::new(&data, endpoint, None, None, rules, expires).unwrap();
    let gone = embedded.store.in_bucket("gone");
    tokio::spawn(async { axum::serve(listener, embedded.router).await });
    let app = App {
        origins: None,
        ..App::new(gone, TokenSigner::new(b"secret", expires))
    };
    let found = one(&listen(router(app)).await, &put()).await;
    assert_eq!(found.code, "no_such_bucket");
}

#[tokio::test]
async fn an_answer_of_another_kind_of_store_is_read_as_a_browser_reads_it() {
    for (status, headers, expected) in [
        (
            204,
            &[
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "GET, POST"),
            ][..],
            "cors_method",
        ),
        (
            200,
            &[
                ("access-control-allow-origin", ORIGIN),
                ("access-control-allow-methods", "*"),
            ],
            "cors_headers",
        ),
        (
            200,
            &[
                ("access-control-allow-origin", ORIGIN),
                ("access-control-allow-methods", "put"),
                ("access-control-allow-headers", "Content-Type,If-None-Match"),
                ("access-control-max-age", "5"),
            ],
            "cors_expose",
        ),
        (
            200,
            &[("access-control-allow-origin", "https://other.example")],
            "cors_missing",
        ),
        (200, &[], "cors_missing"),
        (405, &[("access-control-allow-origin", "*")], "cors_missing"),
        (501, &[], "cors_missing"),
    ] {
        let url = answering(status, headers, "").await;
        let found = one(&url, &put()).await;
        assert_eq!(found.code, expected, "{status} {headers:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_swallows_the_preflight_is_told_from_a_missing_rule() {
    let proxy = listen(Router::new().fallback(async || StatusCode::METHOD_NOT_ALLOWED)).await;
    let rig = start(&["--public-endpoint", &proxy]).await;
    let found = one(&rig.url, &put()).await;
    assert_eq!(found.code, "cors_missing");
    assert!(
        found.message.contains("a proxy in front of the store"),
        "{}",
        found.message
    );
    assert!(
        found
            .fix
            .contains(&format!("Access-Control-Allow-Origin: {ORIGIN}\n"))
    );
}

#[tokio::test]
async fn a_host_that_only_the_server_reaches_is_found_first() {
    let rig = start(&["--store-cors", "off"]).await;
    let mut question = put();
    question.store = Some("http://minio:9000".to_owned());
    let findings = ask(&rig.url, &question).await;
    assert_eq!(codes(&findings), ["internal_host", "cors_missing"]);
    assert!(findings[0].message.contains("http://minio:9000"));
    assert!(findings[0].fix.contains("--public-endpoint"));
    // Without a word about the store it is the one that is signed for, here on this machine.
    let rig = start(&[]).await;
    question.store = None;
    let found = one(&rig.url, &question).await;
    assert_eq!(found.code, "internal_host");
    assert!(found.message.contains(&rig.store), "{}", found.message);
    question.origin = "http://localhost:3000".to_owned();
    assert_eq!(ask(&rig.url, &question).await, []);
}

/// A store that counts what it is asked, and answers as one without a rule.
async fn counting() -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let store = Router::new().fallback(async move |_: Method| {
        counter.fetch_add(1, Ordering::Relaxed);
        StatusCode::FORBIDDEN
    });
    (listen(store).await, count)
}

#[tokio::test]
async fn only_the_store_of_this_server_is_asked() {
    let (elsewhere, count) = counting().await;
    let rig = start(&[]).await;
    let mut question = put();
    question.store = Some(elsewhere.clone());
    question.origin = elsewhere;
    ask(&rig.url, &question).await;
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_same_question_is_asked_of_the_store_once() {
    let (store, count) = counting().await;
    let expires = Duration::from_mins(5);
    let app = App {
        origins: None,
        doctor: Some(Arc::new(Doctor::with_cache_duration(Duration::from_hours(
            1,
        )))),
        ..App::new(
            Store::with_credentials(bucket(&store), "nobody", "nothing", expires),
            TokenSigner::new(b"secret", expires),
        )
    };
    let url = listen(router(app)).await;
    let first = ask(&url, &put()).await;
    let requests = count.load(Ordering::Relaxed);
    assert!((3..=12).contains(&requests), "{requests}");
    let mut again = put();
    again.headers.reverse();
    assert_eq!(ask(&url, &again).await, first);
    assert_eq!(count.load(Ordering::Relaxed), requests);
    ask(&url, &question("POST", &[])).await;
    assert!(count.load(Ordering::Relaxed) > requests);
}

#[tokio::test]
async fn only_pages_that_may_call_may_ask() {
    let rig = start(&["--allow-origin", ORIGIN]).await;
    assert_eq!(ask(&rig.url, &put()).await, []);
    let send = async |origin: &str, headers: &[(&str, &str)]| {
        let mut question = put();
        question.origin = origin.to_owned();
        let url = format!("{}/uploads/doctor", rig.url);
        let mut request = Client::new().post(url).json(&question);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let other = "https://other.example";
    for headers in [
        &[][..],
        &[("origin", other)],
        &[("origin", other), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-origin")],
    ] {
        let refused = send(other, headers).await;
        let (code, message) = refusal(refused, StatusCode::FORBIDDEN).await;
        assert_eq!(code, "origin_not_allowed");
        assert!(message.contains("--allow-origin"), "{message}");
    }
    // Pages of the server itself: by the host, or where a proxy changes that, by the browser's word.
    for headers in [
        &[("origin", rig.url.as_str())][..],
        &[
            ("origin", &rig.url),
            ("host", "upstream"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        let found: DoctorResponse = answer(send(&rig.url, headers).await).await;
        assert_eq!(codes(&found.findings), ["cors_origin"]);
    }
    let mut wrong = put();
    wrong.origin = "app.example.com".to_owned();
    let refused = rig.post("/uploads/doctor", &wrong).await;
    let (code, _) = refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(code, "invalid_request");
}

#[tokio::test]
async fn the_doctor_can_be_off() {
    let rig = start(&["--doctor=off"]).await;
    let refused = rig.post("/uploads/doctor", &put()).await;
    assert_eq!(refusal(refused, StatusCode::NOT_FOUND).await.0, "not_found");
}
