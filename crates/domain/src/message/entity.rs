//! Entities: what is marked in a text. Offsets and lengths are in UTF-16 units, as clients count.
//! Source: docs, Styled text with message entities.

use ids::UserId;
use store::{Fault, Field, Reader};

use crate::Known;

/// A stretch of text and what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Entity {
    /// First unit of the stretch.
    pub offset_units: u16,
    /// Units in it, at least 1.
    pub length_units: u16,
    /// What it is.
    pub kind: EntityKind,
}

/// What a stretch of text can be; named after the constructors `messageEntity...`.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the constructors, which the schema documents")]
pub enum EntityKind {
    Unknown,
    Mention,
    Hashtag,
    BotCommand,
    Url,
    Email,
    Bold,
    Italic,
    Code,
    Pre { language: String },
    TextUrl { url: String },
    MentionName(Mentioned),
    Phone,
    Cashtag,
    Underline,
    Strike,
    Blockquote { collapsed: bool },
    BankCard,
    Spoiler,
    CustomEmoji { document_id: i64 },
    FormattedDate { style: u8, date: i32 },
    TonAddress,
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
            Self::MentionName(Mentioned(user)) => Some(Held::User(*user)),
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

impl Field for Entity {
    fn put(&self, out: &mut Vec<u8>) {
        self.offset_units.put(out);
        self.length_units.put(out);
        self.kind.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(Self {
            offset_units: Field::take(reader)?,
            length_units: Field::take(reader)?,
            kind: Field::take(reader)?,
        })
    }
}

impl Field for EntityKind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Unknown => out.push(0),
            Self::Mention => out.push(1),
            Self::Hashtag => out.push(2),
            Self::BotCommand => out.push(3),
            Self::Url => out.push(4),
            Self::Email => out.push(5),
            Self::Bold => out.push(6),
            Self::Italic => out.push(7),
            Self::Code => out.push(8),
            Self::Pre { language } => with(9, language, out),
            Self::TextUrl { url } => with(10, url, out),
            Self::MentionName(Mentioned(user)) => with(11, user, out),
            Self::Phone => out.push(12),
            Self::Cashtag => out.push(13),
            Self::Underline => out.push(14),
            Self::Strike => out.push(15),
            Self::Blockquote { collapsed } => with(16, collapsed, out),
            Self::BankCard => out.push(17),
            Self::Spoiler => out.push(18),
            Self::CustomEmoji { document_id } => with(19, document_id, out),
            Self::FormattedDate { style, date } => {
                with(20, style, out);
                date.put(out);
            }
            Self::TonAddress => out.push(21),
        }
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(match u8::take(reader)? {
            0 => Self::Unknown,
            1 => Self::Mention,
            2 => Self::Hashtag,
            3 => Self::BotCommand,
            4 => Self::Url,
            5 => Self::Email,
            6 => Self::Bold,
            7 => Self::Italic,
            8 => Self::Code,
            9 => Self::Pre { language: Field::take(reader)? },
            10 => Self::TextUrl { url: Field::take(reader)? },
            11 => Self::MentionName(Mentioned(Field::take(reader)?)),
            12 => Self::Phone,
            13 => Self::Cashtag,
            14 => Self::Underline,
            15 => Self::Strike,
            16 => Self::Blockquote { collapsed: Field::take(reader)? },
            17 => Self::BankCard,
            18 => Self::Spoiler,
            19 => Self::CustomEmoji { document_id: Field::take(reader)? },
            20 => Self::FormattedDate { style: Field::take(reader)?, date: Field::take(reader)? },
            21 => Self::TonAddress,
            _ => return Err(Fault::Tag),
        })
    }
}

fn with(tag: u8, value: &impl Field, out: &mut Vec<u8>) {
    out.push(tag);
    value.put(out);
}
