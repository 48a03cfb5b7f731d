#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use super::*;
use crate::dialect::recorded::{Recorded, create_params};
use crate::{Audience, TransferPlan};

const FILE: &str = include_str!("../../corpus/django-s3-file-field.json");

fn config(field: &str) -> BackendConfig {
    BackendConfig {
        endpoint: "/s3-upload/".into(),
        route: Some(field.into()),
        ..BackendConfig::default()
    }
}

fn create(recorded: &Recorded, name: &str, file: &str, size: u64) -> GrantedUpload {
    let (page, params) = (config("library.Paper.scan"), create_params(file, size));
    let request = DjangoS3FileField
        .create(&page, &params, &[])
        .unwrap()
        .request();
    recorded.assert_request(name, &request.unwrap());
    let granted = DjangoS3FileField.create(&page, &params, &[recorded.response(name)]);
    granted.unwrap().done().unwrap()
}

#[test]
fn from_beginning_to_end() {
    let recorded = Recorded::new(FILE);
    let granted = create(&recorded, "create", "ü b.txt", 12_000_000);
    let part_size = 5 << 20;
    assert_eq!(granted.plan, TransferPlan::Multipart { part_size });
    let key = granted.key.clone();
    assert!(key.as_deref().unwrap().ends_with("/ü_b.txt"));
    let upload = UploadContext {
        id: granted.id.as_deref().unwrap(),
        session: &granted.session,
        size: 12_000_000,
        is_multipart: true,
        part_size: 5 << 20,
        age: 0,
    };
    let config = config("library.Paper.scan");
    let wanted = [2, 3].map(|number| PartToSign { number, size: 1 });
    let signed = DjangoS3FileField.sign_parts(&config, &upload, &wanted, &[]);
    for (part, number) in signed.unwrap().done().unwrap().iter().zip([2, 3]) {
        assert_eq!(part.number, number);
        let url = part.request.url.expose();
        assert!(url.contains(&format!("partNumber={number}&")), "{url}");
        assert_eq!(part.request.expires_in, Some(86_400));
    }

    let sent = [
        (1, "054c49d0ef8a4d5f2df83924d4ec2bcf"),
        (2, "08ae367d46659f81e56feaaf5950c85d"),
        (3, "98c59e9c624ef8cd71e544181cf62e14"),
    ]
    .map(|(number, tag)| SentPart {
        number,
        etag: format!("\"{tag}\""),
    });
    let mut responses = Vec::new();
    for (name, audience) in [
        ("write", Audience::Backend),
        ("complete", Audience::Store),
        ("finalize", Audience::Backend),
    ] {
        let request = DjangoS3FileField.complete(&config, &upload, Some(&sent), &responses);
        let request = request.unwrap().request().unwrap();
        recorded.assert_request(name, &request);
        assert_eq!(request.audience, audience, "{name}");
        assert!(request.headers.is_empty(), "S3 signed no type");
        responses.push(recorded.response(name));
    }
    let stored = DjangoS3FileField.complete(&config, &upload, Some(&sent), &responses);
    let stored = stored.unwrap().done().unwrap();
    assert_eq!(stored.key, key);
    assert!(stored.value.unwrap().starts_with("eyJvYmplY3Rfa2V5Ijoi"));
    assert_eq!(
        stored.etag.as_deref(),
        Some("\"97c14c69fcd356afbd47ad11694cb447-3\"")
    );

    // S3 may refuse with a 200. Django is then not asked to finalize the upload.
    responses[1].body = crate::ResponseBody::Text(
        "<Error><Code>InternalError</Code></Error>".into(),
        "application/xml".into(),
    );
    for count in [2, 3] {
        let error = DjangoS3FileField.complete(&config, &upload, Some(&sent), &responses[..count]);
        assert!(
            matches!(error, Err(DialectError::Refused { .. })),
            "{error:?}"
        );
    }
    assert!(
        DjangoS3FileField
            .complete(&config, &upload, None, &[])
            .is_err()
    );
    assert_eq!(
        DjangoS3FileField.abort(&config, &upload, &[]),
        Ok(Next::Done(()))
    );
}

#[test]
fn a_small_file_is_one_part() {
    let recorded = Recorded::new(FILE);
    let granted = create(&recorded, "small", "a b.txt", 5);
    assert_eq!(granted.plan, TransferPlan::Multipart { part_size: 5 });
}

#[test]
fn the_field_may_be_named_as_an_extra_field() {
    let config = BackendConfig {
        endpoint: "/s3-upload".into(),
        extra_fields: vec![("field_id".into(), "library.Paper.cover".into())],
        ..BackendConfig::default()
    };
    let request = DjangoS3FileField.create(&config, &create_params("a b.txt", 5), &[]);
    let recorded = Recorded::new(FILE);
    recorded.assert_request("no field", &request.unwrap().request().unwrap());
    assert_eq!(
        recorded.refusal("no field"),
        "Invalid field ID: \"library.Paper.cover\"."
    );
    assert_eq!(
        recorded.refusal("empty"),
        "Ensure this value is greater than or equal to 1."
    );
    let nameless = BackendConfig {
        extra_fields: Vec::new(),
        ..config
    };
    let error = DjangoS3FileField.create(&nameless, &create_params("a", 5), &[]);
    assert!(format!("{error:?}").contains("`route` must be"));
}

#[test]
fn what_is_not_django_is_said_to_be_so() {
    for answer in [
        "{}",
        r#"{"upload_id":"u","upload_signature":"s","parts":[]}"#,
        r#"{"upload_id":"u","upload_signature":"s","parts":[{"part_number":1,"size":0,"upload_url":"https://h/1"}]}"#,
        r#"{"upload_id":"u","upload_signature":"s","parts":[{"part_number":1,"size":5,"upload_url":"nothing"}]}"#,
        r#"{"upload_id":"u","upload_signature":"s","parts":[{"part_number":2,"size":5,"upload_url":"https://h/2"}]}"#,
        r#"{"upload_id":"u","parts":[{"part_number":1,"size":5,"upload_url":"https://h/1"}]}"#,
    ] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        let error = DjangoS3FileField.create(&config("f"), &create_params("a", 5), &[response]);
        assert!(
            matches!(error, Err(DialectError::Malformed { .. })),
            "{answer}: {error:?}"
        );
    }
}
