//! The known answer of the binding packet, and every way in which one can be wrong (T12).

use ids::{AuthKeyId, SessionId, WireMsgId};

use super::{BIND_PACKET_BYTES, Binding, NotBound, check, make, permanent_key_id};
use crate::cipher::tests::vector_key;

/// Gives `cc` first and `dd` then: the random part and the padding of the known answer.
struct Vector(u8);

impl crypto::Rng for Vector {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
        self.0 = 0xdd;
    }
}

const KNOWN: [u8; BIND_PACKET_BYTES] = *b"\
    \x9e\xd6\xe6\xef\x19\x6c\xc9\x31\xf8\xa5\xec\x29\xad\x41\xc2\xca\xfa\x7e\x88\xe6\x37\xed\x50\xad\
    \x6f\x67\x9e\x3a\xc0\x38\x8d\xd5\x9e\xc9\x9b\xd8\xca\x87\xad\x25\xd6\x1b\x96\xdf\xa0\x53\xb3\xc5\
    \x3a\x93\x86\xee\xff\x94\x26\x59\x63\x38\xd0\x4f\x51\x29\x7e\x7b\x38\x93\xfb\xa8\x23\xf7\x5b\xa5\
    \xbf\x52\x8c\xc0\xc6\xc4\x52\xe0\x4f\x89\xbb\xfb\xc4\x6c\xe9\xe3\x0e\xea\x66\x38\x8e\x9d\x24\x01\
    \xe6\x3b\xd4\x6d\x19\x92\x4c\x42";

fn binding() -> Binding {
    Binding {
        nonce: 0x0a0b_0c0d_0e0f_1011,
        temp_key: AuthKeyId(0x3333_3333_3333_3333),
        temp_session: SessionId(0x2222_2222_2222_2222),
        expires_at: 1_700_086_400,
        msg_id: WireMsgId(0x6553_f100_0000_0004),
    }
}

#[test]
fn packet_is_the_known_one() {
    let packet = make(&vector_key(), binding(), &mut Vector(0xcc));
    assert_eq!(packet, KNOWN);
    assert_eq!(check(&vector_key(), &packet, binding()), Ok(()));
    assert_eq!(permanent_key_id(&packet), Some(vector_key().id()));
}

#[test]
fn t12_every_field_that_differs_is_refused_alike() {
    let key = vector_key();
    let right = binding();
    let wrong = [
        Binding { nonce: right.nonce ^ 1, ..right },
        Binding { temp_key: AuthKeyId(right.temp_key.0 ^ 1), ..right },
        Binding { temp_session: SessionId(right.temp_session.0 ^ 1), ..right },
        Binding { expires_at: right.expires_at + 1, ..right },
        Binding { msg_id: WireMsgId(right.msg_id.0 + 4), ..right },
    ];
    for wrong in wrong {
        assert_eq!(check(&key, &KNOWN, wrong), Err(NotBound));
    }
}

#[test]
fn t12_every_flipped_bit_outside_the_padding_is_refused() {
    let key = vector_key();
    // The padding is not hashed: a flip in the last block garbles only it.
    for bit in 0..(BIND_PACKET_BYTES - 16) * 8 {
        let mut packet = KNOWN;
        packet[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(check(&key, &packet, binding()), Err(NotBound), "bit {bit}");
    }
}

#[test]
fn t12_wrong_lengths_are_refused() {
    let key = vector_key();
    for length in 0..BIND_PACKET_BYTES {
        assert_eq!(check(&key, &KNOWN[..length], binding()), Err(NotBound));
    }
    let longer = [&KNOWN[..], &[0; 16]].concat();
    assert_eq!(check(&key, &longer, binding()), Err(NotBound));
    assert_eq!(permanent_key_id(&[1, 2, 3]), None);
}
