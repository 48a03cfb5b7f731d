//! The limit of requests to the store that are in flight at once.
//!
//! The limit starts at its maximum, which is the number of connections that the browser opens to a host, or the
//! number that the page sets. It is halved when the store reports overload or a request stalls, and shrinks by one when
//! a connection breaks at its beginning. It grows again by one while each further request increases the throughput, and shrinks by one
//! when the last one did not.

use core::time::Duration;

use crate::time::Instant;

/// The number of HTTP/1.1 connections that a browser opens to a host. Chromium, Firefox and Safari have the same.
pub const CONNECTIONS: u8 = 6;
/// The largest number of requests on one connection that carries many.
const MULTIPLEXED: u8 = 2 * CONNECTIONS;
/// The duration of a measurement, during which the limit must be reached all the time.
const EPOCH: Duration = Duration::from_millis(1_500);
/// The increase of the throughput that one more request must bring, in percent.
const GAIN_PERCENT: u64 = 5;
/// The number of measurements to skip after an increase that brought nothing, or after congestion.
const HOLD_EPOCHS: u32 = 8;

/// The connection to the store, as the browser reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    max_lanes: u8,
}

impl Connection {
    /// Makes the description of a connection.
    ///
    /// `next_hop_protocol` is that of Resource Timing, an ALPN protocol ID. It is empty where the page may not read it.
    /// <https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-nexthopprotocol>
    ///
    /// `is_shared` is true if the backend has the same origin. Over HTTP/1.1 one connection is then kept for it, since
    /// its requests would otherwise wait until a body has been sent.
    pub fn new(next_hop_protocol: &str, is_shared: bool) -> Self {
        let max_lanes = match next_hop_protocol {
            "h2" | "h3" => MULTIPLEXED,
            _ => CONNECTIONS - u8::from(is_shared),
        };
        Self { max_lanes }
    }

    /// The number of requests to the store that the browser sends at once.
    pub const fn max_lanes(self) -> u8 {
        self.max_lanes
    }
}

/// The limit, adapted to the measured throughput.
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit {
    limit: u8,
    max: u8,
    adaptive: bool,
    epoch: Option<Instant>,
    bytes: u64,
    /// The throughput before the last increase of the limit, in bytes per second.
    before: Option<u64>,
    hold: u32,
    last_cut: Option<Instant>,
}

impl ConcurrencyLimit {
    /// Makes a limit that starts at `max` (at least one), and stays there unless `adaptive`.
    pub fn new(max: u8, adaptive: bool) -> Self {
        let max = max.max(1);
        Self {
            limit: max,
            max,
            adaptive,
            epoch: None,
            bytes: 0,
            before: None,
            hold: 0,
            last_cut: None,
        }
    }

    /// The number of requests that may be in flight now.
    pub const fn limit(&self) -> u8 {
        self.limit
    }

    /// Changes the maximum. A larger one is reached by growth only.
    pub fn set_max(&mut self, max: u8) {
        self.max = max.max(1);
        if !self.adaptive || self.limit > self.max {
            self.limit = self.max;
        }
    }

    /// Records that `bytes` arrived while `in_use` requests were in flight.
    pub fn record(&mut self, now: Instant, bytes: u64, in_use: usize) {
        if !self.adaptive {
            return;
        }
        if in_use < usize::from(self.limit) {
            // Below the limit the measurement says nothing about the limit.
            self.epoch = None;
            self.bytes = 0;
            return;
        }
        let start = *self.epoch.get_or_insert(now);
        self.bytes = self.bytes.saturating_add(bytes);
        let span = now.since(start);
        if span < EPOCH {
            return;
        }
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = self.bytes.saturating_mul(1000) / millis;
        self.epoch = None;
        self.bytes = 0;
        self.decide(rate);
    }

    fn decide(&mut self, rate: u64) {
        if let Some(before) = self.before.take() {
            if rate < before.saturating_mul(100 + GAIN_PERCENT) / 100 {
                self.limit = self.limit.saturating_sub(1).max(1);
                self.hold = HOLD_EPOCHS;
                return;
            }
        } else if self.hold > 0 {
            self.hold -= 1;
            return;
        }
        if self.limit < self.max {
            self.before = Some(rate);
            self.limit += 1;
        }
    }

    /// Halves the limit: the store asked to slow down, or a request stalled.
    pub fn congested(&mut self, now: Instant) {
        self.shrink(now, self.limit / 2, HOLD_EPOCHS / 2);
    }

