//! Randomness that nobody can guess. <https://w3c.github.io/webcrypto/#Crypto-interface>

/// A version 4 UUID. `crypto.randomUUID()` would do, but pages over plain http do not have it.
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
