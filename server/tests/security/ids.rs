//! Ids of uploads: forged, cut, expired, another's.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse,
    Strategy::{Multipart, Put},
};
use s3_upload_server::grants::{TokenSigner, UploadToken};

use super::{
    AUTH, UPLOAD_SECRET, all_about, ask,
    common::{Rig, answer, file, refusal, start},
    create_as, now, token,
};

/// None of the requests about this id is answered by more than "unknown".
async fn is_unknown(rig: &Rig, id: &str) {
    for (name, request) in all_about(rig, id) {
        let response = request.send().await.unwrap();
        let (code, message) = refusal(response, StatusCode::NOT_FOUND).await;
        // An id with a slash in it is another address altogether.
        let known = ["unknown_upload", "not_found"];
        assert!(known.contains(&&*code), "{name} {id}: {code}");
        assert!(id.len() < 40 || !message.contains(id), "{message}");
    }
}

fn upload_token(key: &str, expires: u64) -> UploadToken {
    UploadToken {
        key: key.into(),
        upload_id: None,
        name: "a.txt".into(),
        size: 5,
        media_type: "text/plain".into(),
        part_size: 0,
        sizes: None,
        disposition: s3_upload_server::grants::Disposition::None,
        expires,
        owner: None,
    }
}

#[tokio::test]
async fn forged_and_cut_ids_are_unknown() {
    let rig = start(&["--secret", UPLOAD_SECRET]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let id = created.id.unwrap();
    let (payload, mac) = id.split_once('.').unwrap();
    let read = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let forge = |from: &str, to: &str| {
        assert!(read.contains(from), "{read}");
        format!("{}.{mac}", URL_SAFE_NO_PAD.encode(read.replace(from, to)))
    };
    let other = TokenSigner::new(b"a secret of somebody else's", Duration::from_hours(1));
    let mut forged = vec![
        forge("\"s\":5", "\"s\":500000"),
        forge("text/plain", "text/html"),
        forge("uploads/", "../uploads/"),
        forge("\"e\":", "\"e\":9"),
        other.sign(&upload_token("uploads/x", now() + 600)),
        format!("{payload}."),
        format!("{payload}.{}", "A".repeat(43)),
        format!("{payload}.{mac}.{mac}"),
        format!("{mac}.{payload}"),
        format!("{id}="),
        format!("{id}%00"),
        "%00".into(),
        "%2e%2e%2f".into(),
        "%ff.%ff".into(),
        "x".repeat(7000),
    ];
    // Cut anywhere.
    forged.extend((1..id.len()).step_by(7).map(|at| id[..at].to_owned()));
    for forged in &forged {
        is_unknown(&rig, forged).await;
    }
    // Nothing of that did anything to the upload itself.
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(rig.download(&done).await.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn an_expired_id_is_unknown() {
    let rig = start(&["--secret", UPLOAD_SECRET]).await;
    let created = rig.create(&file("a.txt", "text/plain", 5, &[Put])).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let key = created.key.unwrap();
    let signer = TokenSigner::new(UPLOAD_SECRET.as_bytes(), Duration::from_hours(1));
    is_unknown(&rig, &signer.sign(&upload_token(&key, now() - 1))).await;
    is_unknown(&rig, &signer.sign(&upload_token(&key, 0))).await;
    // The same with more time is not.
    let id = signer.sign(&upload_token(&key, now() + 600));
    let _: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
}

#[tokio::test]
async fn an_id_of_another_client_is_unknown() {
    let rig = start(&["--secret", UPLOAD_SECRET, "--auth-secret", AUTH]).await;
    let owner = token("ada", Some("acme"));
    let request = file("a.txt", "text/plain", 5, &[Put]);
    let single: s3_upload_protocol::native::CreateResponse =
        answer(create_as(&rig, &owner, &request).await).await;
    assert_eq!(rig.put(&single, b"hello").await.status(), StatusCode::OK);
    let request = file("b.bin", "", 5, &[Multipart]);
    let parts: s3_upload_protocol::native::CreateResponse =
        answer(create_as(&rig, &owner, &request).await).await;

    let unowned = TokenSigner::new(UPLOAD_SECRET.as_bytes(), Duration::from_hours(1))
        .sign(&upload_token(single.key.as_ref().unwrap(), now() + 600));
    let (single, parts) = (single.id.unwrap(), parts.id.unwrap());
    for (id, thief) in [
        (&single, token("bob", Some("acme"))),
        (&single, token("ada", Some("other"))),
        (&single, token("ada", None)),
        (&single, token("acme", Some("ada"))),
        (&parts, token("bob", Some("acme"))),
        (&parts, token("ada", Some("other"))),
        // One that was made when nobody was asked who they are.
        (&unowned, owner.clone()),
    ] {
        for (name, request) in all_about(&rig, id) {
            let response = request.bearer_auth(&thief).send().await.unwrap();
            let (code, _) = refusal(response, StatusCode::NOT_FOUND).await;
            assert_eq!(code, "unknown_upload", "{name}");
        }
    }
    // Both are still there for whoever made them.
    let path = format!("/uploads/{single}/complete");
    let done = ask(&rig, &owner, Method::POST, &path).json(&CompleteRequest::default());
    let _: CompleteResponse = answer(done.send().await.unwrap()).await;
    let listed = ask(
        &rig,
        &owner,
        Method::GET,
        &format!("/uploads/{parts}/parts"),
    );
    assert_eq!(listed.send().await.unwrap().status(), StatusCode::OK);
    // And the id says nothing of who that is.
    let payload = URL_SAFE_NO_PAD
        .decode(single.split('.').next().unwrap())
        .unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(
        !payload.contains("ada") && !payload.contains("acme"),
        "{payload}"
    );
}
