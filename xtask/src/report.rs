//! The numbers of passed and failed tests, read from the output of test programs. A program that failed without a
//! failed test counts as a failure, for example because it found no test.

use std::fmt;
use std::ops::AddAssign;

/// The numbers of tests that passed, that failed, and that could not run on this machine.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

/// The format of the last line of all tests: `12 passed, 0 failed`, followed by `, 3 skipped` if there are any.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(f, ", {skipped} skipped"),
        }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Count {
    pub const FAILURE: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };

    /// Returns the count of a check that has no tests.
    pub fn of_check(succeeded: bool) -> Self {
        if succeeded {
            Self {
                passed: 1,
                ..Self::default()
            }
        } else {
            Self::FAILURE
        }
    }

    /// Counts the output of `cargo test`: one line for each test binary, natively and in the browser.
    pub fn of_cargo(output: &str, succeeded: bool) -> Self {
        let mut count = Self::default();
        for line in plain(output).lines() {
            let Some((_, result)) = line.split_once("test result: ") else {
                continue;
            };
            for part in result.split([';', '.']) {
                count.add(part);
            }
        }
        count.believed(succeeded)
    }

    /// Counts the summary of Playwright's list reporter: one line for each outcome.
    pub fn of_playwright(output: &str, succeeded: bool) -> Self {
        let mut count = Self::default();
        for line in plain(output).lines() {
            count.add(line.split(" (").next().unwrap_or(line));
        }
        count.believed(succeeded)
    }

    /// Adds `3 passed`, `1 failed` and similar counts. Other text is ignored.
    fn add(&mut self, text: &str) {
        let Some((number, outcome)) = text.trim().split_once(' ') else {
            return;
        };
        let Ok(number) = number.parse::<u32>() else {
            return;
        };
        match outcome {
            "passed" | "flaky" => self.passed += number,
            "failed" | "did not run" | "interrupted" => self.failed += number,
            "skipped" => self.skipped += number,
            _ => {}
        }
    }

    /// Counts a failed program without a failed test as one failure: it did not compile, or the browser did not start.
    fn believed(mut self, succeeded: bool) -> Self {
        if !succeeded && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

/// Returns text without the colour codes of a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after
            .find(|letter: char| letter.is_ascii_alphabetic())
            .map_or(after.len(), |index| index + 1);
        rest = after.get(end..).unwrap_or_default();
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::Count;

    const CARGO: &str = "running 2 tests\ntest a ... ok\n\n\
        test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
        test result: \u{1b}[31mFAILED\u{1b}[0m. 5 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out\n";

    #[test]
    fn cargos_binaries_add_up() {
        assert_eq!(
            Count::of_cargo(CARGO, false),
            Count {
                passed: 7,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn a_failure_without_a_failed_test_is_one() {
        assert_eq!(
            Count::of_cargo("error: could not compile\n", false),
            Count {
                passed: 0,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(
            Count::of_playwright("Error: No tests found\n", false),
            Count {
                passed: 0,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn what_was_skipped_is_said_only_if_there_is_any() {
        let mut count = Count::of_check(true);
        assert_eq!(count.to_string(), "1 passed, 0 failed");
        count += Count::of_playwright("  2 skipped\n  3 passed (3.4s)\n", true);
        assert_eq!(count.to_string(), "4 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn playwrights_outcomes_add_up() {
        let output = "Running 6 tests using 1 worker\n  ok 1 smoke.spec.mjs:3:1 › 9 failed uploads (1.0s)\n\n  \
                      \u{1b}[31m1 failed\u{1b}[39m\n    smoke.spec.mjs:9:1 › b\n  1 flaky\n  1 skipped\n  \
                      1 did not run\n\u{1b}[32m  2 passed\u{1b}[39m\u{1b}[2m (3.4s)\u{1b}[22m\n";
        assert_eq!(
            Count::of_playwright(output, false),
            Count {
                passed: 3,
                failed: 2,
                skipped: 1
            }
        );
    }
}
