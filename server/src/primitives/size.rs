//! A number of bytes with units.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of bytes, written `500MB`, `2 GiB` or as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim();
        let factor = if unit.is_empty() {
            Some(1)
        } else {
            UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))
                .map(|(_, factor)| *factor)
        };
        factor
            .and_then(|factor| scaled(number, factor))
            .map(Self)
            .ok_or_else(|| format!("\"{text}\" is not a size such as 500MB, 2 GiB or 1048576"))
    }
}

/// A decimal number times a factor, without floating point.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut bytes = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    if !fraction.is_empty() {
        let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let part =
            u128::from(fraction.parse::<u64>().ok()?).checked_mul(u128::from(factor))? / scale;
        bytes = bytes.checked_add(u64::try_from(part).ok()?)?;
    }
    Some(bytes)
}

/// For people: in the largest unit that is exact, else with one decimal.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        if bytes == 1 {
            return f.write_str("1 byte");
        }
        let exact = UNITS
            .iter()
            .filter(|(name, _)| *name != "B")
            .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
        if let Some((name, unit)) = exact {
            return write!(f, "{} {name}", bytes / unit);
        }
        let near = UNITS
            .iter()
            .filter(|(name, _)| !name.contains('i') && *name != "B")
            .find(|(_, unit)| bytes >= *unit);
        match near {
            Some((name, unit)) => write!(f, "{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
            None => write!(f, "{bytes} bytes"),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// A number or a text: both are natural in a file.
impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as \"500MB\", \"2 GiB\" or 1048576")
            }
            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<Size, E> {
                Ok(Size(bytes))
            }
            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Size, E> {
                u64::try_from(bytes)
                    .map(Size)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(bytes), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("5MB", 5_000_000),
            ("2 GiB", 2 << 30),
            ("1.5kb", 1500),
            ("7 b", 7),
            ("0.5 MiB", 1 << 19),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "MB", "-1", "1 XB", "1.2.3MB", "99999999999 TB", "1e9"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (2_000_000, "2 MB"),
            (2 << 30, "2 GiB"),
            (2_000_001, "2.0 MB"),
            (1_550_000, "1550 kB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
