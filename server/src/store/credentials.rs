//! A cache of credentials, for signatures that the SDK does not make.
//!
//! The SDK's own cache is not accessible, and each call of a provider may be a request to a metadata service.
//! Credentials are never printed.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;

use super::error::StoreError;

/// The time for which credentials without an expiry are kept, as in the SDK: their source may have changed.
const CACHE_DURATION: Duration = Duration::from_mins(15);
/// The time before their expiry at which they are renewed, and the least time between two calls of the provider.
const MARGIN: Duration = Duration::from_secs(10);

/// A provider and its last credentials.
#[derive(Debug)]
pub(super) struct CachedCredentials {
    provider: Option<SharedCredentialsProvider>,
    last: Mutex<Option<(Credentials, SystemTime)>>,
}

impl CachedCredentials {
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> Self {
        Self {
            provider,
            last: Mutex::new(None),
        }
    }

    /// Credentials that can be used from now on for at least `wanted`, if the provider has such.
    pub(super) async fn credentials(&self, wanted: Duration) -> Result<Credentials, StoreError> {
        let mut last = self.last.lock().await;
        let now = SystemTime::now();
        if let Some((credentials, at)) = &*last
            && is_reusable(credentials, *at, now, wanted)
        {
            return Ok(credentials.clone());
        }
        let Some(provider) = &self.provider else {
            tracing::error!(
                "no provider of credentials is configured, so that forms cannot be signed"
            );
            return Err(StoreError::Unavailable);
        };
        match provider.provide_credentials().await {
            Ok(credentials) => {
                *last = Some((credentials.clone(), now));
                Ok(credentials)
            }
            Err(error) => {
                // The error names the provider and the cause. No provider's error holds a credential.
                tracing::error!(%error, "the credentials for signing a form cannot be loaded");
                Err(StoreError::Unavailable)
            }
        }
    }
}

fn is_reusable(
    credentials: &Credentials,
    at: SystemTime,
    now: SystemTime,
    wanted: Duration,
) -> bool {
    // A clock that was set back gives no age.
    let age = now.duration_since(at).unwrap_or(CACHE_DURATION);
    match credentials.expiry() {
        None => age < CACHE_DURATION,
        Some(end) => end > now + wanted + MARGIN || (age < MARGIN && end > now),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_credential_types::provider::future;

    use super::*;

    /// Gives a new key each time, which ends after so many seconds, if at all.
    #[derive(Debug)]
    struct Counting(AtomicU64, Option<u64>);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let end = self
                .1
                .map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
            let credentials = Credentials::new(format!("key{count}"), "s", None, end, "test");
            future::ProvideCredentials::ready(Ok(credentials))
        }
    }

    #[tokio::test]
    async fn credentials_are_kept_as_long_as_they_serve() {
        for (ends_in, wanted, second) in [
            (None, 300, "key0"),
            (Some(3600), 300, "key0"),
            // Credentials that expire too soon are not renewed at once.
            (Some(200), 300, "key0"),
        ] {
            let provider = SharedCredentialsProvider::new(Counting(AtomicU64::new(0), ends_in));
            let cached = CachedCredentials::new(Some(provider));
            let wanted = Duration::from_secs(wanted);
            assert_eq!(
                cached.credentials(wanted).await.unwrap().access_key_id(),
                "key0"
            );
            assert_eq!(
                cached.credentials(wanted).await.unwrap().access_key_id(),
                second
            );
        }
        let none = CachedCredentials::new(None).credentials(MARGIN).await;
        assert_eq!(none.unwrap_err(), StoreError::Unavailable);
    }

    #[test]
    fn credentials_are_asked_for_again_before_they_end() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
        let wanted = Duration::from_mins(5);
        let ending = |seconds| {
            let end = start + Duration::from_secs(seconds);
            Credentials::new("k", "s", None, Some(end), "test")
        };
        let lasting = Credentials::new("k", "s", None, None, "test");
        for (credentials, age, cached) in [
            (&lasting, 899, true),
            (&lasting, 900, false),
            (&ending(3600), 3000, true),
            (&ending(3600), 3295, false),
            (&ending(200), 9, true),
            (&ending(200), 10, false),
            (&ending(5), 6, false),
        ] {
            let now = start + Duration::from_secs(age);
            assert_eq!(
                is_reusable(credentials, start, now, wanted),
                cached,
                "{age}"
            );
        }
    }
}
