//! The limits of one client: requests in a minute, bytes in an hour and in a day.
//!
//! Each limit is a sliding window. The previous window counts for the part of it that is still in view, so that no
//! client gets twice the limit around the full hour. Memory is bounded: of more clients than [`CLIENTS`], those that
//! have been absent for longest are forgotten. The counts belong to one process.

mod window;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    access::client::Client,
    api::ApiError,
    primitives::{BoundedMap, Size},
};
use window::{LimitExceeded, SlidingWindow};

/// The least number of clients that are remembered; at most twice as many are, at about 300 bytes each.
pub const CLIENTS: usize = 50_000;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The limits of one client; `None` for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Requests in any minute.
    pub requests_per_minute: Option<u64>,
    /// Bytes in any hour, counted when a file is granted, sent or not.
    pub bytes_per_hour: Option<u64>,
    /// Bytes in any day, counted likewise.
    pub bytes_per_day: Option<u64>,
}

/// The key by which limits are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QuotaKey {
    /// An authenticated client.
    Client(Client),
    /// An address; of IPv6 the /64 network, which is that of one household.
    Address(IpAddr),
    /// All callers without a known address.
    Unknown,
}

impl QuotaKey {
    /// The key of an address.
    pub fn at(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V6(address)) => {
                let network = u128::from(address) >> 64 << 64;
                Self::Address(IpAddr::V6(network.into()))
            }
            Some(address) => Self::Address(address),
            None => Self::Unknown,
        }
    }
}

#[derive(Debug, Default)]
struct ClientCounts {
    requests: SlidingWindow,
    hour: SlidingWindow,
    day: SlidingWindow,
}

impl ClientCounts {
    fn reserve(&mut self, quotas: QuotaLimits, bytes: u64, now: Duration) -> Result<(), ApiError> {
        if let Some(limit) = quotas.bytes_per_hour {
            let added = self.hour.add(now, HOUR, bytes, limit);
            added.map_err(|refusal| refused(refusal, limit, "an hour"))?;
        }
        if let Some(limit) = quotas.bytes_per_day {
            let added = self.day.add(now, DAY, bytes, limit);
            added.map_err(|refusal| {
                self.hour.release(bytes);
                refused(refusal, limit, "a day")
            })?;
        }
        Ok(())
    }
}

/// Counts the requests and the granted bytes of clients.
#[derive(Debug)]
pub struct Quota {
    quotas: QuotaLimits,
    start: Instant,
    counts: Mutex<BoundedMap<QuotaKey, ClientCounts>>,
}

/// Bytes that were counted. Dropped without [`commit`](Self::commit), they are given back.
#[derive(Debug)]
#[must_use = "what is dropped is given back"]
pub struct QuotaReservation {
    quota: Arc<Quota>,
    key: QuotaKey,
    bytes: u64,
}

impl Quota {
    /// Counts up to these limits.
    pub fn new(quotas: QuotaLimits) -> Self {
        Self {
            quotas,
            start: Instant::now(),
            counts: Mutex::new(BoundedMap::new(CLIENTS)),
        }
    }

    /// Counts one request, or refuses it.
    pub fn count_request(&self, key: &QuotaKey) -> Result<(), ApiError> {
        self.count_request_at(key, self.start.elapsed())
    }

    fn count_request_at(&self, key: &QuotaKey, now: Duration) -> Result<(), ApiError> {
        let Some(limit) = self.quotas.requests_per_minute else {
            return Ok(());
        };
        self.counts(key, |counts| counts.requests.add(now, MINUTE, 1, limit))
            .map_err(|refusal| {
                let wait = match refusal {
                    LimitExceeded::RetryAfter(wait) => wait,
                    LimitExceeded::Never => MINUTE,
                };
                ApiError::rate_limited(wait)
            })
    }

    /// Counts a file's bytes, or refuses it.
    pub fn reserve(
        self: &Arc<Self>,
        key: &QuotaKey,
        bytes: u64,
    ) -> Result<QuotaReservation, ApiError> {
        self.reserve_at(key, bytes, self.start.elapsed())
    }