    /// Lowers the limit by one: a connection broke before it moved much. Some proxies and hosts reset the connections
    /// beyond a number of their own.
    pub fn broken(&mut self, now: Instant) {
        self.shrink(now, self.limit.saturating_sub(1), HOLD_EPOCHS / 4);
    }

    /// Lowers the limit. Failures within a second count as one congestion.
    fn shrink(&mut self, now: Instant, limit: u8, hold: u32) {
        if !self.adaptive
            || self
                .last_cut
                .is_some_and(|last| now.since(last) < Duration::from_secs(1))
        {
            return;
        }
        self.last_cut = Some(now);
        self.limit = limit.max(1);
        self.before = None;
        self.hold = hold;
        self.epoch = None;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simulates `seconds` of a link that transfers `rate(lanes)` bytes per second.
    fn drive(lanes: &mut ConcurrencyLimit, from: u64, seconds: u64, rate: impl Fn(u8) -> u64) {
        for tick in 0..seconds * 10 {
            let now = Instant::from_millis(from + tick * 100);
            lanes.record(now, rate(lanes.limit()) / 10, usize::from(lanes.limit()));
        }
    }

    #[test]
    fn starts_at_its_maximum_and_stays_there() {
        for max in [1, 6, 12, 64] {
            let mut lanes = ConcurrencyLimit::new(max, true);
            assert_eq!(lanes.limit(), max);
            drive(&mut lanes, 0, 30, |_| 1_000_000);
            assert_eq!(lanes.limit(), max);
        }
    }

    #[test]
    fn a_larger_maximum_is_reached_while_it_pays() {
        let mut lanes = ConcurrencyLimit::new(6, true);
        lanes.set_max(12);
        assert_eq!(lanes.limit(), 6);
        drive(&mut lanes, 0, 30, |lanes| u64::from(lanes) * 1_000_000);
        assert_eq!(lanes.limit(), 12);
        let mut lanes = ConcurrencyLimit::new(6, true);
        lanes.set_max(12);
        drive(&mut lanes, 0, 12, |_| 1_000_000);
        assert_eq!(lanes.limit(), 6);
        lanes.set_max(5);
        assert_eq!(lanes.limit(), 5);
    }

    #[test]
    fn grows_again_after_congestion() {
        let mut lanes = ConcurrencyLimit::new(6, true);
        lanes.congested(Instant::from_millis(1));
        assert_eq!(lanes.limit(), 3);
        drive(&mut lanes, 2, 60, |lanes| u64::from(lanes) * 1_000_000);
        assert_eq!(lanes.limit(), 6);
    }

    /// <https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-nexthopprotocol>
    #[test]
    fn the_protocol_of_the_connection_sets_the_maximum() {
        let max = |protocol, is_shared| Connection::new(protocol, is_shared).max_lanes();
        for protocol in ["", "http/1.1", "http/1.0", "unknown"] {
            assert_eq!((max(protocol, false), max(protocol, true)), (6, 5));
        }
        for protocol in ["h2", "h3"] {
            assert_eq!((max(protocol, false), max(protocol, true)), (12, 12));
        }
    }

    #[test]
    fn halves_once_for_one_congestion() {
        let mut lanes = ConcurrencyLimit::new(6, true);
        drive(&mut lanes, 0, 30, |lanes| u64::from(lanes) * 1_000_000);
        for _ in 0..6 {
            lanes.congested(Instant::from_millis(40_000));
        }
        assert_eq!(lanes.limit(), 3);
        for second in 0..10 {
            lanes.congested(Instant::from_millis(50_000 + second * 1_000));
        }
        assert_eq!(lanes.limit(), 1);
    }

    #[test]
    fn gives_one_back_when_a_connection_breaks() {
        let mut lanes = ConcurrencyLimit::new(6, true);
        drive(&mut lanes, 0, 30, |lanes| u64::from(lanes) * 1_000_000);
        lanes.broken(Instant::from_millis(40_000));
        lanes.broken(Instant::from_millis(40_500));
        assert_eq!(lanes.limit(), 5);
        for second in 0..10 {
            lanes.broken(Instant::from_millis(50_000 + second * 1_000));
        }
        assert_eq!(lanes.limit(), 1);
    }

    #[test]
    fn fixed_when_asked_for() {
        let mut lanes = ConcurrencyLimit::new(4, false);
        lanes.congested(Instant::from_millis(1));
        assert_eq!(lanes.limit(), 4);
    }
}
