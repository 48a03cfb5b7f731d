//! A host that knows its people itself: by its own hook, or by a layer around the router.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{header::COOKIE, request::Parts},
    middleware::{Next, from_fn},
};
use reqwest::{Client as Http, StatusCode};
use s3_upload_protocol::native::{CreateResponse, Strategy::Put};
use s3_upload_server::{
    App,
    access::{AuthError, Authenticate, Client},
    grants::TokenSigner,
    router,
    store::{BucketLocation, Store},
};

use crate::common::{answer, file, refusal};

/// Sessions in a cookie, as a site may have them.
struct Sessions;

fn session(parts: &Parts) -> Option<&str> {
    parts
        .headers
        .get(COOKIE)?
        .to_str()
        .ok()?
        .strip_prefix("session=")
}

#[async_trait::async_trait]
impl Authenticate for Sessions {
    async fn authenticate(&self, request: &Parts) -> Result<Client, AuthError> {
        match session(request) {
            None => Err(AuthError::Missing),
            Some("gone") => Err(AuthError::Invalid("the session has ended")),
            Some("unpaid") => Err(AuthError::Forbidden("Your plan has no uploads.".into())),
            Some("database-down") => Err(AuthError::Unavailable),
            Some(id) => Ok(Client {
                id: id.to_owned(),
                tenant: None,
                issuer: None,
            }),
        }
    }
}

fn app() -> App {
    let place = BucketLocation {
        bucket: "b".into(),
        endpoint: Some("http://127.0.0.1:1".into()),
        path_style: true,
        ..BucketLocation::default()
    };
    App::new(
        Store::with_credentials(place, "key", "secret", Duration::from_mins(5)),
        TokenSigner::new(b"secret", Duration::from_hours(1)),
    )
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await });
    url
}

async fn create(url: &str, session: &str) -> reqwest::Response {
    Http::new()
        .post(format!("{url}/uploads"))
        .header("cookie", format!("session={session}"))
        .json(&file("a", "text/plain", 5, &[Put]))
        .send()
        .await
        .unwrap()
}

async fn list(url: &str, session: &str, id: &str) -> reqwest::Response {
    Http::new()
        .get(format!("{url}/uploads/{id}/parts"))
        .header("cookie", format!("session={session}"))
        .send()
        .await
        .unwrap()
}

/// An upload is its owner's, and nobody else's.
async fn is_bound(url: &str) {
    let created: CreateResponse = answer(create(url, "ada").await).await;
    let id = created.id.unwrap();
    // It has no parts: that is said to its owner only.
    let own = refusal(
        list(url, "ada", &id).await,
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await;
    assert_eq!(own.0, "invalid_request");
    let other = refusal(list(url, "bob", &id).await, StatusCode::NOT_FOUND).await;
    assert_eq!(other.0, "unknown_upload");
}

#[tokio::test]
async fn a_hook_of_the_hosts_is_asked() {
    let url = serve(router(App {
        auth: Some(Arc::new(Sessions)),
        ..app()
    }))
    .await;
    is_bound(&url).await;
    let none = Http::new()
        .post(format!("{url}/uploads"))
        .json(&file("a", "", 5, &[Put]));
    let none = none.send().await.unwrap();
    assert_eq!(
        refusal(none, StatusCode::UNAUTHORIZED).await.0,
        "unauthorized"
    );
    let (code, message) = refusal(create(&url, "unpaid").await, StatusCode::FORBIDDEN).await;
    assert_eq!(
        (&*code, &*message),
        ("forbidden", "Your plan has no uploads.")
    );
    let gone = create(&url, "gone").await;
    assert_eq!(
        refusal(gone, StatusCode::UNAUTHORIZED).await.0,
        "unauthorized"
    );
    let down = create(&url, "database-down").await;
    assert_eq!(down.headers()["retry-after"], "2");
    let down = refusal(down, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(down.0, "sign_in_unavailable");
}

#[tokio::test]
async fn a_layer_of_the_hosts_says_who_calls() {
    let known = from_fn(async |request: Request, next: Next| {
        let (mut parts, body) = request.into_parts();
        if let Some(id) = session(&parts).map(str::to_owned) {
            parts.extensions.insert(Client {
                id,
                tenant: None,
                issuer: None,
            });
        }
        next.run(Request::from_parts(parts, body)).await
    });
    let url = serve(router(app()).layer(known)).await;
    is_bound(&url).await;
}
