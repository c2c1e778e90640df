//! Base64 (RFC 4648) without tables: private keys pass through here, so no memory access and no branch depends on the
//! bytes.

use zeroize::Zeroizing;

/// Standard base64 with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(3) * 4));
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digits = [18, 12, 6, 0].map(|shift| digit(bits >> shift & 63));
        let (used, unused) = (group.len() + 1, 3 - group.len());
        text.extend(digits.iter().take(used).copied().map(char::from));
        text.extend(std::iter::repeat_n('=', unused));
    }
    text
}

/// The bytes of a text that [`encode`] made; what it could not have made may be refused or not.
pub(crate) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let mut bad = 0;
    for group in digits.chunks(4) {
        let mut bits = 0;
        for at in 0..4 {
            let value = group.get(at).map_or(0, |&digit| value(digit));
            bad |= value >> 6;
            bits = bits << 6 | value & 63;
        }
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].iter().take(group.len() - 1));
    }
    (bad == 0).then_some(bytes)
}

/// The digit of a number below 64.
fn digit(value: u32) -> u8 {
    // The alphabet is five runs; each comparison adds the step to the next run once `value` has passed the last.
    let after = |last: u32, step: u32| (last.wrapping_sub(value) >> 31).wrapping_neg() & step;
    let step_down = |by: u32| by.wrapping_neg();
    let code = value
        .wrapping_add(u32::from(b'A'))
        .wrapping_add(after(25, 6))
        .wrapping_add(after(51, step_down(75)))
        .wrapping_add(after(61, step_down(15)))
        .wrapping_add(after(62, 3));
    let [byte, ..] = code.to_le_bytes();
    byte
}

/// The number of a digit, or one of 64 and more.
fn value(digit: u8) -> u32 {
    let code = u32::from(digit);
    let within = |first: u8, last: u8, value: u32| {
        let below = code.wrapping_sub(first.into()) >> 31;
        let above = u32::from(last).wrapping_sub(code) >> 31;
        (below | above).wrapping_sub(1) & value
    };
    // Each run gives its number plus one, and nothing gives zero.
    within(b'A', b'Z', code.wrapping_sub(64))
        .wrapping_add(within(b'a', b'z', code.wrapping_sub(70)))
        .wrapping_add(within(b'0', b'9', code.wrapping_add(5)))
        .wrapping_add(within(b'+', b'+', 63))
        .wrapping_add(within(b'/', b'/', 64))
        .wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors: [(&[u8], &[u8]); 9] = [
            (b"", b""),
            (b"f", b"Zg=="),
            (b"fo", b"Zm8="),
            (b"foo", b"Zm9v"),
            (b"foob", b"Zm9vYg=="),
            (b"fooba", b"Zm9vYmE="),
            (b"foobar", b"Zm9vYmFy"),
            (b"\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f", b"ABCDEFGHIJKLMNOP"),
            (b"\xfb\xff\xbf", b"+/+/"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(encode(bytes).as_bytes(), text);
            assert_eq!(*decode(text).unwrap(), bytes);
        }
    }

    #[test]
    fn every_digit_has_its_number_and_nothing_else_has_one() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for byte in 0..=255 {
            match alphabet.iter().position(|&digit| digit == byte) {
                Some(number) => {
                    assert_eq!(value(byte), number as u32);
                    assert_eq!(digit(number as u32), byte);
                }
                None => assert!(value(byte) >> 6 != 0, "{byte}"),
            }
        }
    }
}
