#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::Audience;
use crate::dialect::recorded::{METADATA, Recorded, create_params, message};

const FILES: [(&str, &str); 2] = [
    ("2", include_str!("../../corpus/better-upload-2.json")),
    ("3", include_str!("../../corpus/better-upload-3.json")),
];

fn config(route: &str) -> BackendConfig {
    BackendConfig {
        endpoint: "/api/upload".into(),
        route: Some(route.into()),
        ..BackendConfig::default()
    }
}

fn both() -> impl Iterator<Item = (&'static str, Recorded)> {
    FILES
        .into_iter()
        .map(|(version, file)| (version, Recorded::new(file)))
}

/// Creates an upload: asserts that the request equals the recorded one, and returns the grant.
fn create(
    recorded: &Recorded,
    name: &str,
    route: &str,
    size: u64,
) -> Result<GrantedUpload, DialectError> {
    let (page, params) = (config(route), create_params("a b.txt", size));
    let request = BetterUpload.create(&page, &params, &[]).unwrap().request();
    recorded.assert_request(name, &request.unwrap());
    let granted = BetterUpload.create(&page, &params, &[recorded.response(name)])?;
    Ok(granted.done().unwrap())
}

fn single(granted: &GrantedUpload) -> &PresignedRequest {
    match &granted.plan {
        TransferPlan::Single(signed) => signed,
        other => unreachable!("{other:?}"),
    }
}

