//! The measurement of the upload speed: moving averages that do not count a pause.

use core::time::Duration;

use crate::time::Instant;

/// The shortest span of a sample, in milliseconds. Bytes of a shorter span are collected first, because a burst is
/// not a speed.
const SAMPLE_MS: u64 = 250;
/// The window of the average that is shown as the speed, in milliseconds.
const SPEED_MS: u64 = 3_000;
/// The window of the average behind the time left, in milliseconds. It is longer, so that the time left is stable.
const REMAINING_MS: u64 = 10_000;
/// The measured time from which on a time left is shown, in milliseconds.
const SETTLE_MS: u64 = 1_500;
/// The speed that a request is assumed to have before any was measured, in bytes per second.
const ASSUMED_SPEED: u64 = 1024 * 1024;
/// The size from which on a body shows a link's speed, in bytes.
const TELLING: u64 = 256 * 1024;

/// A meter of the bytes per second.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    last: Option<Instant>,
    gathered: i64,
    /// The bytes of `gathered` that moved, including those that were lost later.
    moved: u64,
    seen: u64,
    fast: f64,
    slow: f64,
}

impl Meter {
    /// Records the bytes that moved since the last call. `bytes` is negative when a cancelled request lost what it
    /// had sent. Lost bytes lower the speed, but not the average behind the time left, since they have to be sent
    /// again.
    pub fn record(&mut self, now: Instant, bytes: i64) {
        self.gathered = self.gathered.saturating_add(bytes);
        self.moved = self.moved.saturating_add(u64::try_from(bytes).unwrap_or(0));
        let Some(last) = self.last else {
            self.last = Some(now);
            return;
        };
        let span = now.as_millis().saturating_sub(last.as_millis());
        if span >= SAMPLE_MS {
            self.sample(now, span);
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "a speed needs no more than 52 bits"
    )]
    fn sample(&mut self, now: Instant, span: u64) {
        let per_second = |bytes: f64| bytes * 1000.0 / span as f64;
        let (net, gross) = (self.gathered.max(0) as f64, self.moved as f64);
        // At most the bytes that the speed still contains are subtracted; earlier ones no longer count.
        let held = whole(self.fast).saturating_mul(SPEED_MS) / 1000;
        let held = i64::try_from(held).unwrap_or(i64::MAX);
        self.fast = follow(self.fast, per_second(net), span, SPEED_MS, self.seen);
        self.slow = follow(self.slow, per_second(gross), span, REMAINING_MS, self.seen);
        self.seen = self.seen.saturating_add(span);
        self.gathered = self.gathered.clamp(-held, 0);
        self.moved = 0;
        self.last = Some(now);
    }

    /// Starts a pause: the time until the next byte does not count. Bytes since the last sample do, however short the
    /// span was, because small files take little time.
    pub fn pause(&mut self, now: Instant) {
        let span = self
            .last
            .map_or(0, |last| now.as_millis().saturating_sub(last.as_millis()));
        if span > 0 {
            self.sample(now, span);
        }
        self.last = None;
        self.gathered = 0;
        self.moved = 0;
    }

    /// Returns true if the meter is not paused.
    pub const fn is_running(&self) -> bool {
        self.last.is_some()
    }

    /// The bytes per second; `None` before the first sample, and during a pause.
    pub fn speed(&self) -> Option<u64> {
        (self.seen > 0 && self.last.is_some()).then_some(whole(self.fast))
    }

    /// The time for `bytes` more; `None` while too little was measured.
    pub fn remaining(&self, bytes: u64) -> Option<Duration> {
        let speed = whole(self.slow);
        if self.seen < SETTLE_MS || self.last.is_none() || speed == 0 {
            return None;
        }
        Some(Duration::from_secs(bytes.div_ceil(speed)))
    }
}

/// The speed at which one request transfers its body, averaged over completed requests. It predicts the next one.
#[derive(Clone, Debug, Default)]
pub struct LinkSpeed {
    seen: u64,
    rate: f64,
}

impl LinkSpeed {
    /// Records that a request transferred `bytes` in `span`. The duration of a small request depends on the latency
    /// more than on the speed: it counts only if it was faster than expected.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a speed needs no more than 52 bits"
    )]
    pub fn record(&mut self, span: Duration, bytes: u64) {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = bytes as f64 * 1000.0 / span as f64;
        if bytes < TELLING && rate <= self.rate.max(ASSUMED_SPEED as f64) {
            return;
        }
        self.rate = follow(self.rate, rate, span, SPEED_MS, self.seen);
        self.seen = self.seen.saturating_add(span);
    }

    /// Forgets the measured speed, because the link has changed.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// The bytes that a request is expected to transfer within a second.
    pub fn expected(&self) -> u64 {
        self.speed().unwrap_or(ASSUMED_SPEED)
    }

    /// The bytes per second; `None` before the first measurement.
    pub fn speed(&self) -> Option<u64> {
        (self.seen > 0)
            .then_some(whole(self.rate))
            .filter(|speed| *speed > 0)
    }
}