    fn reserve_at(
        self: &Arc<Self>,
        key: &QuotaKey,
        bytes: u64,
        now: Duration,
    ) -> Result<QuotaReservation, ApiError> {
        let quotas = self.quotas;
        if quotas.bytes_per_hour.is_some() || quotas.bytes_per_day.is_some() {
            self.counts(key, |counts| counts.reserve(quotas, bytes, now))?;
        }
        // Only now: dropped while the counts are locked, it would wait for itself.
        Ok(QuotaReservation {
            quota: Arc::clone(self),
            key: key.clone(),
            bytes,
        })
    }

    fn counts<T>(&self, key: &QuotaKey, action: impl FnOnce(&mut ClientCounts) -> T) -> T {
        // The counts are consistent after every step, so that a poisoned lock can be used.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        action(counts.entry(key.clone(), ClientCounts::default))
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self::new(QuotaLimits::default())
    }
}

impl QuotaReservation {
    /// The file was granted: its bytes stay counted.
    pub fn commit(mut self) {
        self.bytes = 0;
    }
}

impl Drop for QuotaReservation {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut counts = self
            .quota
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = counts.get_mut(&self.key) {
            counts.hour.release(self.bytes);
            counts.day.release(self.bytes);
        }
    }
}

fn refused(refusal: LimitExceeded, limit: u64, period: &str) -> ApiError {
    let limit = Size(limit);
    match refusal {
        LimitExceeded::RetryAfter(wait) => ApiError::quota_exceeded(
            format!(
                "You may upload {limit} in {period}, and this file would be more. Try again later."
            ),
            wait,
        ),
        LimitExceeded::Never => ApiError::too_large(format!(
            "This file is too large: you may upload {limit} in {period}."
        )),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure is a failed test"
)]
mod tests {
    use super::*;

    fn key(address: &str) -> QuotaKey {
        QuotaKey::at(Some(address.parse().unwrap()))
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_client_has_its_own_requests() {
        let quota = Quota::new(QuotaLimits {
            requests_per_minute: Some(3),
            ..QuotaLimits::default()
        });
        let (one, other) = (key("192.0.2.1"), key("192.0.2.2"));
        for _ in 0..3 {
            quota.count_request_at(&one, seconds(0)).unwrap();
        }
        let refused = quota.count_request_at(&one, seconds(0)).unwrap_err();
        assert_eq!(refused.code, "rate_limited");
        let wait = refused.retry_after.unwrap();
        assert!(quota.count_request_at(&one, wait).is_ok(), "{wait:?}");
        assert!(quota.count_request_at(&other, seconds(0)).is_ok());
        assert!(Quota::default().count_request(&one).is_ok());
    }

    #[test]
    fn one_household_of_ipv6_is_one_client() {
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }

    #[test]
    fn bytes_that_were_not_granted_are_given_back() {
        let quota = Arc::new(Quota::new(QuotaLimits {
            bytes_per_hour: Some(100),
            bytes_per_day: Some(150),
            ..QuotaLimits::default()
        }));
        let one = key("192.0.2.1");
        let reserve = |bytes, now| quota.reserve_at(&one, bytes, seconds(now));
        reserve(60, 0).unwrap().commit();
        drop(reserve(40, 0).unwrap());
        reserve(40, 0).unwrap().commit();
        let refused = reserve(1, 0).unwrap_err();
        assert_eq!(refused.code, "quota_exceeded");
        assert!(
            refused.message.contains("100 bytes in an hour"),
            "{refused}"
        );
        assert!(refused.retry_after.unwrap() > seconds(3600));
        assert_eq!(reserve(101, 0).unwrap_err().code, "too_large");
        // The day's refusal leaves the hour as it was.
        assert!(reserve(60, 2 * 3600).unwrap_err().message.contains("a day"));
        reserve(50, 2 * 3600).unwrap().commit();
        assert_eq!(quota.counts.lock().unwrap().len(), 1);
    }
}
