//! Entities: what is marked in a text. Offsets and lengths are in UTF-16 units, as clients count.
//! Source: docs, Styled text with message entities.

use ids::UserId;
use store::{Fault, Field, Plain, Reader};

use crate::Known;

store::fields! {
    /// A stretch of text and what it is.
    pub struct Entity {
        /// First unit of the stretch.
        pub offset_units: u16,
        /// Units in it, at least 1.
        pub length_units: u16,
        /// What it is.
        pub kind: EntityKind,
    }
}

store::variants! {
    /// What a stretch of text can be; named after the constructors `messageEntity...`.
    #[allow(missing_docs, reason = "the names are those of the constructors, which the schema documents")]
    pub enum EntityKind {
        0 => Unknown,
        1 => Mention,
        2 => Hashtag,
        3 => BotCommand,
        4 => Url,
        5 => Email,
        6 => Bold,
        7 => Italic,
        8 => Code,
        9 => Pre { language: String, },
        10 => TextUrl { url: String, },
        11 => MentionName { user: Mentioned, },
        12 => Phone,
        13 => Cashtag,
        14 => Underline,
        15 => Strike,
        16 => Blockquote { collapsed: bool, },
        17 => BankCard,
        18 => Spoiler,
        19 => CustomEmoji { document_id: i64, },
        20 => FormattedDate { style: u8, date: i32, },
        21 => TonAddress,
    }
}

/// A user whom the writer knows and named in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mentioned(UserId);

/// What an entity holds besides its stretch that needs a check.
pub(super) enum Held<'a> {
    /// An address or a language.
    Text(&'a str),
    /// A user.
    User(UserId),
}

impl EntityKind {
    pub(super) fn held(&self) -> Option<Held<'_>> {
        match self {
            Self::Pre { language: text } | Self::TextUrl { url: text } => Some(Held::Text(text)),
            Self::MentionName { user: Mentioned(user) } => Some(Held::User(*user)),
            Self::Unknown
            | Self::Mention
            | Self::Hashtag
            | Self::BotCommand
            | Self::Url
            | Self::Email
            | Self::Bold
            | Self::Italic
            | Self::Code
            | Self::Phone
            | Self::Cashtag
            | Self::Underline
            | Self::Strike
            | Self::Blockquote { .. }
            | Self::BankCard
            | Self::Spoiler
            | Self::CustomEmoji { .. }
            | Self::FormattedDate { .. }
            | Self::TonAddress => None,
        }
    }
}

impl From<Known> for Mentioned {
    fn from(known: Known) -> Self {
        Self(known.user())
    }
}

impl Mentioned {
    /// The user.
    pub const fn user(self) -> UserId {
        self.0
    }
}

impl Field for Mentioned {
    fn put(&self, out: &mut Plain) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        UserId::take(reader).map(Self)
    }
}
