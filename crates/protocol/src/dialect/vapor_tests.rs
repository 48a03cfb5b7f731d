#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::dialect::recorded::{Recorded, create_params};

const FILE: &str = include_str!("../../corpus/vapor.json");

fn config() -> BackendConfig {
    BackendConfig {
        endpoint: "/vapor/signed-storage-url".into(),
        ..BackendConfig::default()
    }
}

#[test]
fn a_signed_storage_url() {
    let recorded = Recorded::new(FILE);
    let params = create_params("a b.txt", 1000);
    let request = Vapor.create(&config(), &params, &[]).unwrap().request();
    recorded.assert_request("one", &request.unwrap());
    let granted = Vapor.create(&config(), &params, &[recorded.response("one")]);
    let granted = granted.unwrap().done().unwrap();
    assert_eq!((granted.id, granted.value), (None, None));
    assert!(granted.key.unwrap().starts_with("tmp/8f0c4d4e-"));
    let TransferPlan::Single(signed) = granted.plan else {
        unreachable!("it is one request")
    };
    assert_eq!(signed.expires_in, Some(300));
    let headers = signed.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    assert_eq!(headers, ["x-amz-acl: private", "Content-Type: text/plain"]);
    assert_eq!(
        recorded.refusal("not allowed"),
        "This action is unauthorized."
    );
}

#[test]
fn extra_fields_are_vapors_own() {
    let mut config = config();
    config.extra_fields = vec![
        ("visibility".into(), "public-read".into()),
        ("cache_control".into(), "no-store".into()),
    ];
    let request = Vapor
        .create(&config, &create_params("a", 1), &[])
        .unwrap()
        .request();
    let RequestBody::Json(body) = request.unwrap().body else {
        unreachable!("it is JSON")
    };
    assert_eq!(
        serde_json::to_string(&body).unwrap(),
        r#"{"bucket":"","content_type":"text/plain","expires":"","visibility":"public-read","metadata":{"album":"7"},"cache_control":"no-store"}"#
    );
}

#[test]
fn what_is_not_vapor_is_said_to_be_so() {
    for answer in ["{}", r#"{"url":"https://h/k"}"#, r#"{"key":"k","url":7}"#] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        let error = Vapor.create(&config(), &create_params("a", 1), &[response]);
        assert!(
            matches!(error, Err(DialectError::Malformed { .. })),
            "{answer}"
        );
    }
}
