//! Presigned URLs.
//!
//! S3 compares each signed header by its exact value. A browser derives `Content-Length` from the bytes that it sends,
//! so that a signed length is a limit that cannot be exceeded.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    presigning::{PresignedRequest, PresigningConfig},
};
use s3_upload_protocol::SecretUrl;

use super::{
    client::{NewObject, Store},
    error::StoreError,
};

/// A presigned request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedRequest {
    /// Its URL.
    pub url: SecretUrl,
    /// Exactly the headers to send, without those that a browser sets itself.
    pub headers: BTreeMap<String, String>,
}

impl Store {
    /// A `PUT` of a new object. Binds the type, the disposition and the size, and never replaces an object.
    pub async fn presign_put(
        &self,
        object: &NewObject<'_>,
        size: u64,
        from: SystemTime,
    ) -> Result<SignedRequest, StoreError> {
        let request = self
            .public
            .put_object()
            .bucket(&self.bucket)
            .key(object.key)
            .content_type(object.media_type)
            .set_content_disposition(object.disposition.map(str::to_owned))
            .content_length(signed_length(size)?)
            .if_none_match("*");
        signed(request.presigned(self.valid(from)?).await)
    }

    /// A `PUT` of one part. Binds its size.
    pub async fn presign_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u16,
        size: u64,
        from: SystemTime,
    ) -> Result<SignedRequest, StoreError> {
        let request = self
            .public
            .upload_part()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(upload_id)
            .part_number(i32::from(number))
            .content_length(signed_length(size)?);
        signed(request.presigned(self.valid(from)?).await)
    }

    /// A `GET` that saves the object under the name in `disposition`, a `Content-Disposition` value, and as this type,
    /// independent of its stored headers:
    /// a client that replaces the object chooses neither its encoding nor its caching.
    pub async fn presign_get(
        &self,
        key: &str,
        disposition: &str,
        media_type: &str,
        from: SystemTime,
    ) -> Result<SecretUrl, StoreError> {
        let request = self
            .public
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(disposition)
            .response_content_type(media_type)
            .response_content_encoding("identity")
            .response_cache_control("private, no-store");
        signed(request.presigned(self.valid(from)?).await).map(|signed| signed.url)
    }

    /// A `DELETE` of the object.
    pub async fn presign_delete(
        &self,
        key: &str,
        from: SystemTime,
    ) -> Result<SecretUrl, StoreError> {
        let request = self.public.delete_object().bucket(&self.bucket).key(key);
        signed(request.presigned(self.valid(from)?).await).map(|signed| signed.url)
    }

    /// The bucket's own address, as browsers reach it.
    pub async fn bucket_url(&self) -> Result<String, StoreError> {
        // The host depends on many rules of the SDK, so that it is taken from a URL that the SDK signed.
        let request = self.public.get_object().bucket(&self.bucket).key("k");
        let valid = self.valid(SystemTime::now())?;
        let signed = signed(request.presigned(valid).await)?;
        let url = signed.url.expose().split('?').next().unwrap_or_default();
        url.strip_suffix('k')
            .map(str::to_owned)
            .ok_or(StoreError::Unavailable)
    }

    fn valid(&self, from: SystemTime) -> Result<PresigningConfig, StoreError> {
        let expires = self.expires.max(Duration::from_secs(1));
        PresigningConfig::builder()
            .start_time(from)
            .expires_in(expires)
            .build()
            .map_err(|error| {
                tracing::error!(%error, "no presigned URL can have this expiry");
                StoreError::Unavailable
            })
    }
}

fn signed_length(size: u64) -> Result<i64, StoreError> {
    i64::try_from(size).map_err(|_| StoreError::Unavailable)
}

fn signed<E>(
    request: Result<PresignedRequest, SdkError<E, HttpResponse>>,
) -> Result<SignedRequest, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let request = request.map_err(|error| StoreError::from_sdk("presign", &error))?;
    let headers = request
        .headers()
        .filter(|(name, _)| {
            !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("content-length")
        })
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Ok(SignedRequest {
        url: SecretUrl::from(request.uri()),
        headers,
    })
}
