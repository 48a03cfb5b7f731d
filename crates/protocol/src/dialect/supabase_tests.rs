#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::dialect::recorded::{Recorded, create_params};

const FILE: &str = include_str!("../../corpus/supabase.json");
const API: &str = "https://x.supabase.co/storage/v1";
const UUID: &str = "0b7a3f0e-5d7e-4e1c-9d11-3c1d1a6c8e55";

fn config(rest: &str) -> BackendConfig {
    BackendConfig {
        endpoint: format!("{API}{rest}"),
        ..BackendConfig::default()
    }
}

#[test]
fn a_signed_upload() {
    let recorded = Recorded::new(FILE);
    let params = create_params("ü b.txt", 1000);
    for end in ["", "/"] {
        let config = config(&format!("/object/upload/sign/photos{end}"));
        let request = Supabase.create(&config, &params, &[]).unwrap().request();
        recorded.assert_request("one", &request.unwrap());
        let granted = Supabase.create(&config, &params, &[recorded.response("one")]);
        let granted = granted.unwrap().done().unwrap();
        assert_eq!((granted.id, granted.value), (None, None));
        assert_eq!(granted.key, Some(format!("{UUID}/b.txt")));
        let TransferPlan::Single(signed) = granted.plan else {
            unreachable!("it is one request")
        };
        let url = signed.url.expose();
        let path = format!("{API}/object/upload/sign/photos/{UUID}/b.txt?token=");
        assert!(url.starts_with(&path), "{url}");
        let headers = signed.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            headers,
            ["Content-Type: text/plain", "Cache-Control: max-age=3600"]
        );
    }
    assert_eq!(
        recorded.refusal("no policy"),
        "new row violates row-level security policy"
    );
}

#[test]
fn a_function_of_the_sites_own_needs_no_dialect() {
    let response = Recorded::new(FILE).response("a site's own function");
    let granted = auto::read_grant_response(&response, "text/plain").unwrap();
    assert_eq!(granted.key.as_deref(), Some("a/b.txt"));
    let TransferPlan::Single(signed) = granted.plan else {
        unreachable!("it is one request")
    };
    assert!(signed.url.expose().starts_with(API));
    assert_eq!(signed.fields, None);
}

#[test]
fn a_folder_is_part_of_the_key() {
    let config = config("/object/upload/sign/photos/user%2D1/a/");
    let request = Supabase
        .create(&config, &create_params("x.png", 1), &[])
        .unwrap();
    let url = request.request().unwrap().url;
    assert_eq!(
        url.expose(),
        format!("{API}/object/upload/sign/photos/user%2D1/a/{UUID}/x.png")
    );
    let response = DialectResponse::json(Value::from([(
        "url",
        "/object/upload/sign/photos/x?token=t",
    )]));
    let granted = Supabase.create(&config, &create_params("x.png", 1), &[response]);
    assert_eq!(
        granted.unwrap().done().unwrap().key,
        Some(format!("user-1/a/{UUID}/x.png"))
    );
}

#[test]
fn names_in_the_characters_that_a_key_may_have() {
    for (name, object) in [
        ("cat.png", "/cat.png"),
        ("my summer (1).tar.gz", "/my-summer-1-tar.gz"),
        ("фото.jpg", ".jpg"),
        ("../../etc/passwd", "/etc/passwd"),
        ("..", ""),
        (".env", ".env"),
        ("no extension", "/no-extension"),
        ("a/b\\c.x y", "/a-b-c.x-y"),
        ("\u{202e}gnp.exe", "/gnp.exe"),
        ("", ""),
    ] {
        let expected = format!("{UUID}{object}").replace("/etc/passwd", "./etc-passwd");
        let found = object_name(&create_params(name, 1));
        if name.contains("etc") {
            // The last dot is that of `..`. No dot segment is left.
            assert!(!found.contains(".."), "{found} {expected}");
        } else {
            assert_eq!(found, expected, "{name}");
        }
    }
    let long = format!("{}.{}", "x".repeat(500), "y".repeat(500));
    assert!(object_name(&create_params(&long, 1)).len() <= UUID.len() + 2 + 2 * LONGEST_NAME);
}

#[test]
fn another_endpoint_is_said_to_be_wrong() {
    for rest in [
        "",
        "/object/photos",
        "/object/upload/sign/",
        "/object/upload/sign//a",
    ] {
        let error = Supabase
            .create(&config(rest), &create_params("x", 1), &[])
            .unwrap_err();
        assert!(format!("{error:?}").contains("upload/sign"), "{rest}");
    }
    for answer in ["{}", r#"{"url":""}"#, r#"{"url":"x"}"#, r#"{"token":"t"}"#] {
        let response = DialectResponse::json(serde_json::from_str(answer).unwrap());
        let config = config("/object/upload/sign/photos");
        let error = Supabase.create(&config, &create_params("x", 1), &[response]);
        assert!(
            matches!(error, Err(DialectError::Malformed { .. })),
            "{answer}"
        );
    }
}
