//! A clock that never goes backward, and that counts the time for which the device slept.
//!
//! `performance.now()` is monotonic but stands still during sleep in some browsers
//! (<https://w3c.github.io/hr-time/#dfn-monotonic-clock>). `Date.now()` counts sleep but can be set back. The clock
//! therefore follows the first, and takes from the second only its forward jumps.

use std::cell::Cell;

/// The lead of the date that counts as a jump, in milliseconds. It is more than the coarsening of either clock in
/// browsers, and less than any sleep that matters.
const LEAP: f64 = 1_000.0;

/// A monotonic clock that starts at zero when it is made.
#[derive(Debug)]
pub struct Clock {
    reading: Cell<ClockReading>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            reading: Cell::new(ClockReading::first(performance_now(), js_sys::Date::now())),
        }
    }
}

impl Clock {
    /// Milliseconds since the clock was made, rounded down.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and small"
    )]
    pub fn now(&self) -> u64 {
        let reading = self
            .reading
            .get()
            .next(performance_now(), js_sys::Date::now());
        self.reading.set(reading);
        reading.millis as u64
    }
}

/// A reading of both clocks of the browser, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct ClockReading {
    /// The time since the first reading, sleep included.
    millis: f64,
    performance: f64,
    /// The lead of the date over `performance` when they last agreed.
    lead: f64,
}

impl ClockReading {
    fn first(performance: f64, date: f64) -> Self {
        Self {
            millis: 0.0,
            performance,
            lead: date - performance,
        }
    }

    fn next(self, performance: f64, date: f64) -> Self {
        let moved = (performance - self.performance).max(0.0);
        let ahead = date - performance - self.lead;
        let (slept, lead) = if ahead > LEAP {
            (ahead, self.lead + ahead)
        } else if ahead < -LEAP {
            (0.0, self.lead + ahead)
        } else {
            (0.0, self.lead)
        };
        Self {
            millis: self.millis + moved + slept,
            performance,
            lead,
        }
    }
}

/// Milliseconds since 1970, by the device's clock.
pub fn date() -> f64 {
    js_sys::Date::now()
}

/// Parses an HTTP date, to milliseconds since 1970.
pub fn parse_date(text: &str) -> Option<f64> {
    Some(js_sys::Date::parse(text)).filter(|date| !date.is_nan())
}

fn performance_now() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now())
}

#[cfg(test)]
mod tests {
    use super::ClockReading;

    const BOOT: f64 = 1_750_000_000_000.0;

    fn at(readings: impl IntoIterator<Item = (f64, f64)>) -> f64 {
        readings
            .into_iter()
            .fold(
                ClockReading::first(0.0, BOOT),
                |reading, (performance, date)| reading.next(performance, date),
            )
            .millis
    }

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 0.01
    }

    #[test]
    fn coarse_clocks_do_not_make_it_fast() {
        // Asked every 16.6 ms for a minute, with a date in steps of 100 ms.
        let ticks = (1..=3600).map(|tick| {
            let time = f64::from(tick) * 16.6;
            (time, BOOT + (time / 100.0).floor() * 100.0)
        });
        assert!(near(at(ticks), 3600.0 * 16.6));
    }

    /// <https://w3c.github.io/hr-time/#dfn-monotonic-clock>
    #[test]
    fn sleep_counts_when_only_the_date_saw_it() {
        assert!(near(
            at([(100.0, BOOT + 100.0), (110.0, BOOT + 60_110.0)]),
            60_110.0
        ));
        // Sleep counts once.
        assert!(near(
            at([
                (100.0, BOOT + 60_100.0),
                (200.0, BOOT + 60_200.0),
                (300.0, BOOT + 60_300.0)
            ]),
            60_300.0
        ));
    }

    #[test]
    fn sleep_counts_once_when_both_saw_it() {
        assert!(near(
            at([(60_000.0, BOOT + 60_000.0), (60_100.0, BOOT + 60_100.0)]),
            60_100.0
        ));
    }

    #[test]
    fn a_date_set_back_changes_nothing_and_hides_no_sleep() {
        assert!(near(
            at([(100.0, BOOT - 3_600_000.0), (200.0, BOOT - 3_599_900.0)]),
            200.0
        ));
        assert!(near(
            at([(100.0, BOOT - 3_600_000.0), (200.0, BOOT - 3_539_900.0)]),
            60_200.0
        ));
    }
}
