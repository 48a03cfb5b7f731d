//! A clock that never goes backward, and counts the time that a laptop slept.
//!
//! `performance.now()` is monotonic but stands still during sleep in some browsers
//! (<https://w3c.github.io/hr-time/#dfn-monotonic-clock>); `Date.now()` counts sleep but can be
//! set back. The clock advances by whichever of the two moved further.

use std::cell::Cell;

/// Milliseconds since the clock was made.
#[derive(Debug)]
pub struct Clock {
    millis: Cell<f64>,
    date: Cell<f64>,
    performance: Cell<f64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            millis: Cell::new(0.0),
            date: Cell::new(js_sys::Date::now()),
            performance: Cell::new(performance_now()),
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
        let (date, performance) = (js_sys::Date::now(), performance_now());
        let moved = (date - self.date.replace(date))
            .max(performance - self.performance.replace(performance));
        let millis = self.millis.get() + moved.max(0.0);
        self.millis.set(millis);
        millis as u64
    }
}

fn performance_now() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now())
}
