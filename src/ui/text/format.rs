//! Formats bytes, speeds and times for people. All numbers are whole, since floating-point formatting would add more to
//! the wasm than this module. Sentences are in [`catalogue`](super::catalogue).

use core::time::Duration;

use s3_upload_protocol::is_deceptive;

const UNITS: [(u64, &str); 6] = [
    (1_000_000_000_000_000_000, "EB"),
    (1_000_000_000_000_000, "PB"),
    (1_000_000_000_000, "TB"),
    (1_000_000_000, "GB"),
    (1_000_000, "MB"),
    (1_000, "KB"),
];

/// Formats a size, such as `12 MB`, in powers of 1,000, with one decimal below ten.
pub fn bytes(count: u64) -> String {
    if count < 1_000 {
        return exact_bytes(count);
    }
    let mut shown = String::new();
    for (unit, name) in UNITS {
        // A count that rounds up to 1,000 of the smaller unit is shown in this unit.
        if count >= unit - unit / 2_000 {
            let tenths = rounded(count, unit / 10);
            if tenths < 100 && !tenths.is_multiple_of(10) {
                shown = format!("{}.{} {name}", tenths / 10, tenths % 10);
            } else {
                shown = format!("{} {name}", rounded(count, unit));
            }
            break;
        }
    }
    shown
}

fn rounded(count: u64, unit: u64) -> u64 {
    count / unit + u64::from(count % unit >= unit.div_ceil(2))
}

/// Formats an exact size, such as `10,000,001 bytes`.
pub fn exact_bytes(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown.push_str(if count == 1 { " byte" } else { " bytes" });
    shown
}

/// Formats two different sizes. They are exact if rounding would make them equal, so that no text reads "The file is 10
/// MB. The limit is 10 MB."
pub fn distinct_sizes(one: u64, other: u64) -> (String, String) {
    let (short, limit) = (bytes(one), bytes(other));
    if short == limit {
        (exact_bytes(one), exact_bytes(other))
    } else {
        (short, limit)
    }
}

/// The share of `size` that is `sent`, in hundredths of a percent, rounded down.
pub fn hundredths(sent: u64, size: u64) -> u16 {
    let share = u128::from(sent) * 10_000 / u128::from(size.max(1));
    u16::try_from(share).unwrap_or(10_000).min(10_000)
}

/// Formats a speed, such as `1.2 MB/s`.
pub fn speed(per_second: u64) -> String {
    format!("{}/s", bytes(per_second))
}

/// Formats a time, such as `42 s`, `3 min`, `1 h 20 min` and `2 days`. It is rounded up, so that the shown time is
/// never too short.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        _ if seconds < 60 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours @ 1..48, 0) => format!("{hours} h"),
        (hours @ 1..48, minutes) => format!("{hours} h {minutes} min"),
        _ => format!("{} days", minutes.div_ceil(60 * 24)),
    }
}

/// A file's name for display. Characters that change the writing direction or are invisible are replaced, so that
/// `exe.jpg` cannot be shown as `jpg.exe`.
pub fn display_name(name: &str) -> String {
    name.chars()
        .map(|c| if is_deceptive(c) { '\u{FFFD}' } else { c })
        .collect()
}

/// Splits a name into a start that may be shortened and an end that stays readable. The end has plain ASCII characters
/// only, so that no ligature or emoji is split. A name with right-to-left letters is not split between plain
/// characters, since the parts would change places.
pub fn split_name(name: &str) -> (&str, &str) {
    const KEPT: usize = 10;
    let is_plain = |byte: &u8| *byte == b' ' || byte.is_ascii_graphic();
    let kept = name.bytes().rev().take(KEPT).take_while(is_plain).count();
    match name.split_at_checked(name.len() - kept) {
        Some((start, end))
            if start.len() > KEPT
                && !(start.bytes().last().as_ref().is_some_and(is_plain)
                    && start.chars().any(is_right_to_left)) =>
        {
            (start, end)
        }
        _ => (name, ""),
    }
}

/// Returns true for a letter of a script that is written from right to left.
/// <https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedBidiClass.txt>
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_rounded() {
        for (count, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 KB"),
            (1_050, "1.1 KB"),
            (1_049, "1 KB"),
            (9_949, "9.9 KB"),
            (9_951, "10 KB"),
            (12_400_000, "12 MB"),
            (999_400, "999 KB"),
            (999_500, "1 MB"),
            (2_147_483_648, "2.1 GB"),
            (5_000_000_000_000, "5 TB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(count), shown, "{count}");
        }
        assert_eq!(exact_bytes(10_000_001), "10,000,001 bytes");
        assert_eq!(exact_bytes(100), "100 bytes");
        assert_eq!(speed(1_250_000), "1.3 MB/s");
    }

    #[test]
    fn two_sizes_that_differ_look_different() {
        assert_eq!(
            distinct_sizes(12_000_000, 10_000_000),
            ("12 MB".into(), "10 MB".into())
        );
        assert_eq!(
            distinct_sizes(10_000_001, 10_000_000),
            ("10,000,001 bytes".into(), "10,000,000 bytes".into())
        );
    }

    #[test]
    fn shares_are_rounded_down_and_never_beyond_the_whole() {
        for (sent, size, share) in [
            (0, 0, 0),
            (0, 10, 0),
            (1, 3, 3_333),
            (9_999_999, 10_000_000, 9_999),
            (10, 10, 10_000),
            (20, 10, 10_000),
            (u64::MAX, u64::MAX, 10_000),
        ] {
            assert_eq!(hundredths(sent, size), share, "{sent} of {size}");
        }
    }

    #[test]
    fn times_are_rounded_up() {
        for (milliseconds, shown) in [
            (0, "0 s"),
            (1, "1 s"),
            (59_000, "59 s"),
            (60_000, "1 min"),
            (61_000, "2 min"),
            (3_600_000, "1 h"),
            (4_800_000, "1 h 20 min"),
            (200_000_000, "3 days"),
        ] {
            assert_eq!(
                duration(Duration::from_millis(milliseconds)),
                shown,
                "{milliseconds}"
            );
        }
    }

    #[test]
    fn names_cannot_deceive_and_are_cut_safely() {
        assert_eq!(display_name("a\u{202E}gpj.exe"), "a\u{FFFD}gpj.exe");
        assert_eq!(
            display_name("a\u{61C}\n\u{2028}b"),
            "a\u{FFFD}\u{FFFD}\u{FFFD}b"
        );
        assert_eq!(display_name("👩\u{200D}👧.png"), "👩\u{200D}👧.png");
        assert_eq!(display_name("a\u{AD}\u{3164}.png"), "a\u{FFFD}\u{FFFD}.png");
        assert_eq!(split_name("short.pdf"), ("short.pdf", ""));
        let (start, end) = split_name("a-rather-long-report-name-2024.pdf");
        assert_eq!((start, end), ("a-rather-long-report-nam", "e-2024.pdf"));
        assert_eq!(split_name("ein-langer-Name-mit-ü-am-Ende-ü.pdf").1, ".pdf");
        assert_eq!(split_name("תוכנית-ארוכה-מאוד-של-החברה.pdf").1, ".pdf");
        assert_eq!(split_name("תוכנית-ארוכה final-report.pdf").1, "");
        assert_eq!(split_name("Ein-Familienfoto-👨‍👩‍👧").1, "");
    }
}
