//! One request to the webhook.
//!
//! Owns the HTTP client. Refuses to follow redirects, so that a receiver cannot send it elsewhere, and to read the answer
//! beyond its status.

use std::{error::Error, io, time::Duration, time::SystemTime};

use axum::{
    body::Body,
    http::{Request, StatusCode, Uri, header},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::{
    Target,
    event::{Event, Signer},
};

/// After how long a try is given up.
const LIMIT: Duration = Duration::from_secs(10);

/// Who sends.
const AGENT: &str = concat!("s3-upload-server/", env!("CARGO_PKG_VERSION"));

pub(super) struct Post {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    url: Uri,
    signer: Signer,
}

impl Post {
    pub(super) fn new(target: Target) -> io::Result<Self> {
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(https),
            signer: Signer::new(target.secret.expose()),
            url: target.url,
        })
    }

    /// Sends an event. The error says why no answer came, without the address.
    pub(super) async fn send(&self, event: &Event) -> Result<StatusCode, String> {
        let body = event.body();
        let request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, AGENT)
            .header("x-s3-upload-event", &event.id)
            .header(
                "x-s3-upload-signature",
                self.signer.sign(SystemTime::now(), &body),
            )
            .body(Body::from(body))
            .map_err(|_| "the request cannot be built".to_owned())?;
        match tokio::time::timeout(LIMIT, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response.status()),
            Ok(Err(error)) => {
                let mut cause: &dyn Error = &error;
                while let Some(source) = cause.source() {
                    cause = source;
                }
                Err(cause.to_string())
            }
            Err(_) => Err(format!("no answer within {} seconds", LIMIT.as_secs())),
        }
    }
}
