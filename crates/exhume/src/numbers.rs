//! Every number that may stand in a record, wherever it begins: this program knows no table's fields and needs to know
//! none, since only ids that rows really have are followed. Source: docs/keys.md 4.2.

use crate::carve::Reader;

/// All of them; most mean nothing.
pub(crate) fn numbers(plaintext: &[u8]) -> impl Iterator<Item = u64> {
    let fixed = plaintext.windows(8).filter_map(|window| window.try_into().ok());
    let varints = (0..plaintext.len()).filter_map(|start| Reader(&plaintext[start..]).varint());
    let fixed = fixed.flat_map(|window| [u64::from_be_bytes(window), u64::from_le_bytes(window)]);
    fixed.chain(varints.flat_map(|number| [number, signed(number)]))
}

/// What a varint of a signed number stands for.
fn signed(number: u64) -> u64 {
    number >> 1 ^ (number & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_every_form_that_records_have() {
        const ID: u64 = 732487076149;
        let all = [
            // A row of a box minted ahead, as a server wrote it, and the same number without a sign.
            vec![0x01, 0xea, 0xa4, 0x8e, 0xba, 0xd1, 0x2a],
            vec![0x07, 0xb5, 0x92, 0x87, 0xdd, 0xa8, 0x15, b'n'],
            [&[7][..], &ID.to_be_bytes(), b"name"].concat(),
            [&[7][..], &ID.to_le_bytes(), b"name"].concat(),
        ];
        for plaintext in all {
            assert!(numbers(&plaintext).any(|number| number == ID), "{plaintext:x?}");
            assert!(!numbers(&plaintext[..5]).any(|number| number == ID));
        }
    }

    #[test]
    fn signed_numbers_have_their_sign_in_the_lowest_bit() {
        let values = [0, 1, 2, 3, u64::MAX].map(|number| signed(number).cast_signed());
        assert_eq!(values, [0, -1, 1, -2, i64::MIN]);
    }
}
