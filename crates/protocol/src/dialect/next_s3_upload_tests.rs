#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::dialect::recorded::{Recorded, create_params};

const FILE: &str = include_str!("../../corpus/next-s3-upload.json");

fn config() -> BackendConfig {
    BackendConfig {
        endpoint: "/api/s3-upload".into(),
        ..BackendConfig::default()
    }
}

fn create(response: DialectResponse) -> Result<GrantedUpload, DialectError> {
    let granted = NextS3Upload.create(&config(), &create_params("ü b.txt", 1000), &[response])?;
    Ok(granted.done().unwrap())
}

#[test]
fn a_presigned_upload() {
    let recorded = Recorded::new(FILE);
    for (name, host) in [
        ("aws", "https://uploads.s3.eu-central-1.amazonaws.com/"),
        ("endpoint", "https://s3.example.com/uploads/"),
    ] {
        let params = create_params("ü b.txt", 1000);
        let request = NextS3Upload
            .create(&config(), &params, &[])
            .unwrap()
            .request();
        recorded.assert_request(name, &request.unwrap());
        let granted = create(recorded.response(name)).unwrap();
        assert_eq!((granted.id, granted.value), (None, None));
        assert!(granted.key.unwrap().starts_with("next-s3-uploads/"));
        let TransferPlan::Single(signed) = granted.plan else {
            unreachable!("it is one request")
        };
        // The object's address is the one to which it was sent, without the query.
        let sent_to = signed.url.expose().split('?').next().unwrap();
        assert_eq!(granted.location.as_deref(), Some(sent_to));
        assert!(sent_to.starts_with(host), "{sent_to}");
        assert_eq!(signed.expires_in, Some(3600));
        let headers = signed.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            headers,
            [
                "Content-Type: text/plain",
                "Cache-Control: max-age=630720000"
            ]
        );
    }
}

#[test]
fn what_is_not_next_s3_upload_is_said_to_be_so() {
    for answer in [
        "{}",
        r#"{"key":"k","token":{"Credentials":{}},"bucket":"b","region":"r"}"#,
        r#"{"url":"https://h/k"}"#,
    ] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        let error = create(response);
        assert!(
            matches!(error, Err(DialectError::Malformed { .. })),
            "{answer}"
        );
    }
    let no = DialectResponse::json(serde_json::from_str(r#"{"error":"Please sign in"}"#).unwrap());
    assert!(matches!(create(no), Err(DialectError::Refused { .. })));
}

#[test]
fn an_address_is_told_only_when_it_is_known() {
    for (answer, location) in [
        (
            r#"{"key":"a/ü","bucket":"b","region":"r","url":"https://h/k"}"#,
            Some("https://b.s3.r.amazonaws.com/a/%C3%BC"),
        ),
        (
            r#"{"key":"k","bucket":"b","endpoint":"https://s/","url":"https://h/k"}"#,
            Some("https://s/b/k"),
        ),
        (
            r#"{"key":"k","bucket":"b","endpoint":"s3.local","url":"https://h/k"}"#,
            None,
        ),
        (
            r#"{"key":"k","bucket":"b/c","region":"r","url":"https://h/k"}"#,
            None,
        ),
        (r#"{"key":"k","url":"https://h/k"}"#, None),
    ] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        assert_eq!(
            create(response).unwrap().location.as_deref(),
            location,
            "{answer}"
        );
    }
}
