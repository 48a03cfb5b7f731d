//! Small things that a stranger could use: files, names, headers and questions that nobody meant to answer.

use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{CompleteRequest, SentPart, Strategy::Multipart};
use serde_json::json;

use crate::common::{file, raw, refusal, start};

#[cfg(unix)]
#[tokio::test]
async fn a_site_gives_away_neither_hidden_files_nor_what_lies_outside() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    std::fs::create_dir_all(site.join(".git")).unwrap();
    std::fs::create_dir_all(site.join(".well-known")).unwrap();
    std::fs::write(folder.path().join("outside.txt"), "secret").unwrap();
    std::fs::write(site.join(".env"), "secret").unwrap();
    std::fs::write(site.join(".git/config"), "secret").unwrap();
    std::fs::write(site.join(".well-known/security.txt"), "open").unwrap();
    std::fs::write(site.join("index.html"), "open").unwrap();
    std::fs::write(site.join("a b.txt"), "open").unwrap();
    let link = std::os::unix::fs::symlink::<std::path::PathBuf, std::path::PathBuf>;
    link(folder.path().join("outside.txt"), site.join("out.txt")).unwrap();
    link(folder.path().join("outside.txt"), site.join("b.txt.br")).unwrap();
    std::fs::write(site.join("b.txt"), "open").unwrap();
    link(folder.path().to_owned(), site.join("up")).unwrap();
    link(site.join("index.html"), site.join("in.html")).unwrap();
    let rig = start(&["--site", site.to_str().unwrap()]).await;
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/out.txt",
        "/up/outside.txt",
        "/up/",
    ] {
        let answer = rig.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/", "/a%20b.txt", "/in.html", "/.well-known/security.txt"] {
        let answer = rig.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.text().await.unwrap(), "open", "{path}");
    }
    let compressed = rig.request(Method::GET, "/b.txt");
    let compressed = compressed.header("accept-encoding", "br").send().await;
    assert!(!compressed.unwrap().text().await.unwrap().contains("secret"));
}

#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_not_answered() {
    let get =
        |host: &str| format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let rig = start(&["--allow-origin", "https://up.example"]).await;
    for (host, status) in [
        ("evil.example", 421),
        ("evil.example:8080", 421),
        ("localhost.evil.example", 421),
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("up.example", 200),
        ("app.test:80", 200),
    ] {
        assert_eq!(raw(&rig.url, &get(host)).await, status, "{host}");
    }
    // Whoever lets every origin in has no other to keep out.
    let rig = start(&["--allow-origin", "*"]).await;
    assert_eq!(raw(&rig.url, &get("any.example")).await, 200);
}

#[tokio::test]
async fn a_part_without_an_etag_is_refused_as_such() {
    let rig = start(&[]).await;
    let created = rig.create(&file("a", "", 5, &[Multipart])).await;
    let id = created.id.unwrap();
    for etag in [
        "",
        "\"",
        "<x>",
        "a b",
        "\u{e9}",
        "\"a\"b\"",
        "\r\n",
        &"x".repeat(5000),
    ] {
        let parts = Some(vec![SentPart {
            number: 1,
            etag: etag.to_owned(),
        }]);
        let refused = rig.complete(&id, &CompleteRequest { parts }).await;
        let (code, message) = refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(code, "invalid_request");
        assert!(message.contains("part 1"), "{message}");
    }
}

#[tokio::test]
async fn a_page_asks_the_doctor_about_itself() {
    let rig = start(&["--allow-origin", "https://a.example,https://b.example"]).await;
    let ask = async |from: &str| {
        let question = json!({"origin": "https://a.example", "method": "PUT", "headers": []});
        let request = rig.request(Method::POST, "/uploads/doctor").json(&question);
        request.header("origin", from).send().await.unwrap()
    };
    assert_eq!(ask("https://a.example").await.status(), StatusCode::OK);
    for other in ["https://b.example", "https://c.example", "null"] {
        let (code, _) = refusal(ask(other).await, StatusCode::FORBIDDEN).await;
        assert_eq!(code, "origin_not_allowed", "{other}");
    }
}

#[tokio::test]
async fn a_name_and_a_type_that_contradict_are_refused() {
    let flags = [
        "--allow-type",
        "image/*,.pdf,text/csv",
        "--key",
        "{uuid}.{ext}",
    ];
    let rig = start(&flags).await;
    for (name, media_type) in [
        ("a.html", "image/png"),
        ("a.exe", "image/png"),
        ("a.php", "image/png"),
        ("a.svg", "image/png"),
        ("a.pdf", "application/x-msdownload"),
        ("a.pdf", "text/html"),
    ] {
        let request = file(name, media_type, 5, &[Multipart]);
        let refused = rig.post("/uploads", &request).await;
        let (code, _) = refusal(refused, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        assert_eq!(code, "type_not_allowed", "{name} {media_type}");
    }
    for (name, media_type, ending) in [
        ("a.PNG", "image/png", ".png"),
        ("a.jpg", "image/jpg", ".jpg"),
        ("a.heic", "", ".heic"),
        ("a.csv", "application/vnd.ms-excel", ".csv"),
        ("a.pdf", "application/octet-stream", ".pdf"),
        ("a.png", "image/jpeg", ""),
        ("a", "image/png", ""),
    ] {
        let created = rig.create(&file(name, media_type, 5, &[Multipart])).await;
        let key = created.key.unwrap();
        assert_eq!(key.get(36..), Some(ending), "{name} {media_type}");
    }
}
