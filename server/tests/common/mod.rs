//! A real server and its embedded store on free ports, and a client that says what a browser would.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod receiver;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
};

use clap::Parser as _;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use s3_upload_protocol::native::{
    CompleteResponse, CreateRequest, CreateResponse, ErrorResponse, PartToSign, PartUrl,
    SignPartsRequest, SignPartsResponse, Strategy,
};
use s3_upload_server::{
    config::{Config, Options},
    serve::Server,
};
use serde::Serialize;
use tempfile::TempDir;

pub const MIB: usize = 1024 * 1024;

pub struct Rig {
    pub url: String,
    pub store: String,
    pub data: TempDir,
    pub client: Client,
}

/// Starts a server with these flags; it ends with the test's runtime.
pub async fn start(flags: &[&str]) -> Rig {
    start_in(&std::env::temp_dir(), flags).await
}

/// Starts a server whose store has a folder in this one.
pub async fn start_in(folder: &Path, flags: &[&str]) -> Rig {
    let data = tempfile::tempdir_in(folder).unwrap();
    let server = Server::start(config(flags, data.path())).await.unwrap();
    let (url, store) = (server.url(), server.store_url().unwrap());
    tokio::spawn(server.run(std::future::pending()));
    Rig {
        url,
        store,
        data,
        client: Client::new(),
    }
}

/// The error of a server that does not start with these flags.
pub async fn fails_to_start(flags: &[&str]) -> String {
    let base = ["s3-upload-server", "--port", "0", "--store-port", "0"];
    let config = Config::load(Options::try_parse_from(base.iter().chain(flags)).unwrap()).unwrap();
    match Server::start(config).await {
        Ok(_) => panic!("{flags:?} started"),
        Err(error) => error.0,
    }
}

/// The configuration of a server on free ports, with its store in this folder.
pub fn config(flags: &[&str], data: &Path) -> Config {
    let base = [
        "s3-upload-server",
        "--port",
        "0",
        "--store-port",
        "0",
        "--data",
        data.to_str().unwrap(),
    ];
    Config::load(Options::try_parse_from(base.iter().chain(flags)).unwrap()).unwrap()
}

/// Sends a request as it is written, for what no client would send, and reads the status.
pub async fn raw(url: &str, request: &str) -> u16 {
    let (address, request) = (
        url.strip_prefix("http://").unwrap().to_owned(),
        request.to_owned(),
    );
    let exchange = move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer
    };
    let line = tokio::task::spawn_blocking(exchange).await.unwrap();
    line.split(' ').nth(1).unwrap_or(&line).parse().unwrap()
}

pub fn file(name: &str, media_type: &str, size: usize, accepts: &[Strategy]) -> CreateRequest {
    CreateRequest {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size: size as u64,
        metadata: None,
        accepts: accepts.to_vec(),
        part_size: None,
    }
}

/// Bytes that differ from place to place, so that parts in a wrong order are seen.
pub fn bytes(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| u8::try_from((at / 7 + at / 4093) % 251).unwrap())
        .collect()
}

impl Rig {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Response {
        self.request(Method::POST, path)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    pub async fn create(&self, request: &CreateRequest) -> CreateResponse {
        answer(self.post("/uploads", request).await).await
    }

    pub async fn sign(&self, id: &str, parts: &[(u16, usize)]) -> Vec<PartUrl> {
        let parts = parts
            .iter()
            .map(|&(number, size)| PartToSign {
                number,
                size: size as u64,
            })
            .collect();
        let signed = self
            .post(&format!("/uploads/{id}/parts"), &SignPartsRequest { parts })
            .await;
        answer::<SignPartsResponse>(signed).await.parts
    }

    /// Sends the bytes as the answer says.
    pub async fn put(&self, created: &CreateResponse, body: &[u8]) -> Response {
        let url = created.url.as_ref().unwrap().expose();
        with_headers(self.client.put(url), &created.headers)
            // A browser says so of an empty body too, this client does not.
            .header("content-length", body.len())
            .body(body.to_vec())
            .send()
            .await
            .unwrap()
    }

    pub async fn put_part(&self, part: &PartUrl, body: &[u8]) -> Response {
        with_headers(self.client.put(part.url.expose()), &part.headers)
            .body(body.to_vec())
            .send()
            .await
            .unwrap()
    }

    /// Sends the bytes by form, as the answer says.
    pub async fn post_form(&self, created: &CreateResponse, body: &[u8]) -> Response {
        self.post_fields(created, created.fields.as_ref().unwrap().expose(), body)
            .await
    }

    /// Sends the bytes by a form with other fields.
    pub async fn post_fields(
        &self,
        created: &CreateResponse,
        fields: &[(String, String)],
        body: &[u8],
    ) -> Response {
        let (content_type, form) = form(fields, body);
        self.client
            .post(created.url.as_ref().unwrap().expose())
            .header("content-type", content_type)
            .body(form)
            .send()
            .await
            .unwrap()
    }

    pub async fn complete(&self, id: &str, body: &impl Serialize) -> Response {
        self.post(&format!("/uploads/{id}/complete"), body).await
    }

    pub async fn download(&self, done: &CompleteResponse) -> Response {
        self.client
            .get(done.download_url.as_ref().unwrap().expose())
            .send()
            .await
            .unwrap()
    }

    /// The metadata of an object in the store's folder.
    pub fn sidecar(&self, key: &str) -> serde_json::Value {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let key = URL_SAFE_NO_PAD.encode(key);
        let bucket = URL_SAFE_NO_PAD.encode("uploads");
        let name = format!(".bucket-{bucket}.object-{key}.metadata.json");
        let text = std::fs::read(self.data.path().join(name)).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The files in the store's folder that are not the bucket's, by name.
    pub fn leftovers(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.data.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("upload"))
            .filter(|name| name != "uploads")
            .collect()
    }
}

/// A form as a browser writes it, the file last: its type, and its bytes.
pub fn form(fields: &[(String, String)], file: &[u8]) -> (&'static str, Vec<u8>) {
    let mut form = Vec::new();
    for (name, value) in fields {
        let field =
            format!("--s3u\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        form.extend(field.into_bytes());
    }
    form.extend(b"--s3u\r\nContent-Disposition: form-data; name=\"file\"; filename=\"blob\"\r\n");
    form.extend(b"Content-Type: application/octet-stream\r\n\r\n");
    form.extend(file);
    form.extend(b"\r\n--s3u--\r\n");
    ("multipart/form-data; boundary=s3u", form)
}

pub fn with_headers(
    mut request: RequestBuilder,
    headers: &std::collections::BTreeMap<String, String>,
) -> RequestBuilder {
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}

/// The body of a success.
pub async fn answer<T: serde::de::DeserializeOwned>(response: Response) -> T {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// The code and the message of a refusal.
pub async fn refusal(response: Response, status: StatusCode) -> (String, String) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/json");
    let refusal: ErrorResponse = response.json().await.unwrap();
    (refusal.error.code, refusal.error.message)
}

/// S3's code in an error's XML.
pub async fn s3_error(response: Response, status: StatusCode) -> String {
    assert_eq!(response.status(), status);
    let text = response.text().await.unwrap();
    let code = text
        .split("<Code>")
        .nth(1)
        .and_then(|rest| rest.split("</Code>").next())
        .unwrap_or(&text);
    let message = text
        .split("<Message>")
        .nth(1)
        .and_then(|rest| rest.split("</Message>").next())
        .unwrap_or("");
    format!("{code}: {message}")
}
