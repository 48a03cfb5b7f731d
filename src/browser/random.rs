//! Random numbers.

/// A version 4 UUID from a cryptographic source. `crypto.randomUUID()` is not used, since it is missing on pages over
/// plain http. <https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues>
pub fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    if let Some(crypto) = web_sys::window().and_then(|window| window.crypto().ok()) {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    version_4(bytes)
}

/// The UUID of 16 random bytes, six bits of which say its version and variant.
/// <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>
fn version_4(random: [u8; 16]) -> String {
    let mut number = u128::from_be_bytes(random);
    number = (number & !(0xF << 76)) | (0x4 << 76);
    number = (number & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let mut uuid = String::with_capacity(36);
    for (at, digit) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// A random number for purposes without secrecy.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any number will do"
)]
pub fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}

#[cfg(test)]
mod tests {
    use super::version_4;

    /// <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>
    #[test]
    fn a_uuid_has_version_4_and_the_variant_of_the_rfc() {
        // The random bytes and the UUID of the appendix, A.3.
        let bytes = 0x9191_08f7_52d1_3320_5bac_f847_db41_48a8_u128.to_be_bytes();
        assert_eq!(version_4(bytes), "919108f7-52d1-4320-9bac-f847db4148a8");
        let zeros = "00000000-0000-4000-8000-000000000000";
        assert_eq!(version_4([0; 16]), zeros);
        let ones = "ffffffff-ffff-4fff-bfff-ffffffffffff";
        assert_eq!(version_4([255; 16]), ones);
    }
}
