//! Each answer names the request, so that a line of the log can be found.

use reqwest::Method;

use crate::common::start;

#[tokio::test]
async fn every_answer_has_an_id() {
    let rig = start(&["--trusted-proxy", "127.0.0.1"]).await;
    let id = async |given: Option<&str>, path: &str| {
        let mut request = rig.request(Method::GET, path);
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let first = id(None, "/health").await;
    assert_eq!(first.len(), 36);
    assert_ne!(first, id(None, "/health").await);
    assert_ne!(first, id(None, "/uploads/x/parts").await, "refusals too");
    assert_eq!(
        id(Some("from-a-proxy-1"), "/nothing").await,
        "from-a-proxy-1"
    );
    for odd in ["a b", "a\"b", "<script>", &"x".repeat(200)] {
        let taken = id(Some(odd), "/health").await;
        assert_eq!(taken.len(), 36, "{taken}");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_gives_one() {
    let rig = start(&[]).await;
    let request = rig.request(Method::GET, "/health");
    let response = request.header("x-request-id", "mine").send().await;
    assert_ne!(response.unwrap().headers()["x-request-id"], "mine");
}
