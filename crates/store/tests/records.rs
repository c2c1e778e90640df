//! Records: what is written is read back, and any other bytes are a fault, never a panic.

use ids::{AuthKeyId, Layer, MsgId, Pts, UnixTime, UserId};
use proptest::prelude::*;
use store::{Fault, Record};

store::fields! {
    /// A part.
    #[derive(Debug)]
    pub struct Part {
        /// Text.
        pub text: String,
        /// A flag.
        pub flag: bool,
    }
}

store::record! {
    /// One field of each kind.
    #[derive(Debug)]
    pub struct All v2 {
        /// A byte.
        pub byte: u8,
        /// Unsigned numbers.
        pub small: u16,
        /// Unsigned numbers.
        pub large: u64,
        /// Signed numbers.
        pub signed: i32,
        /// Signed numbers.
        pub long: i64,
        /// Ids.
        pub user: UserId,
        /// Ids.
        pub key: AuthKeyId,
        /// Ids.
        pub message: MsgId,
        /// Ids.
        pub pts: Pts,
        /// Ids.
        pub layer: Layer,
        /// A time.
        pub time: UnixTime,
        /// Plain bytes.
        pub bytes: [u8; 4],
        /// Optional.
        pub maybe: Option<u32>,
        /// Many.
        pub parts: Vec<Part>,
    }
}

fn all() -> impl Strategy<Value = All> {
    let numbers = (any::<u8>(), any::<u16>(), any::<u64>(), any::<i32>(), any::<i64>());
    let ids = (any::<i64>(), any::<u64>(), any::<i32>(), any::<u16>());
    let part = (".{0,8}", any::<bool>()).prop_map(|(text, flag)| Part { text, flag });
    let rest = (any::<[u8; 4]>(), any::<Option<u32>>(), prop::collection::vec(part, 0..4));
    (numbers, ids, rest).prop_map(|(numbers, ids, (bytes, maybe, parts))| All {
        byte: numbers.0,
        small: numbers.1,
        large: numbers.2,
        signed: numbers.3,
        long: numbers.4,
        user: UserId(ids.0),
        key: AuthKeyId(ids.1),
        message: MsgId(ids.2),
        pts: Pts(ids.2),
        layer: Layer(ids.3),
        time: UnixTime(ids.0),
        bytes,
        maybe,
        parts,
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(record in all()) {
        let bytes = record.encode();
        prop_assert_eq!(bytes[0], 2);
        prop_assert!(All::decode(&bytes).is_ok_and(|again| again == record));
        // Nothing may be cut off, nothing may follow.
        for end in 0..bytes.len() {
            prop_assert!(All::decode(&bytes[..end]).is_err());
        }
        prop_assert_eq!(All::decode(&[&*bytes, &[0]].concat()).err(), Some(Fault::Long));
    }

    #[test]
    fn any_bytes_are_a_value_or_a_fault(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = All::decode(&bytes);
        if let Some(first) = bytes.first_mut() {
            *first = All::VERSION;
        }
        let _ = All::decode(&bytes);
    }

    #[test]
    fn a_flipped_bit_is_no_panic(record in all(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut bytes = record.encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let _ = All::decode(&bytes);
    }
}

#[test]
fn a_count_that_the_bytes_cannot_hold_allocates_nothing() {
    store::record! {
        /// Many.
        pub struct Many v1 {
            /// Items.
            pub items: Vec<u64>,
        }
    }
    // 2^63 items announced, three bytes left.
    let bytes = [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0, 0, 0];
    assert_eq!(Many::decode(&bytes).err(), Some(Fault::Short));
    assert!(
        Many::decode(&Many { items: vec![1, u64::MAX] }.encode()).is_ok_and(|many| many.items[1] == u64::MAX)
    );
}

#[test]
fn bytes_are_as_documented() {
    store::record! {
        /// Some.
        pub struct Some_ v3 {
            /// -1 is 1, 1 is 2 in zigzag.
            pub number: i32,
            /// Length and bytes.
            pub text: String,
            /// Tag and value.
            pub maybe: Option<u16>,
            /// Low byte first.
            pub key: AuthKeyId,
        }
    }
    let record = Some_ { number: -1, text: "é".into(), maybe: Some(300), key: AuthKeyId(0x0102) };
    assert_eq!(*record.encode(), [3, 1, 2, 0xc3, 0xa9, 1, 0xac, 0x02, 2, 1, 0, 0, 0, 0, 0, 0]);
    let wrong = [3, 1, 2, 0xc3, 0x28, 0, 2, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(Some_::decode(&wrong).err(), Some(Fault::Text));
}
