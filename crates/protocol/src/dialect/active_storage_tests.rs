#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::dialect::recorded::{Recorded, create_params};

const FILE: &str = include_str!("../../corpus/active-storage.json");

fn config() -> BackendConfig {
    BackendConfig {
        endpoint: "/rails/active_storage/direct_uploads".into(),
        ..BackendConfig::default()
    }
}

#[test]
fn a_direct_upload() {
    let recorded = Recorded::new(FILE);
    assert!(ActiveStorage.needs_md5());
    let params = create_params("ü b.txt", 1000);
    let request = ActiveStorage
        .create(&config(), &params, &[])
        .unwrap()
        .request();
    let request = request.unwrap();
    recorded.assert_request("one", &request);
    assert_eq!(
        request.headers,
        [("Accept".to_owned(), "application/json".to_owned())]
    );
    let granted = ActiveStorage.create(&config(), &params, &[recorded.response("one")]);
    let granted = granted.unwrap().done().unwrap();
    assert_eq!(granted.id, None);
    assert_eq!(granted.key.as_deref(), Some("s0rqrz3ss5ho33muccia3blzrf5u"));
    assert!(granted.value.unwrap().starts_with("eyJfcmFpbHMi"));
    let TransferPlan::Single(signed) = granted.plan else {
        unreachable!("it is one request")
    };
    assert_eq!(signed.expires_in, Some(300));
    let headers = signed.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    assert_eq!(
        headers,
        [
            "Content-Type: text/plain",
            "Content-MD5: E30h+rsn6EDiKFeZYrws3A==",
            "Content-Disposition: inline; filename=\"u b.txt\"; filename*=UTF-8''%C3%BC%20b.txt",
        ]
    );
}

#[test]
fn an_empty_file() {
    let recorded = Recorded::new(FILE);
    let params = CreateParams {
        md5: Some("1B2M2Y8AsgTpgAmY7PhCfg=="),
        ..create_params("a b.txt", 0)
    };
    let request = ActiveStorage
        .create(&config(), &params, &[])
        .unwrap()
        .request();
    recorded.assert_request("empty", &request.unwrap());
}

#[test]
fn nothing_is_sent_that_was_not_signed() {
    // Google's service answers like this: its signature does not include Content-Type.
    let response = DialectResponse::json(
        serde_json::from_str(
            r#"{"key":"k","signed_id":"i","direct_upload":{"url":"https://storage.googleapis.com/b/k?Signature=5ec","headers":{"Content-MD5":"m","Host":"h"}}}"#,
        )
        .unwrap(),
    );
    let granted = ActiveStorage.create(&config(), &create_params("a", 1), &[response]);
    let TransferPlan::Single(signed) = granted.unwrap().done().unwrap().plan else {
        unreachable!("it is one request")
    };
    assert_eq!(signed.headers, [("Content-MD5".to_owned(), "m".to_owned())]);
}

#[test]
fn extra_fields_stand_beside_the_blob() {
    let mut config = config();
    config.extra_fields = vec![("service_name".into(), "archive".into())];
    let request = ActiveStorage
        .create(&config, &create_params("a", 1), &[])
        .unwrap();
    let RequestBody::Json(body) = request.request().unwrap().body else {
        unreachable!("it is JSON")
    };
    assert_eq!(body.text_of("service_name"), Some("archive"));
    let unread = CreateParams {
        md5: None,
        ..create_params("a", 1)
    };
    assert!(ActiveStorage.create(&config, &unread, &[]).is_err());
}

#[test]
fn what_is_not_rails_is_said_to_be_so() {
    for answer in [
        "{}",
        r#"{"signed_id":"i"}"#,
        r#"{"signed_id":"i","direct_upload":{"url":"nothing","headers":{}}}"#,
        r#"{"direct_upload":{"url":"https://h/k","headers":{}}}"#,
    ] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        let error = ActiveStorage.create(&config(), &create_params("a", 1), &[response]);
        assert!(
            matches!(error, Err(DialectError::Malformed { .. })),
            "{answer}"
        );
    }
}
