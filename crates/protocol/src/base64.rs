//! Decodes base64. An engine for all alphabets is ten times as large in the wasm, and only texts are decoded here.

/// The bytes of a text in the standard alphabet, with its padding. <https://www.rfc-editor.org/rfc/rfc4648#section-4>
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut buffer, mut bits) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xFF) as u8);
        }
    }
    // The bits that are left over are zero.
    (buffer & ((1 << bits) - 1) == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine as _};

    use super::decode;

    /// Compared with a library, for texts that are base64 and for texts that almost are.
    /// <https://www.rfc-editor.org/rfc/rfc4648#section-4>
    #[test]
    fn what_the_standard_alphabet_says() {
        let alphabet = "ABCZabcz0189+/=_- \n";
        let mut rng = fastrand::Rng::with_seed(7);
        for length in 0..40 {
            for _ in 0..200 {
                let bytes: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
                let text = BASE64_STANDARD.encode(&bytes);
                assert_eq!(decode(&text), Some(bytes));
                let mut wrong: Vec<char> = text.chars().collect();
                if !wrong.is_empty() {
                    let at = rng.usize(..wrong.len());
                    let other = alphabet.chars().nth(rng.usize(..alphabet.len()));
                    wrong.splice(at..=at, other);
                    if rng.bool() {
                        wrong.pop();
                    }
                }
                let wrong: String = wrong.into_iter().collect();
                assert_eq!(
                    decode(&wrong),
                    BASE64_STANDARD.decode(&wrong).ok(),
                    "{wrong:?}"
                );
            }
        }
    }
}
