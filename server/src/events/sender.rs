//! One request to the webhook.
//!
//! Redirects are not followed, so that a receiver cannot redirect the event. Of the answer only the status is read.

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
    event::{Event, EventSigner},
    target::WebhookTarget,
};

/// The time limit of a delivery.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The `User-Agent`.
const AGENT: &str = concat!("s3-upload-server/", env!("CARGO_PKG_VERSION"));

pub(super) struct WebhookSender {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    url: Uri,
    signer: EventSigner,
}

impl WebhookSender {
    pub(super) fn new(target: WebhookTarget) -> io::Result<Self> {
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(https),
            signer: EventSigner::new(target.secret.expose()),
            url: target.url,
        })
    }

    /// Sends an event. The error is the cause, without the address.
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
        match tokio::time::timeout(TIMEOUT, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response.status()),
            Ok(Err(error)) => {
                let mut cause: &dyn Error = &error;
                while let Some(source) = cause.source() {
                    cause = source;
                }
                Err(cause.to_string())
            }
            Err(_) => Err(format!("no answer within {} seconds", TIMEOUT.as_secs())),
        }
    }
}
