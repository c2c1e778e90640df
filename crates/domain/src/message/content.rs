//! What a message holds besides its text, and what is noted on it later. All of it is content: no type here prints.
//!
//! Source: docs, constructors message, messageService, messageMedia..., messageAction...

use ids::{MsgId, UnixTime, UserId};
use store::{Fault, Field, Plain, Reader};

use super::{FormattedText, Poll};
use crate::Peer;

store::variants! {
    /// What comes with a text, named after the constructors `messageMedia...`.
    pub enum Media {
        /// A die or the like, thrown by the server.
        0 => Dice {
            /// Which one.
            emoji: String,
            /// What came up, from 1.
            value: u8,
        },
        /// Somebody's card.
        1 => Contact {
            /// The number, as the sender has it.
            phone: String,
            /// First name.
            first_name: String,
            /// Last name.
            last_name: String,
            /// More of it, as vCard.
            vcard: String,
            /// The account with that number, if the sender may know of it.
            user: Option<UserId>,
        },
        /// A place on the earth.
        2 => Geo {
            /// Where.
            place: Place,
        },
        /// A place that has a name.
        3 => Venue {
            /// Where.
            place: Place,
            /// Its name.
            title: String,
            /// Its address.
            address: String,
            /// Whose list it is from.
            provider: String,
            /// Its id there.
            venue_id: String,
            /// What it is there.
            venue_type: String,
        },
        /// A question with answers to choose from.
        4 => Poll {
            /// All of it, votes included.
            poll: Box<Poll>,
        },
    }
}

store::fields! {
    /// A place on the earth.
    #[derive(Copy)]
    pub struct Place {
        /// From -90 to 90.
        pub latitude: Degrees,
        /// From -180 to 180.
        pub longitude: Degrees,
        /// How exact it is, in metres.
        pub accuracy_m: Option<u32>,
    }
}

/// An angle, kept bit for bit as it was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Degrees(u64);

impl Degrees {
    /// An angle of at most so many degrees either way; none for any other number.
    pub fn within(degrees: f64, most: f64) -> Option<Self> {
        // What is no number is within nothing.
        (degrees.abs() <= most).then_some(Self(degrees.to_bits()))
    }

    /// The angle.
    pub const fn degrees(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Field for Degrees {
    fn put(&self, out: &mut Plain) {
        self.0.to_le_bytes().put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        <[u8; 8]>::take(reader).map(|bytes| Self(u64::from_le_bytes(bytes)))
    }
}

store::variants! {
    /// What a service message says happened, named after the constructors `messageAction...`.
    #[derive(Copy)]
    pub enum Action {
        /// The history before was cleared.
        0 => HistoryCleared,
        /// The dialog's messages have another time to live from here on.
        1 => TimerSet {
            /// In seconds after they were sent; 0: they stay.
            period_s: u32,
        },
        /// The message that this one answers was pinned.
        2 => Pinned,
        /// As [`TimerSet`](Self::TimerSet), because the writer's new dialogs begin so.
        3 => OwnTimerSet {
            /// In seconds after they were sent.
            period_s: u32,
        },
    }
}

impl Action {
    /// The time to live that it tells of; 0 if none.
    pub(crate) const fn period_s(self) -> u32 {
        match self {
            Self::TimerSet { period_s } | Self::OwnTimerSet { period_s } => period_s,
            Self::HistoryCleared | Self::Pinned => 0,
        }
    }
}

store::fields! {
    /// What a message answers.
    pub struct Reply {
        /// The message, by its number in this box; it may be deleted by now.
        pub to: MsgId,
        /// The part of it that is meant; the quoting message holds its own copy.
        pub quote: Option<Quote>,
    }
}

store::fields! {
    /// A part of a message that is quoted in an answer.
    pub struct Quote {
        /// What it says.
        pub text: FormattedText,
        /// Where it begins in the message, in UTF-16 units.
        pub offset_units: u16,
    }
}

store::fields! {
    /// Where a forwarded message comes from.
    pub struct Forward {
        /// Who wrote it.
        pub from: UserId,
        /// When he did.
        pub date: UnixTime,
        /// In a dialog with oneself: the dialog it was in, and its number there.
        pub saved_from: Option<SavedFrom>,
    }
}

store::fields! {
    /// Where a message was before its owner saved it.
    pub struct SavedFrom {
        /// The dialog.
        pub peer: Peer,
        /// Its number there.
        pub id: MsgId,
        /// Of what was a forward there already: who forwarded it.
        pub again: Option<ForwardedAgain>,
    }
}

store::fields! {
    /// The last one who forwarded a message before its owner saved it.
    pub struct ForwardedAgain {
        /// Who did.
        pub by: UserId,
        /// When.
        pub date: UnixTime,
    }
}

store::fields! {
    /// An emoji put on a message.
    pub struct Reaction {
        /// By whom.
        pub by: UserId,
        /// Which one.
        pub emoji: String,
        /// When.
        pub date: UnixTime,
    }
}
