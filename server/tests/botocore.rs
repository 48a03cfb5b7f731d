//! Presigned URLs and forms are those of botocore, for the same inputs, credentials and time.
//!
//! With a Python that has boto3 in `S3_UPLOAD_PYTHON`, botocore itself is asked, and what is recorded of it must be what
//! it says today; without, the recorded answers (of botocore 1.44.8) are compared. `botocore/presign.py` says how they are
//! recorded.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_s3::config::Credentials;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use s3_upload_server::store::{BucketLocation, NewObject, Store};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    operation: String,
    bucket: String,
    region: String,
    endpoint: Option<String>,
    #[serde(default)]
    path_style: bool,
    session_token: Option<String>,
    /// The time of signing, in seconds since 1970.
    time: u64,
    /// The lifetime in seconds.
    expires: u64,
    key: String,
    #[serde(rename = "type", default)]
    media_type: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    sizes: (u64, u64),
    disposition: Option<String>,
    #[serde(default)]
    response_disposition: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    upload_id: String,
    #[serde(default)]
    number: u16,
    #[serde(default)]
    policy: String,
}

impl Case {
    fn store(&self) -> Store {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            self.session_token.clone(),
            None,
            "test",
        );
        let place = BucketLocation {
            bucket: self.bucket.clone(),
            region: Some(self.region.clone()),
            endpoint: self.endpoint.clone(),
            public_endpoint: None,
            path_style: self.path_style,
        };
        Store::with_provider(place, credentials, Duration::from_secs(self.expires))
    }

    fn object(&self) -> NewObject<'_> {
        NewObject {
            key: &self.key,
            media_type: &self.media_type,
            disposition: self.disposition.as_deref(),
        }
    }

    fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.time)
    }

    /// The URL that the server signs.
    async fn url(&self) -> String {
        let (store, object, from) = (self.store(), self.object(), self.time());
        let url = match self.operation.as_str() {
            "put" => {
                let signed = store.presign_put(&object, self.size, from);
                signed.await.unwrap().url
            }
            "part" => {
                let upload = (&self.key, &self.upload_id);
                let signed = store.presign_part(upload.0, upload.1, self.number, self.size, from);
                signed.await.unwrap().url
            }
            "get" => {
                let (disposition, kind) = (&self.response_disposition, &self.response_type);
                let signed = store.presign_get(&self.key, disposition, kind, from);
                signed.await.unwrap()
            }
            "delete" => store.presign_delete(&self.key, from).await.unwrap(),
            other => panic!("{other}"),
        };
        url.expose().to_owned()
    }
}

/// The part before the query, and the query's pairs by name.
fn parts(url: &str) -> (String, BTreeMap<String, String>) {
    let url = reqwest::Url::parse(url).unwrap();
    let pairs = url.query_pairs().into_owned().collect();
    let before = url.as_str().split('?').next().unwrap().to_owned();
    (before, pairs)
}

async fn compare_url(case: &Case, expected: &Value) {
    let expected = parts(expected["url"].as_str().unwrap());
    assert_eq!(parts(&case.url().await), expected, "{}", case.name);
    assert_eq!(expected.1["X-Amz-Signature"].len(), 64);
}

async fn compare_form(case: &Case, expected: &Value) {
    let (least, most) = case.sizes;
    let (store, object) = (case.store(), case.object());
    let signed = store.presign_post(&object, least..=most, case.time());
    let form = signed.await.unwrap();
    assert_eq!(form.url.expose(), expected["url"], "{}", case.name);
    let mut fields: BTreeMap<String, Value> = form
        .fields
        .expose()
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    let policy = fields.remove("policy").unwrap();
    let signature = fields.remove("x-amz-signature").unwrap();
    assert_eq!(policy, case.policy, "the policy that was signed there");
    assert_eq!(signature, expected["signature"], "{}", case.name);
    let fields = serde_json::to_value(fields).unwrap();
    assert_eq!(fields, expected["fields"], "{}", case.name);

    let policy = STANDARD.decode(policy.as_str().unwrap()).unwrap();
    let policy: Value = serde_json::from_slice(&policy).unwrap();
    assert_eq!(policy["expiration"], expected["policy"]["expiration"]);
    let conditions = |policy: &Value| {
        let conditions = policy["conditions"].as_array().unwrap();
        let mut texts: Vec<_> = conditions.iter().map(Value::to_string).collect();
        texts.sort_unstable();
        texts
    };
    assert_eq!(conditions(&policy), conditions(&expected["policy"]));
}

/// The URLs that botocore signs for the cases.
fn expectations(folder: &str) -> Vec<Value> {
    let recorded = std::fs::read_to_string(format!("{folder}/recorded.json")).unwrap();
    let recorded: Vec<Value> = serde_json::from_str(&recorded).unwrap();
    let Some(python) = std::env::var_os("S3_UPLOAD_PYTHON").filter(|path| !path.is_empty()) else {
        println!("S3_UPLOAD_PYTHON is not set: botocore's recorded answers are compared.");
        return recorded;
    };
    let output = Command::new(&python)
        .arg(format!("{folder}/presign.py"))
        .arg(format!("{folder}/cases.json"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", python.display());
    let live: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(live, recorded, "record botocore's answers again");
    println!("botocore itself is compared, by {}.", python.display());
    live
}

#[tokio::test]
async fn what_is_signed_is_what_botocore_signs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore");
    let cases = std::fs::read_to_string(format!("{folder}/cases.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&cases).unwrap();
    let expected = expectations(folder);
    assert_eq!(cases.len(), expected.len());
    for (case, expected) in cases.iter().zip(&expected) {
        if case.operation == "post" {
            compare_form(case, expected).await;
        } else {
            compare_url(case, expected).await;
        }
    }
}
