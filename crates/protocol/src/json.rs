//! A JSON reader for texts that contain JSON within a response, and for a store's error in JSON.
//!
//! The responses themselves are parsed by the caller that sends the requests, in the browser by its own parser. The
//! reader rejects everything that RFC 8259 does not allow. <https://www.rfc-editor.org/rfc/rfc8259>

use crate::Value;

/// The maximum length of a text that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// Reads an object or an array. Returns `None` for everything else.
pub fn read(text: &str) -> Option<Value> {
    if text.len() > LONGEST || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut rest = text;
    let value = value(&mut rest, Value::MAX_DEPTH)?;
    skip(&mut rest);
    rest.is_empty().then_some(value)
}

fn skip(rest: &mut &str) {
    *rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
}

/// Consumes one character of the syntax.
fn take(rest: &mut &str, wanted: char) -> Option<()> {
    skip(rest);
    *rest = rest.strip_prefix(wanted)?;
    Some(())
}

fn value(rest: &mut &str, depth: u8) -> Option<Value> {
    skip(rest);
    for (word, value) in [
        ("null", Value::Null),
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
    ] {
        if let Some(after) = rest.strip_prefix(word) {
            *rest = after;
            return Some(value);
        }
    }
    match rest.chars().next()? {
        '{' => object(rest, depth.checked_sub(1)?),
        '[' => list(rest, depth.checked_sub(1)?),
        '"' => text(rest).map(Value::Text),
        _ => number(rest),
    }
}

fn object(rest: &mut &str, depth: u8) -> Option<Value> {
    take(rest, '{')?;
    let mut members = Vec::new();
    if take(rest, '}').is_some() {
        return Some(Value::Object(members));
    }
    loop {
        skip(rest);
        let name = text(rest)?;
        take(rest, ':')?;
        members.push((name, value(rest, depth)?));
        if take(rest, ',').is_none() {
            take(rest, '}')?;
            return Some(Value::Object(members));
        }
    }
}

fn list(rest: &mut &str, depth: u8) -> Option<Value> {
    take(rest, '[')?;
    let mut items = Vec::new();
    if take(rest, ']').is_some() {
        return Some(Value::List(items));
    }
    loop {
        items.push(value(rest, depth)?);
        if take(rest, ',').is_none() {
            take(rest, ']')?;
            return Some(Value::List(items));
        }
    }
}

fn number(rest: &mut &str) -> Option<Value> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let (written, after) = rest.split_at_checked(end)?;
    *rest = after;
    // Rust's parser also accepts `+1`, `.5` and `1.`, which are not JSON.
    let is_json = written.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && written.ends_with(|c: char| c.is_ascii_digit());
    is_json.then(|| decimal(written))?.map(Value::Number)
}

/// Returns the value of a number: exact for an integer up to 2⁵³, and otherwise as precise as a product of doubles. The
/// standard library's exact parser would add 7 KiB to the wasm.
fn decimal(written: &str) -> Option<f64> {
    let (mantissa, exponent) = match written.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (written, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 10.0 + f64::from(digit.to_digit(10)?);
    }
    let places = i32::try_from(fraction.len()).ok()?;
    let value = sign * value * 10_f64.powi(exponent.checked_sub(places)?);
    (!whole.is_empty() && value.is_finite()).then_some(value)
}

fn text(rest: &mut &str) -> Option<String> {
    *rest = rest.strip_prefix('"')?;
    let mut plain = String::new();
    loop {
        let end = rest.find(['"', '\\'])?;
        let (before, after) = rest.split_at_checked(end)?;
        if before.contains(|c: char| c < ' ') {
            return None;
        }
        plain.push_str(before);
        if let Some(after) = after.strip_prefix('"') {
            *rest = after;
            return Some(plain);
        }
        *rest = after.strip_prefix('\\')?;
        plain.push(escaped(rest)?);
    }
}

/// Reads the character of an escape sequence, after its backslash.
fn escaped(rest: &mut &str) -> Option<char> {
    let mut chars = rest.chars();
    let mark = chars.next()?;
    *rest = chars.as_str();
    Some(match mark {
        '"' | '\\' | '/' => mark,
        'b' => '\u{8}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(rest)?;
            if !(0xD800..0xDC00).contains(&first) {
                // An unpaired surrogate is not a character.
                return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            let mut ahead = *rest;
            let second = ahead
                .strip_prefix("\\u")
                .and_then(|after| {
                    ahead = after;
                    unit(&mut ahead)
                })
                .filter(|second| (0xDC00..0xE000).contains(second));
            let Some(second) = second else {
                return Some(char::REPLACEMENT_CHARACTER);
            };
            *rest = ahead;
            char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))?
        }
        _ => return None,
    })
}

/// Reads four hexadecimal digits.
fn unit(rest: &mut &str) -> Option<u32> {
    let (digits, after) = rest.split_at_checked(4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    *rest = after;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    /// <https://www.rfc-editor.org/rfc/rfc8259>
    #[test]
    fn it_reads_what_another_reader_reads() {
        for text in [
            "{}",
            "[]",
            " { \"a\" : [ 1 , -2.5e3 , true , false , null ] } \n",
            r#"{"a":{"b":[{"c":"d"}]},"e":""}"#,
            r#"["\"\\\/\b\f\n\r\tü\u00fc\ud83d\ude00","https://h/k?a=1&b=2"]"#,
            "[0.5, 1E2, 10000000000]",
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert!(read(text) == Some(expected), "{text}");
        }
        assert!(read(r#"["\ud83d","\ude00x","\ud83d\u0041"]"#).is_some());
    }

    #[test]
    fn numbers_are_exact_where_sizes_are() {
        for (text, expected) in [
            ("[9007199254740991]", 9_007_199_254_740_991.0),
            ("[5.0]", 5.0),
            ("[1.5e3]", 1500.0),
            ("[-25e-2]", -0.25),
            ("[0]", 0.0),
        ] {
            assert!(
                read(text) == Some(Value::List(vec![Value::Number(expected)])),
                "{text}"
            );
        }
        for text in [
            "[1e400]",
            "[1e99999999999]",
            "[-]",
            "[1.2.3]",
            "[1e2e3]",
            "[1-2]",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_none() {
        let deep = "[".repeat(40) + &"]".repeat(40);
        for text in [
            "",
            "5",
            "\"a\"",
            "{",
            "{a:1}",
            "{\"a\":1,}",
            "[1,]",
            "[1 2]",
            "{\"a\" 1}",
            "[\"\n\"]",
            "[\"\\x\"]",
            "[\"\\u12\"]",
            "[+1]",
            "[.5]",
            "[1.]",
            "[1] x",
            "<html>",
            &deep,
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