/// Moves an average towards `rate`. While the measured time is shorter than the window, the average is the plain
/// mean, so that it does not rise from zero.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of one upload")]
fn follow(average: f64, rate: f64, span: u64, window: u64, seen: u64) -> f64 {
    let weight = span as f64 / (seen.min(window) + span) as f64;
    average + (rate - average) * weight
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped by `as`"
)]
fn whole(rate: f64) -> u64 {
    rate.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(meter: &mut Meter, from: u64, seconds: u64, per_second: i64) {
        for tick in 1..=seconds * 10 {
            meter.record(Instant::from_millis(from + tick * 100), per_second / 10);
        }
    }

    #[test]
    fn a_steady_speed_is_found() {
        let mut meter = Meter::default();
        meter.record(Instant::from_millis(0), 0);
        run(&mut meter, 0, 10, 1_000_000);
        let speed = meter.speed().unwrap_or(0);
        assert!((950_000..=1_050_000).contains(&speed), "{speed}");
        assert_eq!(
            meter
                .remaining(10_000_000)
                .map(|left| left.as_secs().clamp(9, 11)),
            Some(10)
        );
    }

    #[test]
    fn a_pause_is_forgotten() {
        let mut meter = Meter::default();
        run(&mut meter, 0, 5, 1_000_000);
        meter.pause(Instant::from_millis(5_000));
        assert_eq!(meter.speed(), None);
        run(&mut meter, 600_000, 1, 1_000_000);
        let speed = meter.speed().unwrap_or(0);
        assert!((900_000..=1_100_000).contains(&speed), "{speed}");
    }

    #[test]
    fn a_pace_follows_what_arrives_and_small_bodies_do_not_slow_it() {
        let mut link_speed = LinkSpeed::default();
        assert_eq!(link_speed.speed(), None);
        link_speed.record(Duration::from_millis(200), 1_000);
        assert_eq!(link_speed.speed(), None);
        link_speed.record(Duration::from_secs(1), 10_000_000);
        assert!(link_speed.speed().unwrap_or(0) > 5_000_000);
        for _ in 0..1_000 {
            link_speed.record(Duration::from_millis(200), 1_000);
        }
        assert!(link_speed.speed().unwrap_or(0) > 5_000_000);
        link_speed.record(Duration::from_mins(1), 10_000_000);
        assert!(link_speed.speed().unwrap_or(u64::MAX) < 1_000_000);
        link_speed.forget();
        assert_eq!(link_speed.speed(), None);
    }

    #[test]
    fn the_time_left_does_not_jump_when_the_speed_does() {
        let mut meter = Meter::default();
        run(&mut meter, 0, 20, 1_000_000);
        let told = |meter: &Meter| {
            let left = meter
                .remaining(100_000_000)
                .map_or(0, |left| left.as_secs());
            (meter.speed().unwrap_or(0), left)
        };
        let (_, before) = told(&meter);
        assert!((98..=102).contains(&before), "{before} s");
        // One second at five times the speed raises the speed, and changes the time left only slightly.
        run(&mut meter, 20_000, 1, 5_000_000);
        let (speed, left) = told(&meter);
        assert!(speed > 1_800_000, "{speed}");
        assert!((65..=before).contains(&left), "{left} s");
        // One second without a byte.
        let mut meter = Meter::default();
        run(&mut meter, 0, 20, 1_000_000);
        run(&mut meter, 20_000, 1, 0);
        let (_, left) = told(&meter);
        assert!((before..=115).contains(&left), "{left} s");
    }

    #[test]
    fn lost_bytes_are_taken_from_the_speed() {
        let mut meter = Meter::default();
        run(&mut meter, 0, 4, 1_000_000);
        meter.record(Instant::from_millis(4_100), -4_000_000);
        run(&mut meter, 4_100, 2, 1_000_000);
        assert!(meter.speed().unwrap_or(u64::MAX) < 700_000);
    }

    #[test]
    fn a_great_loss_does_not_stop_the_speed_for_long_nor_change_the_time_left() {
        let mut meter = Meter::default();
        run(&mut meter, 0, 54, 1_000_000);
        meter.record(Instant::from_millis(54_000), -54_000_000);
        run(&mut meter, 54_000, 8, 1_000_000);
        let speed = meter.speed().unwrap_or(0);
        assert!(speed > 600_000, "{speed}");
        let left = meter.remaining(60_000_000).map(|left| left.as_secs());
        assert!(
            left.is_some_and(|left| (55..=65).contains(&left)),
            "{left:?}"
        );
    }
}
