//! Sizes in attributes, such as `5MB`, `2 GiB` and `1048576`. The functions are pure. An invalid text is rejected.

/// Parses a size, to bytes. MB is 1,000,000 and MiB 1,048,576. Letter case does not matter, and one decimal point is
/// allowed.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit_of(&unit.trim().to_ascii_lowercase())?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let mut bytes = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut share = unit;
    if fraction.is_empty() || (unit == 1 && number.contains('.')) {
        return None;
    }
    for digit in fraction.chars() {
        share /= 10;
        bytes = bytes.checked_add(share.checked_mul(u64::from(digit.to_digit(10)?))?)?;
    }
    Some(bytes)
}

fn unit_of(name: &str) -> Option<u64> {
    Some(match name {
        "" | "b" | "byte" | "bytes" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1_048_576),
            ("5MB", 5_000_000),
            ("5 MiB", 5_242_880),
            (" 2 GiB ", 2_147_483_648),
            ("1.5gb", 1_500_000_000),
            ("10k", 10_000),
            ("5TB", 5_000_000_000_000),
            ("512 bytes", 512),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "MB",
            "-5MB",
            "5 XB",
            "five",
            "5,5MB",
            "1.MB",
            ".5MB",
            "1.2.3MB",
            "1e6",
            "1.5",
            "99999999 TB",
            "5 MB each",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
