//! Random numbers. <https://w3c.github.io/webcrypto/#Crypto-interface>

/// A version 4 UUID from a cryptographic source. `crypto.randomUUID()` is not used, since it is missing on pages over
/// plain http.
pub fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    if let Some(crypto) = web_sys::window().and_then(|window| window.crypto().ok()) {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    // <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>
    let mut number = u128::from_be_bytes(bytes);
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
