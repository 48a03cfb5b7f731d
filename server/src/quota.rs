//! What one client may ask for: requests in a minute, bytes in an hour and in a day.
//!
//! Owns the counting. Each limit is a window that slides: what was counted in the window before still counts for the part
//! of it that is not over, so that nobody has twice the limit at the full hour. Memory is bounded: of more clients than
//! [`CLIENTS`], those that were away for longest are forgotten. Refuses to know more of time than it is told, and to share
//! its counts: each process has its own.

mod window;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{auth::Client, config::Size, recent::Recent, refusal::Refused};
use window::{Refusal, Window};

/// How many clients are remembered at least; at most twice as many are, at about 300 bytes each.
pub const CLIENTS: usize = 50_000;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The limits of one client; `None` for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Requests in any minute.
    pub requests_per_minute: Option<u64>,
    /// Bytes in any hour, counted when a file is granted, whether or not it is sent then.
    pub bytes_per_hour: Option<u64>,
    /// Bytes in any day, counted likewise.
    pub bytes_per_day: Option<u64>,
}

/// Whose limits they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Who was authenticated.
    Client(Client),
    /// An address; of IPv6 the network of 64 bits, which is what one household has.
    Address(IpAddr),
    /// Everybody of whom nothing is known.
    Unknown,
}

impl Holder {
    /// The holder at an address.
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
struct Counts {
    requests: Window,
    hour: Window,
    day: Window,
}

impl Counts {
    fn grant(&mut self, quotas: Quotas, bytes: u64, now: Duration) -> Result<(), Refused> {
        if let Some(limit) = quotas.bytes_per_hour {
            let added = self.hour.add(now, HOUR, bytes, limit);
            added.map_err(|refusal| refused(refusal, limit, "an hour"))?;
        }
        if let Some(limit) = quotas.bytes_per_day {
            let added = self.day.add(now, DAY, bytes, limit);
            added.map_err(|refusal| {
                self.hour.take_back(bytes);
                refused(refusal, limit, "a day")
            })?;
        }
        Ok(())
    }
}

/// Counts what clients ask for.
#[derive(Debug)]
pub struct Quota {
    quotas: Quotas,
    start: Instant,
    counts: Mutex<Recent<Holder, Counts>>,
}

/// Bytes that were counted. Dropped without [`keep`](Self::keep), they are given back.
#[derive(Debug)]
#[must_use = "what is dropped is given back"]
pub struct Charge {
    quota: Arc<Quota>,
    holder: Holder,
    bytes: u64,
}

impl Quota {
    /// Counts up to these limits.
    pub fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            start: Instant::now(),
            counts: Mutex::new(Recent::new(CLIENTS)),
        }
    }

    /// Counts one request, or refuses it.
    pub fn request(&self, holder: &Holder) -> Result<(), Refused> {
        self.request_at(holder, self.start.elapsed())
    }

    fn request_at(&self, holder: &Holder, now: Duration) -> Result<(), Refused> {
        let Some(limit) = self.quotas.requests_per_minute else {
            return Ok(());
        };
        self.counts(holder, |counts| counts.requests.add(now, MINUTE, 1, limit))
            .map_err(|refusal| {
                let wait = match refusal {
                    Refusal::After(wait) => wait,
                    Refusal::Never => MINUTE,
                };
                Refused::rate_limited(wait)
            })
    }

    /// Counts a file's bytes, or refuses it.
    pub fn grant(self: &Arc<Self>, holder: &Holder, bytes: u64) -> Result<Charge, Refused> {
        self.grant_at(holder, bytes, self.start.elapsed())
    }

    fn grant_at(
        self: &Arc<Self>,
        holder: &Holder,
        bytes: u64,
        now: Duration,
    ) -> Result<Charge, Refused> {
        let quotas = self.quotas;
        if quotas.bytes_per_hour.is_some() || quotas.bytes_per_day.is_some() {
            self.counts(holder, |counts| counts.grant(quotas, bytes, now))?;
        }
        // Only now: dropped while the counts are locked, it would wait for itself.
        Ok(Charge {
            quota: Arc::clone(self),
            holder: holder.clone(),
            bytes,
        })
    }

    fn counts<T>(&self, holder: &Holder, action: impl FnOnce(&mut Counts) -> T) -> T {
        // Counts are whole numbers between two steps, whoever panicked.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        action(counts.entry(holder.clone(), Counts::default))
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self::new(Quotas::default())
    }
}

impl Charge {
    /// The file was granted: its bytes stay counted.
    pub fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut counts = self
            .quota
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = counts.get_mut(&self.holder) {
            counts.hour.take_back(self.bytes);
            counts.day.take_back(self.bytes);
        }
    }
}

fn refused(refusal: Refusal, limit: u64, period: &str) -> Refused {
    let limit = Size(limit);
    match refusal {
        Refusal::After(wait) => Refused::quota_exceeded(
            format!(
                "You may upload {limit} in {period}, and this file would be more. Try again later."
            ),
            wait,
        ),
        Refusal::Never => Refused::too_large(format!(
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

    fn holder(address: &str) -> Holder {
        Holder::at(Some(address.parse().unwrap()))
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_client_has_its_own_requests() {
        let quota = Quota::new(Quotas {
            requests_per_minute: Some(3),
            ..Quotas::default()
        });
        let (one, other) = (holder("192.0.2.1"), holder("192.0.2.2"));
        for _ in 0..3 {
            quota.request_at(&one, seconds(0)).unwrap();
        }
        let refused = quota.request_at(&one, seconds(0)).unwrap_err();
        assert_eq!(refused.code, "rate_limited");
        let wait = refused.retry_after.unwrap();
        assert!(quota.request_at(&one, wait).is_ok(), "{wait:?}");
        assert!(quota.request_at(&other, seconds(0)).is_ok());
        assert!(Quota::default().request(&one).is_ok());
    }

    #[test]
    fn one_household_of_ipv6_is_one_client() {
        assert_eq!(holder("2001:db8::1"), holder("2001:db8::ffff:1"));
        assert_ne!(holder("2001:db8::1"), holder("2001:db8:0:1::1"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
    }

    #[test]
    fn bytes_that_were_not_granted_are_given_back() {
        let quota = Arc::new(Quota::new(Quotas {
            bytes_per_hour: Some(100),
            bytes_per_day: Some(150),
            ..Quotas::default()
        }));
        let one = holder("192.0.2.1");
        let grant = |bytes, now| quota.grant_at(&one, bytes, seconds(now));
        grant(60, 0).unwrap().keep();
        drop(grant(40, 0).unwrap());
        grant(40, 0).unwrap().keep();
        let refused = grant(1, 0).unwrap_err();
        assert_eq!(refused.code, "quota_exceeded");
        assert!(
            refused.message.contains("100 bytes in an hour"),
            "{refused}"
        );
        assert!(refused.retry_after.unwrap() > seconds(3600));
        assert_eq!(grant(101, 0).unwrap_err().code, "too_large");
        // The day's refusal leaves the hour as it was.
        assert!(grant(60, 2 * 3600).unwrap_err().message.contains("a day"));
        grant(50, 2 * 3600).unwrap().keep();
        assert_eq!(quota.counts.lock().unwrap().len(), 1);
    }
}
