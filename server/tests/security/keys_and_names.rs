//! Key traversal: in every field that a client controls.

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, CreateResponse,
    Strategy::{Multipart, Put},
};
use serde_json::json;

use crate::common::{Rig, answer, start, start_in};

const CLIMBING: [&str; 16] = [
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "....//....//x",
    "..%2f..%2fx",
    "%2e%2e/%2e%2e/x",
    "..%252f..%252fx",
    "\u{2025}/\u{ff0e}\u{ff0e}\u{ff0f}x",
    "a/../../../b",
    "./.",
    "..",
    "C:\\x",
    "\\\\server\\share",
    "x\u{0}.png",
    "x\r\nx-amz-acl: public-read",
    "${filename}",
];

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Asserts that the object is stored in the bucket's folder under the answered key, and nowhere else.
async fn is_stored_inside(rig: &Rig, created: &CreateResponse, word: &str) {
    let key = created.key.as_ref().unwrap();
    assert!(
        key.starts_with("uploads/")
            && key
                .split('/')
                .all(|segment| !segment.trim_matches('.').is_empty())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)),
        "{key} from {word:?}"
    );
    assert_eq!(rig.put(created, b"hello").await.status(), StatusCode::OK);
    let stored = rig.data.path().join("uploads").join(key);
    assert_eq!(std::fs::read(stored).unwrap(), b"hello");
    let id = created.id.as_ref().unwrap();
    let done: CompleteResponse = answer(rig.complete(id, &CompleteRequest::default()).await).await;
    assert_eq!(&done.key, key);
    let download = rig.download(&done).await;
    assert_eq!(download.status(), StatusCode::OK);
    let disposition = download.headers()["content-disposition"].to_str().unwrap();
    let plain = disposition.split('"').nth(1).unwrap();
    assert!(
        !plain.contains(['/', '\\', '\r', '\n']) && !plain.starts_with('.'),
        "{disposition}"
    );
    assert!(!download.headers().contains_key("x-amz-acl"));
}

#[tokio::test]
async fn names_and_metadata_climb_nowhere() {
    let parent = tempfile::tempdir().unwrap();
    let deep = parent.path().join("a/b/c");
    std::fs::create_dir_all(&deep).unwrap();
    let rig = start_in(&deep, &[]).await;
    for word in CLIMBING {
        let request = json!({
            "name": word,
            "type": "text/plain",
            "size": 5,
            "metadata": {"key": word, "prefix": word, word: word},
            "accepts": ["put"],
            // Members that some backends would use as the key.
            "key": word, "prefix": word, "filename": word, "path": word, "bucket": word, "tenant": word
        });
        let created: CreateResponse = answer(rig.post("/uploads", &request).await).await;
        is_stored_inside(&rig, &created, word).await;
    }
    let outside: Vec<_> = files(parent.path())
        .into_iter()
        .filter(|file| !file.starts_with(rig.data.path()))
        .collect();
    assert_eq!(outside, Vec::<PathBuf>::new());
    for word in CLIMBING {
        // As a type it is none, and not a header either.
        let request = json!({"name": "a", "type": word, "size": 5, "accepts": ["put"]});
        let refused = rig.post("/uploads", &request).await.status();
        let allowed = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::OK];
        assert!(allowed.contains(&refused), "{word:?}: {refused}");
    }
}

#[tokio::test]
async fn ids_climb_nowhere() {
    let rig = start(&[]).await;
    let created = rig
        .create(&crate::common::file(
            "a",
            "text/plain",
            5,
            &[Put, Multipart],
        ))
        .await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let before = files(rig.data.path());
    for id in [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fuploads",
        "..%5c..%5cx",
        "%252e%252e%252f",
        "uploads%2f2026",
        "%00",
        "*",
    ] {
        for (method, end) in [
            (Method::DELETE, ""),
            (Method::GET, "/parts"),
            (Method::POST, "/parts"),
            (Method::POST, "/complete"),
        ] {
            // By hand: a client would resolve the dots itself.
            let status = crate::common::raw(
                &rig.url,
                &format!(
                    "{method} /uploads/{id}{end} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
                     Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
                ),
            )
            .await;
            assert_eq!(status, 404, "{method} {id}{end}");
        }
    }
    assert_eq!(files(rig.data.path()), before);
}
