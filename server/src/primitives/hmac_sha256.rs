//! HMAC-SHA256 with a key of any length.
//!
//! A key is brought to the hash's block size as RFC 2104 defines it. The `hmac` crate's constructor for slices cannot
//! fail, but its signature is fallible; the constructor for a whole block is not.

use hmac::{Hmac, KeyInit as _, digest::Key};
use sha2::{Digest as _, Sha256};

/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// HMAC-SHA256 as every other implementation computes it: a key longer than a block is hashed first.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    let mut block = Key::<Hmac<Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::new(&block)
}

/// The bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use hmac::Mac as _;

    use super::*;

    /// RFC 4231, test cases 2 and 6.
    #[test]
    fn published_vectors() {
        let mac = |key: &[u8], text: &str| {
            let mac = keyed(key).chain_update(text.as_bytes()).finalize();
            hex(&mac.into_bytes())
        };
        assert_eq!(
            mac(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = "Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            mac(&[0xaa; 131], long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
