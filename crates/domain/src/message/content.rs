//! What a message holds besides its text, and what is noted on it later. All of it is content: no type here prints.
//!
//! Source: docs, constructors message, messageService, messageMedia..., messageAction...

use ids::{MsgId, UnixTime, UserId};

use super::FormattedText;
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
