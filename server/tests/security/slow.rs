//! Clients that send slowly, or stop sending.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use reqwest::Client;
use s3_upload_server::serve::Server;
use tokio::{sync::oneshot, task::spawn_blocking};

use super::{
    common::{Rig, config, start},
    is_well,
};

const FLAGS: [&str; 2] = ["--metrics", "127.0.0.1:0"];

/// A connection on which this was sent.
fn sends(url: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    // Only so that the test ends where the server does not.
    let limit = Some(Duration::from_mins(1));
    stream.set_read_timeout(limit).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// All that is answered until the server ends the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        Ok(_) => answer,
        Err(error) => panic!("the connection is open still: {error}"),
    }
}

/// A request without the last of its body's two bytes.
const ALL_BUT_ONE: &str = "POST /uploads HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
     Connection: close\r\nContent-Length: 2\r\n\r\n{";

/// A request that the server has begun to answer, without its body.
fn begun(url: &str) -> TcpStream {
    let head = ALL_BUT_ONE.replace("\r\n\r\n{", "\r\nExpect: 100-continue\r\n\r\n");
    let mut stream = sends(url, &head);
    let mut answer = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100 "));
    stream
}

#[tokio::test]
async fn half_a_head_holds_no_connection() {
    let data = tempfile::tempdir().unwrap();
    let mut config = config(&FLAGS, data.path());
    config.head_timeout = Duration::from_secs(1);
    let server = Server::start(config).await.unwrap();
    let rig = Rig {
        url: server.url(),
        store: server.store_url().unwrap(),
        data,
        client: Client::new(),
    };
    let metrics = server.metrics_url().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = ended.await;
    }));
    let urls = [rig.url.clone(), rig.store.clone(), metrics];
    let api = rig.url.clone();
    let slow = spawn_blocking(move || {
        // A head has its time, and a body has more.
        let mut slow_body = sends(&api, ALL_BUT_ONE);
        let halves = urls.each_ref().map(|url| {
            [
                sends(url, ""),
                sends(url, "GET / HTTP/1.1\r\nHost: h\r\nX-More: "),
            ]
        });
        for half in halves.into_iter().flatten() {
            let answer = rest(half);
            assert!(!answer.contains("200 OK"), "{answer}");
        }
        // Nor is one kept for a second request that does not come.
        let idle = rest(sends(&api, "GET /health HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert!(idle.starts_with("HTTP/1.1 200 OK"), "{idle}");
        slow_body.write_all(b"}").unwrap();
        let answer = rest(slow_body);
        assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
    });
    slow.await.unwrap();
    is_well(&rig).await;

    // The end waits for what is in flight, and for nothing else.
    let api = rig.url.clone();
    let mut in_flight = spawn_blocking(move || begun(&api)).await.unwrap();
    end.send(()).unwrap();
    while reqwest::get(format!("{}/health", rig.url)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished());
    in_flight.write_all(b"{}").unwrap();
    let answer = spawn_blocking(move || rest(in_flight)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn idle_connections_shut_nobody_out() {
    let rig = start(&["--connections", "5"]).await;
    let (url, address) = (rig.url.clone(), rig.url.clone());
    let many = spawn_blocking(move || {
        // A request in progress is not one of the idle ones.
        let in_progress = begun(&url);
        let many: Vec<_> = (0..60).map(|_| sends(&url, "")).collect();
        let health = "GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let answer = rest(sends(&url, health));
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        // Nor are the first ones open still, long before their time is over.
        let mut first = many.into_iter().next().unwrap();
        assert_eq!(first.read(&mut [0; 1]).unwrap_or(0), 0);
        in_progress
    });
    let mut in_progress = many.await.unwrap();
    is_well(&rig).await;
    let answered = spawn_blocking(move || {
        in_progress.write_all(b"{}").unwrap();
        rest(in_progress)
    });
    let answer = answered.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer} of {address}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends() {
    let site = tempfile::tempdir().unwrap();
    let length = 64 * 1024 * 1024;
    std::fs::write(site.path().join("large.bin"), vec![7; length]).unwrap();
    let data = tempfile::tempdir().unwrap();
    let folder = site.path().to_str().unwrap();
    let mut config = config(&["--site", folder], data.path());
    config.write_timeout = Duration::from_millis(500);
    let server = Server::start(config).await.unwrap();
    let url = server.url();
    tokio::spawn(server.run(std::future::pending()));
    let ended = spawn_blocking(move || {
        let mut stream = sends(&url, "GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n");
        let end = std::time::Instant::now() + Duration::from_mins(1);
        // A closed connection answers further bytes by a reset.
        while stream.write_all(b"x").is_ok() {
            assert!(std::time::Instant::now() < end, "it is held still");
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    ended.await.unwrap();
}
