//! One sliding window: how much was counted in the last minute, hour or day.
//!
//! Owns the arithmetic, with two numbers for each window. Of the window before, as much counts as of it would still be in
//! view if it had been spread evenly. Pure.

use std::time::Duration;

/// What was counted in the current and the previous window. The windows follow each other from time zero.
#[derive(Debug, Default)]
pub(super) struct Window {
    index: u64,
    current: u64,
    previous: u64,
}

/// Why something is not counted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It fits after this time, if nothing else comes.
    After(Duration),
    /// It is more than the limit by itself.
    Never,
}

impl Window {
    /// Counts `amount` at `now` if no more than `limit` is in view then.
    pub(super) fn add(
        &mut self,
        now: Duration,
        period: Duration,
        amount: u64,
        limit: u64,
    ) -> Result<(), Refusal> {
        if amount > limit {
            return Err(Refusal::Never);
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
        Err(Refusal::After(Duration::from_millis(wait.max(1))))
    }

    /// Takes back what was counted last. What has been moved out of view meanwhile is not missed.
    pub(super) fn take_back(&mut self, amount: u64) {
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

/// How far into its window no more than `left` of the previous `amount` is in view.
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
        let (mut window, mut now) = (Window::default(), Duration::ZERO);
        let mut waited = 0;
        for _ in 0..10_000 {
            now += Duration::from_millis(next(600_000));
            let amount = next(700);
            match window.add(now, HOUR, amount, 1000) {
                Ok(()) => {}
                Err(Refusal::Never) => panic!("{amount} is not above the limit"),
                Err(Refusal::After(wait)) => {
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
        let mut window = Window::default();
        let end = HOUR
            .checked_sub(Duration::from_millis(1))
            .unwrap_or_default();
        assert_eq!(window.add(end, HOUR, 100, 100), Ok(()));
        assert!(matches!(
            window.add(HOUR, HOUR, 1, 100),
            Err(Refusal::After(_))
        ));
        assert_eq!(window.add(2 * HOUR, HOUR, 100, 100), Ok(()));
        assert_eq!(window.add(2 * HOUR, HOUR, 101, 100), Err(Refusal::Never));
    }

    #[test]
    fn what_is_taken_back_can_be_had_again() {
        let mut window = Window::default();
        assert_eq!(window.add(Duration::ZERO, HOUR, 100, 100), Ok(()));
        window.take_back(40);
        assert_eq!(window.add(Duration::ZERO, HOUR, 40, 100), Ok(()));
        assert!(window.add(Duration::ZERO, HOUR, 1, 100).is_err());
        // Across the full hour.
        assert!(window.add(HOUR, HOUR, 1, 100).is_err());
        window.take_back(100);
        assert_eq!(window.add(HOUR, HOUR, 100, 100), Ok(()));
    }
}
