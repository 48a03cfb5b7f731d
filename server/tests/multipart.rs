//! Large files: parts in any order, completed once or twice, listed, aborted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use crate::common;

use common::{MIB, Rig, answer, bytes, file, refusal, s3_error, start};
use reqwest::{Method, StatusCode};
use s3_upload_protocol::native::{
    CompleteRequest, CompleteResponse, ListPartsResponse, PartToSign, SentPart, SignPartsRequest,
    Strategy::Multipart,
};

const PART: usize = 8 * MIB;
const SIZE: usize = 17 * MIB + 3;
const PARTS: [(u16, usize); 3] = [(1, PART), (2, PART), (3, SIZE - 2 * PART)];

async fn begin(rig: &Rig) -> String {
    let created = rig
        .create(&file("film.mp4", "video/mp4", SIZE, &[Multipart]))
        .await;
    assert_eq!((created.url, created.part_size), (None, Some(PART as u64)));
    created.id.unwrap()
}

/// Sends the parts of these numbers, in this order.
async fn send(rig: &Rig, id: &str, body: &[u8], numbers: &[u16]) -> Vec<SentPart> {
    let signed = rig.sign(id, &PARTS).await;
    let mut sent = Vec::new();
    for &number in numbers {
        let from = usize::from(number - 1) * PART;
        let part = &signed[usize::from(number - 1)];
        let stored = rig
            .put_part(part, &body[from..(from + PART).min(SIZE)])
            .await;
        assert_eq!(stored.status(), StatusCode::OK);
        sent.push(SentPart {
            number,
            etag: stored.headers()["etag"].to_str().unwrap().to_owned(),
        });
    }
    sent
}

async fn list(rig: &Rig, id: &str) -> Vec<(u16, u64)> {
    let listed = rig
        .request(Method::GET, &format!("/uploads/{id}/parts"))
        .send()
        .await
        .unwrap();
    let listed: ListPartsResponse = answer(listed).await;
    listed
        .parts
        .iter()
        .map(|part| (part.number, part.size))
        .collect()
}

#[tokio::test]
async fn parts_in_any_order_make_the_file() {
    let rig = start(&[]).await;
    let body = bytes(SIZE);
    let id = begin(&rig).await;
    assert_eq!(list(&rig, &id).await, []);
    let parts = send(&rig, &id, &body, &[3, 1, 2]).await;
    assert_eq!(
        list(&rig, &id).await,
        PARTS.map(|(number, size)| (number, size as u64))
    );
    let request = CompleteRequest { parts: Some(parts) };
    let done: CompleteResponse = answer(rig.complete(&id, &request).await).await;
    assert_eq!(
        (done.size, done.media_type.as_str()),
        (SIZE as u64, "video/mp4")
    );
    assert!(
        done.etag.as_ref().unwrap().ends_with("-3\""),
        "{:?}",
        done.etag
    );
    assert!(rig.download(&done).await.bytes().await.unwrap() == body);

    let again: CompleteResponse = answer(rig.complete(&id, &request).await).await;
    assert_eq!(again.etag, done.etag);
    let unlisted: CompleteResponse =
        answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert_eq!(unlisted.etag, done.etag);
    assert_eq!(rig.leftovers(), Vec::<String>::new());
}

#[tokio::test]
async fn the_server_lists_parts_that_are_not_named() {
    let rig = start(&[]).await;
    let body = bytes(SIZE);
    let id = begin(&rig).await;
    send(&rig, &id, &body, &[1, 3]).await;
    let refused = rig.complete(&id, &CompleteRequest::default()).await;
    let (code, message) = refusal(refused, StatusCode::CONFLICT).await;
    assert_eq!(code, "incomplete");
    assert!(message.contains("2 of 3 parts"), "{message}");
    send(&rig, &id, &body, &[2]).await;
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    assert!(rig.download(&done).await.bytes().await.unwrap() == body);
}

#[tokio::test]
async fn named_parts_must_be_all_and_real() {
    let rig = start(&[]).await;
    let id = begin(&rig).await;
    let parts = send(&rig, &id, &bytes(SIZE), &[1, 2, 3]).await;
    let some = CompleteRequest {
        parts: Some(parts[..2].to_vec()),
    };
    assert_eq!(
        refusal(rig.complete(&id, &some).await, StatusCode::CONFLICT)
            .await
            .0,
        "incomplete"
    );
    let mut wrong = parts;
    wrong[1].etag = "\"00000000000000000000000000000000\"".into();
    let wrong = CompleteRequest { parts: Some(wrong) };
    assert_eq!(
        refusal(rig.complete(&id, &wrong).await, StatusCode::CONFLICT)
            .await
            .0,
        "invalid_part"
    );
}

#[tokio::test]
async fn a_part_url_binds_its_length() {
    let rig = start(&[]).await;
    let id = begin(&rig).await;
    let signed = rig.sign(&id, &PARTS).await;
    let refused = rig.put_part(&signed[2], b"too short").await;
    assert!(
        s3_error(refused, StatusCode::FORBIDDEN)
            .await
            .starts_with("SignatureDoesNotMatch")
    );
    for (number, size) in [(0, PART), (4, PART), (1, PART - 1), (3, PART)] {
        let parts = vec![PartToSign {
            number,
            size: size as u64,
        }];
        let refused = rig
            .post(&format!("/uploads/{id}/parts"), &SignPartsRequest { parts })
            .await;
        assert_eq!(
            refusal(refused, StatusCode::UNPROCESSABLE_ENTITY).await.0,
            "invalid_request"
        );
    }
    let parts = vec![
        PartToSign {
            number: 1,
            size: PART as u64
        };
        101
    ];
    let refused = rig
        .post(&format!("/uploads/{id}/parts"), &SignPartsRequest { parts })
        .await;
    assert!(
        refusal(refused, StatusCode::UNPROCESSABLE_ENTITY)
            .await
            .1
            .contains("100")
    );
}