fn headers(granted: &GrantedUpload) -> Vec<String> {
    let headers = single(granted).headers.iter();
    headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

#[test]
fn in_one_request() {
    for (version, recorded) in both() {
        let granted = create(&recorded, "one", "plain", 1000).unwrap();
        assert_eq!(granted.id, None, "{version}");
        let key = granted.key.as_deref().unwrap();
        assert!(key.ends_with("-a-b.txt"), "{key}");
        assert!(single(&granted).url.expose().contains(key));
        assert_eq!(single(&granted).expires_in, Some(120));
        assert_eq!(headers(&granted), ["Content-Type: text/plain"]);

        let granted = create(&recorded, "described", "described", 1000).unwrap();
        assert!(granted.key.as_deref().unwrap().starts_with("described/"));
        assert_eq!(
            headers(&granted),
            [
                "Content-Type: text/plain",
                "Cache-Control: max-age=60",
                "x-amz-meta-author: somebody",
                "x-amz-meta-size: 1000",
            ],
            "{version}"
        );
    }
}

#[test]
fn version_3_signs_more_headers() {
    let recorded = Recorded::new(FILES[1].1);
    let granted = create(&recorded, "all headers", "acl", 1000).unwrap();
    assert_eq!(
        headers(&granted),
        [
            "Content-Type: text/plain",
            "Cache-Control: max-age=60",
            "x-amz-meta-album: 7",
            "x-amz-acl: private",
            "x-amz-storage-class: STANDARD",
            "x-amz-tagging: a=b%20c",
        ]
    );
}

#[test]
fn in_parts_from_beginning_to_end() {
    let sent = [
        (1, "054c49d0ef8a4d5f2df83924d4ec2bcf"),
        (2, "08ae367d46659f81e56feaaf5950c85d"),
        (3, "98c59e9c624ef8cd71e544181cf62e14"),
    ]
    .map(|(number, tag)| SentPart {
        number,
        etag: format!("\"{tag}\""),
    });
    for (version, recorded) in both() {
        let granted = create(&recorded, "parts", "parts", 12_000_000).unwrap();
        let part_size = 5 << 20;
        assert_eq!(
            granted.plan,
            TransferPlan::Multipart { part_size },
            "{version}"
        );
        let upload = UploadContext {
            id: granted.id.as_deref().unwrap(),
            session: &granted.session,
            size: 12_000_000,
            is_multipart: true,
            part_size: 5 << 20,
            age: 0,
        };
        let config = config("parts");
        let wanted = [3, 1].map(|number| PartToSign { number, size: 1 });
        let signed = BetterUpload.sign_parts(&config, &upload, &wanted, &[]);
        for (part, number) in signed.unwrap().done().unwrap().iter().zip([3, 1]) {
            assert_eq!(part.number, number);
            let url = part.request.url.expose();
            assert!(url.contains(&format!("partNumber={number}&")), "{url}");
            assert!(part.request.headers.is_empty());
            assert_eq!(part.request.expires_in, Some(1500));
        }
        let later = UploadContext {
            age: 1_400,
            ..upload
        };
        let signed = BetterUpload.sign_parts(&config, &later, &wanted, &[]);
        let left = signed.unwrap().done().unwrap();
        assert!(left.iter().all(|part| part.request.expires_in == Some(100)));
        let late = UploadContext {
            age: 1_500,
            ..upload
        };
        let signed = BetterUpload.sign_parts(&config, &late, &wanted, &[]);
        assert_eq!(signed, Err(DialectError::Expired), "nobody signs them anew");
        let beyond = [PartToSign { number: 4, size: 1 }];
        assert!(
            BetterUpload
                .sign_parts(&config, &upload, &beyond, &[])
                .is_err()
        );

        let request = BetterUpload.complete(&config, &upload, Some(&sent), &[]);
        let request = request.unwrap().request().unwrap();
        recorded.assert_request("complete", &request);
        assert_eq!(request.audience, Audience::Store);
        let response = recorded.response("complete");
        let stored = BetterUpload.complete(&config, &upload, Some(&sent), &[response]);
        let stored = stored.unwrap().done().unwrap();
        assert_eq!(stored.key, granted.key);
        assert_eq!(
            stored.etag.as_deref(),
            Some("\"97c14c69fcd356afbd47ad11694cb447-3\"")
        );
        let Err(DialectError::Unsupported(text)) =
            BetterUpload.complete(&config, &upload, None, &[])
        else {
            unreachable!("tags are needed")
        };
        assert!(text.contains("`ETag`"), "{text}");
        assert!(BetterUpload.list_parts(&config, &upload, &[]).is_err());
    }
}

#[test]
fn a_cancel_goes_to_the_store() {
    for (_, recorded) in both() {
        let granted = create(&recorded, "parts to abort", "parts", 12_000_000).unwrap();
        let upload = UploadContext {
            id: granted.id.as_deref().unwrap(),
            session: &granted.session,
            size: 12_000_000,
            is_multipart: true,
            part_size: 5 << 20,
            age: 0,
        };
        let request = BetterUpload.abort(&config("parts"), &upload, &[]);
        let request = request.unwrap().request().unwrap();
        recorded.assert_request("abort", &request);
        assert_eq!(request.audience, Audience::Store);
        let done = BetterUpload.abort(&config("parts"), &upload, &[recorded.response("abort")]);
        assert_eq!(done, Ok(Next::Done(())));
    }
}

#[test]
fn files_that_are_passed_over_or_there_already() {
    let recorded = Recorded::new(FILES[1].1);
    let error = create(&recorded, "ignored", "ignored", 1000).unwrap_err();
    assert_eq!(message(error), "The server does not take this file.");
    for (name, route, size) in [
        ("stored", "completed", 1000),
        ("stored, in parts", "completedparts", 12_000_000),
    ] {
        let granted = create(&recorded, name, route, size).unwrap();
        assert_eq!(granted.plan, TransferPlan::Stored);
        assert_eq!(granted.key.as_deref(), Some("there/already"));
    }
}

#[test]
fn refusals() {
    for (version, recorded) in both() {
        for (name, text) in [
            ("wrong type", "One or more files have an invalid file type."),
            ("no route", "Upload route not found."),
            ("rejected", "Only members may upload here."),
        ] {
            assert_eq!(recorded.refusal(name), text, "{version}");
        }
        let error = create(&recorded, "empty", "parts", 0).unwrap_err();
        assert_eq!(
            message(error),
            "The server cannot take an empty file in parts."
        );
    }
}

#[test]
fn what_the_page_adds_is_metadata_of_the_route() {
    let mut config = config("plain");
    config.extra_fields = vec![("album".into(), "8".into()), ("team".into(), "a".into())];
    let request = BetterUpload.create(&config, &create_params("a b.txt", 1000), &[]);
    let RequestBody::Json(body) = request.unwrap().request().unwrap().body else {
        unreachable!("it is JSON")
    };
    let expected = Value::from([("album", Value::from(8_u64)), ("team", "a".into())]);
    assert_eq!(body.get("metadata"), Some(&expected));
    assert_eq!(METADATA.len(), 1);

    config.route = None;
    let error = BetterUpload.create(&config, &create_params("a b.txt", 1000), &[]);
    assert!(
        format!("{error:?}").contains("`route` must be"),
        "{error:?}"
    );
}

#[test]
fn what_is_not_better_upload_is_said_to_be_so() {
    for answer in [
        r#"{"url":"https://h/k"}"#,
        r#"{"files":{"signedUrl":"https://h/k"}}"#,
        r#"{"files":[{"signedUrl":"javascript:alert(1)"}]}"#,
        r#"{"multipart":{"partSize":5242880,"files":[{"uploadId":"u","parts":[{"partNumber":2,"signedUrl":"https://h/2"}],"completeSignedUrl":"https://h/c"}]}}"#,
        // Two parts are needed for 1000 bytes.
        r#"{"multipart":{"partSize":500,"files":[{"uploadId":"u","parts":[{"partNumber":1,"signedUrl":"https://h/1"}],"completeSignedUrl":"https://h/c"}]}}"#,
    ] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        let error = BetterUpload.create(
            &config("plain"),
            &create_params("a b.txt", 1000),
            &[response],
        );
        assert!(
            matches!(error, Err(DialectError::Malformed { .. })),
            "{answer}: {error:?}"
        );
    }
}
