//! POST forms: a policy that S3 checks, and its signature.
//!
//! The SDK signs no forms, so that this module uses the signing key and the HMAC of its signer with its credentials.
//! Each field is bound to its exact value. A form is as narrow as a presigned `PUT`, except that S3 has no
//! `If-None-Match` for forms: a form can be sent again until it expires.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::{
    ops::RangeInclusive,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_s3::{
    config::Credentials,
    primitives::{DateTime, DateTimeFormat},
};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use s3_upload_protocol::{SecretFields, SecretUrl};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    client::{NewObject, Store},
    error::StoreError,
};

/// The sizes that a POST form accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Forms {
    /// The announced size.
    #[default]
    Exact,
    /// Any size within the limits for the file's type.
    Limits,
    /// None: forms are off, since some stores do not support them.
    Off,
}

/// The longest lifetime of a form, since it can be sent again, and since some stores (s3s among them) take none that was
/// signed longer ago.
const MAX_LIFE: Duration = Duration::from_mins(15);

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A presigned form.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PresignedForm {
    /// The bucket's URL, to which the form is sent.
    pub url: SecretUrl,
    /// Its fields, in the order of sending. The file comes after them, as `file`.
    pub fields: SecretFields,
    /// Its lifetime.
    pub expires: Duration,
}

impl Store {
    /// A form for a new object. Binds the key, the type, the disposition and the sizes that the file may have.
    pub async fn presign_post(
        &self,
        object: &NewObject<'_>,
        sizes: RangeInclusive<u64>,
        from: SystemTime,
    ) -> Result<PresignedForm, StoreError> {
        let wanted = self.expires.clamp(Duration::from_secs(1), MAX_LIFE);
        let credentials = self.credentials.credentials(wanted).await?;
        // A form expires with the credentials that signed it, independent of its policy.
        let expires = match credentials.expiry().map(|end| end.duration_since(from)) {
            Some(left) => wanted.min(left.unwrap_or_default()),
            None => wanted,
        };
        let region = self
            .public
            .config()
            .region()
            .map_or("us-east-1", AsRef::as_ref);
        let fields = fields(
            &self.bucket,
            object,
            sizes,
            &FormSigner {
                credentials: &credentials,
                region,
                from,
                expires,
            },
        );
        let url = self.bucket_url().await?;
        // With the bucket in the path, it is the bucket that is posted to, not a nameless object in it.
        let path = url
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split_once('/'));
        let url = match path {
            Some((_, path)) if !path.is_empty() => url.trim_end_matches('/'),
            _ => &url,
        };
        Ok(PresignedForm {
            url: url.into(),
            fields: SecretFields::new(fields),
            expires,
        })
    }
}

/// The credentials, the region and the lifetime of a signature.
struct FormSigner<'a> {
    credentials: &'a Credentials,
    region: &'a str,
    from: SystemTime,
    expires: Duration,
}

fn fields(
    bucket: &str,
    object: &NewObject<'_>,
    sizes: RangeInclusive<u64>,
    signer: &FormSigner<'_>,
) -> Vec<(String, String)> {
    let date = iso_8601_basic(signer.from);
    let day = date.get(..8).unwrap_or_default();
    let (key_id, region) = (signer.credentials.access_key_id(), signer.region);
    let credential = format!("{key_id}/{day}/{region}/s3/aws4_request");
    let mut fields = vec![("key", object.key), ("Content-Type", object.media_type)];
    if let Some(disposition) = object.disposition {
        fields.push(("Content-Disposition", disposition));
    }
    fields.extend([
        ("success_action_status", "201"),
        ("x-amz-algorithm", ALGORITHM),
        ("x-amz-credential", &credential),
        ("x-amz-date", &date),
    ]);
    if let Some(token) = signer.credentials.session_token() {
        fields.push(("x-amz-security-token", token));
    }
    let mut conditions = vec![
        json!({"bucket": bucket}),
        json!(["content-length-range", sizes.start(), sizes.end()]),
    ];
    let exact = |(name, value): &(&str, &str)| json!({*name: value});
    conditions.extend(fields.iter().map(exact));
    let policy = policy(signer.from + signer.expires, &conditions);
    let signature = sign(
        signer.credentials.secret_access_key(),
        signer.from,
        region,
        &policy,
    );
    fields.extend([("policy", policy.as_str()), ("x-amz-signature", &signature)]);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    fields.into_iter().map(owned).collect()
}

/// The policy as it is signed and sent: JSON in base64.
fn policy(end: SystemTime, conditions: &[Value]) -> String {
    #[derive(Serialize)]
    struct Policy<'a> {
        expiration: String,
        conditions: &'a [Value],
    }
    let policy = Policy {
        expiration: iso_8601(end),
        conditions,
    };
    // Strings and numbers, which always serialize.
    STANDARD.encode(serde_json::to_vec(&policy).unwrap_or_default())
}

fn sign(secret: &str, time: SystemTime, region: &str, policy: &str) -> String {
    let key = generate_signing_key(secret, time, region, "s3");
    calculate_signature(key, policy.as_bytes())
}

/// A time as 2026-08-31T12:00:00Z, in whole seconds.
fn iso_8601(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    DateTime::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
        .fmt(DateTimeFormat::DateTime)
        .unwrap_or_default()
}

/// A time as 20260831T120000Z.
fn iso_8601_basic(time: SystemTime) -> String {
    iso_8601(time).replace(['-', ':'], "")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    /// 29 December 2015, 0:00 UTC.
    fn example_time() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(16_798 * 24)
    }

    /// The policy of AWS's worked example, with its line ends.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
    const EXAMPLE: &str = r#"{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"#;

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
    #[test]
    fn the_signature_of_awss_example() {
        let policy = STANDARD.encode(EXAMPLE.replace('\n', "\r\n"));
        assert_eq!(
            sign(SECRET, example_time(), "us-east-1", &policy),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
        assert_eq!(iso_8601_basic(example_time()), "20151229T000000Z");
    }

    #[test]
    fn every_field_is_bound() {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            SECRET,
            Some("token".into()),
            None,
            "test",
        );
        let object = NewObject {
            key: "uploads/k",
            media_type: "text/plain",
            disposition: Some("attachment; filename=\"a\""),
        };
        let signer = FormSigner {
            credentials: &credentials,
            region: "eu-central-1",
            from: example_time() + Duration::from_millis(1500),
            expires: Duration::from_mins(5),
        };
        let fields = fields("b", &object, 7..=9, &signer);
        let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "key",
                "Content-Type",
                "Content-Disposition",
                "success_action_status",
                "x-amz-algorithm",
                "x-amz-credential",
                "x-amz-date",
                "x-amz-security-token",
                "policy",
                "x-amz-signature"
            ]
        );
        let value = |name: &str| &fields.iter().find(|(it, _)| it == name).unwrap().1;
        let policy = STANDARD.decode(value("policy")).unwrap();
        let policy: Value = serde_json::from_slice(&policy).unwrap();
        let scope = "AKIAIOSFODNN7EXAMPLE/20151229/eu-central-1/s3/aws4_request";
        assert_eq!(
            policy,
            json!({
                "expiration": "2015-12-29T00:05:01Z",
                "conditions": [
                    {"bucket": "b"},
                    ["content-length-range", 7, 9],
                    {"key": "uploads/k"},
                    {"Content-Type": "text/plain"},
                    {"Content-Disposition": "attachment; filename=\"a\""},
                    {"success_action_status": "201"},
                    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
                    {"x-amz-credential": scope},
                    {"x-amz-date": "20151229T000001Z"},
                    {"x-amz-security-token": "token"},
                ]
            })
        );
    }
}
