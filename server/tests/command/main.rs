//! The command itself: what it prints, how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

mod region;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3-upload-server"));
    command
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The exit code and what was said.
fn fails(flags: &[&str]) -> (Option<i32>, String) {
    let output = command(flags).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn it_says_where_it_is_ready_and_ends_in_order() {
    let temporary = tempfile::tempdir().unwrap();
    let mut running = Running(
        command(&["--port", "0", "--store-port", "0"])
            .env("TMPDIR", temporary.path())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let store = lines.next().unwrap().unwrap();
    let ready = lines.next().unwrap().unwrap();
    assert!(
        store.starts_with("Store: http://127.0.0.1:") && !store.ends_with(":0/"),
        "{store}"
    );
    let port = ready
        .strip_prefix("Ready: http://127.0.0.1:")
        .unwrap()
        .strip_suffix('/')
        .unwrap()
        .to_owned();
    assert!(std::net::TcpStream::connect(format!("localhost:{port}")).is_ok());

    let (code, sentence) = fails(&["--store-port", "0", "--port", &port]);
    assert_eq!(code, Some(1));
    assert_eq!(
        sentence,
        format!("s3-upload-server: Port {port} is in use already; choose another one by --port.\n")
    );

    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
    signal(&running, "-TERM");
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    assert_eq!(
        std::fs::read_dir(temporary.path()).unwrap().count(),
        0,
        "the temporary folder is gone"
    );
    let mut log = String::new();
    running
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    assert!(!log.contains("ERROR"), "{log}");
}

/// The host and port of the API, once it answers.
fn ready(running: &mut Running) -> Option<String> {
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    lines.find_map(|line| {
        let line = line.unwrap();
        let address = line.strip_prefix("Ready: http://")?.strip_suffix('/');
        address.map(ToOwned::to_owned)
    })
}

/// As a terminal sends it by Ctrl-C, `-INT`.
fn signal(running: &Running, name: &str) {
    let id = running.0.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn it_is_configured_by_the_environment_too_and_ends_by_control_c() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(
        &file,
        "port = 1\nmax-size = 1\nkey = \"from-the-file/{uuid}\"\n",
    )
    .unwrap();
    let mut running = Running(
        command(&["--max-size", "2MB"])
            .env("S3_UPLOAD_CONFIG", &file)
            .env("S3_UPLOAD_PORT", "0")
            .env("S3_UPLOAD_STORE_PORT", "0")
            .env("S3_UPLOAD_DATA", folder.path().join("data"))
            .env("S3_UPLOAD_MAX_SIZE", "1MB")
            .env("S3_UPLOAD_METRICS", "127.0.0.1:0")
            .spawn()
            .unwrap(),
    );
    let address = ready(&mut running).expect("the port of the environment stands over the file's");
    // The flag stands over the environment.
    let (status, answer) = create(&address, 2_000_000);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("from-the-file/"), "{answer}");
    let (status, answer) = create(&address, 2_000_001);
    assert_eq!(status, 413, "{answer}");
    assert!(folder.path().join("data").is_dir());

    signal(&running, "-INT");
    assert_eq!(running.0.wait().unwrap().code(), Some(0));

    let output = command(&[]).env("S3_UPLOAD_MAX_SIZE", "huge").output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(
        said.contains("S3_UPLOAD_MAX_SIZE") || said.contains("--max-size"),
        "{said}"
    );
    assert!(said.contains("huge"), "{said}");
}

/// Asks for an upload of so many bytes: the status, and what was answered.
fn create(address: &str, size: u64) -> (u16, String) {
    let body = format!(r#"{{"name":"a","type":"text/plain","size":{size},"accepts":["put"]}}"#);
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /uploads HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[test]
fn a_wrong_configuration_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "bucket = \"b\"\nmax-sise = 1\n").unwrap();
    let (code, said) = fails(&["--config", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(said.contains("line 2: unknown field `max-sise`"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fails(&["--embedded", "--bucket", "b"]).0, Some(2));
    let (code, said) = fails(&["--max-size", "huge"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("--max-size") && said.contains("huge"),
        "{said}"
    );
    let (code, said) = fails(&["--key", "uploads/{date}"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("--key") && said.contains("no {uuid}"),
        "{said}"
    );
    std::fs::write(&file, "max-size = 5\nkey = \"{name}/{uuid}\"\n").unwrap();
    let (code, said) = fails(&["--config", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("line 2: ") && said.contains("no {name}"),
        "{said}"
    );
    std::fs::write(folder.path().join("taken"), "").unwrap();
    let (code, said) = fails(&[
        "--port",
        "0",
        "--store-port",
        "0",
        "--data",
        folder.path().join("taken").to_str().unwrap(),
    ]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("--data") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn help_shows_options_and_examples() {
    let output = command(&["--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for word in [
        "Server:",
        "Authentication:",
        "Limits for each client:",
        "Webhook:",
        "Bucket:",
        "Files:",
        "Limits:",
        "Embedded store, for development:",
        "Examples:",
        "[default: none]",
        "S3_UPLOAD_MAX_SIZE",
    ] {
        assert!(help.contains(word), "{word} in {help}");
    }
}

/// Starts a server, sends it these requests, ends it, and gives what it logged.
#[cfg(unix)]
fn logged(flags: &[&str], requests: &[&str]) -> String {
    let base = ["--port", "0"];
    let mut running = Running(
        command(&[&base, flags].concat())
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-store")
            .spawn()
            .unwrap(),
    );
    let address = ready(&mut running).unwrap();
    for request in requests {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    let id = running.0.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(killed.success());
    let ended = running.0.wait().unwrap();
    assert!(ended.success(), "{ended}");
    let mut log = String::new();
    let mut stderr = running.0.stderr.take().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    log
}

#[cfg(unix)]
#[test]
fn a_bucket_that_is_open_to_all_is_said_aloud() {
    const LOUD: &str = "ANYBODY WHO REACHES THIS SERVER MAY UPLOAD";
    let secret = "a secret that only the tests know";
    let bucket = [
        "--bucket",
        "b",
        "--region",
        "r",
        "--endpoint",
        "http://127.0.0.1:1",
    ];
    let log = logged(&bucket, &[]);
    assert!(log.contains("WARN") && log.contains(LOUD), "{log}");
    let log = logged(&[&bucket[..], &["--jwt-secret", secret]].concat(), &[]);
    assert!(!log.contains(LOUD) && !log.contains(secret), "{log}");
    let log = logged(&["--store-port", "0"], &[]);
    assert!(
        !log.contains(LOUD),
        "nothing to guard in development: {log}"
    );
}

#[cfg(unix)]
#[test]
fn a_log_can_be_read_by_machines() {
    let flags = [
        "--store-port",
        "0",
        "--log-format",
        "json",
        "--trusted-proxy",
        "127.0.0.1",
    ];
    let requests = [
        "GET /health HTTP/1.1\r\nHost: h\r\nX-Request-Id: from-a-proxy\r\nConnection: close\r\n\r\n",
        "DELETE /uploads/a%22%0Ab HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    ];
    let log = logged(&flags, &requests);
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let about = |route: &str| lines.iter().find(|line| line["route"] == route).unwrap();
    let health = about("/health");
    assert_eq!(health["span"]["id"], "from-a-proxy");
    assert_eq!(
        (&health["level"], &health["status"]),
        (&"INFO".into(), &200.into())
    );
    assert!(
        health["ms"].is_u64() && health["timestamp"].is_string(),
        "{health}"
    );
    let refused = about("/uploads/{id}");
    assert_eq!(
        (&refused["method"], &refused["status"]),
        (&"DELETE".into(), &404.into())
    );
    assert_eq!(refused["span"]["id"].as_str().unwrap().len(), 36);
}

#[test]
fn a_key_that_cannot_be_used_is_one_sentence() {
    let (code, said) = fails(&[
        "--port",
        "0",
        "--store-port",
        "0",
        "--jwt-key",
        "nothing.pem",
    ]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("nothing.pem (--jwt-key) cannot be used") && said.lines().count() == 1,
        "{said}"
    );
    assert_eq!(fails(&["--webhook", "https://h"]).0, Some(2));
}

#[test]
fn what_would_run_open_by_mistake_does_not_start() {
    let refused = |flags: &[&str], variable: (&str, &str)| {
        let output = command(flags).env(variable.0, variable.1).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        said
    };
    let secret = "a secret that only the tests know";
    let said = refused(&[], ("S3_UPLOAD_AUTHSECRET", secret));
    assert!(
        said.contains("did you mean S3_UPLOAD_AUTH_SECRET?"),
        "{said}"
    );
    assert!(!said.contains(secret), "{said}");
    let said = refused(&[], ("S3_UPLOAD_MAX_SIZ", "1MB"));
    assert!(said.contains("did you mean S3_UPLOAD_MAX_SIZE?"), "{said}");
    let said = refused(&[], ("S3_UPLOAD_BUCKET", ""));
    assert!(said.contains("S3_UPLOAD_BUCKET"), "{said}");
    // As in a container whose bucket was forgotten.
    let said = refused(&[], ("S3_UPLOAD_HOST", "0.0.0.0"));
    assert!(
        said.contains("--bucket") && said.contains("--embedded"),
        "{said}"
    );
    let said = refused(&[], ("S3_UPLOAD_SECRET", "                "));
    assert!(said.contains("S3_UPLOAD_SECRET"), "{said}");
    let sample = "0123456789abcdef0123456789abcdef";
    let said = refused(&[], ("S3_UPLOAD_AUTH_SECRET", sample));
    assert!(said.contains("--auth-secret is the sample"), "{said}");
    let said = refused(&[], ("S3_UPLOAD_TRUSTED_PROXY", "10.0.0.1,0.0.0.0/0"));
    assert!(said.contains("--trusted-proxy 0.0.0.0/0"), "{said}");
}

#[cfg(unix)]
#[test]
fn secrets_come_from_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let (new, old) = (
        "the new secret of the two servers",
        "the old secret of the two servers",
    );
    std::fs::write(&file, format!("{new}\n{old}\n")).unwrap();
    let path = file.to_str().unwrap();
    let mut running = Running(
        command(&[
            "--port",
            "0",
            "--store-port",
            "0",
            "--auth-secret-file",
            path,
        ])
        .env("S3_UPLOAD_SECRET_FILE", path)
        .spawn()
        .unwrap(),
    );
    let address = ready(&mut running).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    for (secret, status) in [
        (new, "200"),
        (old, "200"),
        ("another secret of two servers", "401"),
    ] {
        let token = s3_upload_server::access::AuthTokens::new(secret).sign(
            &s3_upload_server::access::Claims {
                id: "ada".into(),
                tenant: None,
                exp: now.as_ref().unwrap().as_secs() + 600,
            },
        );
        let body = r#"{"name":"a","type":"text/plain","size":1,"accepts":["put"]}"#;
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "POST /uploads HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    }
}
