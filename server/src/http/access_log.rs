//! The access log: one line for each request, and the request's id.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::access::Proxies;

/// The target of these lines, by which a filter selects them. It is documented, so that it does not follow the module.
const TARGET: &str = "s3_upload_server::logging";

/// The header of a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs one line for each request: method, route, status, time. Gives the request an id, or takes the one that a trusted
/// proxy gave it, and writes it to every line and to the answer.
pub async fn trace_request(
    State(proxies): State<Arc<Proxies>>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let route = route(&request).to_owned();
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let is_proxy = connected.is_some_and(|peer| proxies.trusts(peer.0.ip().to_canonical()));
    let given = is_proxy.then(|| given_id(request.headers())).flatten();
    let id = given.unwrap_or_else(|| Uuid::new_v4().to_string());
    // Of the highest level, so that every line that is written has it.
    let span = tracing::error_span!(target: TARGET, "request", id);
    async move {
        let start = Instant::now();
        let mut response = next.run(request).await;
        let (status, ms) = (
            response.status().as_u16(),
            u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        );
        if response.status().is_server_error() {
            tracing::warn!(target: TARGET, %method, route, status, ms);
        } else {
            tracing::info!(target: TARGET, %method, route, status, ms);
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// The route of a request, which contains no id.
pub(crate) fn route(request: &Request) -> &str {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(file)", MatchedPath::as_str)
}

/// The id that a proxy gave, if it is plain: every client can send the header, and it is written to the log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(&byte);
    ((1..=128).contains(&id.len()) && id.bytes().all(is_plain)).then(|| id.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_id_is_taken() {
        let given = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, id.parse().unwrap());
            given_id(&headers)
        };
        assert_eq!(
            given("Root=1-67891233-abc").as_deref(),
            Some("Root=1-67891233-abc")
        );
        for id in [
            "",
            "a b",
            "a\"b",
            "https://h/?X-Amz-Signature",
            &"x".repeat(129),
        ] {
            assert_eq!(given(id), None, "{id}");
        }
        assert_eq!(given_id(&HeaderMap::new()), None);
    }
}
