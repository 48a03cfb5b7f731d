//! The S3 client of one bucket.
//!
//! The checks of an upload and of the completeness of its parts are elsewhere.

use std::{sync::Arc, time::Duration};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::{
    Client,
    config::{
        Builder, Credentials, ProvideCredentials, RequestChecksumCalculation,
        ResponseChecksumValidation, SharedCredentialsProvider, SharedHttpClient,
        retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::{anonymous_client::AnonymousClient, credentials::CachedCredentials};

/// One bucket, as the server and as browsers reach it.
#[derive(Clone)]
pub struct Store {
    /// For the server's own calls.
    pub(super) own: Client,
    /// For signing: its endpoint is the one that browsers reach.
    pub(super) public: Client,
    /// For signatures that the SDK does not make.
    pub(super) credentials: Arc<CachedCredentials>,
    /// For requests without credentials, as a browser sends them.
    pub(super) unsigned: AnonymousClient,
    pub(super) bucket: String,
    pub(super) expires: Duration,
}

/// A new object.
#[derive(Debug, Clone, Copy)]
pub struct NewObject<'a> {
    /// Its key in the bucket.
    pub key: &'a str,
    /// Its MIME type.
    pub media_type: &'a str,
    /// Its `Content-Disposition`, if it has one.
    pub disposition: Option<&'a str>,
}

/// The location of a bucket.
#[derive(Debug, Clone, Default)]
pub struct BucketLocation {
    /// The bucket's name.
    pub bucket: String,
    /// The region; `None` to take it from the AWS environment, profile or instance.
    pub region: Option<String>,
    /// The endpoint for the server's own calls; `None` for AWS.
    pub endpoint: Option<String>,
    /// The endpoint that browsers reach; `None` for the same.
    pub public_endpoint: Option<String>,
    /// True if the bucket's name is in the path.
    pub path_style: bool,
}

impl Store {
    /// A store with the credentials that the AWS tools would find. URLs can be used for `expires`.
    pub async fn from_environment(location: BucketLocation, expires: Duration) -> Self {
        // The default chain, written out: it accepts no HTTP client, and the instance's metadata needs one.
        let with = ProviderConfig::without_region().with_http_client(https());
        let region = RegionProviderChain::first_try(location.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(
                ProfileFileRegionProvider::builder()
                    .configure(&with)
                    .build(),
            )
            .or_else(ImdsRegionProvider::builder().configure(&with).build())
            .or_else("us-east-1");
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .http_client(https())
            .load()
            .await;
        let provider = shared.credentials_provider();
        Self::new(&Builder::from(&shared), provider, location, expires)
    }

    /// A store with these credentials.
    pub fn with_credentials(
        location: BucketLocation,
        access_key: &str,
        secret_key: &str,
        expires: Duration,
    ) -> Self {
        let credentials = Credentials::new(access_key, secret_key, None, None, "given");
        Self::with_provider(location, credentials, expires)
    }

    /// A store with the credentials of a provider, which is called again before they expire.
    pub fn with_provider(
        location: BucketLocation,
        provider: impl ProvideCredentials + 'static,
        expires: Duration,
    ) -> Self {
        let provider = SharedCredentialsProvider::new(provider);
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(
                location
                    .region
                    .clone()
                    .unwrap_or_else(|| "us-east-1".to_owned()),
            ))
            .credentials_provider(provider.clone())
            .http_client(https());
        Self::new(&config, Some(provider), location, expires)
    }

    fn new(
        config: &Builder,
        provider: Option<SharedCredentialsProvider>,
        location: BucketLocation,
        expires: Duration,
    ) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            // Until the first byte: joining thousands of parts takes a store its time.
            .read_timeout(Duration::from_mins(2))
            .build();
        let mut own = config
            .clone()
            .force_path_style(location.path_style)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            // The newer default checksums are unknown to many stores; a presigned upload does without them anyway.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        let mut public = own.clone();
        // Absent ones stay as the AWS environment may have set them.
        if let Some(endpoint) = &location.endpoint {
            own.set_endpoint_url(Some(endpoint.clone()));
        }
        if let Some(endpoint) = location.public_endpoint.or(location.endpoint) {
            public.set_endpoint_url(Some(endpoint));
        }
        Self {
            own: Client::from_conf(own.build()),
            public: Client::from_conf(public.build()),
            credentials: Arc::new(CachedCredentials::new(provider)),
            unsigned: AnonymousClient::new(),
            bucket: location.bucket,
            expires,
        }
    }

    /// Another bucket at the same place, with the same credentials.
    #[must_use]
    pub fn in_bucket(&self, bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            ..self.clone()
        }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The lifetime of a presigned URL.
    pub fn expires(&self) -> Duration {
        self.expires
    }
}

fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
