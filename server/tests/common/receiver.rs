//! A receiver of the webhook, which hears what is told and answers as it is told to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::mpsc;

/// The secret with which the webhook signs.
pub const SECRET: &str = "a webhook's secret";

/// One request as it came.
pub struct Heard {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// Checks the signature as docs/server.md says, without this crate's own code.
    pub fn is_signed(&self) {
        let value = self.headers["x-s3-upload-signature"].to_str().unwrap();
        let (time, mac) = value
            .strip_prefix("t=")
            .unwrap()
            .split_once(",v1=")
            .unwrap();
        let age = now() - time.parse::<i64>().unwrap();
        assert!((0..300).contains(&age), "{age}");
        let mut expected = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        expected.update(time.as_bytes());
        expected.update(b".");
        expected.update(&self.body);
        assert_eq!(mac.len(), 64);
        let byte = |at: usize| u8::from_str_radix(&mac[at..at + 2], 16).unwrap();
        let mac: Vec<_> = (0..64).step_by(2).map(byte).collect();
        expected.verify_slice(&mac).unwrap();
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_secs()).unwrap()
}

/// A receiver that answers with these statuses, one after the other, and with 204 from then on.
pub async fn receiver(statuses: &[u16]) -> (String, mpsc::UnboundedReceiver<Heard>) {
    let (send, heard) = mpsc::unbounded_channel();
    let statuses = Arc::new(Mutex::new(VecDeque::from(statuses.to_vec())));
    let app = Router::new().fallback(move |request: axum::extract::Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let path = parts.uri.to_string();
        // The test may have ended.
        let _ = send.send(Heard {
            path,
            headers: parts.headers,
            body,
        });
        match statuses.lock().unwrap().pop_front() {
            Some(307) => Redirect::temporary("/elsewhere").into_response(),
            Some(status) => StatusCode::from_u16(status).unwrap().into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?k=1", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    (url, heard)
}
