//! One sliding window over a minute, an hour or a day.
//!
//! Each window needs two numbers. The previous window counts by the share of it that is in view, as if its amount had
//! been spread evenly. Pure.

use std::time::Duration;

/// The amounts in the current and the previous window. The windows follow each other from time zero.
#[derive(Debug, Default)]
pub(super) struct SlidingWindow {
    index: u64,
    current: u64,
    previous: u64,
}

/// The amount is not counted, since it would exceed the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitExceeded {
    /// It fits after this time, if nothing else is counted.
    RetryAfter(Duration),
    /// The amount alone exceeds the limit.
    Never,
}

impl SlidingWindow {
    /// Counts `amount` at `now` if no more than `limit` is in view then.
    pub(super) fn add(
        &mut self,
        now: Duration,
        period: Duration,
        amount: u64,
        limit: u64,
    ) -> Result<(), LimitExceeded> {
        if amount > limit {
            return Err(LimitExceeded::Never);
        }
        let period = millis(period).max(1);
        let (index, elapsed) = (millis(now) / period, millis(now) % period);
        self.move_to(index);
        let left = limit - amount;
        let used = share(self.previous, period - elapsed, period).saturating_add(self.current);
        if used <= left {
            self.current = self.current.saturating_add(amount);
            return Ok(());
        }
        let wait = if self.current <= left {
            // Within this window, when enough of the previous one is out of view.
            until(self.previous, left - self.current, period).saturating_sub(elapsed)
        } else {
            // Within the next one, to which this is the previous.
            (period - elapsed) + until(self.current, left, period)
        };
        Err(LimitExceeded::RetryAfter(Duration::from_millis(
            wait.max(1),
        )))
    }

    /// Releases an amount that was counted last. An amount that has moved out of view needs no release.
    pub(super) fn release(&mut self, amount: u64) {
        let rest = amount.saturating_sub(self.current);
        self.current = self.current.saturating_sub(amount);
        self.previous = self.previous.saturating_sub(rest);
    }

    fn move_to(&mut self, index: u64) {
        if index == self.index {
            return;
        }
        self.previous = if index == self.index + 1 {
            self.current
        } else {
            0
        };
        self.current = 0;
        self.index = index;
    }
}

/// The part of an amount, rounded up.
fn share(amount: u64, part: u64, whole: u64) -> u64 {
    let share = (u128::from(amount) * u128::from(part)).div_ceil(u128::from(whole));
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// The offset in the window from which no more than `left` of the previous `amount` is in view.
fn until(amount: u64, left: u64, period: u64) -> u64 {
    if amount == 0 {
        return 0;
    }
    // ceil(amount · (period − t) / period) ≤ left
    let in_view = u128::from(left) * u128::from(period) / u128::from(amount);
    period.saturating_sub(u64::try_from(in_view).unwrap_or(u64::MAX))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn the_wait_that_is_named_is_enough_and_not_much_too_long() {
        // A small linear congruential generator: amounts and times that are no round numbers.
        let mut random = 1_u64;
        let mut next = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) % below
        };
        let (mut window, mut now) = (SlidingWindow::default(), Duration::ZERO);
        let mut waited = 0;
        for _ in 0..10_000 {
            now += Duration::from_millis(next(600_000));
            let amount = next(700);
            match window.add(now, HOUR, amount, 1000) {
                Ok(()) => {}
                Err(LimitExceeded::Never) => panic!("{amount} is not above the limit"),
                Err(LimitExceeded::RetryAfter(wait)) => {
                    let early = (now + wait).saturating_sub(Duration::from_millis(5));
                    if early > now {
                        assert!(window.add(early, HOUR, amount, 1000).is_err());
                    }
                    now += wait;
                    assert_eq!(window.add(now, HOUR, amount, 1000), Ok(()), "{wait:?}");
                    waited += 1;
                }
            }
        }
        assert!(waited > 1000, "{waited}");
    }

    #[test]
    fn the_full_hour_does_not_double_the_limit() {
        let mut window = SlidingWindow::default();
        let end = HOUR
            .checked_sub(Duration::from_millis(1))
            .unwrap_or_default();
        assert_eq!(window.add(end, HOUR, 100, 100), Ok(()));
        assert!(matches!(
            window.add(HOUR, HOUR, 1, 100),
            Err(LimitExceeded::RetryAfter(_))
        ));
        assert_eq!(window.add(2 * HOUR, HOUR, 100, 100), Ok(()));
        assert_eq!(
            window.add(2 * HOUR, HOUR, 101, 100),
            Err(LimitExceeded::Never)
        );
    }

    #[test]
    fn what_is_taken_back_can_be_had_again() {
        let mut window = SlidingWindow::default();
        assert_eq!(window.add(Duration::ZERO, HOUR, 100, 100), Ok(()));
        window.release(40);
        assert_eq!(window.add(Duration::ZERO, HOUR, 40, 100), Ok(()));
        assert!(window.add(Duration::ZERO, HOUR, 1, 100).is_err());
        // Across the full hour.
        assert!(window.add(HOUR, HOUR, 1, 100).is_err());
        window.release(100);
        assert_eq!(window.add(HOUR, HOUR, 100, 100), Ok(()));
    }
}