#[tokio::test]
async fn abort_leaves_nothing() {
    let rig = start(&[]).await;
    let body = bytes(SIZE);
    let id = begin(&rig).await;
    let parts = send(&rig, &id, &body, &[1, 2, 3]).await;
    assert_ne!(rig.leftovers(), Vec::<String>::new());
    for _ in 0..2 {
        let aborted = rig
            .request(Method::DELETE, &format!("/uploads/{id}"))
            .send()
            .await
            .unwrap();
        assert_eq!(aborted.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(rig.leftovers(), Vec::<String>::new());
    let listed = rig
        .request(Method::GET, &format!("/uploads/{id}/parts"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(listed, StatusCode::NOT_FOUND).await.0,
        "no_such_upload"
    );
    for parts in [None, Some(parts)] {
        let refused = rig.complete(&id, &CompleteRequest { parts }).await;
        assert_eq!(
            refusal(refused, StatusCode::NOT_FOUND).await.0,
            "no_such_upload"
        );
    }
}

#[tokio::test]
async fn abort_while_parts_come_leaves_nothing() {
    let rig = start(&[]).await;
    let body = bytes(SIZE);
    for round in 0..12 {
        let id = begin(&rig).await;
        let signed = rig.sign(&id, &PARTS).await;
        let put = |at: usize| {
            let from = at * PART;
            rig.put_part(&signed[at], &body[from..(from + PART).min(SIZE)])
        };
        let parts = async { tokio::join!(put(0), put(1), put(2)) };
        let aborted = async {
            tokio::time::sleep(std::time::Duration::from_millis(round)).await;
            let path = format!("/uploads/{id}");
            rig.request(Method::DELETE, &path).send().await.unwrap()
        };
        if round % 2 == 0 {
            let (parts, aborted) = tokio::join!(parts, aborted);
            assert_eq!(aborted.status(), StatusCode::NO_CONTENT);
            for part in [parts.0, parts.1, parts.2] {
                assert!(matches!(
                    part.status(),
                    StatusCode::OK | StatusCode::NOT_FOUND
                ));
            }
        } else {
            // And with the connections of the parts cut, as a browser does.
            tokio::select! {
                _ = parts => {}
                aborted = aborted => assert_eq!(aborted.status(), StatusCode::NO_CONTENT),
            }
            let path = format!("/uploads/{id}");
            rig.request(Method::DELETE, &path).send().await.unwrap();
        }
    }
    while !rig.leftovers().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn abort_after_completion_removes_the_object() {
    let rig = start(&[]).await;
    let id = begin(&rig).await;
    send(&rig, &id, &bytes(SIZE), &[1, 2, 3]).await;
    let done: CompleteResponse = answer(rig.complete(&id, &CompleteRequest::default()).await).await;
    let aborted = rig
        .request(Method::DELETE, &format!("/uploads/{id}"))
        .send()
        .await
        .unwrap();
    assert_eq!(aborted.status(), StatusCode::NO_CONTENT);
    assert_eq!(rig.download(&done).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_widgets_part_size_is_a_hint() {
    let rig = start(&[]).await;
    for (hint, taken) in [
        (5 * MIB, 5 * MIB),
        (16 * MIB, 16 * MIB),
        (MIB, PART),
        (5 * MIB + 1, PART),
    ] {
        let mut request = file("a", "", SIZE, &[Multipart]);
        request.part_size = Some(hint as u64);
        assert_eq!(rig.create(&request).await.part_size, Some(taken as u64));
    }
}

#[tokio::test]
async fn lists_of_more_than_a_page_are_followed() {
    let rig = start(&[]).await;
    let mut request = file("large", "", 1003 * 5 * MIB, &[Multipart]);
    request.part_size = Some(5 * MIB as u64);
    let created = rig.create(&request).await;
    // Parts as the store keeps them: sending 5 GiB would take a while.
    let mut upload = std::fs::read_dir(rig.data.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let upload = upload
        .find_map(|name| {
            Some(
                name.strip_prefix(".upload-")?
                    .strip_suffix(".json")?
                    .to_owned(),
            )
        })
        .unwrap();
    for number in 1..=1003 {
        std::fs::write(
            rig.data
                .path()
                .join(format!(".upload_id-{upload}.part-{number}")),
            b"x",
        )
        .unwrap();
        let info = rig
            .data
            .path()
            .join(format!(".upload_part_info-{upload}.part-{number}.json"));
        std::fs::write(info, r#"{"e_tag":"00000000000000000000000000000000"}"#).unwrap();
    }
    let numbers: Vec<u16> = list(&rig, &created.id.unwrap())
        .await
        .iter()
        .map(|part| part.0)
        .collect();
    assert_eq!(numbers, (1..=1003).collect::<Vec<_>>());
}
