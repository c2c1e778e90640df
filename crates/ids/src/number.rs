//! The numbers: one type for each meaning.

use crate::limits::{USER_ID_END, USER_ID_MIN};

macro_rules! number {
    ($(#[doc = $doc:literal])+ $name:ident($inner:ty)) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $inner);

        impl $name {
            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> Self {
                Self(number)
            }
        }
    };
}

number! {
    /// A user, below 10^12, drawn at random: a deleted user leaves no gap in a sequence.
    UserId(i64)
}
number! {
    /// A box: one account's own copy of its private and basic-group messages. Equal to the owner's user id.
    BoxId(i64)
}
number! {
    /// A message's number within one box (the API's message id), from 1 upwards; grows with time.
    MsgId(i32)
}
number! {
    /// A box's event counter. A new box stands at 1, its first event gets 2 (clients read 1 as "from the start").
    Pts(i32)
}
number! {
    /// A device's counter of secret-chat events; a new device stands at 1.
    Qts(i32)
}
number! {
    /// The client's own number of a message it sends; the same one sent twice is the same message.
    RandomId(i64)
}
number! {
    /// The 64-bit id of an auth key: the low 64 bits of its SHA-1, as a little-endian number.
    AuthKeyId(u64)
}
number! {
    /// A session: chosen at random by the client, meaningful only together with its auth key.
    SessionId(u64)
}
number! {
    /// MTProto's `msg_id`: about unix time x 2^32; not to be confused with [`MsgId`].
    WireMsgId(u64)
}
number! {
    /// A connection of this process, in the order of acceptance.
    ConnId(u64)
}
number! {
    /// A version of the API schema.
    Layer(u16)
}
number! {
    /// A file: the API's id of a document.
    FileId(i64)
}
number! {
    /// A data centre as clients count them, 1 to 5.
    DcId(i32)
}

impl WireMsgId {
    /// Seconds since 1970 that the id carries in its upper half.
    pub const fn unix_seconds(self) -> i64 {
        (self.0 >> 32) as i64
    }
}

impl BoxId {
    /// The number of a box to be minted, from a random one: at random, so that a deleted account leaves no gap, and clear
    /// of the well-known ids of the official service. Whether it is free, whoever mints it asks the vaults.
    pub const fn drawn(random: u64) -> Self {
        Self(USER_ID_MIN + (random % (USER_ID_END - USER_ID_MIN).cast_unsigned()).cast_signed())
    }
}

impl From<UserId> for BoxId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}
