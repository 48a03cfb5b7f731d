//! The region, where nobody names it: the instance that the server runs on knows it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
};

use super::{Running, command, create, ready};

/// The instance's metadata service (`IMDSv2`) of a machine in this region, and its address.
fn metadata_service(region: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the test.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), region);
        }
    });
    url
}

fn answer(mut stream: TcpStream, region: &str) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    // Requests have no bodies. A connection that is closed without one is none.
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let head = head.to_ascii_lowercase();
    let (status, header, body) = match head.split(" http/").next() {
        Some("put /latest/api/token") => {
            let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";
            ("200 OK", ttl, "token")
        }
        Some("get /latest/meta-data/placement/region")
            if head.contains("x-aws-ec2-metadata-token: token\r\n") =>
        {
            ("200 OK", "", region)
        }
        _ => ("404 Not Found", "", ""),
    };
    let length = body.len();
    let written = write!(
        stream,
        "HTTP/1.1 {status}\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    written.unwrap();
}

#[test]
fn it_is_asked_of_the_instance_last() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let url = metadata_service("eu-south-2");
    let presigned = |flags: &[&str], profile: &str, environment: Option<&str>| {
        std::fs::write(&file, profile).unwrap();
        let mut command = command(&[&["--port", "0", "--bucket", "my-uploads"], flags].concat());
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"] {
            command.env_remove(name);
        }
        if let Some(region) = environment {
            command.env("AWS_REGION", region);
        }
        let command = command
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_CONFIG_FILE", &file)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-store");
        let mut running = Running(command.spawn().unwrap());
        let address = ready(&mut running).unwrap();
        let (status, answer) = create(&address, 5);
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let profile = "[default]\nregion = eu-west-3\n";
    for (flags, profile, environment, region) in [
        (&[][..], "", None, "eu-south-2"),
        (&[], profile, None, "eu-west-3"),
        (&[], profile, Some("eu-north-1"), "eu-north-1"),
        (
            &["--region", "eu-west-1"],
            profile,
            Some("eu-north-1"),
            "eu-west-1",
        ),
    ] {
        let answer = presigned(flags, profile, environment);
        assert!(
            answer.contains(&format!("https://my-uploads.s3.{region}.amazonaws.com/"))
                && answer.contains(&format!("%2F{region}%2Fs3%2Faws4_request")),
            "{region}: {answer}"
        );
    }
}
