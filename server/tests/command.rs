//! The command itself: what it prints, how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _},
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
    let id = running.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
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
