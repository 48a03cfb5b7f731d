//! Pages of other sites: what they can send without asking is refused, and what they would ask for is not granted.

use reqwest::{Method, Response, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse, Strategy::Put,
};

use super::{
    all_about,
    common::{Rig, answer, file, refusal, start},
};

const SITE: &str = "https://app.example";
const FOREIGN: &str = "https://evil.example";

/// An upload that was made by a page of the site.
async fn begin(rig: &Rig) -> CreateResponse {
    let request = rig
        .request(Method::POST, "/uploads")
        .header("origin", SITE)
        .json(&file("a.txt", "text/plain", 5, &[Put]));
    answer(request.send().await.unwrap()).await
}

fn grants_nothing(response: &Response) {
    for name in [
        "access-control-allow-origin",
        "access-control-allow-credentials",
    ] {
        let value = response.headers().get(name);
        // The layer says `credentials: true` on all answers, which without an origin grants nothing.
        assert!(
            value.is_none() || name.ends_with("credentials"),
            "{name}: {value:?}"
        );
    }
}

#[tokio::test]
async fn a_foreign_page_is_refused_by_the_server_itself() {
    let rig = start(&["--allow-origin", SITE]).await;
    let created = begin(&rig).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let id = created.id.unwrap();
    for origin in [
        FOREIGN,
        "null",
        "https://app.example.evil.example",
        "http://app.example",
        "https://APP.example",
    ] {
        let create = rig.request(Method::POST, "/uploads");
        let create = create.json(&file("a", "text/plain", 5, &[Put]));
        let mut requests = all_about(&rig, &id);
        requests.push(("POST".into(), create));
        for (name, request) in requests {
            if name.starts_with("GET") {
                continue;
            }
            let response = request.header("origin", origin).send().await.unwrap();
            grants_nothing(&response);
            let (code, _) = refusal(response, StatusCode::FORBIDDEN).await;
            assert_eq!(code, "origin_not_allowed", "{name} from {origin}");
        }
    }
    // The upload that they tried to delete is still there.
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(rig.download(&done).await.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn the_servers_own_pages_are_no_strangers() {
    let rig = start(&["--allow-origin", SITE]).await;
    let request = || {
        rig.request(Method::POST, "/uploads")
            .json(&file("a", "text/plain", 5, &[Put]))
    };
    let own = request().header("origin", &rig.url).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
    let proxied = request()
        .header("origin", "https://public.example")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(proxied.send().await.unwrap().status(), StatusCode::OK);
    let program = request().send().await.unwrap();
    assert_eq!(program.status(), StatusCode::OK, "programs send no origin");
}

/// A page may send the content types of forms, or none, to any origin without a preflight.
/// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
#[tokio::test]
async fn only_json_changes_anything() {
    // Any origin may call, so that nothing but the type protects here.
    let rig = start(&["--allow-origin", "*"]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let id = created.id.unwrap();
    let body = serde_json::to_string(&file("a", "text/plain", 5, &[Put])).unwrap();
    for path in [
        "/uploads".to_owned(),
        format!("/uploads/{id}/complete"),
        format!("/uploads/{id}/parts"),
    ] {
        for (media_type, body) in [
            (Some("text/plain"), body.as_str()),
            (Some("application/x-www-form-urlencoded"), &body),
            (
                Some("multipart/form-data; boundary=application/json"),
                &body,
            ),
            (Some("text/plain; application/json"), &body),
            (Some("application/jsonp"), &body),
            (Some(""), &body),
            (None, &body),
            (Some("text/plain"), ""),
            (None, ""),
        ] {
            let mut request = rig.request(Method::POST, &path).body(body.to_owned());
            if let Some(media_type) = media_type {
                request = request.header("content-type", media_type);
            }
            let response = request.header("origin", FOREIGN).send().await.unwrap();
            let (code, _) = refusal(response, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
            assert_eq!(code, "not_json", "{path} {media_type:?}");
        }
    }
    // A form cannot send DELETE, nor does the server take another method's word for it.
    let deleted = rig
        .request(Method::POST, &format!("/uploads/{id}"))
        .header("x-http-method-override", "DELETE")
        .body("_method=DELETE");
    assert_eq!(
        deleted.send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(done.size, 5);
}

#[tokio::test]
async fn credentials_go_only_to_named_origins() {
    // Of the API and of the embedded store alike: both are reached by pages.
    let asked = async |flags: &[&str], origin: &str, method: Method| {
        let rig = start(flags).await;
        let mut granted = Vec::new();
        for url in [
            format!("{}/uploads", rig.url),
            format!("{}/uploads/k", rig.store),
        ] {
            let request = rig
                .client
                .request(method.clone(), url)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type");
            let response = request.send().await.unwrap();
            let header = |name: &str| {
                response
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap().to_owned())
            };
            granted.push((
                header("access-control-allow-origin"),
                header("access-control-allow-credentials"),
            ));
        }
        assert_eq!(granted[0].0, granted[1].0, "{method} {origin}");
        if granted[0].0.is_some() {
            assert_eq!(granted[0], granted[1], "{method} {origin}");
        }
        granted.remove(0)
    };
    let (any, yes) = (Some("*".to_owned()), Some("true".to_owned()));
    for method in [Method::OPTIONS, Method::POST] {
        for flags in [
            &[][..],
            &["--allow-origin", "*"],
            &["--allow-origin", "*,https://app.example"],
        ] {
            let granted = asked(flags, FOREIGN, method.clone()).await;
            assert_eq!(granted, (any.clone(), None), "never both");
        }
        let named = ["--allow-origin", SITE];
        let granted = asked(&named, SITE, method.clone()).await;
        assert_eq!(granted, (Some(SITE.to_owned()), yes.clone()));
        assert_eq!(asked(&named, FOREIGN, method).await.0, None);
    }
}
